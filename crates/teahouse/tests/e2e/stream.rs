//! Rooms followed as server-sent events: nothing is missed, nothing comes twice, whatever breaks.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::house::House;
use crate::http::wait_for;
use crate::peer::Peer;
use crate::socket::Socket;
use crate::visitor::{Following, get};

/// Messages of [`pour`] after which the database's cache is full.
pub(crate) const WARM: usize = 5_000;
/// What the server may grow by while much passes by somebody who does not read: what passes is not kept in
/// memory.
pub(crate) const GROWTH_KIB_MAX: u64 = 10 * 1024;

#[test]
fn a_room_is_followed_from_its_beginning_to_the_closing_of_the_house() {
    let mut house = House::open();
    let mut ann = house.join_as("ann");
    ann.say("one");
    ann.say("/topic tea");
    ann.say("/topic");
    ann.expect("tea");
    let (mut following, begin) = Following::events(house.port, "lobby", None);
    assert_eq!((&begin.data["position"], &begin.data["complete"]), (&json!(2), &json!(true)));
    let epoch = begin.data["epoch"].as_str().unwrap().to_owned();
    let topic = &get(house.port, "/api/v1/rooms/lobby/messages?limit=1").json()["events"][0];
    let here = format!("{epoch}-2-{}", topic["time_ms"]);
    assert_eq!(begin.id, Some(here), "whoever breaks off now goes on from here");
    let mut bob = house.join_as("bob");
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

    // Nobody knows who follows.
    assert_eq!(get(house.port, "/api/v1/rooms").json()["rooms"][0]["members"], 2);

    let (mut again, begin) = Following::events(house.port, "lobby", Some(&format!("{epoch}-1")));
    assert_eq!((&begin.data["complete"], &begin.id), (&json!(true), &None));
    assert_eq!(again.event().data["kind"], "topic");
    assert_eq!(again.event().data["text"], "三");
    let places = ["ffffffffffffffff-1".to_owned(), format!("{epoch}-1000")];
    for (number, elsewhere) in places.iter().enumerate() {
        let (mut lost, begin) = Following::events(house.port, "lobby", Some(elsewhere));
        assert_eq!(begin.data["complete"], false, "{elsewhere}");
        let here = format!("{epoch}-{}-", number + 3);
        assert!(begin.id.unwrap().starts_with(&here), "whoever breaks off goes on from here");
        ann.say("live");
        assert_eq!(lost.event().data["text"], "live");
        assert_eq!(following.event().data["text"], "live");
    }
    house.signal("-TERM");
    let mut notices = Vec::new();
    while let Some(happening) = following.next() {
        if happening.name == "notice" {
            notices.push(happening.data["text"].clone());
        }
    }
    assert_eq!(notices, ["the house is closing"]);
    assert!(house.wait(crate::house::PATIENCE).success());
}

#[test]
fn a_follower_who_comes_back_misses_nothing_also_when_the_house_was_killed() {
    let house = House::open();
    let mut ann = house.join_as("ann");
    ann.say("1");
    ann.say("/topic");
    ann.expect("topic");
    let (mut following, begin) = Following::events(house.port, "lobby", None);
    // Broken off before anything came: the id of `begin` is the place.
    following.break_off();
    ann.say("2");
    (following, _) = Following::events(house.port, "lobby", begin.id.as_deref());
    let last = following.event();
    assert_eq!(last.data["text"], "2");
    let mut house = house;
    for number in 3..=200 {
        ann.say(&number.to_string());
        if number == 100 {
            // Kept when she sees that it is: then no kill takes it back.
            ann.say("/topic");
            ann.expect("topic");
            house = house.restart();
            ann = house.join_as("ann");
        }
    }
    let (mut following, begin) = Following::events(house.port, "lobby", last.id.as_deref());
    assert_eq!(begin.data["complete"], true);
    for number in 3..=200 {
        assert_eq!(following.event().data["text"], number.to_string());
    }
    ann.say("live");
    assert_eq!(following.event().data["text"], "live");
}

#[test]
fn a_follower_who_keeps_breaking_off_while_messages_pour_sees_each_once() {
    const MESSAGES: u64 = 4_000;
    let house = House::with(&["--config", crate::house::OPEN, "--shards", "3"]);
    let mut ann = house.join_as("ann");
    ann.say("0");
    ann.say("/topic");
    ann.expect("topic");
    std::thread::scope(|scope| {
        let ann = &mut ann;
        scope.spawn(move || {
            for number in 1..=MESSAGES {
                ann.say(&number.to_string());
                if number % 50 == 0 {
                    // At the pace of the house, so that it pours for as long as somebody follows.
                    ann.say("/topic");
                    ann.expect("topic");
                }
            }
        });
        for way in 0..3_u64 {
            let port = house.port;
            scope.spawn(move || {
                let epoch = get(port, "/api/v1/rooms/lobby/messages").json()["epoch"].clone();
                let mut place = format!("{}-1", epoch.as_str().unwrap());
                let mut seen = 0;
                while seen < MESSAGES {
                    let (mut following, begin) = Following::events(port, "lobby", Some(&place));
                    assert_eq!(begin.data["complete"], true);
                    for _ in 0..(seen * 7 + way * 13) % 200 + 1 {
                        let event = following.event();
                        seen += 1;
                        assert_eq!(event.data["text"], seen.to_string());
                        place = event.id.unwrap();
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
    wait_for(&house, "teahouse_connections{protocol=\"follow\"}", 0.0);
}

#[test]
fn a_follower_who_stops_reading_while_much_passes_gets_all_of_it_in_order() {
    const MESSAGES: usize = 2_500;
    let house = House::open();
    let mut ann = house.join_as("ann");
    let mut bob = house.join_as("bob");
    pour(&mut ann, &mut bob, WARM);
    let (mut stalled, _) = Following::events(house.port, "lobby", None);
    let before = house.resident_kib();
    pour(&mut ann, &mut bob, MESSAGES);
    let grown = house.resident_kib().saturating_sub(before);
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

/// Messages of 8,000 bytes from one to another, who reads all of them.
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
fn followers_that_go_away_are_forgotten_however_they_go() {
    let house = House::open();
    let mut ann = house.join_as("ann");
    ann.say("first");
    ann.say("/topic");
    ann.expect("topic");
    for round in 0..3 {
        let mut followers: Vec<Following> = Vec::new();
        for number in 0..30 {
            followers.push(if number % 2 == 0 {
                Following::events(house.port, "lobby", None).0
            } else {
                Following::open(house.port, "/lobby", "")
            });
        }
        wait_for(&house, "teahouse_connections{protocol=\"follow\"}", 30.0);
        wait_for(&house, "teahouse_members{protocol=\"follow\"}", 30.0);
        if round == 1 {
            // Some of it is on its way to them, and they have not read it.
            for _ in 0..200 {
                ann.say(&"x".repeat(8_000));
            }
        }
        for (number, follower) in followers.into_iter().enumerate() {
            if number % 3 == 0 {
                follower.break_off();
            }
        }
        wait_for(&house, "teahouse_connections{protocol=\"follow\"}", 0.0);
        wait_for(&house, "teahouse_members{protocol=\"follow\"}", 0.0);
    }
    ann.say("still here");
}

/// One room, four ways to hear it, three shards: everyone hears the same in the same order, and nobody who
/// comes, goes or comes back in the middle misses anything.
#[test]
fn everyone_sees_one_order_while_people_come_go_and_come_back() {
    const WRITERS: usize = 4;
    const EACH: usize = 400;
    let house = House::with(&["--config", crate::house::OPEN, "--shards", "3"]);
    let port = house.port;
    let mut first = house.join_as("first");
    first.say("0");
    first.say("/topic");
    first.expect("topic");
    let epoch = get(port, "/api/v1/rooms/lobby/messages").json()["epoch"].clone();
    let total = WRITERS * EACH + 1;
    let is_over = AtomicBool::new(false);
    let orders: Vec<Vec<String>> = std::thread::scope(|scope| {
        let mut hearing = Vec::new();
        for seat in 0..3_u32 {
            let epoch = epoch.clone();
            hearing.push(scope.spawn(move || resuming(port, seat, &epoch, total)));
        }
        let place = format!("{}-0", epoch.as_str().unwrap());
        hearing.push(scope.spawn(move || {
            let (mut following, _) = Following::events(port, "lobby", Some(&place));
            let text = |_| following.event().data["text"].as_str().unwrap().to_owned();
            (0..total).map(text).collect()
        }));
        let house = &house;
        let is_over = &is_over;
        // People who come and go as fast as they can.
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
        let mut speaking = Vec::new();
        for writer in 0..WRITERS {
            speaking.push(scope.spawn(move || speak(house, writer, EACH)));
        }
        for speaking in speaking {
            speaking.join().unwrap();
        }
        let orders = hearing.into_iter().map(|one| one.join().unwrap()).collect();
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
    wait_for(&house, "teahouse_connections{protocol=\"follow\"}", 0.0);
    wait_for(&house, "teahouse_connections{protocol=\"api\"}", 0.0);
}

/// Says its messages, half of the writers through lines and half through the api.
fn speak(house: &House, writer: usize, count: usize) {
    if writer.is_multiple_of(2) {
        let mut peer = house.join_as(&format!("line{writer}"));
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
    let mut socket = Socket::join(house.port, &format!("api{writer}"), "lobby");
    for number in 0..count {
        let id = format!("{:032x}", writer * 1_000_000 + number);
        let say =
            json!({ "op": "say", "room": "lobby", "text": format!("{writer}.{number}"), "id": id });
        socket.ask(&say);
        if number % 3 == 0 {
            // Sent twice: kept once.
            socket.ask(&say);
        }
        if number % 20 == 0 {
            while socket.expect("event")["id"] != id.as_str() {}
        }
    }
    socket.ask(&json!({ "op": "topic", "ref": "last", "room": "lobby" }));
    socket.expect("topic");
}

/// Hears so many messages, breaking off again and again and coming back to its seat.
fn resuming(port: u16, seat: u32, epoch: &Value, total: usize) -> Vec<String> {
    let seat_key = format!("{:032x}", 0xABC0 + seat);
    let mut order = Vec::new();
    let mut position = 0;
    let mut left_behind: Option<Socket> = None;
    while order.len() < total {
        let mut socket = Socket::connect(port);
        socket.ask(&json!({ "op": "hello", "nick": format!("seat{seat}"), "seat": seat_key }));
        let after = json!({ "epoch": epoch, "position": position });
        socket.ask(&json!({ "op": "join", "room": "lobby", "after": after }));
        let welcome = socket.expect("welcome");
        assert_eq!(welcome["nick"], format!("seat{seat}"));
        assert_eq!(socket.expect("joined")["complete"], true);
        for _ in 0..(order.len() * 3 + seat as usize * 11) % 150 + 1 {
            let event = socket.expect("event");
            position += 1;
            assert_eq!(event["position"], position, "no gap, no double");
            order.push(event["text"].as_str().unwrap().to_owned());
            if order.len() == total {
                break;
            }
        }
        match seat {
            0 => socket.break_off(),
            // The older connection stays open until the seat is taken from it.
            1 => left_behind = Some(socket),
            _ => drop(socket),
        }
    }
    drop(left_behind);
    order
}

#[test]
fn a_seat_that_many_take_from_each_other_is_one_person_who_misses_nothing() {
    const FIGHTERS: usize = 4;
    const ROUNDS: usize = 40;
    let house = House::with(&["--config", crate::house::OPEN, "--shards", "3"]);
    let port = house.port;
    let mut ann = house.join_as("ann");
    let seat = format!("{:032x}", 0x5EA7);
    let mut first = Socket::connect(port);
    first.ask(&json!({ "op": "hello", "nick": "bob", "seat": seat }));
    let epoch = first.expect("welcome")["epoch"].clone();
    first.ask(&json!({ "op": "join", "room": "lobby" }));
    first.expect("joined");
    ann.expect("bob entered");
    std::thread::scope(|scope| {
        for fighter in 0..FIGHTERS {
            let (seat, epoch) = (&seat, &epoch);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let mut socket = Socket::connect(port);
                    socket.try_ask(&json!({ "op": "hello", "seat": seat }));
                    let after = json!({ "epoch": epoch, "position": 0 });
                    socket.try_ask(&json!({ "op": "join", "room": "lobby", "after": after }));
                    let text = format!("{fighter}.{round}");
                    let id = format!("{:032x}", fighter * 1000 + round);
                    let say = json!({ "op": "say", "room": "lobby", "text": text, "id": id });
                    socket.try_ask(&say);
                    // What one has taken from it hears its place in order up to the end.
                    let mut position = 0;
                    // At least that it had the seat once: its `hello` is not on its way any more then.
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
    last.ask(&json!({ "op": "hello", "seat": seat }));
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
    // Nobody was told of anything but bob's coming: he was there all the time.
    loop {
        let line = ann.line().unwrap();
        assert!(!line.contains("offline") && !line.contains("left"), "{line}");
        if line.contains("bob") && line.contains("ann") {
            break;
        }
    }
}
