//! The disk: what happens when it is full, and when it is nearly full.

use std::process::Command;

use serde_json::{Value, json};

use crate::server::{OPEN, TestServer, teahouse};
use crate::socket::Socket;
use crate::visitor::{Visitor, get, post};

#[test]
fn a_file_at_its_size_limit_is_a_full_disk_and_does_not_end_the_server() {
    let server = TestServer::with_file_limit(1024, &["--config", OPEN]);
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    let words = |number: u32| format!("{number} {}", "x".repeat(8000));
    let mut number = 0;
    // The write-ahead log reaches a megabyte soon.
    let mut stuck = false;
    while !stuck {
        number += 1;
        assert!(number < 1000, "nothing stands in the way");
        ann.say(&words(number));
        ann.say("/who");
        stuck = loop {
            let line = ann.line().unwrap();
            if line.contains("messages cannot be stored at the moment") {
                break true;
            }
            if line.contains("in #lobby") {
                break false;
            }
        };
    }
    let status = Command::new("prlimit")
        .args(["--pid", &server.pid().to_string(), "--fsize=unlimited"])
        .status();
    assert!(status.unwrap().success());
    ann.expect("messages are being stored again");
    // Everything said before, in between and after is there, once and in order.
    for expected in 1..=number {
        let line = bob.expect("<ann> ");
        assert!(line.starts_with(&format!("<ann> {expected} x")), "{}", &line[..20]);
    }
}

#[test]
fn on_a_nearly_full_disk_messages_are_refused_and_reading_goes_on() {
    let config = tempfile::tempdir().unwrap();
    let config = config.path().join("teahouse.toml");
    let set = |min_mib: u64| {
        let limits = format!("[limits]\nflood_burst = 0\ndisk_free_min_mib = {min_mib}\n");
        std::fs::write(&config, limits).unwrap();
    };
    set(0);
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    let mut ann = server.join_as("ann");
    let mut bob = Socket::join(server.port, "bob", "lobby");
    ann.say("before");
    assert_eq!(bob.expect("event")["text"], "before");

    // A bound larger than any disk.
    set(1 << 40);
    server.signal("-HUP");
    ann.expect("the disk is nearly full: nothing can be said until there is room");
    ann.say("too much");
    let refused = ann.expect("-- error: the disk is nearly full");
    assert!(refused.ends_with("not sent: too much"), "{refused}");
    let id = "000102030405060708090a0b0c0d0e0f";
    bob.ask(&json!({ "ref": 1, "op": "say", "room": "lobby", "text": "x", "id": id }));
    let refused = bob.expect("error");
    assert_eq!((&refused["code"], &refused["id"]), (&json!("unavailable"), &json!(id)));
    let refused = post(server.port, "/lobby", "x");
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("unavailable")));
    assert_eq!(get(server.port, "/healthz").status, 503);
    let mut monitor = Visitor::connect(server.admin_port());
    monitor.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(monitor.head().status, 503);
    // Reading goes on, and people join and leave.
    let page = get(server.port, "/api/v1/rooms/lobby/messages").json();
    assert_eq!(page["events"][0]["text"], "before");
    let carl = server.join();
    ann.expect("entered #lobby");
    drop(carl);

    set(0);
    server.signal("-HUP");
    ann.expect("there is room on the disk again");
    ann.say("after");
    let event = bob.expect("event");
    assert_eq!((&event["text"], &event["position"]), (&json!("after"), &json!(2)));
    assert_eq!(get(server.port, "/healthz").status, 200);
    assert_ne!(event["id"], Value::from(id));
}

#[test]
fn a_backup_made_while_people_talk_can_be_opened() {
    let server = TestServer::open();
    let data = server.data().to_str().unwrap().to_owned();
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    let run = |arguments: &[&str]| {
        let output = teahouse().args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    for number in 1..=50 {
        ann.say(&format!("{number}"));
    }
    bob.expect("<ann> 50");
    let (is_done, output, _) = run(&["backup", copy.to_str().unwrap(), "--data", &data]);
    assert!(
        is_done && output.contains("copy.db is a sound copy: 50 messages in 1 room"),
        "{output}"
    );
    let (is_done, _, output) = run(&["backup", copy.to_str().unwrap(), "--data", &data]);
    assert!(!is_done && output.contains("copy.db exists already\nhint: "), "{output}");
    ann.say("said later");
    bob.expect("<ann> said later");
    let (_, output, _) = run(&["check", "--data", &data]);
    assert!(output.contains("teahouse.db is sound: 51 messages in 1 room"), "{output}");
    let (_, output, _) = run(&["check", copy.to_str().unwrap()]);
    assert!(output.contains("copy.db is sound: 50 messages in 1 room"), "{output}");
    let (is_done, _, output) = run(&["check", "/nonexistent/teahouse.db"]);
    assert!(!is_done && output.contains("there is no history in /nonexistent"), "{output}");

    // Restored as the README describes it.
    let epoch = get(server.port, "/api/v1/rooms/lobby/messages").json()["epoch"].clone();
    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(&copy, restored.path().join("teahouse.db")).unwrap();
    let other = TestServer::on(restored);
    let page = get(other.port, "/api/v1/rooms/lobby/messages").json();
    assert_eq!(page["head"], 50);
    assert_ne!(page["epoch"], epoch, "positions are given again");
}
