//! While nothing can be stored: a person who leaves is gone afterwards, nothing is accepted that would have to stay in
//! memory, requests are answered with the reason, and the operator's signals work.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::server::{PATIENCE, Running, TestServer};
use crate::visitor::{Visitor, get, post};

const NOTICE: &str = "messages cannot be stored at the moment";
const MESSAGES: &str = "/api/v1/rooms/lobby/messages";

/// Another program that writes to the database until it ends.
struct Writer(rusqlite::Connection);

impl Writer {
    /// Begins to write; returns when the server has noticed.
    fn stall(server: &TestServer, member: &mut Peer) -> Self {
        let other = rusqlite::Connection::open(server.database()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        member.say("meanwhile");
        member.expect(NOTICE);
        Self(other)
    }

    fn end(self) {
        self.0.execute_batch("COMMIT").unwrap();
    }
}

/// Waits until the member is alone in the room.
fn wait_until_alone(member: &mut Peer) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        member.say("/who");
        let line = member.expect("in #lobby");
        if line == "-- 1 is in #lobby" {
            return;
        }
        assert!(Instant::now() < deadline, "still {line:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Says so much that neither the log nor the shard accepts more: lines that come together are one chunk of the log, so
/// it goes on until the log is full.
fn fill_log(server: &TestServer) -> Vec<Peer> {
    let line = "x".repeat(8_000);
    let deadline = Instant::now() + PATIENCE;
    let is_full = |text: &str| {
        let gathered = text.split("gathered_requests{shard=\"0\"} ").nth(1).unwrap();
        gathered.lines().next().unwrap().parse::<u32>().unwrap() > 32
    };
    let mut members = Vec::new();
    while !is_full(&Visitor::scrape(server.admin_port())) {
        assert!(Instant::now() < deadline, "the log is never full: {} members", members.len());
        let mut member = Peer::connect(server.port);
        member.say(&line);
        members.push(member);
    }
    members
}

#[test]
fn a_person_who_comes_and_disconnects_while_nothing_is_stored_is_gone_afterwards() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let writer = Writer::stall(&server, &mut ann);
    for _ in 0..30 {
        let mut ghost = Peer::connect(server.port);
        ghost.say("x");
        ghost.reset();
    }
    writer.end();
    ann.expect("messages are being stored again");
    wait_until_alone(&mut ann);
}

#[test]
fn posts_are_refused_and_take_no_memory_while_nothing_is_stored() {
    const TRIES: usize = 3_000;
    const AT_ONCE: usize = 100;
    const GROWTH_KIB_MAX: u64 = 20 * 1024;
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let before = server.resident_kib();
    let other = rusqlite::Connection::open(server.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The server has not noticed yet; a client that disconnects leaves nothing behind.
    let text = "x".repeat(15_000);
    let request = format!(
        "POST {MESSAGES} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{{\"text\":\"{text}\"}}",
        text.len() + 11
    );
    for _ in 0..TRIES / AT_ONCE {
        let visitors: Vec<Visitor> = (0..AT_ONCE).map(|_| Visitor::connect(server.port)).collect();
        for visitor in &visitors {
            // The server may have answered and closed already.
            visitor.stream().write_all(request.as_bytes()).ok();
        }
        // The clients disconnect when the last of them has been answered, or has surely been read.
        let mut last = visitors[AT_ONCE - 1].stream();
        last.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        last.read_exact(&mut [0]).ok();
    }
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB of {} KiB posted", TRIES * 15);
    // A client that waits is told why: the storing refuses, and nothing before it.
    let refused = post(server.port, MESSAGES, "{\"text\":\"never said\"}");
    assert_eq!((refused.status, &refused.json()["code"]), (503, &"unavailable".into()));
    other.execute_batch("COMMIT").unwrap();
    ann.say("still here");
    wait_until_alone(&mut ann);
}

#[test]
fn requests_are_answered_with_the_reason_while_nothing_is_stored() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let writer = Writer::stall(&server, &mut ann);
    let _members = fill_log(&server);
    let start = Instant::now();
    let answers = [
        get(server.port, "/healthz"),
        get(server.port, MESSAGES),
        get(server.port, "/api/v1/rooms"),
        post(server.port, MESSAGES, "{\"text\":\"never said\"}"),
    ];
    for answer in &answers {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.json()["code"], "unavailable");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("messages cannot be stored at the moment ("), "{message}");
        assert_eq!(answer.header("retry-after"), "10");
    }
    let mut admin = Visitor::connect(server.admin_port());
    admin.ask("GET", "/healthz", "", "");
    let health = admin.answer(false);
    assert_eq!(health.status, 503);
    assert!(health.text().contains(NOTICE), "{health:?}");
    assert!(Visitor::scrape(server.admin_port()).contains("\nteahouse_storing 0\n"));
    assert!(start.elapsed() < Duration::from_secs(30), "took {:?}", start.elapsed());
    writer.end();
    ann.expect("messages are being stored again");
    assert_eq!(get(server.port, "/healthz").status, 200);
    assert!(Visitor::scrape(server.admin_port()).contains("\nteahouse_storing 1\n"));
    // What was accepted is stored, what was refused is not.
    let database = rusqlite::Connection::open(server.database()).unwrap();
    let stored = |text: &str| -> i64 {
        let count = "SELECT count(*) FROM event WHERE text = ?1";
        database.query_row(count, [text], |row| row.get(0)).unwrap()
    };
    assert_eq!((stored("meanwhile"), stored("never said")), (1, 0));
}

#[test]
fn a_stop_signal_works_while_nothing_is_stored_also_after_a_reload() {
    let mut server = TestServer::open();
    let mut ann = server.join_as("ann");
    let _writer = Writer::stall(&server, &mut ann);
    let _members = fill_log(&server);
    server.signal("-HUP");
    std::thread::sleep(Duration::from_millis(200));
    let start = Instant::now();
    server.signal("-TERM");
    let status = server.wait(PATIENCE);
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
    assert_eq!(status.code(), Some(1), "the exit code says that something was not stored");
}

#[test]
fn an_unread_standard_error_stops_nobody() {
    const LINES: usize = 2_000;
    let data = tempfile::tempdir().unwrap();
    let mut child = Running::start(
        crate::server::teahouse()
            .args(["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--log", "human/trace"])
            .args(["--config", crate::server::OPEN, "--data"])
            .arg(data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    );
    let (port, _stdout) = child.port();
    let mut ann = Peer::connect(port);
    let mut bob = Peer::connect(port);
    bob.expect("you are in #lobby");
    for number in 0..LINES {
        ann.say(&format!("number {number}"));
        bob.expect(&format!("number {number}"));
    }
}
