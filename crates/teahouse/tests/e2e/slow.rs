//! A member who stops reading: the others do not notice, memory stays bounded, and when they read again
//! everything is there, once, in order (promise P5).

use std::time::Instant;

use crate::house::House;
use crate::peer::Peer;

const MESSAGES: usize = 12_500;
const MESSAGE_BYTES: usize = 8_000;
/// What the server may grow by while 100 MB pass by a member who does not read: the queue of one
/// connection, SQLite's cache and the allocator's slack, far below what passes.
const GROWTH_KIB_MAX: u64 = 96 * 1024;

#[test]
fn a_member_who_stops_reading_loses_nothing_and_slows_nobody() {
    let house = House::open();
    let mut stalled = house.join_as("stalled");
    let mut reader = house.join_as("reader");
    let mut writer = house.join_as("writer");
    stalled.expect("is now known as writer");
    // Once without and once with the stalled member's share, on the same server.
    let resident_before = house.resident_kib();
    let filler = "x".repeat(MESSAGE_BYTES - 12);
    let start = Instant::now();
    let reading = std::thread::spawn(move || {
        follow(&mut reader);
        start.elapsed()
    });
    for number in 0..MESSAGES {
        writer.say(&format!("{number:08} {filler}"));
    }
    let took = reading.join().unwrap();
    let grown = house.resident_kib().saturating_sub(resident_before);
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
    println!("100 MB passed a stalled member in {took:?}, memory grew by {grown} KiB");

    // Life goes on for the others while the stalled one is refilled.
    let mut other = house.join_as("other");
    follow(&mut stalled);
    writer.say("and now live");
    other.expect("<writer> and now live");
    // Who came meanwhile may be told first; the next message is the live one.
    assert_eq!(stalled.expect("<"), "<writer> and now live");
}

/// Sees every message, once, in order.
fn follow(peer: &mut Peer) {
    for number in 0..MESSAGES {
        let line = peer.expect("<writer> ");
        let expected = format!("<writer> {number:08} x");
        assert!(line.starts_with(&expected), "expected {expected:?}, got {:?}", &line[..24]);
        assert_eq!(line.len(), "<writer> ".len() + MESSAGE_BYTES - 3);
    }
}
