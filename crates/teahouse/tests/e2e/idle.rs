//! Silent WebSockets: they cost little memory, dead ones are noticed, and one that does not read delays nobody.

use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use crate::raw::{self, text};
use crate::server::{OPEN, PATIENCE, TestServer};
use crate::socket::Socket;
use crate::stream::{GROWTH_KIB_MAX, WARM, pour};
use crate::visitor::Visitor;

const FEW: usize = 500;
const MANY: usize = 2_500;
/// Resident memory of the server per idle member, measured between few and many.
const KIB_PER_MEMBER_MAX: f64 = 4.0;

#[test]
fn idle_members_on_websockets_cost_little() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let server = TestServer::with(&["--config", OPEN, "--durability", "memory"]);
    let mut members = Vec::new();
    let fill = |members: &mut Vec<Visitor>, count: usize| {
        for _ in members.len()..count {
            let mut member =
                raw::connect(server.port, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
            let resume_key = format!("{:032x}", members.len());
            member.send(&text(&json!({ "op": "hello", "seat": resume_key }).to_string()));
            member.send(&text(r#"{"op":"join","room":"lobby"}"#));
            expect(&mut member, "\"joined\"");
            members.push(member);
        }
    };
    fill(&mut members, FEW);
    let few = server.resident_kib();
    fill(&mut members, MANY);
    let many = server.resident_kib();
    let per_member = many.saturating_sub(few) as f64 / (MANY - FEW) as f64;
    println!("{per_member:.2} KiB per member between {FEW} and {MANY}");
    assert!(per_member <= KIB_PER_MEMBER_MAX, "{per_member:.2} KiB per idle member");

    let mut ann = server.join_as("ann");
    ann.say("can everyone hear me?");
    for member in &mut members {
        expect(member, "can everyone hear me?");
    }
}

fn expect(member: &mut Visitor, part: &str) {
    while !String::from_utf8_lossy(member.unread()).contains(part) {
        assert!(member.wait(), "ended before {part:?}");
    }
}

#[test]
fn a_peer_that_answers_no_pings_is_closed_within_a_minute() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut dead = raw::connect(server.port, "");
    dead.send(&text(r#"{"op":"hello","nick":"dead"}"#));
    dead.send(&text(r#"{"op":"join","room":"lobby"}"#));
    ann.expect("dead entered");
    let start = Instant::now();
    // The library answers pings only while the test reads.
    let mut alive = Socket::join(server.port, "alive", "lobby");
    let mut mute = raw::connect(server.port, "");
    let hello_start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(mute.ends_within(Duration::from_secs(50)), "who does not say hello is let go");
            assert!(hello_start.elapsed() > Duration::from_secs(5));
        });
        let alive = &mut alive;
        scope.spawn(move || {
            while alive.expect("presence")["nick"] != "dead" {}
            alive.ask(&json!({ "op": "say", "room": "lobby", "text": "I am alive" }));
        });
        let deadline = Duration::from_secs(60);
        // The server's promise, and what a busy machine may add.
        let line = ann.line_within(deadline + Duration::from_secs(10));
        let mut line = line.expect("dead is noticed").unwrap();
        while !line.contains("dead") {
            let line_next = ann.line_within(Duration::from_secs(70)).expect("dead is noticed");
            line = line_next.unwrap();
        }
        let took = start.elapsed();
        println!("noticed after {took:?}");
        assert!(line.contains("dead is offline"), "{line}");
        assert!(took > Duration::from_secs(20) && took < Duration::from_secs(70), "{took:?}");
        ann.expect("<alive> I am alive");
    });
    assert!(dead.ends_within(PATIENCE), "its connection is closed");
}

#[test]
fn a_websocket_that_stops_reading_loses_nothing_and_slows_nobody() {
    const BEFORE: u64 = WARM as u64;
    const MESSAGES: u64 = 6_250;
    const SEAT: &str = "00000000000000000000000000005107";
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    pour(&mut ann, &mut bob, WARM);
    let mut stalled = Socket::connect(server.port);
    stalled.ask(&json!({ "op": "hello", "nick": "stalled", "seat": SEAT }));
    let epoch = stalled.expect("welcome")["epoch"].clone();
    let after = json!({ "epoch": epoch, "position": BEFORE });
    stalled.ask(&json!({ "op": "join", "room": "lobby", "after": after }));
    stalled.expect("joined");
    let before = server.resident_kib();
    pour(&mut ann, &mut bob, MESSAGES as usize);
    let grown = server.resident_kib().saturating_sub(before);
    println!("memory grew by {grown} KiB");
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
    let mut position = BEFORE;
    while position < BEFORE + MESSAGES {
        let Some(message) = stalled.next() else {
            // On a slow machine it took nothing for so long that the server closed it: it resumes.
            stalled = Socket::connect(server.port);
            stalled.ask(&json!({ "op": "hello", "nick": "stalled", "seat": SEAT }));
            let after = json!({ "epoch": epoch, "position": position });
            stalled.ask(&json!({ "op": "join", "room": "lobby", "after": after }));
            continue;
        };
        if message["type"] == "event" {
            position += 1;
            assert_eq!(message["position"], position, "no gap, no double");
            let text = message["text"].as_str().unwrap();
            let number = position - BEFORE - 1;
            assert!(text.starts_with(&format!("{number:08} x")), "{}", &text[..20]);
        }
    }
    ann.say("live");
    assert_eq!(stalled.expect("event")["text"], "live");
}
