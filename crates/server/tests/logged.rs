//! What the store logs. In a process of its own: a test sees a log line only if no other thread has reached the same
//! line before without a subscriber.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::sync::Arc;

use teahouse_core::{
    Effect, Event, EventKind, LogPosition, Nick, Position, RoomId, RoomName, SessionId, Text, Time,
};
use teahouse_server::store::{CommitError, Durability, Store};

const AT: LogPosition = LogPosition(1);
const LOBBY: RoomId = RoomId(1);
const TEA: RoomId = RoomId(2);
/// Of a history that begins: of no matter here.
const EPOCH: [u8; 16] = [1; 16];

fn created(room: RoomId, name: &str) -> Effect {
    Effect::RoomCreated { room, name: RoomName::parse(name).unwrap(), time: Time(1) }
}

fn said(room: RoomId, position: u64, words: &str) -> Effect {
    Effect::Event(Event {
        room,
        position: Position(position),
        time: Time(1000),
        session: SessionId(7),
        nick: Nick::parse("ann").unwrap(),
        kind: EventKind::Said,
        text: Some(Text::parse(words).unwrap()),
        id: None,
        author: None,
    })
}

#[test]
fn the_eviction_of_a_room_is_logged_once_after_its_commit() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = Store::open(directory.path(), Durability::Sync, 0, EPOCH).unwrap();
    let rooms = [created(LOBBY, "lobby"), said(LOBBY, 1, "before"), created(TEA, "tea")];
    opened.store.commit(AT, &rooms).unwrap();
    opened.store.commit(AT, &[said(TEA, 1, "quiet")]).unwrap();
    opened.store.limit_pages(Some(40)).unwrap();
    let log = directory.path().join("log");
    let lines = Arc::new(std::fs::File::create(&log).unwrap());
    let lines = tracing_subscriber::fmt().with_writer(lines).finish();
    let logged = || std::fs::read_to_string(&log).unwrap().matches("was removed to make").count();
    tracing::subscriber::with_default(lines, || {
        let words = "x".repeat(10_000);
        let mut batch = vec![Effect::RoomRemoved { room: TEA }];
        batch.extend((2..60).map(|position| said(LOBBY, position, &words)));
        for _ in 0..3 {
            assert!(matches!(opened.store.commit(AT, &batch), Err(CommitError::Later(_))));
        }
        assert_eq!(logged(), 0, "the room still exists");
        opened.store.limit_pages(None).unwrap();
        opened.store.commit(AT, &batch).unwrap();
        assert_eq!(logged(), 1);
    });
}
