//! The store on real SQLite files: what is committed is there after a restart, pages and searches are
//! what was asked, and a full disk loses nothing.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says where"
)]

#[path = "store/ends.rs"]
mod ends;
#[path = "store/opening.rs"]
mod opening;

use std::path::Path;

use teahouse_core::{
    Author, Effect, Event, EventKind, KnownMessage, LogPosition, MessageId, MessageKey, Nick,
    NodeId, Position, RoomId, RoomName, SessionId, Text, Time,
};
use teahouse_server::store::{CommitError, Durability, Opened, Store, StoreError};

/// Where in the log batches stand of which that does not matter.
const AT: LogPosition = LogPosition(1);
const LOBBY: RoomId = RoomId(1);
const TEA: RoomId = RoomId(2);
/// Given to a history where a test says nothing else.
const EPOCH: [u8; 16] = [1; 16];

fn open(directory: &Path) -> Opened {
    Store::open(directory, Durability::Sync, 1, EPOCH).unwrap()
}

fn created(room: RoomId, name: &str) -> Effect {
    Effect::RoomCreated { room, name: RoomName::parse(name).unwrap(), time: Time(1) }
}

/// That a server starts, and is given this boot.
fn given(boot: u32) -> Effect {
    Effect::Opened { node: NodeId::ONLY, boot: Some(boot) }
}

fn said(room: RoomId, position: u64, words: &str) -> Effect {
    Effect::Event(Event {
        room,
        position: Position(position),
        time: Time(position as i64 * 1000),
        session: SessionId(u64::MAX - 1),
        nick: Nick::parse("小明").unwrap(),
        kind: EventKind::Said,
        text: Some(Text::parse(words).unwrap()),
        id: None,
        author: None,
    })
}

fn topic(room: RoomId, position: u64, words: Option<&str>) -> Effect {
    let Effect::Event(event) = said(room, position, "x") else { unreachable!("said is an event") };
    let text = words.map(|words| Text::parse(words).unwrap());
    Effect::Event(Event { kind: EventKind::Topic, text, ..event })
}

fn with_id(effect: Effect, id: u8) -> Effect {
    let Effect::Event(event) = effect else { unreachable!("said is an event") };
    let author = Some(Author::of_nick(&event.nick));
    Effect::Event(Event { id: Some(MessageId([id; 16])), author, ..event })
}

fn texts(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|event| event.text.as_ref().map(Text::as_str)).collect()
}

/// A lobby where these were said, in order.
fn lobby(directory: &Path, words: &[&str]) -> Opened {
    let mut opened = open(directory);
    let mut effects = vec![created(LOBBY, "lobby")];
    effects.extend(words.iter().zip(1..).map(|(words, position)| said(LOBBY, position, words)));
    assert_eq!(opened.store.commit(AT, &effects).unwrap(), words.len());
    opened
}

#[test]
fn the_position_in_the_log_is_recorded_with_the_events_and_with_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let opened = open(directory.path());
    assert_eq!(opened.loaded.position, LogPosition::START);
    drop(opened);
    drop(lobby(directory.path(), &["one"]));
    let mut opened = open(directory.path());
    assert_eq!(opened.loaded.position, AT);
    let nobody_is_told = Effect::SessionForgotten { session: SessionId(1) };
    opened.store.commit(LogPosition(8), &[nobody_is_told]).unwrap();
    opened.store.limit_pages(Some(1)).unwrap();
    let long = "tea ".repeat(4000);
    let failed = opened.store.commit(LogPosition(9), &[said(LOBBY, 2, &long)]);
    assert!(matches!(failed, Err(CommitError::Later(_))), "{failed:?}");
    drop(opened);
    let mut opened = open(directory.path());
    assert_eq!(opened.loaded.position, AT, "of neither is anything kept");
    opened.store.commit(LogPosition(9), &[said(LOBBY, 2, &long)]).unwrap();
    opened.store.commit(LogPosition(12), &[Effect::RoomRemoved { room: LOBBY }]).unwrap();
    opened.store.close().unwrap();
    assert_eq!(open(directory.path()).loaded.position, LogPosition(12));
}

#[test]
fn a_boot_is_kept_with_its_position_also_alone_and_never_goes_back() {
    let directory = tempfile::tempdir().unwrap();
    for (position, boot, kept) in [(1, 1, 1), (2, 5, 5), (3, 4, 5)] {
        let mut opened = open(directory.path());
        opened.store.commit(LogPosition(position), &[given(boot)]).unwrap();
        drop(opened);
        let loaded = open(directory.path()).loaded;
        assert_eq!((loaded.last_boot, loaded.position), (kept, LogPosition(position)));
    }
    let mut opened = open(directory.path());
    let none = Effect::Opened { node: NodeId::ONLY, boot: None };
    opened.store.commit(LogPosition(4), &[none]).unwrap();
    drop(opened);
    let loaded = open(directory.path()).loaded;
    assert_eq!((loaded.last_boot, loaded.position), (5, LogPosition(3)), "opening gives none out");
}

#[test]
fn restart_knows_everything() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = open(directory.path());
    assert_eq!(opened.loaded.last_boot, 0);
    let batch = [
        created(LOBBY, "lobby"),
        said(LOBBY, 1, "one"),
        created(TEA, "茶"),
        with_id(said(TEA, 1, "two"), 7),
        topic(LOBBY, 2, Some("about tea")),
        given(1),
    ];
    opened.store.commit(AT, &batch).unwrap();
    // Not closed: as after a crash of the process.
    drop(opened);
    let opened = Store::open(directory.path(), Durability::Sync, 1, [2; 16]).unwrap();
    assert_eq!((opened.loaded.epoch, opened.loaded.last_boot), (EPOCH, 1));
    let rooms: Vec<_> = opened
        .loaded
        .rooms
        .iter()
        .map(|room| {
            let topic = room.topic.as_ref().map(Text::as_str);
            (room.room.0, room.name.as_str(), room.head.0, topic)
        })
        .collect();
    assert_eq!(rooms, [(1, "lobby", 2, Some("about tea")), (2, "茶", 1, None)]);
    let (author, id) = (Author::of_nick(&Nick::parse("小明").unwrap()), MessageId([7; 16]));
    let found = |room, author| opened.store.find(&MessageKey { room, author, id }).unwrap();
    let (kind, text) = (EventKind::Said, Some(Text::parse("two").unwrap()));
    let said = KnownMessage { position: Position(1), kind, text, is_of_author: true };
    assert_eq!(found(TEA, author), Some(said));
    assert_eq!(found(LOBBY, author), None);
    assert_eq!(found(TEA, Author::nameless()), None);
    let Effect::Event(expected) = &batch[3] else { unreachable!("an event") };
    let kept = opened.readers[0].latest(TEA, Position(1), 5).unwrap();
    assert_eq!(kept.first(), Some(expected));
}

#[test]
fn pages_are_in_order_and_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let words: Vec<String> = (1..=9).map(|number| format!("message {number}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let opened = lobby(directory.path(), &words);
    let reader = &opened.readers[0];
    let upto = Position(8);
    assert_eq!(texts(&reader.latest(LOBBY, upto, 2).unwrap()), ["message 7", "message 8"]);
    let before = |ms| reader.before_time(LOBBY, upto, Time(ms), 2).unwrap();
    assert_eq!(texts(&before(4000)), ["message 2", "message 3"]);
    assert_eq!(texts(&before(4001)), ["message 3", "message 4"]);
    assert_eq!(texts(&before(1)), [""; 0]);
    assert_eq!(texts(&before(99_000)), ["message 7", "message 8"]);
    let after = |count, bytes| reader.after(LOBBY, Position(2), upto, count, bytes).unwrap();
    assert_eq!(texts(&after(2, 1000)), ["message 3", "message 4"]);
    assert_eq!(texts(&after(100, 100)), ["message 3", "message 4"]);
    assert_eq!(texts(&after(100, 1)), ["message 3"]);
    assert_eq!(after(100, 1000).len(), 6);
    assert_eq!(reader.after(LOBBY, upto, upto, 9, 9).unwrap(), []);
}

#[test]
fn search_finds_words_of_one_and_two_characters_in_any_script() {
    let directory = tempfile::tempdir().unwrap();
    let said = [
        "我们今天去吃火锅吧",
        "火车来了",
        "喝茶",
        "Green TEA and café",
        "抹茶アイス 🙂",
        "building the house",
        "오늘 차 마셔요",
    ];
    let opened = lobby(directory.path(), &said);
    let find = |words: &str| {
        let found = opened.readers[0]
            .search(Some(&[(LOBBY, Position(99))]), words, None, 10)
            .unwrap()
            .events;
        texts(&found).iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(find("火锅"), ["我们今天去吃火锅吧"]);
    assert_eq!(find("火"), ["火车来了", "我们今天去吃火锅吧"], "newest first");
    assert_eq!(find("茶"), ["抹茶アイス 🙂", "喝茶"]);
    assert_eq!(find("tea CAFE"), ["Green TEA and café"]);
    assert_eq!(find("アイス"), ["抹茶アイス 🙂"]);
    assert_eq!(find("🙂"), ["抹茶アイス 🙂"]);
    assert_eq!(find("차"), ["오늘 차 마셔요"]);
    assert_eq!(find("build"), [""; 0]);
    assert_eq!(find("build*"), ["building the house"]);
    assert_eq!(find("r1"), [""; 0], "rooms are not words");
    for typed in
        ["\"", "\"tea", "NEAR(tea, 2)", "tea AND", "-tea", "*", "text:tea", "(", "^tea", "a\0b"]
    {
        find(typed);
    }
}

#[test]
fn search_stays_in_the_rooms_and_positions_that_leave_was_given_for() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = lobby(directory.path(), &["tea one", "tea two"]);
    opened.store.commit(AT, &[created(TEA, "tea"), said(TEA, 1, "tea three")]).unwrap();
    let find = |rooms: &[(RoomId, Position)]| {
        opened.readers[0].search(Some(rooms), "tea", None, 10).unwrap().events
    };
    assert_eq!(texts(&find(&[(LOBBY, Position(2))])), ["tea two", "tea one"]);
    assert_eq!(texts(&find(&[(LOBBY, Position(1)), (TEA, Position(1))])), ["tea three", "tea one"]);
    assert_eq!(texts(&find(&[])), [""; 0]);
}

#[test]
fn a_full_disk_keeps_nothing_of_the_batch_and_takes_it_whole_later() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = lobby(directory.path(), &["before"]);
    opened.store.limit_pages(Some(40)).unwrap();
    let words = "x".repeat(10_000);
    let batch: Vec<Effect> = (2..60).map(|position| said(LOBBY, position, &words)).collect();
    assert!(matches!(opened.store.commit(AT, &batch), Err(CommitError::Later(_))));
    let latest = |opened: &Opened| opened.readers[0].latest(LOBBY, Position(99), 1).unwrap();
    assert_eq!(texts(&latest(&opened)), ["before"]);
    assert!(matches!(opened.store.commit(AT, &batch), Err(CommitError::Later(_))), "still full");
    opened.store.limit_pages(None).unwrap();
    assert_eq!(opened.store.commit(AT, &batch).unwrap(), 58);
    assert_eq!(latest(&opened)[0].position, Position(59));
}

#[test]
fn a_batch_is_kept_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = lobby(directory.path(), &["one"]);
    // The second of these has a position that exists: a defect elsewhere, which must not half happen.
    let batch = [said(LOBBY, 2, "two"), said(LOBBY, 1, "again")];
    assert!(matches!(opened.store.commit(AT, &batch), Err(CommitError::Fault(_))));
    let kept = opened.readers[0].latest(LOBBY, Position(99), 9).unwrap();
    assert_eq!(texts(&kept), ["one"]);
}

#[test]
fn a_message_sent_again_is_known_however_many_came_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = lobby(directory.path(), &["before"]);
    // Past the 65,536 ids that 0.1.0 remembered.
    const COUNT: u64 = 70_000;
    let author = Author::of_nick(&Nick::parse("小明").unwrap());
    let id = |position: u64| MessageId((u128::from(position) << 64 | 7).to_be_bytes());
    for first in (2..COUNT).step_by(10_000) {
        let batch: Vec<Effect> = (first..first + 10_000)
            .map(|position| {
                let Effect::Event(event) = said(LOBBY, position, "same words") else {
                    unreachable!("said is an event")
                };
                Effect::Event(Event { id: Some(id(position)), author: Some(author), ..event })
            })
            .collect();
        opened.store.commit(AT, &batch).unwrap();
    }
    let found = |opened: &Opened, position| {
        let key = MessageKey { room: LOBBY, author, id: id(position) };
        opened.store.find(&key).unwrap().map(|said| said.position)
    };
    assert_eq!(found(&opened, 2), Some(Position(2)));
    drop(opened);
    let opened = open(directory.path());
    assert_eq!(found(&opened, 2), Some(Position(2)));
    assert_eq!(found(&opened, COUNT), Some(Position(COUNT)));
    assert_eq!(found(&opened, COUNT * 2), None);
    // Whatever the hub believes, a room keeps one message for each author and id.
    let mut opened = opened;
    let Effect::Event(event) = said(LOBBY, COUNT + 2, "x") else { unreachable!("an event") };
    let again = Effect::Event(Event { id: Some(id(2)), author: Some(author), ..event });
    assert!(matches!(opened.store.commit(AT, &[again]), Err(CommitError::Fault(_))));
}
