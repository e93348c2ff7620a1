//! Rooms followed as server-sent events: no event is missed or doubled, whatever breaks.

use serde_json::json;

use crate::metrics::wait_for;
use crate::peer::Peer;
use crate::server::TestServer;
use crate::visitor::{Following, get};

/// Messages of [`pour`] after which the database's cache is full.
pub(crate) const WARM: usize = 5_000;
/// How much the server may grow while much passes a follower that does not read: what passes is not kept in memory.
pub(crate) const GROWTH_KIB_MAX: u64 = 10 * 1024;

#[test]
fn a_room_is_followed_from_its_beginning_to_the_closing_of_the_server() {
    let mut server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.say("one");
    ann.say("/topic tea");
    ann.say("/topic");
    ann.expect("tea");
    let (mut following, begin) = Following::events(server.port, "lobby", None);
    assert_eq!((&begin.data["position"], &begin.data["complete"]), (&json!(2), &json!(true)));
    let epoch = begin.data["epoch"].as_str().unwrap().to_owned();
    let topic = &get(server.port, "/api/v1/rooms/lobby/messages?limit=1").json()["events"][0];
    let here = format!("{epoch}-2-{}", topic["time_ms"]);
    assert_eq!(begin.id, Some(here), "a follower that reconnects goes on from here");
    let mut bob = server.join_as("bob");
    let mut changes = Vec::new();
    for _ in 0..2 {
        let presence = following.next().unwrap();
        assert_eq!((presence.name.as_str(), &presence.id), ("presence", &None));
        changes.push(presence.data["change"].clone());
    }
    assert_eq!(changes, ["entered", "renamed"]);
    bob.say("三");
    let event = following.next().unwrap();
    assert_eq!((event.name.as_str(), &event.data["text"]), ("event", &json!("三")));
    assert_eq!(event.id, Some(format!("{epoch}-3-{}", event.data["time_ms"])));

    // A follower is in no list.
    assert_eq!(get(server.port, "/api/v1/rooms").json()["rooms"][0]["members"], 2);

    let (mut again, begin) = Following::events(server.port, "lobby", Some(&format!("{epoch}-1")));
    assert_eq!((&begin.data["complete"], &begin.id), (&json!(true), &None));
    assert_eq!(again.event().data["kind"], "topic");
    assert_eq!(again.event().data["text"], "三");
    let places = ["ffffffffffffffff-1".to_owned(), format!("{epoch}-1000")];
    for (number, elsewhere) in places.iter().enumerate() {
        let (mut lost, begin) = Following::events(server.port, "lobby", Some(elsewhere));
        assert_eq!(begin.data["complete"], false, "{elsewhere}");
        let here = format!("{epoch}-{}-", number + 3);
        assert!(
            begin.id.unwrap().starts_with(&here),
            "a follower that reconnects goes on from here"
        );
        ann.say("live");
        assert_eq!(lost.event().data["text"], "live");
        assert_eq!(following.event().data["text"], "live");
    }
    server.signal("-TERM");
    let mut notices = Vec::new();
    while let Some(event) = following.next() {
        if event.name == "notice" {
            notices.push(event.data["text"].clone());
        }
    }
    assert_eq!(notices, ["the house is closing"]);
    assert!(server.wait(crate::server::PATIENCE).success());
}

#[test]
fn a_reconnected_follower_misses_nothing_also_when_the_server_was_killed() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.say("1");
    ann.say("/topic");
    ann.expect("topic");
    let (mut following, begin) = Following::events(server.port, "lobby", None);
    // Disconnected before any event came: the id of `begin` is the cursor.
    following.break_off();
    ann.say("2");
    (following, _) = Following::events(server.port, "lobby", begin.id.as_deref());
    let last = following.event();
    assert_eq!(last.data["text"], "2");
    let mut server = server;
    for number in 3..=200 {
        ann.say(&number.to_string());
        if number == 100 {
            // She sees it, so it is stored, and no kill takes it back.
            ann.say("/topic");
            ann.expect("topic");
            server = server.restart();
            ann = server.join_as("ann");
        }
    }
    let (mut following, begin) = Following::events(server.port, "lobby", last.id.as_deref());
    assert_eq!(begin.data["complete"], true);
    for number in 3..=200 {
        assert_eq!(following.event().data["text"], number.to_string());
    }
    ann.say("live");
    assert_eq!(following.event().data["text"], "live");
}

#[test]
fn a_follower_that_reconnects_while_messages_pour_sees_each_once() {
    const MESSAGES: u64 = 4_000;
    let server = TestServer::with(&["--config", crate::server::OPEN, "--shards", "3"]);
    let mut ann = server.join_as("ann");
    ann.say("0");
    ann.say("/topic");
    ann.expect("topic");
    std::thread::scope(|scope| {
        let ann = &mut ann;
        scope.spawn(move || {
            for number in 1..=MESSAGES {
                ann.say(&number.to_string());
                if number % 50 == 0 {
                    // At the pace of the server, so that messages pour as long as the follower reads.
                    ann.say("/topic");
                    ann.expect("topic");
                }
            }
        });
        for way in 0..3_u64 {
            let port = server.port;
            scope.spawn(move || {
                let epoch = get(port, "/api/v1/rooms/lobby/messages").json()["epoch"].clone();
                let mut cursor = format!("{}-1", epoch.as_str().unwrap());
                let mut seen = 0;
                while seen < MESSAGES {
                    let (mut following, begin) = Following::events(port, "lobby", Some(&cursor));
                    assert_eq!(begin.data["complete"], true);
                    for _ in 0..(seen * 7 + way * 13) % 200 + 1 {
                        let event = following.event();
                        seen += 1;
                        assert_eq!(event.data["text"], seen.to_string());
                        cursor = event.id.unwrap();
                        if seen == MESSAGES {
                            break;
                        }
                    }
                    if way == 0 {
                        following.break_off();
                    }
                }
            });
        }
    });
    wait_for(&server, "teahouse_connections{protocol=\"follow\"}", 0.0);
}

#[test]
fn a_follower_that_stops_reading_gets_all_messages_in_order() {
    const MESSAGES: usize = 2_500;
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    pour(&mut ann, &mut bob, WARM);
    let (mut stalled, _) = Following::events(server.port, "lobby", None);
    let before = server.resident_kib();
    pour(&mut ann, &mut bob, MESSAGES);
    let grown = server.resident_kib().saturating_sub(before);
    println!("memory grew by {grown} KiB");
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
    for number in 0..MESSAGES {
        let event = stalled.event();
        let text = event.data["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("{number:08} x")), "{}", &text[..20]);
        assert_eq!(event.data["position"], WARM + number + 1);
    }
    ann.say("live");
    assert_eq!(stalled.event().data["text"], "live");
}

/// Sends messages of 8,000 bytes from one member to another, who reads all of them.
pub(crate) fn pour(from: &mut Peer, to: &mut Peer, count: usize) {
    let filler = "x".repeat(8_000);
    for number in 0..count {
        from.say(&format!("{number:08} {filler}"));
        if number % 10 == 9 || number + 1 == count {
            to.expect(&format!("{number:08} x"));
        }
    }
}

#[test]
fn followers_that_disconnect_are_forgotten_however_they_close() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.say("first");
    ann.say("/topic");
    ann.expect("topic");
    for round in 0..3 {
        let mut followers: Vec<Following> = Vec::new();
        for number in 0..30 {
            followers.push(if number % 2 == 0 {
                Following::events(server.port, "lobby", None).0
            } else {
                Following::open(server.port, "/lobby", "")
            });
        }
        wait_for(&server, "teahouse_connections{protocol=\"follow\"}", 30.0);
        wait_for(&server, "teahouse_members{protocol=\"follow\"}", 30.0);
        if round == 1 {
            // Some bytes are on their way to the followers, who have not read them.
            for _ in 0..200 {
                ann.say(&"x".repeat(8_000));
            }
        }
        for (number, follower) in followers.into_iter().enumerate() {
            if number % 3 == 0 {
                follower.break_off();
            }
        }
        wait_for(&server, "teahouse_connections{protocol=\"follow\"}", 0.0);
        wait_for(&server, "teahouse_members{protocol=\"follow\"}", 0.0);
    }
    ann.say("still here");
}
