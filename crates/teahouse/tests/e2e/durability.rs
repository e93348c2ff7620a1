//! `kill -9` at random moments: no message that anyone has seen is missing afterwards, none is doubled, and the order
//! is the same (promises P1 to P4).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::peer::Peer;
use crate::server::{PATIENCE, TestServer};

const ROUNDS: u64 = 20;
const WRITERS: usize = 4;

#[test]
fn every_seen_message_survives_kill_nine_once_and_in_order() {
    let mut server = TestServer::open();
    let mut seen: Vec<String> = Vec::new();
    let mut recorded = 0;
    let mut dice = 0x9E37_79B9_7F4A_7C15_u64;
    for round in 0..ROUNDS {
        let mut reader = server.join();
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let peer = server.join_as(&format!("writer{writer}"));
                let stop = Arc::clone(&stop);
                thread::spawn(move || write(peer, round, writer, &stop))
            })
            .collect();
        // Somebody has seen a message; then a random moment passes.
        record(&mut reader, &mut seen, Some(50));
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_micros((dice >> 33) % 60_000));
        server.kill();
        record(&mut reader, &mut seen, None);
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().unwrap();
        }
        let before = std::mem::replace(&mut recorded, log_position(&server));
        assert!(recorded > before, "{recorded} was given out before {before} as well");
        server = server.restart();
    }
    server.signal("-TERM");
    assert!(server.wait(PATIENCE).success());
    let stored = messages_in(&server);
    check(&seen, &stored);
    assert!(seen.len() > 1000, "only {} messages were seen", seen.len());
}

/// A killed process takes nothing from the system's cache, so only system calls show what is on the disk: the server
/// syncs the database's log between writing a message to it and sending the message to anyone.
#[test]
fn a_shown_message_has_been_synced_and_without_durability_it_has_not() {
    assert_eq!(count_unsynced(&[]), (MESSAGES, 0));
    assert_eq!(count_unsynced(&["--durability", "async"]), (MESSAGES, MESSAGES));
}

/// No session may be numbered with a boot that a power cut takes back.
#[test]
fn a_boot_is_synced_before_anyone_enters_whatever_the_durability() {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let calls = "pwrite64,fdatasync,fsync,accept4";
    let mut server = TestServer::traced(calls, &trace, &["--durability", "async"]);
    server.join_as("ann");
    server.signal("-TERM");
    server.wait(PATIENCE);
    let trace = read_trace(&trace);
    let is_of_log = |line: &&str| line.contains("teahouse.db-wal>");
    let until_someone_came = trace.lines().take_while(|line| !line.contains("accept4("));
    let last = until_someone_came.filter(is_of_log).last().unwrap();
    assert!(last.contains("sync("), "what was written to the log last is not synced: {last}");
}

const MESSAGES: usize = 20;

/// How many messages were sent to a member, and how many of them while the log had unsynced data.
fn count_unsynced(arguments: &[&str]) -> (usize, usize) {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let mut server = TestServer::traced("pwrite64,fdatasync,fsync,sendto,write", &trace, arguments);
    let (mut ann, mut bob) = (server.join_as("ann"), server.join_as("bob"));
    for number in 0..MESSAGES {
        ann.say(&format!("message {number}."));
        bob.expect(&format!("message {number}."));
    }
    server.signal("-TERM");
    server.wait(PATIENCE);
    let trace = read_trace(&trace);
    let (mut shown, mut unsynced, mut is_synced) = (0, 0, true);
    let mut syncing: Vec<&str> = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let is_of_log = call.contains("teahouse.db-wal>");
        if call.starts_with("pwrite64(") && is_of_log {
            is_synced = false;
        } else if (call.starts_with("fdatasync(") || call.starts_with("fsync(")) && is_of_log {
            if call.contains("unfinished") {
                syncing.push(thread);
            } else {
                is_synced |= call.ends_with("= 0");
            }
        } else if call.contains("sync resumed>") && syncing.contains(&thread) {
            syncing.retain(|other| *other != thread);
            is_synced |= call.ends_with("= 0");
        } else if call.starts_with("sendto(") && call.contains("<ann> message") {
            shown += 1;
            unsynced += usize::from(!is_synced);
        }
    }
    (shown, unsynced)
}

/// The whole trace. The tracer may still be writing when the server has ended.
fn read_trace(trace: &std::path::Path) -> String {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let text = std::fs::read_to_string(trace).unwrap();
        if text.lines().last().is_some_and(|last| last.contains("+++ exited")) {
            return text;
        }
        assert!(std::time::Instant::now() < deadline, "the trace has no end: {text}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Says numbered messages until the server is gone, a few in flight at once.
fn write(mut peer: Peer, round: u64, writer: usize, stop: &AtomicBool) {
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let line = format!("round {round} writer {writer} number {number}\n");
        if std::io::Write::write_all(&mut peer.stream(), line.as_bytes()).is_err() {
            return;
        }
        if number % 16 == 15 {
            // Reads what the other writers say, so that this peer is not a slow reader.
            while let Some(Some(_)) = peer.line_within(Duration::from_millis(1)) {}
        }
    }
}

/// Records the messages that the reader sees: `count` of them, or all until the server is gone.
fn record(reader: &mut Peer, seen: &mut Vec<String>, count: Option<usize>) {
    let mut left = count.unwrap_or(usize::MAX);
    while left > 0 {
        let Some(line) = reader.line() else {
            assert!(count.is_none(), "the server ended early");
            return;
        };
        if line.starts_with("<writer") {
            seen.push(line.split_once("> ").unwrap().1.to_owned());
            left -= 1;
        }
    }
}

/// The last position in the log that the history has recorded. Only chunks that change something have a position, and
/// each chunk that stores something has one of its own.
fn log_position(server: &TestServer) -> i64 {
    let database = rusqlite::Connection::open(server.database()).unwrap();
    let recorded = "SELECT value FROM meta WHERE key = 'log_position'";
    database.query_row(recorded, [], |row| row.get(0)).unwrap()
}

fn messages_in(server: &TestServer) -> Vec<String> {
    let database = rusqlite::Connection::open(server.database()).unwrap();
    let integrity: String =
        database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
    let mut positions =
        database.prepare("SELECT position FROM event WHERE room = 1 ORDER BY position").unwrap();
    let positions: Vec<i64> =
        positions.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(positions.iter().copied().eq(1..=positions.len() as i64), "the sequence has holes");
    let mut texts =
        database.prepare("SELECT text FROM event WHERE room = 1 ORDER BY position").unwrap();
    texts.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn check(seen: &[String], stored: &[String]) {
    let mut indices: HashMap<&str, usize> = HashMap::new();
    for (index, text) in stored.iter().enumerate() {
        assert_eq!(indices.insert(text, index), None, "{text:?} is stored twice");
    }
    let mut last = None;
    for text in seen {
        let index = indices.get(text.as_str()).copied();
        assert!(index.is_some(), "{text:?} was seen and is not stored");
        assert!(index > last, "{text:?} was seen in another order, or twice");
        last = index;
    }
}
