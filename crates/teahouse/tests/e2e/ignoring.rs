//! Ignored people stay ignored: after either side resumes, under any nick, and over HTTP too.

use serde_json::{Value, json};

use crate::server::TestServer;
use crate::socket::Socket;
use crate::visitor::post;

const EVES_KEY: &str = "000102030405060708090a0b0c0d0e0f";
const BOBS_KEY: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

fn hello(port: u16, nick: &str, resume_key: &str) -> Socket {
    let mut socket = Socket::connect(port);
    socket.ask(&json!({ "op": "hello", "nick": nick, "seat": resume_key }));
    socket.expect("welcome");
    socket
}

fn join(socket: &mut Socket, after: Option<&Value>) {
    let mut request = json!({ "op": "join", "room": "lobby" });
    if let Some(cursor) = after {
        request["after"] = cursor.clone();
    }
    socket.ask(&request);
    socket.expect("joined");
}

fn say(socket: &mut Socket, text: &str) {
    socket.ask(&json!({ "op": "say", "room": "lobby", "text": text }));
}

/// The texts said up to this one.
fn texts_up_to(socket: &mut Socket, last: &str) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.last().is_none_or(|text| text != last) {
        texts.push(socket.expect("event")["text"].as_str().unwrap().to_owned());
    }
    texts
}

#[test]
fn ignored_people_stay_ignored_after_either_side_resumes_also_under_another_nick() {
    let server = TestServer::open();
    let mut ann = Socket::join(server.port, "ann", "lobby");
    let mut eve = hello(server.port, "eve", EVES_KEY);
    join(&mut eve, None);
    let mut bob = hello(server.port, "bob", BOBS_KEY);
    join(&mut bob, None);
    bob.ask(&json!({ "op": "ignore", "nick": "eve" }));
    bob.expect("ignoring");

    say(&mut ann, "one");
    let event = bob.expect("event");
    let cursor = json!({ "epoch": event["epoch"], "position": event["position"] });
    bob.break_off();

    // Eve is on another connection and has another nick.
    eve.break_off();
    let mut eve = hello(server.port, "eve", EVES_KEY);
    join(&mut eve, None);
    eve.ask(&json!({ "op": "nick", "nick": "angel" }));
    eve.expect("renamed");
    say(&mut eve, "from history");
    say(&mut ann, "two");
    texts_up_to(&mut ann, "two");

    let mut bob = hello(server.port, "bob", BOBS_KEY);
    join(&mut bob, Some(&cursor));
    assert_eq!(texts_up_to(&mut bob, "two"), ["two"], "from history");
    say(&mut eve, "live");
    texts_up_to(&mut eve, "live");
    say(&mut ann, "three");
    assert_eq!(texts_up_to(&mut bob, "three"), ["three"], "live");
}

#[test]
fn a_person_who_posts_without_entering_can_be_ignored() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    post(server.port, "/lobby?nick=Spam", "buy");
    ann.expect("<Spam> buy");
    ann.say("/ignore Spam");
    ann.expect("-- nobody here is called Spam; you will not hear whoever speaks under that name");
    post(server.port, "/lobby?nick=spam", "buy more");
    post(server.port, "/lobby?nick=carl", "hello");
    let mut line = ann.line().unwrap();
    while !line.contains("<carl> hello") {
        assert!(!line.contains("buy"), "{line}");
        line = ann.line().unwrap();
    }
    ann.say("/ignore spam");
    ann.expect("-- you hear Spam again");
    post(server.port, "/lobby?nick=Spam", "at last");
    ann.expect("<Spam> at last");
}
