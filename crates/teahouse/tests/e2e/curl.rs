//! What people do with `curl`: say something, follow a room, send files.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::server::{PATIENCE, TestServer};

/// A program whose lines are read as they come. Dropping it kills the program.
struct Program {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn expect(&self, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("no {part:?}"));
            if line.contains(part) {
                return line;
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["-sS", "--max-time", "60"]).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn curl_posts_and_follows_and_people_with_nc_see_it() {
    let server = TestServer::open();
    let port = server.port.to_string();
    let nc = Program::start(Command::new("nc").args(["127.0.0.1", &port]));
    nc.expect("you are in #lobby");
    let room = format!("http://127.0.0.1:{port}/lobby");
    let answer = curl(&["-d", "build done", &format!("{room}?nick=builder")]);
    assert_eq!(answer, "said in #lobby as builder, message 1\n");
    assert_eq!(nc.expect("build"), "<builder> build done");

    let follower = Program::start(Command::new("curl").args(["-sSN", &room]));
    // The follower receives messages only once it is there: say something until it does.
    let deadline = Instant::now() + PATIENCE;
    while follower.lines.recv_timeout(Duration::from_millis(50)).is_err() {
        assert!(Instant::now() < deadline, "curl follows nothing");
        curl(&["-d", "are you there?", &room]);
    }
    curl(&["--data-binary", "两行\nof text\n", &room]);
    let line = nc.expect("两行");
    assert!(line.starts_with("<guest"), "{line}");
    follower.expect("两行");
    follower.expect("of text");

    // A nick that is in use is refused to everyone else.
    let mut ann = server.join_as("ann");
    let taken = curl(&["-d", "x", &format!("{room}?nick=ann")]);
    assert!(taken.contains("\"nick_taken\""), "{taken}");
    ann.say("I am ann");
    follower.expect("<ann> I am ann");
    let usage = curl(&[&format!("http://127.0.0.1:{port}/")]);
    assert!(usage.contains("curl -d"), "{usage}");
}

#[test]
fn files_and_bodies_are_accepted_as_curl_sends_them() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    let files = tempfile::tempdir().unwrap();
    let path = |name: &str, bytes: &[u8]| {
        let path = files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let room = format!("http://127.0.0.1:{}/lobby", server.port);
    let notes = path("notes.txt", "two\nlines 你好\n".as_bytes());
    let answer = curl(&["-T", &notes, &format!("{room}?nick=curl")]);
    assert_eq!(answer, "said in #lobby as curl, message 1\n");
    bob.expect("<curl> two");
    bob.expect("lines 你好");
    let answer = curl(&["-T", &notes, &format!("{room}/")]);
    assert!(answer.ends_with(", message 2\n"), "{answer}");
    curl(&["-d", "with a slash", &format!("{room}/?nick=curl")]);
    bob.expect("<curl> with a slash");
    let packed = path("packed", b"packed");
    assert!(Command::new("gzip").arg(&packed).status().unwrap().success());
    let packed = format!("@{packed}.gz");
    let header = "Content-Encoding: gzip";
    curl(&["-H", header, "--data-binary", &packed, &format!("{room}?nick=curl")]);
    bob.expect("<curl> packed");
    let messages = format!("http://127.0.0.1:{}/api/v1/rooms/lobby/messages/", server.port);
    let marked =
        format!("@{}", path("marked", b"\xEF\xBB\xBF{\"text\":\"marked\",\"nick\":\"curl\"}"));
    curl(&["--data-binary", &marked, &messages]);
    bob.expect("<curl> marked");
    let refused = |arguments: &[&str]| {
        let body = curl(&[arguments, &["-w", "\n%{http_code}", room.as_str()]].concat());
        let (body, status) = body.rsplit_once('\n').unwrap();
        (status.to_owned(), body.to_owned())
    };
    let (status, why) = refused(&["-H", "Content-Encoding: br", "-d", "x"]);
    assert_eq!(status, "415");
    assert!(why.contains("wrong_media") && why.contains("gzip"), "{why}");
    let (status, why) = refused(&["-F", "text=hello"]);
    assert_eq!(status, "415");
    assert!(why.contains("--data-binary"), "{why}");
    let (status, _) = refused(&["-T", &notes, "-H", "Origin: http://evil.example"]);
    assert_eq!(status, "403", "an upload says something too");
}
