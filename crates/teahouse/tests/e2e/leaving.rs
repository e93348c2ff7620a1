//! The full-screen client and its surroundings: terminals that close, signals, a shell that has the terminal for a
//! while.

use std::path::Path;
use std::process::Command;

use crate::screen::{LINE_ROW, bob, check_half, expect_remembered, join, kill, type_half};
use crate::scripts::client;
use crate::server::TestServer;
use crate::terminal::Terminal;

/// Text that is typed and not sent is kept when `end` happens, however soon.
fn check_kept(end: impl Fn(&Terminal)) {
    let server = TestServer::open();
    let terminal = join(&server);
    type_half(&terminal);
    end(&terminal);
    terminal.wait("gone", Terminal::is_gone);
    expect_remembered(&server, "が half");
    drop(terminal);
    let terminal = join(&server);
    terminal.wait("the draft", |terminal| terminal.row(LINE_ROW).ends_with("が half"));
}

#[test]
fn a_begun_line_survives_the_window_it_was_typed_in() {
    check_kept(Terminal::close);
}

#[test]
fn a_begun_line_survives_every_signal_that_can_be_caught() {
    for signal in ["-HUP", "-TERM", "-INT", "-QUIT"] {
        check_kept(|terminal| kill(signal, terminal.pid()));
    }
}

/// Closes a terminal, and waits for its program to end.
fn close(terminal: &Terminal) {
    let process = format!("/proc/{}", terminal.pid());
    terminal.close();
    terminal.wait("gone", |_| !Path::new(&process).exists());
}

#[test]
fn a_second_client_says_so_and_finds_its_line_again() {
    let server = TestServer::open();
    let first = join(&server);
    let command = client(&server, &["join"]);
    let second = Terminal::run(&command);
    second.expect("another client of yours is connected to");
    second.expect("● guest");
    type_half(&second);
    close(&second);
    let second = Terminal::run(&command);
    second.wait("the draft", |terminal| terminal.row(LINE_ROW).ends_with("が half"));
    close(&second);
    close(&first);
    // With one window again, that line is there too.
    let only = Terminal::run(&command);
    only.expect("● bob");
    only.wait("the draft", |terminal| terminal.row(LINE_ROW).ends_with("が half"));
}

/// The client in a shell with job control.
fn join_in_shell(server: &TestServer, notes: &Path) -> (Terminal, u32) {
    let client = bob(server);
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]);
    shell.envs(client.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("PS1", "shell> ");
    let terminal = Terminal::run(&shell);
    terminal.expect("shell>");
    let pid = notes.join("pid");
    let words: Vec<_> = client.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let program = client.get_program().to_string_lossy().into_owned();
    let script = format!("echo $$ > {}; exec {program} {}", pid.display(), words.join(" "));
    terminal.type_in(&format!("sh -c '{script}'"));
    terminal.keys(&["Enter"]);
    terminal.expect("● bob");
    let pid = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    (terminal, pid)
}

/// The shell has its usual terminal; then the client comes back with its line.
fn check_shell_and_back(terminal: &Terminal, row: &str) {
    terminal.wait("with the shell", |terminal| terminal.value_of("alternate_on") == "0");
    terminal.expect("shell>");
    assert_eq!(terminal.value_of("mouse_any_flag"), "0");
    terminal.type_in("echo two$((1+1))");
    terminal.expect("shell> echo two$((1+1))");
    terminal.keys(&["Enter"]);
    terminal.expect("two2");
    terminal.type_in("fg");
    terminal.keys(&["Enter"]);
    terminal.expect("● bob");
    assert_eq!(terminal.value_of("alternate_on"), "1");
    terminal.wait("with its mouse", |terminal| terminal.value_of("mouse_any_flag") == "1");
    check_half(terminal, row);
}

#[test]
fn a_client_stopped_from_outside_continues_as_it_was() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let notes = tempfile::tempdir().unwrap();
    let (terminal, pid) = join_in_shell(&server, notes.path());
    let row = type_half(&terminal);
    kill("-TSTP", pid);
    check_shell_and_back(&terminal, &row);
    terminal.keys(&["C-z"]);
    check_shell_and_back(&terminal, &row);
    terminal.keys(&[" done", "Enter"]);
    assert!(ann.expect("<bob> ").ends_with("が half done"));
}

#[test]
fn after_a_stop_that_cannot_be_caught_screen_and_keys_work_again() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let notes = tempfile::tempdir().unwrap();
    let (terminal, pid) = join_in_shell(&server, notes.path());
    let row = type_half(&terminal);
    kill("-STOP", pid);
    terminal.expect("Stopped");
    terminal.type_in("echo two$((1+1))");
    terminal.keys(&["Enter"]);
    terminal.expect("two2");
    terminal.type_in("fg");
    terminal.keys(&["Enter"]);
    terminal.wait("drawn anew", |terminal| !terminal.screen().contains("two2"));
    terminal.expect("● bob");
    check_half(&terminal, &row);
    terminal.keys(&[" done", "Enter"]);
    assert!(ann.expect("<bob> ").ends_with("が half done"));
}

#[test]
fn without_a_shell_to_continue_it_the_client_does_not_stop() {
    let server = TestServer::open();
    let terminal = join(&server);
    let row = type_half(&terminal);
    terminal.keys(&["C-z"]);
    kill("-TSTP", terminal.pid());
    // Redrawing everything does not end it either.
    terminal.keys(&["C-l"]);
    terminal.type_in("!");
    terminal.wait("typed on", |terminal| terminal.row(LINE_ROW) == format!("{row}!"));
    assert_eq!(terminal.value_of("alternate_on"), "1");
}
