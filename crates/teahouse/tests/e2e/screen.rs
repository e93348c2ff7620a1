//! The full-screen client as people use it: the real program in a real terminal, against a real server that is killed
//! now and then.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::programs::{Program, SEED_SERVER};
use crate::scripts::client;
use crate::server::{PATIENCE, TestServer, teahouse};
use crate::terminal::{SIZE, Terminal};
use crate::visitor;

/// The last row, which has the input line while that is one row high.
pub(crate) const LINE_ROW: u16 = SIZE.1 - 1;
/// Columns of the prompt.
const PROMPT: u16 = 2;
/// A line that is difficult to show: wide characters, a family of emoji, a combining mark, a composed kana.
const HALF: &str = "半句话 👩\u{200d}👩\u{200d}👧 x\u{301}が half";
/// The columns it takes: 6 + 1 + 2 + 1 + 1 + 2 + 1 + 4.
const HALF_COLUMNS: u16 = 18;

pub(crate) fn bob(server: &TestServer) -> Command {
    client(server, &["join", "--nick", "bob"])
}

/// Bob's client, in the lobby.
pub(crate) fn join(server: &TestServer) -> Terminal {
    let terminal = Terminal::run(&bob(server));
    terminal.expect("● bob");
    terminal.expect("#lobby");
    terminal
}

/// Types into the input line and waits until the screen shows it.
pub(crate) fn type_half(terminal: &Terminal) -> String {
    terminal.type_in(HALF);
    terminal.expect_cursor((PROMPT + HALF_COLUMNS, LINE_ROW));
    let row = terminal.row(LINE_ROW);
    assert!(row.starts_with("› 半句话 ") && row.ends_with("が half"), "{row:?}");
    row
}

/// Checks that the input line is as it was.
pub(crate) fn check_half(terminal: &Terminal, row: &str) {
    assert_eq!(terminal.row(LINE_ROW), row);
    terminal.expect_cursor((PROMPT + HALF_COLUMNS, LINE_ROW));
    assert_eq!(terminal.row(LINE_ROW), row);
}

/// The number of screen lines with this end.
fn count(terminal: &Terminal, end: &str) -> usize {
    terminal.screen().lines().filter(|line| without_members(line).ends_with(end)).count()
}

/// Waits until the first message on the screen is stored: it has a time then, and no mark that it is in flight.
#[track_caller]
fn expect_kept(terminal: &Terminal, text: &str) {
    let is_kept = |row: &str| without_members(row).ends_with(text) && row.contains(':');
    terminal.wait("stored", |terminal| terminal.screen().lines().any(is_kept));
}

/// A row of messages without the member list beside it.
fn without_members(row: &str) -> &str {
    row.rsplit_once('│').map_or(row, |(messages, _)| messages).trim_end()
}

/// The texts in the lobby, as the server has them.
fn history(server: &TestServer) -> Vec<String> {
    let answer = visitor::get(server.port, "/api/v1/rooms/lobby/messages?limit=200");
    let page = answer.json();
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["text"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The part of them on the screen: the end of each row from one of these words on.
fn seen(terminal: &Terminal, words: &[&str]) -> Vec<String> {
    let screen = terminal.screen();
    let from = |row: &str| words.iter().find_map(|word| row.find(word));
    screen
        .lines()
        .map(without_members)
        .filter_map(|row| Some(row[from(row)?..].to_owned()))
        .collect()
}

fn state(server: &TestServer) -> PathBuf {
    server.data().join("state/teahouse")
}

/// Waits until the client's state file contains `part`.
pub(crate) fn expect_remembered(server: &TestServer, part: &str) {
    let deadline = Instant::now() + PATIENCE;
    let has_it = |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.contains(part));
    loop {
        let files = std::fs::read_dir(state(server)).into_iter().flatten();
        if files.flatten().any(|file| has_it(&file.path())) {
            return;
        }
        assert!(Instant::now() < deadline, "{part:?} is not remembered");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn kill(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn a_half_typed_line_stays_while_a_thousand_messages_arrive() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut nc = Program::start(Command::new("nc").args(["127.0.0.1", &server.port.to_string()]));
    nc.expect("you are in #lobby");
    let terminal = join(&server);
    let row = type_half(&terminal);
    for number in 1..=1_000 {
        nc.type_line(&format!("number {number}."));
    }
    terminal.wait("at the last message", |terminal| {
        assert_eq!(terminal.row(LINE_ROW), row, "the line was touched:\n{}", terminal.screen());
        count(terminal, "number 1000.") == 1
    });
    check_half(&terminal, &row);
    // The client sends what the line shows.
    terminal.keys(&[" done", "Enter"]);
    assert_eq!(ann.expect("<bob> "), format!("<bob> {HALF} done"));
}

#[test]
fn a_paste_is_text_and_many_lines_need_a_confirmation() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let terminal = join(&server);
    terminal.paste("/quit\n第二行\n/nick mallory\n");
    terminal.wait("three lines of text", |terminal| {
        let rows: Vec<_> = (LINE_ROW - 2..=LINE_ROW).map(|row| terminal.row(row)).collect();
        rows == ["› /quit", "  第二行", "  /nick mallory"]
    });
    terminal.keys(&["Enter"]);
    ann.expect("<bob> /quit");
    ann.expect("<bob> 第二行");
    ann.expect("<bob> /nick mallory");
    terminal.wait("an empty line", |terminal| terminal.row(LINE_ROW) == "›");

    let lines: Vec<_> = (1..=7).map(|number| format!("pasted {number}")).collect();
    terminal.paste(&lines.join("\n"));
    terminal.wait("pasted", |terminal| terminal.row(LINE_ROW) == "  pasted 7");
    terminal.keys(&["Enter"]);
    terminal.expect("send these 7 lines? y: send");
    terminal.keys(&["n"]);
    terminal.wait("no question", |terminal| !terminal.screen().contains("send these"));
    let mut eva = server.join_as("eva");
    ann.expect_none_before("pasted", &mut eva, "nothing was sent");
    terminal.expect("nothing was sent");
    assert_eq!(terminal.row(LINE_ROW), "  pasted 7");
    terminal.keys(&["Enter"]);
    terminal.expect("send these 7 lines?");
    terminal.keys(&["y"]);
    for line in &lines {
        assert_eq!(ann.expect("<bob> "), format!("<bob> {line}"));
    }
}

#[test]
fn the_terminal_may_change_its_size_at_any_time() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let terminal = join(&server);
    ann.say("一条 message of before");
    terminal.expect("message of before");
    terminal.expect("2 here");
    let row = type_half(&terminal);
    let before = terminal.screen();
    for (columns, rows) in [(250, 80), (40, 10), (20, 4), (3, 2), (1, 1), (2, 40), (300, 3)] {
        terminal.resize((columns, rows));
        ann.say(&format!("at {columns} columns"));
        terminal.wait("within", |terminal| {
            let (x, y) = terminal.cursor();
            x < columns && y < rows
        });
        if columns >= 40 {
            terminal.wait("with the line below", |terminal| terminal.row(rows - 1) == row);
            terminal.expect_cursor((PROMPT + HALF_COLUMNS, rows - 1));
        }
        if columns >= 20 && rows >= 4 {
            terminal.expect(&format!("at {columns}"));
            terminal.expect("● bob");
        }
    }
    terminal.resize(SIZE);
    terminal.wait("as before", |terminal| terminal.row(LINE_ROW) == row);
    check_half(&terminal, &row);
    for columns in [250, 40, 20, 3, 1, 2, 300] {
        let end = format!("at {columns} columns");
        terminal.wait(&end, |terminal| count(terminal, &end) == 1);
    }
    let (first, first_before) = (terminal.row(0), before.lines().next().unwrap());
    assert_eq!(first, first_before.trim_end());
    terminal.keys(&["Enter"]);
    assert_eq!(ann.expect("<bob> "), format!("<bob> {HALF}"));
}

#[test]
fn chinese_is_typed_key_by_key_and_deleted_by_visible_characters() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let terminal = join(&server);
    let mut column = PROMPT;
    for (typed, columns) in [("你", 2), ("好", 2), ("a", 1), ("，", 2), ("茶", 2), ("馆", 2)] {
        terminal.type_in(typed);
        column += columns;
        terminal.expect_cursor((column, LINE_ROW));
    }
    assert_eq!(terminal.row(LINE_ROW), "› 你好a，茶馆");
    // A family, a letter followed by a combining accent, a flag: one key press removes each.
    for (typed, columns) in [("👩\u{200d}👩\u{200d}👧", 2), ("e\u{301}", 1), ("🇨🇳", 2)]
    {
        terminal.type_in(typed);
        terminal.expect_cursor((column + columns, LINE_ROW));
        terminal.keys(&["BSpace"]);
        terminal.expect_cursor((column, LINE_ROW));
        terminal.wait("rubbed out", |terminal| terminal.row(LINE_ROW) == "› 你好a，茶馆");
    }
    terminal.keys(&["BSpace", "Left", "Left", "Left"]);
    terminal.expect_cursor((PROMPT + 4, LINE_ROW));
    terminal.type_in("们");
    terminal.wait("in between", |terminal| terminal.row(LINE_ROW) == "› 你好们a，茶");
    terminal.expect_cursor((PROMPT + 6, LINE_ROW));
    terminal.keys(&["Enter"]);
    assert_eq!(ann.expect("<bob> "), "<bob> 你好们a，茶");
    terminal.wait("shown", |terminal| count(terminal, "你好们a，茶") == 1);
}

#[test]
fn a_server_killed_in_mid_conversation_costs_nothing() {
    let mut server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut eva = server.join_as("eva");
    let terminal = Terminal::run_in((SIZE.0, 150), &bob(&server));
    terminal.expect("● bob");
    terminal.keys(&["said before", "Enter"]);
    ann.expect("<bob> said before");
    expect_kept(&terminal, "said before");
    // The server dies while messages pour: some are lost then, and all clients agree on which.
    for number in 1..=60 {
        eva.say(&format!("number {number}."));
    }
    ann.expect("number 30.");
    server.kill();
    terminal.expect("offline");
    terminal.keys(&["said while it was gone", "Enter"]);
    terminal.expect("1 waiting");
    terminal.type_in(HALF);
    terminal.expect_cursor((PROMPT + HALF_COLUMNS, 149));
    let row = terminal.row(149);

    let server = server.restart_in_place();
    let mut ann = server.join();
    terminal.expect("● bob");
    ann.expect("> said while it was gone");
    for number in 61..=70 {
        ann.say(&format!("number {number}."));
    }
    terminal.wait("at the last message", |terminal| count(terminal, "number 70.") == 1);
    assert_eq!(terminal.row(149), row);
    terminal.expect_cursor((PROMPT + HALF_COLUMNS, 149));

    let stored = history(&server);
    terminal.wait("as history is", |terminal| seen(terminal, &["number", "said"]) == stored);
    let once = |text: &str| stored.iter().filter(|line| *line == text).count() == 1;
    assert!(once("said before") && once("said while it was gone"), "{stored:?}");
    assert!((1..=30).chain(61..=70).all(|number| once(&format!("number {number}."))), "{stored:?}");
}

#[test]
fn unsent_and_half_typed_text_survives_a_killed_client() {
    let mut server = TestServer::open();
    let terminal = join(&server);
    terminal.keys(&["said while all was well", "Enter"]);
    expect_kept(&terminal, "said while all was well");
    server.kill();
    terminal.expect("offline");
    terminal.keys(&["said to nobody", "Enter"]);
    terminal.expect("1 waiting");
    type_half(&terminal);
    expect_remembered(&server, "が half");
    expect_remembered(&server, r#""said to nobody"]"#);
    kill("-KILL", terminal.pid());
    terminal.wait("gone", Terminal::is_gone);
    drop(terminal);

    let server = server.restart_in_place();
    let mut ann = server.join();
    let terminal = Terminal::run(&client(&server, &["join"]));
    terminal.expect("● bob");
    ann.expect("> said to nobody");
    terminal.wait("once", |terminal| count(terminal, "said to nobody") == 1);
    let stored = history(&server);
    assert_eq!(stored, ["said while all was well", "said to nobody"]);
    terminal.wait("the draft", |terminal| terminal.row(LINE_ROW).ends_with("が half"));
    terminal.expect_cursor((PROMPT + HALF_COLUMNS, LINE_ROW));
    for older in ["› said to nobody", "› said while all was well"] {
        terminal.keys(&["Up"]);
        terminal.wait(older, |terminal| terminal.row(LINE_ROW) == older);
    }
    terminal.keys(&["Down", "Down", "Enter"]);
    assert_eq!(ann.expect("<bob> "), format!("<bob> {HALF}"));
}

#[test]
fn the_line_is_safe_also_on_the_seeds_own_server() {
    let mut server = Program::start(Command::new("python3").args(["-uc", SEED_SERVER]));
    server.expect("\n");
    let port: u16 = String::from_utf8_lossy(&server.output).trim().parse().unwrap();
    let terminal = Terminal::run(teahouse().args(["join", &format!("tcp://127.0.0.1:{port}")]));
    terminal.expect("connected to 127.0.0.1:");
    let mut other = Peer::connect(port);
    terminal.expect("entered room");
    let row = type_half(&terminal);
    for number in 1..=100 {
        other.say(&format!("你好 {number}."));
    }
    terminal.wait("at the last message", |terminal| {
        assert_eq!(terminal.row(LINE_ROW), row, "the line was touched:\n{}", terminal.screen());
        terminal.screen().contains("你好 100.")
    });
    check_half(&terminal, &row);
    terminal.keys(&["Enter"]);
    assert!(other.expect(HALF).starts_with("\r<("));
    drop(server);
    terminal.expect("Disconnected from chat server");
}
