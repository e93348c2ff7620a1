//! What scripts and pipes use: `teahouse say`, `teahouse tail`, and `teahouse join` without a terminal.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::programs::Program;
use crate::server::{PATIENCE, Running, TestServer, teahouse};
use crate::visitor::get;

/// Our binary with a state directory of its own, pointed at a server.
pub(crate) fn client(server: &TestServer, arguments: &[&str]) -> Command {
    let mut command = teahouse();
    command.args(arguments).env("TEAHOUSE_SERVER", format!("127.0.0.1:{}", server.port));
    command.env("XDG_STATE_HOME", server.data().join("state"));
    command
}

fn with_input(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_message_of_a_script_is_stored_when_the_script_ends_well() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let output =
        client(&server, &["say", "lobby", "build", "done", "--nick", "ci"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    ann.expect("<ci> build done");
    let lines = with_input(&mut client(&server, &["say", "lobby"]), "one\ntwo\n");
    assert_eq!(lines.status.code(), Some(0));
    ann.expect("> one");
    ann.expect("> two");
    let whole =
        with_input(&mut client(&server, &["say", "lobby", "--whole"]), "a log\nof two lines\n");
    assert_eq!(whole.status.code(), Some(0));
    ann.expect("> a log");
    ann.expect("> of two lines");
}

#[test]
fn a_refused_message_of_a_script_is_returned_with_a_code() {
    let mut server = TestServer::open();
    let usage = client(&server, &["say", "no room", "x"]).output().unwrap();
    assert_eq!(usage.status.code(), Some(2), "{}", String::from_utf8_lossy(&usage.stderr));
    let long = with_input(&mut client(&server, &["say", "lobby", "--whole"]), &"x".repeat(20_000));
    assert_ne!(long.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&long.stderr).contains("16384"));
    server.kill();
    let nobody = client(&server, &["say", "lobby", "x"]).output().unwrap();
    assert_eq!(nobody.status.code(), Some(1));
    let error = String::from_utf8(nobody.stderr).unwrap();
    assert!(error.contains("Unable to connect"), "{error}");
}

#[test]
fn tail_pipes_into_say_and_connects_two_servers() {
    let (here, there) = (TestServer::open(), TestServer::open());
    let mut ann = here.join_as("ann");
    let mut bob = there.join_as("bob");
    let mut tail = Running::start(client(&here, &["tail", "lobby"]).stdout(Stdio::piped()));
    let _say = Running::start(
        client(&there, &["say", "lobby", "--nick", "bridge"]).stdin(tail.0.stdout.take().unwrap()),
    );
    ann.say("你好 over there");
    let line = bob.line().unwrap();
    assert!(
        line.contains("<bridge>") && line.ends_with("你好 over there"),
        "nobody enters: {line}"
    );
}

#[test]
fn scripts_are_visible_only_by_their_messages_and_hold_no_nick() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut tail = Program::start(client(&server, &["tail", "lobby"]).stdin(Stdio::null()));
    let say = ["say", "lobby", "--nick", "ci"];
    let mut killed = Running::start(client(&server, &say).stdin(Stdio::piped()));
    writeln!(killed.0.stdin.as_mut().unwrap(), "first").unwrap();
    assert_eq!(ann.line().unwrap(), "<ci> first");
    tail.expect("<ci> first");
    drop(killed);
    let output = client(&server, &["say", "lobby", "second", "--nick", "ci"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(ann.line().unwrap(), "<ci> second");
    drop(tail);
    let taken = client(&server, &["say", "lobby", "third", "--nick", "ann"]).output().unwrap();
    assert_eq!(taken.status.code(), Some(3));
    let why = String::from_utf8(taken.stderr).unwrap();
    assert!(why.starts_with("refused: ann is taken; choose another name\nthird\n"), "{why}");
    ann.say("/who");
    assert_eq!(ann.line().unwrap(), "-- 1 is in #lobby", "nobody came, nobody went");
}

#[test]
fn a_mistyped_room_name_makes_no_room() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    for command in [vec!["say", "loby", "hi"], vec!["tail", "loby"]] {
        let output = client(&server, &command).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{command:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("there is no #loby; --create makes it"), "{error}");
    }
    let follow = ["tail", "tea", "--create"];
    let mut tail = Program::start(client(&server, &follow).stdin(Stdio::null()));
    let deadline = Instant::now() + PATIENCE;
    while get(server.port, "/api/v1/rooms/tea/messages").status != 200 {
        assert!(Instant::now() < deadline, "#tea is not made");
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = client(&server, &["say", "tea", "here", "--nick", "ci"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    tail.expect("<ci> here");
    // A name that looks like an existing one is refused too where the room would be made.
    let output = client(&server, &["tail", "t\u{435}a", "--create"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    ann.say("/rooms");
    ann.expect("#tea");
    assert_eq!(get(server.port, "/api/v1/rooms").json()["total"], 2);
}

#[test]
fn many_lines_wait_for_flood_control_and_say_so() {
    let server = TestServer::with(&[]);
    let mut ann = server.join_as("ann");
    let lines: String = (1..=14).map(|number| format!("line {number}\n")).collect();
    let output = with_input(&mut client(&server, &["say", "lobby", "--nick", "ci"]), &lines);
    let notice = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{notice}");
    assert!(notice.contains("flood control") || notice.contains("trying again in"), "{notice}");
    assert_eq!(notice.lines().count(), 1, "once: {notice}");
    for number in 1..=14 {
        assert_eq!(ann.line().unwrap(), format!("<ci> line {number}"));
    }
}

#[test]
fn a_message_of_another_day_is_printed_with_its_date() {
    let mut server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.say("two days ago");
    ann.say("/history 1");
    ann.expect("two days ago");
    server.signal("-TERM");
    assert!(server.wait(PATIENCE).success());
    let database = rusqlite::Connection::open(server.database()).unwrap();
    let changed = database.execute("UPDATE event SET time_ms = time_ms - 172800000", []).unwrap();
    assert_eq!(changed, 1);
    drop(database);
    let server = server.restart();
    let mut tail = Program::start(
        client(&server, &["tail", "lobby", "--since", "3d"]).env("TZ", "UTC").stdin(Stdio::null()),
    );
    tail.expect(" <ann> two days ago");
    let printed = String::from_utf8_lossy(&tail.output).into_owned();
    let date = printed.strip_prefix("[20").and_then(|rest| rest.split_once("] <ann>")).unwrap().0;
    assert_eq!(date.len(), "26-11-23 10:32".len(), "{printed}");
    server.join_as("ann").say("now");
    tail.expect("\n<ann> now");
}

#[test]
fn tail_prints_events_as_json_from_the_given_point() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    for number in 1..=5 {
        ann.say(&format!("number {number}"));
    }
    ann.say("/history 1");
    ann.expect("number 5");
    let mut tail = Program::start(
        client(&server, &["tail", "lobby", "--since", "3", "--json"]).stdin(Stdio::null()),
    );
    tail.expect(r#""text":"number 4""#);
    tail.expect(r#""text":"number 5""#);
    ann.say("and live");
    tail.expect(r#""text":"and live""#);
    assert!(!String::from_utf8_lossy(&tail.output).contains("number 3"));
}

#[test]
fn a_joined_pipe_survives_a_killed_server_and_its_messages_arrive_once() {
    let server = TestServer::open();
    let mut client =
        Program::start(&mut client(&server, &["join", "--nick", "bob", "--room", "lobby"]));
    client.expect("you are in #lobby");
    let mut ann = server.join_as("ann");
    client.expect("ann");
    ann.say("before");
    client.expect("<ann> before");
    let mut server = server;
    server.kill();
    client.type_line("said while nobody listened");
    let server = server.restart_in_place();
    let mut ann = server.join();
    ann.expect("<bob> said while nobody listened");
    ann.say("after");
    client.expect("> after");
    ann.say("/history 10");
    ann.expect("-- the last ");
    let mut history = String::new();
    loop {
        let line = ann.line().unwrap();
        history += &line;
        if line.ends_with("> after") {
            break;
        }
    }
    assert_eq!(history.matches("said while nobody listened").count(), 1, "{history}");
}

#[test]
fn history_before_a_time_can_be_read_in_the_line_client() {
    let server = TestServer::open();
    let (mut ann, mut carl) = (server.join_as("ann"), server.join_as("carl"));
    ann.say("one");
    ann.say("two");
    carl.expect("<ann> two");
    let commands = "/history before 2020-01-01\n/history before 2200-01-01\n";
    let output = with_input(&mut client(&server, &["join", "--plain", "--nick", "bob"]), commands);
    let printed = String::from_utf8(output.stdout).unwrap();
    let nothing = printed.find("-- nothing was said in #lobby before that").unwrap();
    let rest = &printed[nothing..];
    assert!(rest.contains("-- the last 2 messages in #lobby"), "{printed}");
    assert!(rest.contains("<ann> one\n") && rest.contains("<ann> two\n"), "{printed}");
}

#[cfg(unix)]
#[test]
fn tail_ends_when_its_reader_is_gone() {
    use std::io::{BufRead, BufReader};

    let server = TestServer::open();
    let output = client(&server, &["say", "lobby", "done", "--nick", "ci"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let mut tail = Running::start(client(&server, &["tail", "lobby"]).stdout(Stdio::piped()));
    let mut line = String::new();
    BufReader::new(tail.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.ends_with("<ci> done\n"), "{line}");
    // Nothing more is said, and the reader is gone with its line.
    assert_eq!(tail.wait(PATIENCE).code(), Some(0));
}
