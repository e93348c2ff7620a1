//! The api protocol as programs use it: one room seen through it and through lines, resuming, refusals.

use serde_json::{Value, json};
use tungstenite::Message;

use crate::server::TestServer;
use crate::socket::Socket;

const SEAT: &str = "0123456789abcdef0123456789abcdef";
const ID: &str = "000102030405060708090a0b0c0d0e0f";

#[test]
fn one_room_is_the_same_through_lines_and_through_the_api() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = Socket::join(server.port, "bob", "lobby");
    ann.expect("bob entered #lobby");
    ann.say("你好");
    let event = bob.expect("event");
    assert_eq!(event["text"], "你好");
    assert_eq!(event["sender"]["nick"], "ann");
    assert_eq!(event["position"], 1);
    assert_eq!(event["room"], "lobby");
    assert_eq!(event["kind"], "said");

    bob.ask(&json!({ "op": "say", "room": "lobby", "text": "hi", "id": ID }));
    ann.expect("<bob> hi");
    let own = bob.expect("event");
    assert_eq!((&own["position"], &own["id"]), (&json!(2), &json!(ID)), "its own acknowledges it");
    assert_eq!(own["epoch"], event["epoch"]);

    // The same message sent again is recognised, and nobody receives it twice.
    bob.ask(&json!({ "ref": 7, "op": "say", "room": "lobby", "text": "hi", "id": ID }));
    let duplicate = bob.expect("duplicate");
    assert_eq!((&duplicate["ref"], &duplicate["position"]), (&json!(7), &json!(2)));
    bob.ask(&json!({ "ref": 8, "op": "say", "room": "lobby", "text": "ho", "id": ID }));
    let conflict = bob.expect("error");
    let failure = (&conflict["ref"], &conflict["code"], &conflict["id"]);
    assert_eq!(failure, (&json!(8), &json!("conflict"), &json!(ID)));

    ann.say("/topic green tea");
    assert_eq!(bob.expect("event")["kind"], "topic");
    bob.ask(&json!({ "op": "say", "room": "lobby", "text": "waves", "acted": true }));
    ann.expect("* bob waves");
    ann.say("/msg bob psst");
    assert_eq!(bob.expect("told")["text"], "psst");
    bob.ask(&json!({ "ref": "t", "op": "tell", "nick": "ann", "text": "yes?" }));
    ann.expect("[private] <bob> yes?");
    assert_eq!(bob.expect("delivered")["ref"], "t");
    ann.say("/nick anna");
    let renamed = bob.expect("presence");
    assert_eq!((&renamed["change"], &renamed["to"]), (&json!("renamed"), &json!("anna")));

    bob.ask(&json!({ "ref": 9, "op": "history", "room": "lobby", "limit": 2 }));
    let page = bob.expect("history");
    assert_eq!(page["ref"], 9);
    let positions: Vec<&Value> =
        page["events"].as_array().unwrap().iter().map(|event| &event["position"]).collect();
    assert_eq!(positions, [&json!(3), &json!(4)]);
}

#[test]
fn every_kind_of_page_and_list_carries_its_reference() {
    let server = TestServer::open();
    let mut ann = Socket::join(server.port, "ann", "tea");
    for number in 1..=10 {
        ann.ask(&json!({ "op": "say", "room": "tea", "text": format!("number {number} 火锅") }));
        ann.expect("event");
    }
    let mut positions = |request: Value| -> Vec<u64> {
        ann.ask(&request);
        let answer = ann.next().unwrap();
        assert_eq!(answer["ref"], request["ref"], "{answer}");
        let events = answer["events"].as_array().unwrap();
        events.iter().map(|event| event["position"].as_u64().unwrap()).collect()
    };
    let room = "tea";
    assert_eq!(
        positions(json!({"ref": 1, "op": "history", "room": room, "before": 4, "limit": 2})),
        [2, 3]
    );
    assert_eq!(
        positions(json!({"ref": 2, "op": "history", "room": room, "after": 7, "limit": 2})),
        [8, 9]
    );
    assert_eq!(
        positions(json!({"ref": 3, "op": "history", "room": room, "around": 5, "limit": 4})),
        [4, 5, 6, 7]
    );
    assert_eq!(positions(json!({"ref": 4, "op": "search", "words": "火锅", "limit": 2})), [10, 9]);
    assert_eq!(positions(json!({"ref": 5, "op": "search", "words": "火锅 7", "room": room})), [7]);

    ann.ask(&json!({ "ref": 6, "op": "who", "room": room }));
    let members = ann.expect("members");
    assert_eq!((&members["ref"], &members["nicks"]), (&json!(6), &json!(["ann"])));
    ann.ask(&json!({ "ref": 7, "op": "rooms" }));
    let rooms = json!([{ "name": "lobby", "members": 0 }, { "name": "tea", "members": 1 }]);
    assert_eq!(ann.expect("rooms")["rooms"], rooms);
    ann.ask(&json!({ "ref": 8, "op": "topic", "room": room }));
    assert_eq!(
        ann.expect("topic"),
        json!({"type": "topic", "ref": 8, "room": "tea", "topic": null})
    );
    ann.ask(&json!({ "ref": 9, "op": "nick", "nick": "anna" }));
    let renamed = json!({"type": "renamed", "ref": 9, "from": "ann", "to": "anna"});
    assert_eq!(ann.expect("renamed"), renamed);
    ann.ask(&json!({ "ref": 10, "op": "leave", "room": room }));
    assert_eq!(ann.expect("left"), json!({ "type": "left", "ref": 10, "room": "tea" }));
    ann.ask(&json!({ "ref": 11, "op": "bye" }));
    let bye = json!({ "type": "bye", "cause": "quit", "reconnect": false });
    assert_eq!(ann.expect("bye"), bye);
    assert_eq!(ann.close_code(), Some(1000));
}

#[test]
fn a_resumed_session_gets_the_missed_events_once_in_order_and_is_not_announced() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = Socket::connect(server.port);
    bob.ask(&json!({ "op": "hello", "nick": "bob", "seat": SEAT }));
    let epoch = bob.expect("welcome")["epoch"].clone();
    bob.ask(&json!({ "op": "join", "room": "lobby" }));
    bob.expect("joined");
    ann.expect("bob entered");
    ann.say("one");
    assert_eq!(bob.expect("event")["position"], 1);
    bob.break_off();
    for number in 2..=700 {
        ann.say(&format!("{number}"));
    }
    let mut bob = Socket::connect(server.port);
    bob.ask(&json!({ "op": "hello", "nick": "other", "seat": SEAT }));
    let welcome = bob.expect("welcome");
    assert_eq!((&welcome["nick"], &welcome["resumed"]), (&json!("bob"), &json!(true)));
    let after = json!({ "epoch": epoch, "position": 1 });
    bob.ask(&json!({ "ref": 1, "op": "join", "room": "lobby", "after": after }));
    let joined = bob.expect("joined");
    assert_eq!((&joined["complete"], &joined["ref"]), (&json!(true), &json!(1)));
    for number in 2..=700 {
        assert_eq!(bob.expect("event")["position"], number);
    }
    ann.say("and now live");
    assert_eq!(bob.expect("event")["text"], "and now live");
    bob.ask(&json!({ "op": "say", "room": "lobby", "text": "back" }));
    // Nobody was told anything about bob in between.
    let line = ann.line().unwrap();
    assert_eq!(line, "<bob> back");

    // A cursor of another history is not valid here, and the server says so.
    let elsewhere = json!({ "epoch": "ffffffffffffffff", "position": 1 });
    let mut eve = Socket::hello(server.port, "eve");
    eve.ask(&json!({ "op": "join", "room": "lobby", "after": elsewhere }));
    let joined = eve.expect("joined");
    assert_eq!(joined["complete"], false);
    let head = joined["position"].as_u64().unwrap();
    assert_eq!(eve.expect("event")["position"].as_u64().unwrap(), head - 19, "the last twenty");
}

#[test]
fn resuming_on_another_connection_closes_the_older_one() {
    let server = TestServer::open();
    let mut first = Socket::connect(server.port);
    first.ask(&json!({ "op": "hello", "nick": "bob", "seat": SEAT }));
    first.expect("welcome");
    let mut second = Socket::connect(server.port);
    second.ask(&json!({ "op": "hello", "seat": SEAT }));
    assert_eq!(second.expect("welcome")["nick"], "bob");
    let bye = json!({ "type": "bye", "cause": "replaced", "reconnect": false });
    assert_eq!(first.expect("bye"), bye);
    assert_eq!(first.close_code(), Some(4003));
}

#[test]
fn a_wrong_request_is_answered_with_its_field_and_the_connection_lives() {
    let server = TestServer::open();
    let mut ann = Socket::connect(server.port);
    let wrong = |ann: &mut Socket, request: &str| {
        ann.send(Message::text(request));
        let error = ann.expect("error");
        (error["code"].as_str().unwrap().to_owned(), error["field"].clone(), error["ref"].clone())
    };
    let bad = "bad_request".to_owned();
    assert_eq!(
        wrong(&mut ann, r#"{"ref":1,"op":"rooms"}"#),
        ("not_in_the_house".into(), Value::Null, json!(1))
    );
    assert_eq!(wrong(&mut ann, "{"), (bad.clone(), Value::Null, Value::Null));
    ann.ask(&json!({ "op": "hello", "nick": "ann" }));
    ann.expect("welcome");
    let cases = [
        (r#"{"ref":2,"op":"dance"}"#, "op"),
        (r#"{"ref":2,"op":"join","room":["tea"]}"#, "room"),
        (r#"{"ref":2,"op":"say","room":"tea"}"#, ""),
        (r#"{"ref":2,"op":"history","room":"tea","limit":100000}"#, "limit"),
    ];
    for (request, field) in cases {
        let field = if field.is_empty() { Value::Null } else { json!(field) };
        assert_eq!(wrong(&mut ann, request), (bad.clone(), field, json!(2)), "{request}");
    }
    assert_eq!(wrong(&mut ann, r#"{"op":"say","room":"tea","text":"x"}"#).0, "not_in_room");
    ann.ask(&json!({ "ref": 3, "op": "join", "room": "tea" }));
    assert_eq!(ann.expect("joined")["ref"], 3, "it lives");

    // Data that is not valid WebSocket text closes the connection, with the code that says why.
    let mut eve = Socket::hello(server.port, "eve");
    eve.send(Message::binary(vec![1, 2, 3]));
    assert_eq!(eve.close_code(), Some(1003));
    let mut eve = Socket::hello(server.port, "eve2");
    eve.send(Message::text("x".repeat(70_000)));
    assert_eq!(eve.close_code(), Some(1009));
}

#[test]
fn a_flooding_api_client_is_told_which_message_was_refused() {
    let server = TestServer::with(&[]);
    let mut ann = Socket::join(server.port, "ann", "tea");
    for number in 0..40 {
        ann.ask(&json!({ "ref": number, "op": "say", "room": "tea", "text": "x", "id": format!("{number:032x}") }));
    }
    let error = ann.expect("error");
    assert_eq!(error["code"], "too_fast");
    let number = error["ref"].as_u64().unwrap();
    assert_eq!(error["id"], format!("{number:032x}"));
}

#[test]
fn typing_reaches_the_protocols_that_can_show_it() {
    let server = TestServer::open();
    let mut ann = Socket::join(server.port, "ann", "tea");
    let mut bob = Socket::join(server.port, "bob", "tea");
    assert_eq!(ann.expect("presence")["nick"], "bob");
    bob.ask(&json!({ "op": "typing", "room": "tea" }));
    let typing = json!({ "type": "presence", "room": "tea", "change": "typing", "nick": "bob" });
    assert_eq!(ann.expect("presence"), typing);
}

#[test]
fn a_closing_server_tells_clients_to_reconnect() {
    let mut server = TestServer::open();
    let mut ann = Socket::join(server.port, "ann", "tea");
    server.signal("-TERM");
    assert_eq!(ann.expect("notice")["text"], "the house is closing");
    assert_eq!(ann.expect("bye")["reconnect"], true);
    assert_eq!(ann.close_code(), Some(1001));
    assert!(server.wait(crate::server::PATIENCE).success());
}
