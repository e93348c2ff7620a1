//! The client in terminals of all kinds: without a screen, without box characters, light and dark ones.

use std::process::Command;

use crate::screen::{LINE_ROW, bob};
use crate::scripts::client;
use crate::server::TestServer;
use crate::terminal::Terminal;

/// Bob's client with this shell prefix, such as `env TERM=dumb`.
fn join_in(server: &TestServer, prefix: &str) -> Terminal {
    let client = bob(server);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{prefix} \"$@\"; exec cat"), "sh"]);
    shell.arg(client.get_program()).args(client.get_args());
    shell.envs(client.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Terminal::run(&shell)
}

#[test]
fn a_terminal_without_a_screen_gets_lines_and_is_told_why() {
    let server = TestServer::open();
    for (prefix, why) in [
        ("env TERM=dumb", "TERM is dumb, which has no screen that we know: line by line"),
        ("env TERM=no-such", "TERM is no-such, which has no screen that we know: line by line"),
        ("env -u TERM", "TERM is not set: line by line, as with --plain"),
    ] {
        let terminal = join_in(&server, prefix);
        terminal.expect(why);
        terminal.expect("you are in #lobby");
        assert_eq!(terminal.value_of("alternate_on"), "0", "{prefix}");
        terminal.keys(&["plain words", "Enter"]);
        let mut ann = server.join();
        ann.expect("plain words");
    }
}

#[test]
fn nothing_runs_over_the_right_edge_and_afterwards_lines_wrap_again() {
    let server = TestServer::open();
    let terminal = join_in(&server, "");
    terminal.expect("● bob");
    assert_eq!(terminal.value_of("wrap_flag"), "0");
    terminal.keys(&["/quit", "Enter"]);
    terminal.wait("the shell's screen", |terminal| terminal.value_of("alternate_on") == "0");
    assert_eq!(terminal.value_of("wrap_flag"), "1");
}

#[test]
fn a_locale_without_box_characters_gets_none_and_text_it_can_show() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.say("good morning 今天喝什么？");
    let terminal = join_in(&server, "env LC_ALL=C");
    terminal.expect("● bob");
    terminal.expect("今天喝什么？");
    terminal.expect("2 here");
    let screen = terminal.screen();
    let is_line = |c: char| matches!(c, '\u{2500}'..='\u{259F}');
    assert!(!screen.contains(is_line), "{screen}");
    assert!(screen.contains("|") && screen.contains("- ● bob -"), "{screen}");
}

/// The answer of a terminal that is asked for the colour of its background.
fn answer(terminal: &Terminal, colour: &str) {
    let bytes = format!("\u{1b}]11;rgb:{colour}\u{1b}\\");
    let hex: Vec<String> = bytes.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut keys = vec!["-H"];
    keys.extend(hex.iter().map(String::as_str));
    terminal.keys(&keys);
}

/// The sequences for links on light and on dark screens, and where the background is unknown.
const LINKS: [(&str, &str); 3] =
    [("light", "38;5;25m"), ("dark", "38;5;110m"), ("either", "38;5;67m")];

fn has(terminal: &Terminal, name: &str) -> bool {
    let (_, link) = LINKS.iter().find(|(other, _)| *other == name).unwrap();
    terminal.colours().contains(link)
}

#[test]
fn a_late_answer_of_the_terminal_is_used_and_none_of_it_is_typed() {
    let server = TestServer::open();
    server.join_as("ann").say("https://tea.example/");
    let terminal = join_in(&server, "env TERM=xterm-256color");
    terminal.expect("● bob");
    terminal.expect("https://tea.example/");
    terminal.wait("for both", |terminal| has(terminal, "either"));
    terminal.type_in("half");
    for (colour, name) in [("ffff/ffff/ffff", "light"), ("0000/0000/0000", "dark"), ("f", "dark")] {
        answer(&terminal, colour);
        terminal.wait(name, |terminal| has(terminal, name));
    }
    terminal.type_in(" a line");
    terminal.wait("typed", |terminal| terminal.row(LINE_ROW) == "› half a line");
}

#[test]
fn the_chosen_theme_sets_the_colours() {
    let server = TestServer::open();
    server.join_as("ann").say("https://tea.example/");
    for (theme, is_so) in [("light", "38;5;25m"), ("dark", "38;5;110m"), ("16", "36m")] {
        let mut command = client(&server, &["join", "--theme", theme]);
        let terminal = Terminal::run(command.env("NO_COLOR", "1"));
        terminal.expect("https://tea.example/");
        terminal.wait(theme, |terminal| terminal.colours().contains(is_so));
    }
    let terminal = Terminal::run(&client(&server, &["join", "--theme", "mono"]));
    terminal.expect("https://tea.example/");
    assert!(!terminal.colours().contains("38;5;"), "{}", terminal.colours());
    let refused = client(&server, &["join", "--theme", "purple"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let usage = String::from_utf8(refused.stderr).unwrap();
    assert!(usage.contains("[possible values: light, dark, 16, mono]"), "{usage}");
}
