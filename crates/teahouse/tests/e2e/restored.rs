//! A history that was brought back from a copy: it has the epoch of before and other events at the same
//! positions. Whoever comes back is not told that nothing is missing.

use std::path::Path;

use serde_json::{Value, json};
use teahouse_client::link::{Config, Happening, Link, Server};
use teahouse_core::RoomName;
use teahouse_wire::api::Message;
use tokio::runtime::Runtime;

use crate::server::{PATIENCE, TestServer};
use crate::socket::Socket;
use crate::visitor::{Following, get};

/// Says something in `#tea` and gives its event.
fn say(server: &TestServer, words: &str) -> Value {
    let mut socket = Socket::join(server.port, "ann", "tea");
    socket.ask(&json!({ "op": "say", "room": "tea", "text": words, "id": format!("{:032x}", rand(words)) }));
    let event = std::iter::from_fn(|| Some(socket.expect("event"))).find(|e| e["text"] == words);
    socket.ask(&json!({ "op": "bye" }));
    socket.expect("bye");
    event.unwrap()
}

/// A number for words, the same each time.
fn rand(words: &str) -> u64 {
    words.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("teahouse.db") {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn close(server: &mut TestServer) {
    server.signal("-TERM");
    assert!(server.wait(PATIENCE).success());
}

/// A server that was closed with five messages, went on to ten, and was brought back to five; since then it
/// has gone on to twelve with other words. Between the ten and the bringing back, `meanwhile` comes by.
fn brought_back<T>(meanwhile: impl FnOnce(&TestServer) -> T) -> (TestServer, T) {
    let mut server = TestServer::open();
    (1..=5).for_each(|number| drop(say(&server, &format!("both {number}"))));
    close(&mut server);
    let safe = tempfile::tempdir().unwrap();
    copy(server.data(), safe.path());
    let mut server = server.restart_in_place();
    (6..=10).for_each(|number| drop(say(&server, &format!("lost {number}"))));
    let had = meanwhile(&server);
    close(&mut server);
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(server.data().join(format!("teahouse.db{suffix}"))).ok();
    }
    copy(safe.path(), server.data());
    let server = server.restart_in_place();
    (6..=12).for_each(|number| drop(say(&server, &format!("other {number}"))));
    (server, had)
}

/// What a link tells until an event with these words has come.
fn told_until(runtime: &Runtime, link: &mut Link, words: &str) -> Vec<String> {
    let mut told = Vec::new();
    let until = async {
        loop {
            let happening = link.next().await.unwrap();
            if let Happening::Notice(notice) = happening {
                told.push(notice);
            } else if let Happening::Received(sent) = happening {
                if let Message::Joined(joined) = sent.message {
                    told.push(format!("complete: {}", joined.complete));
                } else if let Message::Event(event) = sent.message {
                    let said = event.text.unwrap().as_str().to_owned();
                    told.push(format!("{} {said}", event.position));
                    if said == words {
                        return;
                    }
                }
            }
        }
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, until).await.expect("in time") });
    told
}

#[test]
fn our_client_drops_what_is_not_there_any_more_and_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_house, mut link) = brought_back(|server| {
        let server = Server::parse(&format!("127.0.0.1:{}", server.port)).unwrap();
        let rooms = vec![RoomName::parse("tea").unwrap()];
        let _inside = runtime.enter();
        let mut link = Link::open(Config { rooms, ..Config::new(server) });
        let told = told_until(&runtime, &mut link, "lost 10");
        assert_eq!(told.last().unwrap(), "10 lost 10");
        link
    });
    let told = told_until(&runtime, &mut link, "other 12");
    assert_eq!(told[0], "complete: false");
    assert!(told[1].starts_with("the history of #tea was changed, as when"), "{}", told[1]);
    let both = (1..=5).map(|number| format!("{number} both {number}"));
    let events: Vec<String> =
        both.chain((6..=12).map(|number| format!("{number} other {number}"))).collect();
    assert_eq!(told[2..], events);
}

#[test]
fn a_place_is_one_of_this_history_when_the_event_there_is_of_the_same_time() {
    let (server, lost) = brought_back(|server| say(server, "lost 11"));
    let page = get(server.port, "/api/v1/rooms/tea/messages?limit=12").json();
    let event = |position: usize| &page["events"][position - 1];
    let mut ann = Socket::hello(server.port, "ann");
    let mut join = |position: &Value, time: &Value| -> (Value, Vec<u64>) {
        let after = json!({ "epoch": page["epoch"], "position": position, "time_ms": time });
        ann.ask(&json!({ "ref": 1, "op": "join", "room": "tea", "after": after }));
        let joined = ann.expect("joined");
        let mut given = Vec::new();
        while given.last() != Some(&12) {
            given.push(ann.expect("event")["position"].as_u64().unwrap());
        }
        ann.ask(&json!({ "op": "leave", "room": "tea" }));
        ann.expect("left");
        (joined["complete"].clone(), given)
    };
    let all: Vec<u64> = (1..=12).collect();
    assert_eq!(join(&json!(5), &event(5)["time_ms"]), (json!(true), all[5..].to_vec()));
    assert_eq!(join(&json!(11), &event(11)["time_ms"]), (json!(true), vec![12]));
    assert_eq!(join(&json!(11), &lost["time_ms"]), (json!(false), all.clone()));
    assert_eq!(join(&json!(0), &json!(7)), (json!(true), all), "there is nothing before the first");
    // Leaving before the answer has come is answered after it.
    let after = json!({ "epoch": page["epoch"], "position": 11, "time_ms": lost["time_ms"] });
    ann.ask(&json!({ "ref": 1, "op": "join", "room": "tea", "after": after }));
    ann.ask(&json!({ "ref": 2, "op": "leave", "room": "tea" }));
    assert_eq!(ann.expect("joined")["ref"], 1);
    assert_eq!(ann.expect("left")["ref"], 2);

    let follow = |event: &Value| {
        let id = format!(
            "{}-{}-{}",
            page["epoch"].as_str().unwrap(),
            event["position"],
            event["time_ms"]
        );
        Following::events(server.port, "tea", Some(&id))
    };
    let (mut following, begin) = follow(event(11));
    assert_eq!(
        (&begin.data["complete"], &following.event().data["position"]),
        (&json!(true), &json!(12))
    );
    let (_, begin) = follow(&lost);
    assert_eq!((&begin.data["complete"], &begin.data["position"]), (&json!(false), &json!(12)));
}
