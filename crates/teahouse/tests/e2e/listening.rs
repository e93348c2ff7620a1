//! Where a server listens, and whether its greeting is true.

use std::io::Read;
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::server::{PATIENCE, read_greeting, teahouse};

/// A server with the given arguments; its log is in a file.
struct Open {
    child: Child,
    greeting: String,
    data: tempfile::TempDir,
}

impl Open {
    fn with(arguments: &[&str], configuration: &str) -> Self {
        Self::try_with(arguments, configuration).unwrap_or_else(|log| panic!("{log}"))
    }

    /// Returns its log when the server does not open.
    fn try_with(arguments: &[&str], configuration: &str) -> Result<Self, String> {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("teahouse.toml");
        std::fs::write(&path, configuration).unwrap();
        let mut child = teahouse()
            .args(["serve", "--admin", "off", "--config"])
            .arg(&path)
            .arg("--data")
            .arg(data.path().join("data"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(data.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let Ok(greeting) = read_greeting(child.stdout.take().unwrap()) else {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err(std::fs::read_to_string(data.path().join("log")).unwrap());
        };
        Ok(Self { child, greeting, data })
    }

    /// The `nc` commands in its greeting, as hosts and ports.
    fn named(&self) -> Vec<(String, u16)> {
        let lines = self.greeting.lines().filter_map(|line| line.trim().strip_prefix("nc "));
        lines
            .map(|line| {
                let (host, port) = line.split_once(' ').unwrap();
                (host.to_owned(), port.parse().unwrap())
            })
            .collect()
    }

    fn logs(&self, part: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = std::fs::read_to_string(self.data.path().join("log")).unwrap();
            if log.contains(part) {
                return;
            }
            assert!(Instant::now() < deadline, "no {part:?} in {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn hang_up(&self) {
        let pid = self.child.id().to_string();
        assert!(
            std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success()
        );
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Whether a connection to that address is greeted.
fn greets(host: &str, port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((host, port)) else { return false };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut first = [0; 3];
    stream.read_exact(&mut first).unwrap();
    &first == b"-- "
}

#[test]
fn every_way_to_write_an_address_listens_in_both_families_and_the_greeting_is_true() {
    for address in [":0", "0", "*:0", "[::]:0", "localhost:0"] {
        let open = Open::with(&["--listen", address], "");
        let named = open.named();
        assert!(!named.is_empty(), "{}", open.greeting);
        for (host, port) in &named {
            assert!(greets(host, *port), "{address}: nothing is at {host} {port}");
        }
        let port = named[0].1;
        for host in ["127.0.0.1", "::1", "localhost"] {
            assert!(greets(host, port), "{address}: nothing is at {host} {port}");
        }
    }
    let open = Open::with(&["--listen", "127.0.0.1:0", "--listen", "[::1]:0"], "");
    let named = open.named();
    let hosts: Vec<&str> = named.iter().map(|(host, _)| host.as_str()).collect();
    assert_eq!(hosts, ["127.0.0.1", "::1"]);
    assert!(named.iter().all(|(host, port)| greets(host, *port)));
    // In a shell brackets are a pattern, so an argument with brackets is quoted.
    let port = named[1].1;
    for quoted in [format!("join \"[::1]:{port}\"\n"), format!(" \"http://[::1]:{port}/lobby\"\n")]
    {
        assert!(open.greeting.contains(&quoted), "{quoted} in {}", open.greeting);
    }
    let plain = format!("  curl -N http://127.0.0.1:{}/lobby\n", named[0].1);
    assert!(open.greeting.contains(&plain), "{}", open.greeting);
    // An address written twice is one address. A port that is free now may be taken a moment later.
    let deadline = Instant::now() + PATIENCE;
    let (open, port) = loop {
        let free = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        match Open::try_with(&["--listen", &format!(":{port},0.0.0.0:{port},{port}")], "") {
            Ok(open) => break (open, port),
            Err(log) => assert!(log.contains("in use") && Instant::now() < deadline, "{log}"),
        }
    };
    assert!(greets("127.0.0.1", port) && greets("::1", port), "{}", open.greeting);
}

#[test]
fn a_reload_says_which_settings_need_a_restart_and_keeps_them_as_they_are() {
    let open = Open::with(&[], "listen = [\"127.0.0.1:0\"]\n");
    let path = open.data.path().join("teahouse.toml");
    std::fs::write(&path, "listen = [\"127.0.0.1:1\"]\nshards = 3\nhistory_shown = 3\n").unwrap();
    open.hang_up();
    open.logs("these settings have changed, but take effect only after a restart settings=\"listen, shards\"");
    open.logs("settings reloaded");
    std::fs::write(&path, "listen = [\"127.0.0.1:0\"]\nadmin = \"auto\"\n").unwrap();
    open.hang_up();
    // `admin` is set by its flag, and `listen` is again what it was.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let log = std::fs::read_to_string(open.data.path().join("log")).unwrap();
        if log.matches("settings reloaded").count() == 2 {
            assert_eq!(log.matches("only after a restart").count(), 1, "{log}");
            break;
        }
        assert!(Instant::now() < deadline, "{log}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let (host, port) = &open.named()[0];
    assert!(greets(host, *port));
}
