//! A history restored from a copy: it has the same epoch and other events at the same positions. A client that comes
//! back is not told that it has missed nothing.

use std::path::Path;

use serde_json::{Value, json};
use teahouse_client::link::{Config, Happening, Link, Server};
use teahouse_core::RoomName;
use teahouse_wire::api::Message;
use tokio::runtime::Runtime;

use crate::server::{PATIENCE, TestServer};
use crate::socket::Socket;
use crate::visitor::{Following, get};

/// Says something in `#tea` and returns its event.
fn say(server: &TestServer, words: &str) -> Value {
    let mut socket = Socket::join(server.port, "ann", "tea");
    socket.ask(&json!({ "op": "say", "room": "tea", "text": words, "id": format!("{:032x}", rand(words)) }));
    let event = std::iter::from_fn(|| Some(socket.expect("event"))).find(|e| e["text"] == words);
    socket.ask(&json!({ "op": "bye" }));
    socket.expect("bye");
    event.unwrap()
}

/// A number made from a text, the same each time.
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

/// A server that was closed with five messages, went on to ten, and was restored to five; since then it has gone on to
/// twelve with other texts. `meanwhile` runs between the ten and the restoring.
fn open_restored<T>(meanwhile: impl FnOnce(&TestServer) -> T) -> (TestServer, T) {
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

/// What a link reports until an event with this text has come.
fn reports_until(runtime: &Runtime, link: &mut Link, words: &str) -> Vec<String> {
    let mut reports = Vec::new();
    let until = async {
        loop {
            let happening = link.next().await.unwrap();
            if let Happening::Notice(notice) = happening {
                reports.push(notice);
            } else if let Happening::Received(sent) = happening {
                if let Message::Joined(joined) = sent.message {
                    reports.push(format!("complete: {}", joined.complete));
                } else if let Message::Event(event) = sent.message {
                    let text = event.text.unwrap().as_str().to_owned();
                    reports.push(format!("{} {text}", event.position));
                    if text == words {
                        return;
                    }
                }
            }
        }
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, until).await.expect("in time") });
    reports
}

#[test]
fn our_client_drops_events_that_the_history_has_lost_and_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_server, mut link) = open_restored(|server| {
        let server = Server::parse(&format!("127.0.0.1:{}", server.port)).unwrap();
        let rooms = vec![RoomName::parse("tea").unwrap()];
        let _inside = runtime.enter();
        let mut link = Link::open(Config { rooms, ..Config::new(server) });
        let reports = reports_until(&runtime, &mut link, "lost 10");
        assert_eq!(reports.last().unwrap(), "10 lost 10");
        link
    });
    let reports = reports_until(&runtime, &mut link, "other 12");
    assert_eq!(reports[0], "complete: false");
    assert!(reports[1].starts_with("the history of #tea was changed, as when"), "{}", reports[1]);
    let both = (1..=5).map(|number| format!("{number} both {number}"));
    let events: Vec<String> =
        both.chain((6..=12).map(|number| format!("{number} other {number}"))).collect();
    assert_eq!(reports[2..], events);
}

#[test]
fn a_cursor_is_of_this_history_when_its_event_has_the_same_time() {
    let (server, lost) = open_restored(|server| say(server, "lost 11"));
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
    // A leave sent before the answer has come is answered after it.
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
