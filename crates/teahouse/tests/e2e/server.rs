//! A server for one test: the real binary on a free port with a data directory of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::peer::Peer;

/// How long a state may take to arrive on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The configuration for load tests.
pub(crate) const OPEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/open.toml");

/// The file in the data directory that gets the server's log.
const LOG: &str = "test.log";

/// A child process that is killed when this value is dropped, however the test ends.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Waits for the process to end.
    pub(crate) fn wait(&mut self, patience: Duration) -> ExitStatus {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end in {patience:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Reads what a server prints at its start, up to its port.
    pub(crate) fn port(&mut self) -> (u16, BufReader<ChildStdout>) {
        let mut stdout = BufReader::new(self.0.stdout.take().unwrap());
        loop {
            let mut line = String::new();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "it named no port");
            if let Some(port) = line.trim().strip_prefix("nc 127.0.0.1 ") {
                return (port.parse().unwrap(), stdout);
            }
        }
    }
}

pub(crate) struct TestServer {
    child: Running,
    pub(crate) port: u16,
    pub(crate) greeting: String,
    data: Option<tempfile::TempDir>,
    arguments: Vec<String>,
}

/// The binary under test, with a clean environment of settings.
pub(crate) fn teahouse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_teahouse"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TEAHOUSE_")) {
        command.env_remove(name);
    }
    command
}

impl TestServer {
    /// A server with the settings that a load test needs.
    pub(crate) fn open() -> Self {
        Self::with(&["--config", OPEN])
    }

    pub(crate) fn with(arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self::start(data, arguments)
    }

    /// A server none of whose files may grow past so many KiB (`ulimit -f`).
    pub(crate) fn with_file_limit(kib: u32, arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(format!("ulimit -S -f {kib}; exec \"$0\" \"$@\""));
        bash.arg(env!("CARGO_BIN_EXE_teahouse"));
        Self::run(bash, 0, data, arguments)
    }

    /// A server whose system calls of these names are written to a file, one a line, with the files they are about. The
    /// tracer runs beside the server, so that a signal reaches the server.
    pub(crate) fn traced(calls: &str, trace: &Path, arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut strace = Command::new("strace");
        strace.args(["-D", "-f", "-y", "-s", "256", "-e", &format!("trace={calls}"), "-o"]);
        strace.arg(trace).arg(env!("CARGO_BIN_EXE_teahouse"));
        Self::run(strace, 0, data, arguments)
    }

    /// A server on existing data.
    pub(crate) fn on(data: tempfile::TempDir) -> Self {
        Self::start(data, vec!["--config".to_owned(), OPEN.to_owned()])
    }

    fn start(data: tempfile::TempDir, arguments: Vec<String>) -> Self {
        Self::start_on(0, data, arguments)
    }

    fn start_on(port: u16, data: tempfile::TempDir, arguments: Vec<String>) -> Self {
        Self::run(teahouse(), port, data, arguments)
    }

    fn run(
        mut program: Command,
        port: u16,
        data: tempfile::TempDir,
        arguments: Vec<String>,
    ) -> Self {
        program
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--admin", "127.0.0.1:0"])
            .args(["--log", "human/warn", "--data"])
            .arg(data.path())
            .args(&arguments)
            .stdout(Stdio::piped())
            .stderr(log_file(data.path()));
        let mut child = Running::start(&mut program);
        let greeting = read_greeting(child.0.stdout.take().unwrap())
            .unwrap_or_else(|printed| panic!("it printed only {printed:?}"));
        let port = greeting
            .lines()
            .find_map(|line| line.trim().strip_prefix("nc 127.0.0.1 "))
            .unwrap()
            .parse()
            .unwrap();
        Self { child, port, greeting, data: Some(data), arguments }
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.as_ref().unwrap().path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data().join("teahouse.db")
    }

    /// The port of the metrics.
    pub(crate) fn admin_port(&self) -> u16 {
        let address = self.greeting.split("Metrics are at http://127.0.0.1:").nth(1).unwrap();
        address.split('/').next().unwrap().parse().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Its log: warnings and errors.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data().join(LOG)).unwrap()
    }

    /// A member who has been greeted.
    pub(crate) fn join(&self) -> Peer {
        let mut peer = Peer::connect(self.port);
        peer.expect("you are in #lobby");
        peer
    }

    /// A member with this nick.
    pub(crate) fn join_as(&self, nick: &str) -> Peer {
        let mut peer = self.join();
        peer.say(&format!("/nick {nick}"));
        peer.expect(&format!("you are now known as {nick}"));
        peer
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.pid().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Sends `kill -9`, and waits until the server is gone.
    pub(crate) fn kill(&mut self) {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
    }

    /// Opens a server again on the same data, on a new port.
    pub(crate) fn restart(mut self) -> Self {
        if self.child.0.try_wait().unwrap().is_none() {
            self.kill();
        }
        let data = self.data.take().unwrap();
        let arguments = self.arguments.clone();
        Self::start(data, arguments)
    }

    /// Opens a server again on the same data and the same port, for clients that reconnect by themselves.
    pub(crate) fn restart_in_place(mut self) -> Self {
        if self.child.0.try_wait().unwrap().is_none() {
            self.kill();
        }
        let data = self.data.take().unwrap();
        let arguments = self.arguments.clone();
        Self::start_on(self.port, data, arguments)
    }

    /// Waits for the server to end.
    pub(crate) fn wait(&mut self, patience: Duration) -> ExitStatus {
        self.child.wait(patience)
    }

    /// Waits for the end after a signal to close; the server must end by itself, and in time.
    pub(crate) fn wait_for_close(&mut self) {
        let status = self.wait(PATIENCE);
        let log = self.log();
        assert!(status.success() && !log.contains("did not end in time"), "{status}: {log}");
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let mut status = String::new();
        std::fs::File::open(format!("/proc/{}/status", self.pid()))
            .unwrap()
            .read_to_string(&mut status)
            .unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

/// The log of the servers on this data.
fn log_file(data: &Path) -> std::fs::File {
    let path = data.join(LOG);
    std::fs::File::options().create(true).append(true).open(path).unwrap()
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if matches!(self.child.0.try_wait(), Ok(None)) {
            self.kill();
        }
        let Some(data) = &self.data else { return };
        let log = std::fs::read_to_string(data.path().join(LOG)).unwrap_or_default();
        print!("{log}");
        // Also where the server went on without its tracer.
        assert!(std::thread::panicking() || !log.contains("panicked at"), "the server panicked");
    }
}

/// Reads what a server prints at its start, to the last line of it. If that line does not come, the error is what came.
pub(crate) fn read_greeting(stdout: ChildStdout) -> Result<String, String> {
    let (lines, received) = mpsc::channel();
    std::thread::spawn(move || {
        let mut printed = BufReader::new(stdout).lines().map_while(Result::ok);
        while printed.next().is_some_and(|line| lines.send(line).is_ok()) {}
    });
    let deadline = Instant::now() + PATIENCE;
    let mut greeting = String::new();
    while !greeting.contains("Ctrl-C closes") {
        let wait = deadline.saturating_duration_since(Instant::now());
        let Ok(line) = received.recv_timeout(wait) else { return Err(greeting) };
        greeting += &line;
        greeting.push('\n');
    }
    Ok(greeting)
}
