//! One order for all: a resumed session and a follower see what every other member sees.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::metrics::wait_for;
use crate::peer::Peer;
use crate::server::TestServer;
use crate::socket::Socket;
use crate::visitor::{Following, get};

/// One room, four ways to follow it, three shards: all see the same events in the same order, and a client that
/// connects, disconnects or resumes in the middle misses none.
#[test]
fn everyone_sees_one_order_while_people_join_leave_and_resume() {
    const WRITERS: usize = 4;
    const EACH: usize = 400;
    let server = TestServer::with(&["--config", crate::server::OPEN, "--shards", "3"]);
    let port = server.port;
    let mut first = server.join_as("first");
    first.say("0");
    first.say("/topic");
    first.expect("topic");
    let epoch = get(port, "/api/v1/rooms/lobby/messages").json()["epoch"].clone();
    let total = WRITERS * EACH + 1;
    let is_over = AtomicBool::new(false);
    let orders: Vec<Vec<String>> = std::thread::scope(|scope| {
        let mut followers = Vec::new();
        for resume_key in 0..3_u32 {
            let epoch = epoch.clone();
            followers
                .push(scope.spawn(move || follow_with_resumes(port, resume_key, &epoch, total)));
        }
        let cursor = format!("{}-0", epoch.as_str().unwrap());
        followers.push(scope.spawn(move || {
            let (mut following, _) = Following::events(port, "lobby", Some(&cursor));
            let text = |_| following.event().data["text"].as_str().unwrap().to_owned();
            (0..total).map(text).collect()
        }));
        let server = &server;
        let is_over = &is_over;
        // People who join and leave as fast as they can.
        let passing = scope.spawn(move || {
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                let mut line = Peer::connect(port);
                line.say("/who");
                let mut api = Socket::connect(port);
                api.ask(&json!({ "op": "hello" }));
                api.ask(&json!({ "op": "join", "room": "lobby" }));
                match number % 4 {
                    0 => line.reset(),
                    1 => api.break_off(),
                    2 => {
                        api.expect("joined");
                        api.ask(&json!({ "op": "leave", "room": "lobby" }));
                        api.ask(&json!({ "op": "join", "room": "lobby" }));
                        api.expect("joined");
                    }
                    _ => {
                        Following::events(port, "lobby", None).0.break_off();
                    }
                }
            }
        });
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            writers.push(scope.spawn(move || say_messages(server, writer, EACH)));
        }
        for writers in writers {
            writers.join().unwrap();
        }
        let orders = followers.into_iter().map(|one| one.join().unwrap()).collect();
        is_over.store(true, Ordering::Relaxed);
        passing.join().unwrap();
        orders
    });
    for order in &orders {
        assert_eq!(order.len(), total);
        assert!(order == &orders[0], "not the same order");
    }
    let mut sorted = orders[0].clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), total, "each once");
    wait_for(&server, "teahouse_connections{protocol=\"follow\"}", 0.0);
    wait_for(&server, "teahouse_connections{protocol=\"api\"}", 0.0);
}

/// Says its messages; half of the writers use lines and half the api.
fn say_messages(server: &TestServer, writer: usize, count: usize) {
    if writer.is_multiple_of(2) {
        let mut peer = server.join_as(&format!("line{writer}"));
        for number in 0..count {
            peer.say(&format!("{writer}.{number}"));
            if number % 20 == 0 {
                peer.say("/topic");
                peer.expect("topic");
            }
        }
        peer.say("/topic");
        peer.expect("topic");
        return;
    }
    let mut socket = Socket::join(server.port, &format!("api{writer}"), "lobby");
    for number in 0..count {
        let id = format!("{:032x}", writer * 1_000_000 + number);
        let say =
            json!({ "op": "say", "room": "lobby", "text": format!("{writer}.{number}"), "id": id });
        socket.ask(&say);
        if number % 3 == 0 {
            // Sent twice, stored once.
            socket.ask(&say);
        }
        if number % 20 == 0 {
            while socket.expect("event")["id"] != id.as_str() {}
        }
    }
    socket.ask(&json!({ "op": "topic", "ref": "last", "room": "lobby" }));
    socket.expect("topic");
}

/// Receives `total` messages while it disconnects and resumes its session again and again.
fn follow_with_resumes(port: u16, resume_key: u32, epoch: &Value, total: usize) -> Vec<String> {
    let seat_key = format!("{:032x}", 0xABC0 + resume_key);
    let mut order = Vec::new();
    let mut position = 0;
    let mut left_behind: Option<Socket> = None;
    while order.len() < total {
        let mut socket = Socket::connect(port);
        socket
            .ask(&json!({ "op": "hello", "nick": format!("seat{resume_key}"), "seat": seat_key }));
        let after = json!({ "epoch": epoch, "position": position });
        socket.ask(&json!({ "op": "join", "room": "lobby", "after": after }));
        let welcome = socket.expect("welcome");
        assert_eq!(welcome["nick"], format!("seat{resume_key}"));
        assert_eq!(socket.expect("joined")["complete"], true);
        for _ in 0..(order.len() * 3 + resume_key as usize * 11) % 150 + 1 {
            let event = socket.expect("event");
            position += 1;
            assert_eq!(event["position"], position, "no gap, no double");
            order.push(event["text"].as_str().unwrap().to_owned());
            if order.len() == total {
                break;
            }
        }
        match resume_key {
            0 => socket.break_off(),
            // The older connection stays open until the session is taken from it.
            1 => left_behind = Some(socket),
            _ => drop(socket),
        }
    }
    drop(left_behind);
    order
}

#[test]
fn a_session_that_many_connections_take_from_each_other_misses_nothing() {
    const FIGHTERS: usize = 4;
    const ROUNDS: usize = 40;
    let server = TestServer::with(&["--config", crate::server::OPEN, "--shards", "3"]);
    let port = server.port;
    let mut ann = server.join_as("ann");
    let resume_key = format!("{:032x}", 0x5EA7);
    let mut first = Socket::connect(port);
    first.ask(&json!({ "op": "hello", "nick": "bob", "seat": resume_key }));
    let epoch = first.expect("welcome")["epoch"].clone();
    first.ask(&json!({ "op": "join", "room": "lobby" }));
    first.expect("joined");
    ann.expect("bob entered");
    std::thread::scope(|scope| {
        for fighter in 0..FIGHTERS {
            let (resume_key, epoch) = (&resume_key, &epoch);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let mut socket = Socket::connect(port);
                    socket.try_ask(&json!({ "op": "hello", "seat": resume_key }));
                    let after = json!({ "epoch": epoch, "position": 0 });
                    socket.try_ask(&json!({ "op": "join", "room": "lobby", "after": after }));
                    let text = format!("{fighter}.{round}");
                    let id = format!("{:032x}", fighter * 1000 + round);
                    let say = json!({ "op": "say", "room": "lobby", "text": text, "id": id });
                    socket.try_ask(&say);
                    // A connection that loses the session receives its room in order up to the end.
                    let mut position = 0;
                    // At least that it had the session once: its `hello` is no longer in flight then.
                    for _ in 0..=(round + fighter) % 4 * 10 {
                        match socket.next() {
                            Some(message) if message["type"] == "event" => {
                                position += 1;
                                assert_eq!(message["position"], position);
                            }
                            Some(message) if message["type"] == "bye" => {
                                assert_eq!(message["cause"], "replaced");
                                break;
                            }
                            Some(_) => {}
                            None => break,
                        }
                    }
                    if round % 3 == 0 {
                        socket.break_off();
                    }
                }
            });
        }
        for number in 0..1_000 {
            ann.say(&format!("ann {number}"));
            if number % 20 == 0 {
                ann.say("/topic");
                ann.expect("topic");
            }
        }
    });
    let mut last = Socket::connect(port);
    last.ask(&json!({ "op": "hello", "seat": resume_key }));
    let welcome = last.expect("welcome");
    assert_eq!((&welcome["nick"], &welcome["resumed"]), (&json!("bob"), &json!(true)));
    let after = json!({ "epoch": epoch, "position": 0 });
    last.ask(&json!({ "op": "join", "room": "lobby", "after": after }));
    let head = last.expect("joined")["position"].as_u64().unwrap();
    let mut texts = Vec::new();
    for position in 1..=head {
        let event = last.expect("event");
        assert_eq!(event["position"], position);
        texts.push(event["text"].as_str().unwrap().to_owned());
    }
    let from_ann: Vec<&String> = texts.iter().filter(|text| text.starts_with("ann")).collect();
    assert_eq!(from_ann.len(), 1_000);
    let all = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), all, "each once");
    ann.say("/who");
    ann.say("the end");
    assert_eq!(last.expect("event")["text"], "the end");
    assert_eq!(get(port, "/api/v1/rooms").json()["rooms"][0]["members"], 2, "ann, and one bob");
    // Nobody was told more than that bob joined: he was there all the time.
    loop {
        let line = ann.line().unwrap();
        assert!(!line.contains("offline") && !line.contains("left"), "{line}");
        if line.contains("bob") && line.contains("ann") {
            break;
        }
    }
}
