//! A room whose first events were removed from the database by another program, while the server was stopped or while
//! it runs: everyone is given everything that is left, once and in order, and is told what is missing.

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::server::{PATIENCE, TestServer};
use crate::socket::Socket;
use crate::visitor::{Following, get};

/// Events of the room, and the first that is left.
const HEAD: u64 = 9;
const FIRST: u64 = 6;

fn say(server: &TestServer, words: &str) {
    let mut socket = Socket::join(server.port, "ann", "tea");
    socket.ask(&json!({ "op": "say", "room": "tea", "text": words }));
    while socket.expect("event")["text"] != words {}
    socket.ask(&json!({ "op": "bye" }));
    socket.expect("bye");
}

/// Another program removes the first events of the room.
fn remove_upto(server: &TestServer, last: u64) {
    let database = rusqlite::Connection::open(server.data().join("teahouse.db")).unwrap();
    database.busy_timeout(PATIENCE).unwrap();
    let removed = database
        .execute("DELETE FROM event WHERE position <= ?1", [i64::try_from(last).unwrap()])
        .unwrap();
    assert!(removed > 0);
}

/// A server with nine messages in `#tea` of which those up to `last` were removed while it was stopped; and the
/// messages as they were.
fn server_without(last: u64) -> (TestServer, Value) {
    let mut server = TestServer::open();
    (1..=HEAD).for_each(|number| say(&server, &format!("tea {number}")));
    let page = get(server.port, "/api/v1/rooms/tea/messages").json();
    server.signal("-TERM");
    assert!(server.wait(PATIENCE).success());
    remove_upto(&server, last);
    (server.restart_in_place(), page)
}

/// How somebody is told to be in who has had the event at this position, and the positions given up to the last.
fn resumed(ann: &mut Socket, page: &Value, position: u64, with_time: bool) -> (Value, Vec<u64>) {
    let mut after = json!({ "epoch": page["epoch"], "position": position });
    if with_time && position > 0 {
        after["time_ms"] = page["events"][position as usize - 1]["time_ms"].clone();
    }
    ann.ask(&json!({ "ref": 1, "op": "join", "room": "tea", "after": after }));
    let joined = ann.expect("joined");
    assert_eq!(joined["position"], HEAD);
    let mut given = Vec::new();
    while position < HEAD && given.last() != Some(&HEAD) {
        given.push(ann.expect("event")["position"].as_u64().unwrap());
    }
    ann.ask(&json!({ "op": "leave", "room": "tea" }));
    ann.expect("left");
    (json!([joined["complete"], joined["first"]]), given)
}

#[test]
fn a_program_that_resumes_before_in_and_after_the_hole_is_given_what_is_left_and_told_what_is_not()
{
    let (server, page) = server_without(FIRST - 1);
    let mut ann = Socket::hello(server.port, "dan");
    let all: Vec<u64> = (FIRST..=HEAD).collect();
    for with_time in [false, true] {
        for position in 0..=HEAD {
            let is_complete = position + 1 >= FIRST;
            let from = position.max(FIRST - 1) + 1 - FIRST;
            let expected = (json!([is_complete, FIRST]), all[from as usize..].to_vec());
            let found = resumed(&mut ann, &page, position, with_time);
            assert_eq!(found, expected, "after {position}, with time: {with_time}");
        }
    }
    ann.ask(&json!({ "op": "join", "room": "tea" }));
    let joined = ann.expect("joined");
    assert_eq!((&joined["complete"], &joined["first"]), (&json!(false), &json!(FIRST)));
    let given = |ann: &mut Socket| ann.expect("event")["position"].as_u64().unwrap();
    assert_eq!((0..4).map(|_| given(&mut ann)).collect::<Vec<u64>>(), all);
    say(&server, "more");
    assert_eq!(given(&mut ann), HEAD + 1, "each once");
}

#[test]
fn pages_of_history_and_searches_have_what_is_left_and_say_where_it_begins() {
    let (server, _) = server_without(FIRST - 1);
    let page = |part: &str| {
        let page = get(server.port, &format!("/api/v1/rooms/tea/messages?{part}")).json();
        assert_eq!((&page["first"], &page["head"]), (&json!(FIRST), &json!(HEAD)), "{part}");
        let events = page["events"].as_array().unwrap();
        events.iter().map(|event| event["position"].as_u64().unwrap()).collect::<Vec<u64>>()
    };
    assert_eq!(page(""), [6, 7, 8, 9]);
    assert_eq!(page("before=8"), [6, 7]);
    assert_eq!(page("before=6"), [0_u64; 0]);
    assert_eq!(page("before=3"), [0_u64; 0]);
    assert_eq!(page("after=0&limit=2"), [6, 7]);
    assert_eq!(page("after=7"), [8, 9]);
    assert_eq!(page("around=2"), [6, 7, 8, 9]);
    assert_eq!(page("before_time_ms=1000"), [0_u64; 0]);
    let found = get(server.port, "/api/v1/search?words=tea").json();
    let found: Vec<&Value> =
        found["events"].as_array().unwrap().iter().map(|event| &event["position"]).collect();
    assert_eq!(found, [9, 8, 7, 6]);
    let mut ann = Socket::join(server.port, "ann", "tea");
    ann.ask(&json!({ "op": "history", "room": "tea", "before": 6 }));
    let page = ann.expect("history");
    assert_eq!((&page["first"], &page["events"]), (&json!(FIRST), &json!([])));
}

#[test]
fn a_message_that_comes_after_everything_was_removed_is_not_found_by_the_words_of_another() {
    let (server, page) = server_without(HEAD);
    let mut ann = Socket::hello(server.port, "dan");
    for (position, is_complete) in [(0, false), (8, false), (9, true)] {
        ann.ask(&json!({ "op": "join", "room": "tea", "after": {
            "epoch": page["epoch"], "position": position } }));
        let joined = ann.expect("joined");
        assert_eq!((&joined["complete"], &joined["first"]), (&json!(is_complete), &json!(10)));
        ann.ask(&json!({ "op": "leave", "room": "tea" }));
        ann.expect("left");
    }
    let page = get(server.port, "/api/v1/rooms/tea/messages").json();
    assert_eq!(
        (&page["first"], &page["head"], &page["events"]),
        (&json!(10), &json!(9), &json!([]))
    );
    say(&server, "coffee");
    let found = |words: &str| get(server.port, &format!("/api/v1/search?words={words}")).json();
    assert_eq!(found("coffee")["events"][0]["position"], 10);
    assert_eq!(
        found("tea")["events"],
        json!([]),
        "what was removed is not found in another's place"
    );
}

#[test]
fn an_nc_that_joins_sees_what_is_left_and_that_there_was_more() {
    let (server, _) = server_without(FIRST - 1);
    let shown = |peer: &mut Peer, title: &str| {
        let mut lines = vec![peer.expect(title)];
        lines.extend((0..5).map(|_| peer.line().unwrap()));
        let words = lines[2..].iter().map(|line| line.split_once("<ann> ").unwrap().1);
        assert!(words.eq((FIRST..=HEAD).map(|number| format!("tea {number}"))), "{lines:?}");
        assert_eq!(lines[1], "-- messages 1 to 5 of #tea are gone");
    };
    let mut bob = server.join_as("bob");
    bob.say("/join tea");
    shown(&mut bob, "the last 4 messages in #tea");
    bob.say("/history 50");
    shown(&mut bob, "the last 4 messages in #tea");
    bob.say("/history 2");
    assert_eq!(bob.expect("the last"), "-- the last 2 messages in #tea (times: UTC)");
    assert!(bob.line().unwrap().ends_with("<ann> tea 8"), "no word of what was not asked for");
    bob.say("/history before 2020-01-01");
    bob.expect("nothing that was said in #tea before that is kept");
    assert_eq!(bob.line().unwrap(), "-- messages 1 to 5 of #tea are gone");
    bob.say("/search tea");
    bob.expect("4 messages found for tea");
}

/// The place of an event, as a follower names it.
fn place(page: &Value, position: u64) -> String {
    let time = &page["events"][position as usize - 1]["time_ms"];
    format!("{}-{position}-{time}", page["epoch"].as_str().unwrap())
}

#[test]
fn a_follower_over_http_is_given_what_is_left_and_told_what_is_not() {
    let (server, page) = server_without(FIRST - 1);
    for (position, is_complete, next) in [(2, false, 6), (4, false, 6), (5, true, 6), (7, true, 8)]
    {
        let (mut following, begin) =
            Following::events(server.port, "tea", Some(&place(&page, position)));
        let Value::Object(data) = &begin.data else { panic!("{begin:?}") };
        assert_eq!((&data["complete"], &data["first"]), (&json!(is_complete), &json!(FIRST)));
        assert_eq!(begin.id, None, "a client that breaks off here has not been given the rest");
        for expected in next..=HEAD {
            assert_eq!(following.event().data["position"], expected);
        }
    }
}

#[test]
fn a_slow_reader_is_told_once_that_another_program_removed_events_and_is_given_the_rest() {
    let server = TestServer::open();
    let mut slow = Socket::join(server.port, "slow", "tea");
    let mut follower = Following::events(server.port, "tea", None).0;
    let mut lines = server.join_as("nc");
    lines.say("/join tea");
    lines.expect("you are in #tea");
    // More than queues and sockets hold.
    const COUNT: u64 = 3000;
    let mut dan = Socket::join(server.port, "dan", "tea");
    for number in 1..=COUNT {
        let text = format!("{number} {}", "x".repeat(8000));
        dan.ask(&json!({ "op": "say", "room": "tea", "text": text }));
        while dan.expect("event")["position"] != number {}
    }
    remove_upto(&server, COUNT - 10);
    dan.ask(&json!({ "op": "say", "room": "tea", "text": "last" }));
    let mut expected = 1;
    let mut gaps = 0;
    while expected <= COUNT + 1 {
        let message = slow.next().unwrap();
        if message["type"] == "joined" {
            assert_eq!((&message["complete"], &message["members"]), (&json!(false), &json!(3)));
            expected = message["first"].as_u64().unwrap();
            gaps += 1;
        } else if message["type"] == "event" {
            assert_eq!(message["position"], expected);
            expected += 1;
        }
    }
    assert_eq!(gaps, 1);
    let mut expected = 1;
    while expected <= COUNT + 1 {
        let event = follower.next().unwrap();
        if event.name == "presence" {
            continue;
        }
        if event.name == "begin" {
            assert_eq!((&event.data["complete"], &event.id), (&json!(false), &None));
            expected = event.data["first"].as_u64().unwrap();
            assert_eq!(expected, COUNT - 9);
        } else {
            assert_eq!(event.data["position"], expected);
            expected += 1;
        }
    }
    let mut said: u64 = 0;
    let gone = lines.expect("are gone");
    while said < COUNT {
        let line = lines.expect("<dan> ");
        let number = line.split_once("<dan> ").unwrap().1.split(' ').next().unwrap().parse();
        assert!(said == 0 || number == Ok(said + 1), "{said} {line:.40}");
        said = number.unwrap();
    }
    assert!(gone.ends_with(&format!(" to {} of #tea are gone", COUNT - 10)), "{gone}");
}
