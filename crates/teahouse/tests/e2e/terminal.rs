//! A real pseudo-terminal of tmux: a program runs in it, keys go in, and its screen can be read.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::server::PATIENCE;

/// Columns and rows at the start.
pub(crate) const SIZE: (u16, u16) = (100, 30);

static STARTED: AtomicU32 = AtomicU32::new(0);

pub(crate) struct Terminal {
    /// The name of a tmux server of its own.
    socket: String,
}

impl Terminal {
    /// Runs a program, with its arguments and environment, in a new terminal.
    pub(crate) fn run(program: &Command) -> Self {
        Self::run_in(SIZE, program)
    }

    pub(crate) fn run_in((columns, rows): (u16, u16), program: &Command) -> Self {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let socket = format!("teahouse-test-{}-{number}", std::process::id());
        let terminal = Self { socket };
        let mut tmux = Command::new("tmux");
        tmux.args(["-L", &terminal.socket, "-f", "/dev/null", "-u", "new-session", "-d"]);
        tmux.args(["-x", &columns.to_string(), "-y", &rows.to_string()]);
        tmux.arg("--").arg(program.get_program()).args(program.get_args());
        // The environment of a tmux server is that of whoever starts it.
        tmux.env("LC_ALL", "C.UTF-8").env("TZ", "UTC").env("SHELL", "/bin/sh");
        for name in ["TMUX", "NO_COLOR", "COLORTERM", "COLORFGBG"] {
            tmux.env_remove(name);
        }
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => tmux.env(name, value),
                None => tmux.env_remove(name),
            };
        }
        assert!(tmux.status().unwrap().success());
        terminal
    }

    fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]).args(arguments);
        command
    }

    fn done(&self, arguments: &[&str]) {
        let done = self.command(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn answered(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.command(arguments).output().unwrap().stdout).into_owned()
    }

    /// Presses keys by their names, as `send-keys` knows them; what is no name is typed.
    pub(crate) fn keys(&self, keys: &[&str]) {
        self.done(&[&["send-keys"], keys].concat());
    }

    /// Types a text.
    pub(crate) fn type_in(&self, text: &str) {
        self.done(&["send-keys", "-l", "--", text]);
    }

    /// Pastes a text, in brackets if the program wants it so.
    pub(crate) fn paste(&self, text: &str) {
        self.done(&["set-buffer", "-b", "pasted", "--", text]);
        self.done(&["paste-buffer", "-p", "-b", "pasted"]);
    }

    pub(crate) fn resize(&self, (columns, rows): (u16, u16)) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        self.done(&["resize-window", "-x", &columns, "-y", &rows]);
    }

    pub(crate) fn screen(&self) -> String {
        self.answered(&["capture-pane", "-p"])
    }

    /// The screen with the sequences that colour it.
    pub(crate) fn colours(&self) -> String {
        self.answered(&["capture-pane", "-p", "-e"])
    }

    /// A row of the screen, without the blanks at its end.
    pub(crate) fn row(&self, row: u16) -> String {
        let row = row.to_string();
        self.answered(&["capture-pane", "-p", "-S", &row, "-E", &row]).trim_end().to_owned()
    }

    /// What tmux knows of it, by a format such as `cursor_x`.
    pub(crate) fn told(&self, name: &str) -> String {
        self.answered(&["display-message", "-p", &format!("#{{{name}}}")]).trim_end().to_owned()
    }

    /// Where the cursor is: column and row.
    pub(crate) fn cursor(&self) -> (u16, u16) {
        let both = self.told("cursor_x} #{cursor_y");
        let (column, row) = both.split_once(' ').unwrap();
        (column.parse().unwrap(), row.parse().unwrap())
    }

    /// The program that was started.
    pub(crate) fn pid(&self) -> u32 {
        self.told("pane_pid").parse().unwrap()
    }

    /// Waits for a state of the terminal.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            let at = self.told("cursor_x},#{cursor_y");
            assert!(Instant::now() < deadline, "not {what} on (cursor {at}):\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    #[track_caller]
    pub(crate) fn expect(&self, part: &str) {
        self.wait(part, |terminal| terminal.screen().contains(part));
    }

    /// Waits until the cursor is in this place.
    #[track_caller]
    pub(crate) fn expect_cursor(&self, place: (u16, u16)) {
        self.wait(&format!("at {place:?}"), |terminal| terminal.cursor() == place);
    }

    /// Closes it, as its window is closed.
    pub(crate) fn close(&self) {
        self.done(&["kill-pane"]);
    }

    /// Whether the terminal with its program is gone.
    pub(crate) fn is_gone(&self) -> bool {
        !self.command(["has-session"]).output().unwrap().status.success()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.command(["kill-server"]).output().ok();
    }
}
