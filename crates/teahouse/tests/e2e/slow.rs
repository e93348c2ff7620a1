//! A member who stops reading: the others do not notice, memory stays bounded, and when the member reads again
//! everything is there, once, in order (promise P5).

use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::server::TestServer;

const MESSAGES: usize = 12_500;
const MESSAGE_BYTES: usize = 8_000;
/// How much the server may grow while 100 MB pass a member who does not read: the queue of one connection, SQLite's
/// cache and the allocator's slack, far below what passes.
const GROWTH_KIB_MAX: u64 = 96 * 1024;

/// How much longer the same messages may take with a member who does not read: only noise, of which a shared machine
/// has a lot.
const SLOWER_MAX: u32 = 3;
/// Attempts: noise comes and goes, but a member who slows others down does it every time.
const TRIES_MAX: usize = 3;

#[test]
fn a_member_who_stops_reading_loses_nothing_and_slows_nobody() {
    let server = TestServer::open();
    let mut reader = server.join_as("reader");
    let mut writer = server.join_as("writer");
    let alone = pour(&mut writer, &mut reader);
    let mut stalled = server.join_as("stalled");
    writer.expect("is now known as stalled");
    let resident_before = server.resident_kib();
    let mut took = pour(&mut writer, &mut reader);
    let mut tries = 1;
    while took >= alone * SLOWER_MAX && tries < TRIES_MAX {
        took = pour(&mut writer, &mut reader);
        tries += 1;
    }
    let grown = server.resident_kib().saturating_sub(resident_before);
    println!("100 MB took {alone:?}, past a stalled member {took:?}; memory grew by {grown} KiB");
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
    assert!(took < alone * SLOWER_MAX, "{took:?} instead of {alone:?}");

    // The others go on talking while the stalled member is refilled.
    let mut other = server.join_as("other");
    for _ in 0..tries {
        follow(&mut stalled);
    }
    writer.say("and now live");
    other.expect("<writer> and now live");
    // An announcement of a join may come first; the next message is the live one.
    assert_eq!(stalled.expect("<"), "<writer> and now live");
}

/// Sends 100 MB from one member to the other; returns how long it took.
fn pour(writer: &mut Peer, reader: &mut Peer) -> Duration {
    let filler = "x".repeat(MESSAGE_BYTES - 12);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| follow(reader));
        for number in 0..MESSAGES {
            writer.say(&format!("{number:08} {filler}"));
        }
        reading.join().unwrap();
    });
    start.elapsed()
}

/// Checks that the member sees every message, once, in order.
fn follow(peer: &mut Peer) {
    for number in 0..MESSAGES {
        // Not the messages with times, which are from before the member joined.
        let mut line = peer.expect("<writer> ");
        while !line.starts_with('<') {
            line = peer.expect("<writer> ");
        }
        let expected = format!("<writer> {number:08} x");
        assert!(line.starts_with(&expected), "expected {expected:?}, got {:?}", &line[..24]);
        assert_eq!(line.len(), "<writer> ".len() + MESSAGE_BYTES - 3);
    }
}

#[test]
fn a_slow_reader_of_two_rooms_has_each_whole_and_in_order_also_with_small_queues() {
    const LARGE: usize = 200;
    const SMALL: usize = 4_000;
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("teahouse.toml");
    let open = std::fs::read_to_string(crate::server::OPEN).unwrap();
    std::fs::write(&config, format!("{open}queue_soft_bytes = 16384\nqueue_hard_bytes = 32768\n"))
        .unwrap();
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    let mut reader = server.join_as("reader");
    reader.say("/join large");
    reader.expect("you are in #large");
    let pour = |room: &'static str, count: usize, bytes: usize| {
        let mut writer = server.join();
        if room != "lobby" {
            writer.say(&format!("/join {room}"));
            writer.expect(&format!("you are in #{room}"));
        }
        std::thread::spawn(move || {
            for number in 0..count {
                writer.say(&format!("{room} {number} {}", "x".repeat(bytes)));
                if number % 20 == 0 {
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
            writer
        })
    };
    let writers = [pour("large", LARGE, 8_000), pour("lobby", SMALL, 100)];
    // Both rooms, each once and in order, and no end before that.
    let mut next = [0, 0];
    while next != [LARGE, SMALL] {
        let line = reader.line().expect("closed");
        for (room, next) in ["large", "lobby"].iter().zip(&mut next) {
            let Some((_, text)) = line.split_once(&format!("> {room} ")) else { continue };
            assert!(text.starts_with(&format!("{next} ")), "{next} is missing: {}", &text[..20]);
            *next += 1;
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    for writer in writers {
        writer.join().unwrap();
    }
}
