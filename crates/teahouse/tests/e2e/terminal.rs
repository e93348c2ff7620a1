//! A pseudo-terminal of tmux: a program runs in it, the test presses keys and reads the screen.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::server::PATIENCE;

/// Columns and rows at the start.
pub(crate) const SIZE: (u16, u16) = (100, 30);

static STARTED: AtomicU32 = AtomicU32::new(0);

pub(crate) struct Terminal {
    /// The name of its tmux server.
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
        // The environment of a tmux server is that of the process that starts it.
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

    fn run_tmux(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn tmux_output(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.command(arguments).output().unwrap().stdout).into_owned()
    }

    /// Presses keys by their names, as `send-keys` knows them; other words are typed.
    pub(crate) fn keys(&self, keys: &[&str]) {
        self.run_tmux(&[&["send-keys"], keys].concat());
    }

    /// Types a text.
    pub(crate) fn type_in(&self, text: &str) {
        self.run_tmux(&["send-keys", "-l", "--", text]);
    }

    /// Pastes a text, with brackets if the program asked for them.
    pub(crate) fn paste(&self, text: &str) {
        self.run_tmux(&["set-buffer", "-b", "pasted", "--", text]);
        self.run_tmux(&["paste-buffer", "-p", "-b", "pasted"]);
    }

    pub(crate) fn resize(&self, (columns, rows): (u16, u16)) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        self.run_tmux(&["resize-window", "-x", &columns, "-y", &rows]);
    }

    pub(crate) fn screen(&self) -> String {
        self.tmux_output(&["capture-pane", "-p"])
    }

    /// The screen with its colour sequences.
    pub(crate) fn colours(&self) -> String {
        self.tmux_output(&["capture-pane", "-p", "-e"])
    }

    /// A row of the screen, without trailing blanks.
    pub(crate) fn row(&self, row: u16) -> String {
        let row = row.to_string();
        self.tmux_output(&["capture-pane", "-p", "-S", &row, "-E", &row]).trim_end().to_owned()
    }

    /// A value that tmux knows about the pane, by a format such as `cursor_x`.
    pub(crate) fn value_of(&self, name: &str) -> String {
        self.tmux_output(&["display-message", "-p", &format!("#{{{name}}}")]).trim_end().to_owned()
    }

    /// The position of the cursor: column and row.
    pub(crate) fn cursor(&self) -> (u16, u16) {
        let both = self.value_of("cursor_x} #{cursor_y");
        let (column, row) = both.split_once(' ').unwrap();
        (column.parse().unwrap(), row.parse().unwrap())
    }

    /// The process id of the program.
    pub(crate) fn pid(&self) -> u32 {
        self.value_of("pane_pid").parse().unwrap()
    }

    /// Waits until the terminal is in a state; `what` names it for a failure.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            let at = self.value_of("cursor_x},#{cursor_y");
            assert!(Instant::now() < deadline, "not {what} on (cursor {at}):\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    #[track_caller]
    pub(crate) fn expect(&self, part: &str) {
        self.wait(part, |terminal| terminal.screen().contains(part));
    }

    /// Waits until the cursor is at this point.
    #[track_caller]
    pub(crate) fn expect_cursor(&self, point: (u16, u16)) {
        self.wait(&format!("at {point:?}"), |terminal| terminal.cursor() == point);
    }

    /// Closes the terminal, as closing its window does.
    pub(crate) fn close(&self) {
        self.run_tmux(&["kill-pane"]);
    }

    /// Whether the terminal and its program are gone.
    pub(crate) fn is_gone(&self) -> bool {
        !self.command(["has-session"]).output().unwrap().status.success()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.command(["kill-server"]).output().ok();
    }
}
