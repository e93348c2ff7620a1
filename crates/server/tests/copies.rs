//! Copies of a history, and checks of damaged histories.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::path::Path;

use teahouse_core::{
    Effect, Event, EventKind, LogPosition, Nick, Position, RoomId, RoomName, SessionId, Text, Time,
};
use teahouse_server::store::{Durability, Soundness, Store, StoreError, backup, check};

/// Where in the log batches stand: of no matter here.
const AT: LogPosition = LogPosition(1);
const LOBBY: RoomId = RoomId(1);
/// Given to each history but a restored one.
const EPOCH: [u8; 16] = [1; 16];
const RESTORED: [u8; 16] = [2; 16];

fn said(position: u64) -> Effect {
    Effect::Event(Event {
        room: LOBBY,
        position: Position(position),
        time: Time(1_795_500_000_000),
        session: SessionId(1),
        nick: Nick::parse("ann").unwrap(),
        kind: EventKind::Said,
        text: Some(Text::parse(&format!("tea {position} {}", "x".repeat(500))).unwrap()),
        id: None,
        author: None,
    })
}

fn open(directory: &Path) -> teahouse_server::store::Opened {
    Store::open(directory, Durability::Sync, 1, EPOCH).unwrap()
}

/// A history with so many messages, open.
fn history(directory: &Path, count: u64) -> teahouse_server::store::Opened {
    let mut opened = open(directory);
    let name = RoomName::parse("lobby").unwrap();
    let mut effects = vec![Effect::RoomCreated { room: LOBBY, name, time: Time(1) }];
    effects.extend((1..=count).map(said));
    opened.store.commit(AT, &effects).unwrap();
    opened
}

#[test]
fn a_copy_has_every_earlier_message_also_those_that_are_only_in_the_write_ahead_log() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    let mut opened = history(directory.path(), 100);
    let database = directory.path().join("teahouse.db");
    let copied = backup(&database, &copy).unwrap();
    let newest = Some(Time(1_795_500_000_000));
    assert_eq!(copied, Soundness { events: 100, rooms: 1, newest });
    opened.store.commit(AT, &[said(101)]).unwrap();
    assert_eq!(check(&copy).unwrap().events, 100);
    assert_eq!(check(&database).unwrap().events, 101);
    let again = backup(&database, &copy);
    assert!(matches!(again, Err(StoreError::Exists { .. })), "nothing is overwritten");
    let files: Vec<_> = std::fs::read_dir(copies.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }

    // Restored, it goes on from there; positions will be given again, so its epoch is another.
    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(&copy, restored.path().join("teahouse.db")).unwrap();
    let mut from_copy = Store::open(restored.path(), Durability::Sync, 1, RESTORED).unwrap();
    assert_eq!((opened.loaded.epoch, from_copy.loaded.epoch), (EPOCH, RESTORED));
    assert_eq!(from_copy.loaded.rooms[0].head, Position(100));
    from_copy.store.commit(AT, &[said(101)]).unwrap();
    let found = from_copy.readers[0].search(None, "tea 101", None, 9).unwrap();
    assert_eq!(found.events.len(), 1);
    drop(from_copy);
    drop(opened);
    let again = Store::open(directory.path(), Durability::Sync, 1, RESTORED).unwrap();
    assert_eq!(again.loaded.epoch, EPOCH, "being copied changes nothing");
}

#[test]
fn a_check_names_the_damage() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("teahouse.db");
    assert!(matches!(check(&database), Err(StoreError::NoHistory { .. })));
    std::fs::write(&database, "not a database at all, but long enough to look like one to some")
        .unwrap();
    assert!(matches!(check(&database), Err(StoreError::Corrupt { .. })));
    std::fs::remove_file(&database).unwrap();

    history(directory.path(), 50).store.close().unwrap();
    let sound = std::fs::read(&database).unwrap();
    check(&database).unwrap();
    let by_hand = rusqlite::Connection::open(&database).unwrap();
    by_hand.execute("DELETE FROM event WHERE position = 20", []).unwrap();
    drop(by_hand);
    let Err(StoreError::Corrupt { what, .. }) = check(&database) else { panic!("it has a hole") };
    assert!(what.contains("the positions of room 1 have holes"), "{what}");

    std::fs::write(&database, &sound).unwrap();
    let by_hand = rusqlite::Connection::open(&database).unwrap();
    by_hand.execute("UPDATE event SET time_ms = 'noon' WHERE position = 20", []).unwrap();
    drop(by_hand);
    check(&database).expect("a time that is none is no damage: the event is read without it");

    let by_hand = rusqlite::Connection::open(&database).unwrap();
    by_hand.execute("DELETE FROM meta WHERE key = 'epoch'", []).unwrap();
    drop(by_hand);
    let opened = Store::open(directory.path(), Durability::Sync, 1, EPOCH).map(drop);
    assert!(matches!(opened, Err(StoreError::Corrupt { .. })), "{opened:?}");

    let mut damaged = sound;
    // A page each of whatever is there.
    let pages = damaged.len() / 4096;
    for page in [pages / 4, pages / 2, pages * 3 / 4] {
        damaged[page * 4096..(page + 1) * 4096].fill(0xA5);
    }
    std::fs::write(&database, damaged).unwrap();
    assert!(matches!(check(&database), Err(StoreError::Corrupt { .. })));
    // A copy of a damaged history is damaged too, and gets no name.
    let copy = directory.path().join("copy.db");
    backup(&database, &copy).unwrap_err();
    assert!(!copy.exists());

    let other = directory.path().join("other.db");
    let by_hand = rusqlite::Connection::open(&other).unwrap();
    by_hand.execute_batch("CREATE TABLE mine (a)").unwrap();
    assert!(matches!(check(&other), Err(StoreError::NotOurs { .. })));
}
