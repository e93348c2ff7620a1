//! What scripts and pipes use: `teahouse say`, `teahouse tail`, and `teahouse join` without a terminal.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::house::{House, teahouse};
use crate::programs::Program;

/// Our binary with a state directory of its own, sent to a house.
pub(crate) fn client(house: &House, arguments: &[&str]) -> Command {
    let mut command = teahouse();
    command.args(arguments).env("TEAHOUSE_SERVER", format!("127.0.0.1:{}", house.port));
    command.env("XDG_STATE_HOME", house.data().join("state"));
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
fn what_a_script_says_is_kept_when_it_ends_well() {
    let house = House::open();
    let mut ann = house.join_as("ann");
    let said = client(&house, &["say", "lobby", "build", "done", "--nick", "ci"]).output().unwrap();
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    ann.expect("<ci> build done");
    let lines = with_input(&mut client(&house, &["say", "lobby"]), "one\ntwo\n");
    assert_eq!(lines.status.code(), Some(0));
    ann.expect("> one");
    ann.expect("> two");
    let whole =
        with_input(&mut client(&house, &["say", "lobby", "--whole"]), "a log\nof two lines\n");
    assert_eq!(whole.status.code(), Some(0));
    ann.expect("> a log");
    ann.expect("> of two lines");
}

#[test]
fn what_a_script_says_in_vain_is_given_back_with_a_code() {
    let mut house = House::open();
    let usage = client(&house, &["say", "no room", "x"]).output().unwrap();
    assert_eq!(usage.status.code(), Some(2), "{}", String::from_utf8_lossy(&usage.stderr));
    let long = with_input(&mut client(&house, &["say", "lobby", "--whole"]), &"x".repeat(20_000));
    assert_ne!(long.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&long.stderr).contains("16384"));
    house.kill();
    let nobody = client(&house, &["say", "lobby", "x"]).output().unwrap();
    assert_eq!(nobody.status.code(), Some(1));
    let error = String::from_utf8(nobody.stderr).unwrap();
    assert!(error.contains("Unable to connect"), "{error}");
}

#[test]
fn tail_pipes_into_say_and_joins_two_houses() {
    let (here, there) = (House::open(), House::open());
    let mut ann = here.join_as("ann");
    let mut bob = there.join_as("bob");
    let mut tail = client(&here, &["tail", "lobby"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut say = client(&there, &["say", "lobby", "--nick", "bridge"])
        .stdin(tail.stdout.take().unwrap())
        .spawn()
        .unwrap();
    ann.expect("entered #lobby");
    bob.expect("bridge entered #lobby");
    ann.say("你好 over there");
    bob.expect("你好 over there");
    for child in [&mut tail, &mut say] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn tail_prints_what_was_said_as_json_from_where_it_is_told() {
    let house = House::open();
    let mut ann = house.join_as("ann");
    for number in 1..=5 {
        ann.say(&format!("number {number}"));
    }
    ann.say("/history 1");
    ann.expect("number 5");
    let mut tail = Program::start(
        client(&house, &["tail", "lobby", "--since", "3", "--json"]).stdin(Stdio::null()),
    );
    tail.expect(r#""text":"number 4""#);
    tail.expect(r#""text":"number 5""#);
    ann.say("and live");
    tail.expect(r#""text":"and live""#);
    assert!(!String::from_utf8_lossy(&tail.heard).contains("number 3"));
}

#[test]
fn a_pipe_that_joins_survives_a_killed_server_and_what_it_says_arrives_once() {
    let house = House::open();
    let mut client =
        Program::start(&mut client(&house, &["join", "--nick", "bob", "--room", "lobby"]));
    client.expect("you are in #lobby");
    let mut ann = house.join_as("ann");
    client.expect("ann");
    ann.say("before");
    client.expect("<ann> before");
    let mut house = house;
    house.kill();
    client.type_line("said while nobody listened");
    let house = house.restart_in_place();
    let mut ann = house.join();
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
