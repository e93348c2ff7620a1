//! The full-screen client as a guest of the terminal: it is plain where there is no terminal, leaves the terminal as it
//! was, and uses no processor time while nothing happens.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::screen::{bob, expect_remembered, join, kill, type_half};
use crate::scripts::client;
use crate::server::{PATIENCE, TestServer};
use crate::terminal::Terminal;

#[test]
fn without_a_terminal_on_either_side_it_is_plain() {
    let server = TestServer::open();
    let shell = |script: &str| {
        let mut command = bob(&server);
        let program = command.get_program().to_owned();
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(program).args(command.get_args());
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command = shell;
        Terminal::run(&command)
    };
    for script in [r#""$@" | cat"#, r#"cat | "$@""#] {
        let terminal = shell(script);
        terminal.expect("you are in #lobby");
        assert_eq!(terminal.value_of("alternate_on"), "0", "{script}");
        terminal.keys(&["plain words", "Enter"]);
        let mut ann = server.join();
        ann.expect("plain words");
    }
}

#[test]
fn with_no_color_the_client_sets_no_colours() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.say("hello bob, see http://example.org/ 茶");
    let coloured = Terminal::run(&bob(&server));
    coloured.expect("hello bob");
    let plain = Terminal::run(client(&server, &["join", "--nick", "carl"]).env("NO_COLOR", "1"));
    plain.expect("hello bob");
    plain.expect("● carl");
    assert!(!colours(&coloured.colours()).is_empty());
    assert_eq!(colours(&plain.colours()), BTreeMap::new());
}

/// The colours in a text with escape sequences, and how often each is set.
fn colours(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for part in text.split("\u{1b}[").skip(1) {
        let Some((numbers, _)) = part.split_once('m') else { continue };
        let is_colour = |number: &&str| {
            number.parse::<u8>().is_ok_and(|n| matches!(n, 30..=38 | 40..=48 | 90..=97 | 100..=107))
        };
        for colour in numbers.split([';', ':']).filter(is_colour) {
            *counts.entry(colour).or_insert(0) += 1;
        }
    }
    counts
}

/// Runs the client in a shell that records the terminal's state before and after.
fn join_noting(server: &TestServer, notes: &Path) -> Terminal {
    let command = bob(server);
    let script = r#"
        notes=$1; shift
        stty -a > "$notes/before"
        sh -c 'echo $$ > "$0/pid"; exec "$@"' "$notes" "$@"
        echo "it ended with $?"
        stty -a > "$notes/after"
        echo noted
        exec cat"#;
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(notes);
    shell.arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let terminal = Terminal::run(&shell);
    terminal.expect("● bob");
    assert_eq!(terminal.value_of("alternate_on"), "1");
    assert_eq!(terminal.value_of("mouse_any_flag"), "1");
    terminal
}

fn check_restored(terminal: &Terminal, notes: &Path) {
    terminal.expect("noted");
    let note = |name: &str| std::fs::read_to_string(notes.join(name)).unwrap();
    assert_eq!(note("after"), note("before"));
    let flags = ["alternate_on", "cursor_flag", "mouse_any_flag", "keypad_cursor_flag"];
    assert_eq!(flags.map(|flag| terminal.value_of(flag)), ["0", "1", "0", "0"]);
    // Bracketed paste is off again.
    terminal.paste("pasted");
    terminal.wait("a paste without brackets", |terminal| {
        terminal.screen().lines().any(|line| line == "pasted")
    });
}

#[test]
fn the_client_leaves_the_terminal_as_it_was() {
    let mut server = TestServer::open();
    let notes = tempfile::tempdir().unwrap();
    let terminal = join_noting(&server, notes.path());
    terminal.keys(&["/quit", "Enter"]);
    terminal.expect("it ended with 0");
    check_restored(&terminal, notes.path());

    let terminal = join_noting(&server, notes.path());
    let pid = std::fs::read_to_string(notes.path().join("pid")).unwrap();
    kill("-TERM", pid.trim().parse().unwrap());
    check_restored(&terminal, notes.path());

    let terminal = join_noting(&server, notes.path());
    server.signal("-TERM");
    server.wait(PATIENCE);
    terminal.wait("the end is shown", |terminal| !terminal.screen().contains("● bob"));
    terminal.keys(&["said too late", "Enter"]);
    terminal.expect("1 waiting");
    terminal.keys(&["C-d"]);
    terminal.expect("1 message is not sent; it is when you join");
    check_restored(&terminal, notes.path());
}

/// Processor time used so far, in ticks of 10 ms.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11..=12].iter().map(|field| field.parse::<u64>().unwrap()).sum()
}

#[test]
fn the_client_starts_soon_and_uses_no_processor_while_idle() {
    let server = TestServer::open();
    let started = Instant::now();
    let terminal = join(&server);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    // A draft is ready to be saved and the first page of history has come; then there is nothing to do.
    type_half(&terminal);
    expect_remembered(&server, "が half");
    let pid = terminal.pid();
    let before = ticks(pid);
    std::thread::sleep(Duration::from_secs(2));
    let used = ticks(pid) - before;
    assert!(used <= 1, "{used} ticks in 2 s");
}
