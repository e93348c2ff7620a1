//! What one address can do to all others, over real sockets: it reconnects as often as it likes.

use std::fmt::Write;
use std::time::Instant;

use serde_json::json;

use crate::peer::Peer;
use crate::server::{PATIENCE, TestServer};
use crate::socket::Socket;
use crate::visitor::{get, request};

/// A server with no flood control and these limits.
fn server_with(limits: &[(&str, u32)]) -> (tempfile::TempDir, TestServer) {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("teahouse.toml");
    let mut text =
        "shards = 1\n[limits]\nconnections_per_address_max = 0\nflood_burst = 0\n".to_owned();
    for (name, value) in limits {
        writeln!(text, "{name} = {value}").unwrap();
    }
    std::fs::write(&config, text).unwrap();
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    (directory, server)
}

#[test]
fn new_rooms_of_one_address_are_limited_however_often_it_connects() {
    let (_directory, server) = server_with(&[("new_rooms_burst", 3)]);
    let port = server.port;
    let say_in = |room: &str| request(port, "POST", room, "", "hi");
    for room in ["/one", "/two", "/three"] {
        assert_eq!(say_in(room).status, 200);
    }
    let refused = say_in("/four");
    assert_eq!(refused.status, 429);
    let wait = refused.header("retry-after").to_owned();
    let refused = refused.json();
    assert_eq!(refused["code"], json!("too_fast"));
    let message = refused["message"].as_str().unwrap();
    assert!(message.starts_with("too many new rooms from your address (the limit is 3 at once, "));
    assert!(message.contains(&format!("; try again in {wait} s, ")), "{message} / {wait}");
    assert_ne!(wait, "1", "a minute, less what has passed");
    assert_eq!(say_in("/two").status, 200, "a room that exists");
    assert_eq!(say_in("/lobby").status, 200, "the first room");
    let mut bob = server.join_as("bob");
    let mut ann = server.join_as("ann");
    ann.say("/join four");
    ann.expect("-- error: too many new rooms from your address (the limit is 3 at once, ");
    ann.say("still in the lobby");
    bob.expect("<ann> still in the lobby");
}

#[test]
fn a_server_full_of_rooms_admits_everybody_and_evicts_the_smallest_room() {
    let (_directory, mut server) = server_with(&[("rooms_max", 5), ("new_rooms_burst", 0)]);
    for number in 0..50 {
        let path = format!("/room{number}x");
        assert_eq!(request(server.port, "POST", &path, "", "only this").status, 200);
    }
    let rooms = get(server.port, "/api/v1/rooms").json();
    assert_eq!(rooms["total"], json!(6), "the first room does not count: {rooms}");
    assert_eq!(get(server.port, "/api/v1/rooms/room0x/messages").status, 404);
    assert_eq!(get(server.port, "/api/v1/rooms/room49x/messages").status, 200);
    server.kill();
    let server = server.restart();
    let rooms = get(server.port, "/api/v1/rooms").json();
    assert_eq!(rooms["total"], json!(6), "{rooms}");
    let mut ann = server.join_as("ann");
    ann.say("/join mine");
    ann.expect("you are in #mine");
    let found = get(server.port, "/api/v1/search?words=only").json();
    assert_eq!(found["events"].as_array().unwrap().len(), 4, "{found}");
}

#[test]
fn frequent_joins_and_leaves_are_announced_together() {
    let limits = [("brief_stays_burst", 2), ("brief_stay_every_s", 3600), ("fold_s", 1)];
    let (_directory, server) = server_with(&limits);
    let mut ann = server.join_as("ann");
    for number in 0..100 {
        let mut brief = Peer::connect(server.port);
        brief.say(&format!("word {number}"));
        brief.say("/quit");
        brief.rest();
    }
    // Every message arrives, and for a hundred joins and leaves a few lines, of which the last names who left.
    let (mut words, mut lines, mut is_told) = (0, 0, false);
    while words < 100 || !is_told {
        let line = ann.line().unwrap();
        is_told = words == 100 && line.starts_with("-- #lobby: ") && line.contains(" went; ");
        words += u32::from(line.contains("> word "));
        lines += u32::from(line.starts_with("-- "));
    }
    assert!(lines < 50, "{lines} lines");
}

#[test]
fn suspended_sessions_of_one_address_are_few_and_the_newest() {
    let (_directory, server) = server_with(&[("suspended_per_address_max", 3)]);
    let mut ann = server.join_as("ann");
    for number in 0..40_u32 {
        let mut socket = Socket::connect(server.port);
        let (nick, resume_key) = (format!("ghost{number}"), format!("{number:032x}"));
        socket.ask(&json!({ "op": "hello", "nick": nick, "seat": resume_key }));
        socket.expect("welcome");
        socket.ask(&json!({ "op": "join", "room": "lobby" }));
        socket.expect("joined");
        socket.break_off();
    }
    // The last sessions disconnect one after the other.
    let deadline = Instant::now() + PATIENCE;
    let here = loop {
        ann.say("/who");
        let is_settled = ann.expect(" are in #lobby") == "-- 4 are in #lobby";
        let here = ann.line().unwrap();
        if is_settled {
            break here;
        }
        assert!(Instant::now() < deadline, "{here}");
    };
    assert_eq!(here, "--   ann  ghost37  ghost38  ghost39");
}
