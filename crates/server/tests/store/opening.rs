//! Opening a history: of an earlier version, edited by hand, gone back, of somebody else.

use teahouse_server::store::check;

use super::*;

#[test]
fn memory_keeps_nothing_and_leaves_nothing() {
    let nowhere = Path::new("/nonexistent/never made");
    let mut opened = Store::open(nowhere, Durability::Memory, 1, EPOCH).unwrap();
    opened.store.commit(AT, &[created(LOBBY, "lobby"), said(LOBBY, 1, "soon gone")]).unwrap();
    let kept = opened.readers[0].latest(LOBBY, Position(9), 9).unwrap();
    assert_eq!(texts(&kept), ["soon gone"]);
    assert!(!nowhere.exists());
    #[cfg(target_os = "linux")]
    {
        let directories = directories_of_open_databases("teahouse-");
        assert!(!directories.is_empty(), "it has a directory, whose name begins so");
        assert!(directories.iter().all(|directory| !directory.exists()), "{directories:?}");
    }
}

/// The directories, with a name that begins so, whose database this process has open, also when they are gone.
#[cfg(target_os = "linux")]
fn directories_of_open_databases(prefix: &str) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let paths = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    let is_database = |path: &Path| path.to_string_lossy().contains("/teahouse.db");
    let directories = paths.filter(|path| is_database(path));
    let directories = directories.filter_map(|path| Some(path.parent()?.to_owned()));
    directories
        .filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
        })
        .collect()
}

#[test]
fn an_event_edited_by_hand_does_not_close_the_room() {
    let directory = tempfile::tempdir().unwrap();
    let opened = lobby(directory.path(), &["one", "two", "three"]);
    let by_hand = rusqlite::Connection::open(directory.path().join("teahouse.db")).unwrap();
    by_hand.execute("UPDATE event SET nick = 'not a nick' WHERE position = 1", []).unwrap();
    by_hand.execute("UPDATE event SET text = '' WHERE position = 2", []).unwrap();
    let events = opened.readers[0].latest(LOBBY, Position(9), 9).unwrap();
    assert_eq!(texts(&events), ["one", "…", "three"]);
    assert_eq!(events[0].nick.as_str(), "unreadable");
    assert_eq!(events[2].nick.as_str(), "小明");
}

#[test]
fn another_program_that_writes_makes_us_wait_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = lobby(directory.path(), &["one"]);
    let other = rusqlite::Connection::open(directory.path().join("teahouse.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let batch = [said(LOBBY, 2, "two")];
    assert!(matches!(opened.store.commit(AT, &batch), Err(CommitError::Later(_))));
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(opened.store.commit(AT, &batch).unwrap(), 1);
    let events = opened.readers[0].latest(LOBBY, Position(9), 9).unwrap();
    assert_eq!(texts(&events), ["one", "two"]);
}

#[test]
fn one_history_has_one_writer() {
    let directory = tempfile::tempdir().unwrap();
    let _opened = open(directory.path());
    let second = Store::open(directory.path(), Durability::Sync, 1, EPOCH);
    assert!(matches!(second, Err(StoreError::InUse { .. })));
}

#[test]
fn a_database_of_0_1_0_opens_with_everything_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let older = rusqlite::Connection::open(directory.path().join("teahouse.db")).unwrap();
    older.execute_batch(include_str!("../made_by_0_1_0.sql")).unwrap();
    older.execute("UPDATE event SET time_ms = 9000000 WHERE position = 2", []).unwrap();
    older.close().unwrap();
    check(&directory.path().join("teahouse.db")).expect("also before it is brought up to date");
    let mut opened = open(directory.path());
    assert_eq!(
        (opened.loaded.rooms[0].head, opened.loaded.rooms[0].last),
        (Position(3), Time(3_000))
    );
    assert_eq!(check(&directory.path().join("teahouse.db")).unwrap().events, 3);
    let epoch = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();
    assert_eq!((opened.loaded.last_boot, opened.loaded.epoch), (7, epoch), "not the one given");
    let events = opened.readers[0].latest(LOBBY, Position(9), 9).unwrap();
    assert_eq!(texts(&events), ["green tea", "green tea", "喝茶 ＡＢＣ"]);
    assert_eq!((events[0].id, events[0].author), (Some(MessageId([1; 16])), None));
    let search = |words| {
        let found = opened.readers[0].search(Some(&[(LOBBY, Position(9))]), words, None, 9);
        texts(&found.unwrap().events).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(search("茶"), ["喝茶 ＡＢＣ"]);
    assert_eq!(search("abc"), ["喝茶 ＡＢＣ"], "it is indexed again");
    let before = opened.readers[0].before_time(LOBBY, Position(9), Time(3_001), 9).unwrap();
    assert_eq!(before.len(), 3, "also what was said after a clock had run ahead");
    // The authors of these ids are unknown: an id means the same message for every sender.
    let (author, id) = (Author::nameless(), MessageId([1; 16]));
    let key = MessageKey { room: LOBBY, author, id };
    let known = opened.store.find(&key).unwrap().unwrap();
    assert_eq!((known.position, known.is_of_author), (Position(1), false));
    let Effect::Event(event) = said(LOBBY, 4, "mine") else { unreachable!("an event") };
    let mine = Effect::Event(Event { id: Some(id), author: Some(author), ..event });
    assert_eq!(opened.store.commit(AT, &[mine]).unwrap(), 1);
    let known = opened.store.find(&key).unwrap().unwrap();
    assert_eq!((known.position, known.is_of_author), (Position(4), true));
}

#[test]
fn a_room_whose_name_is_none_is_set_aside_and_the_others_open() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = lobby(directory.path(), &["one"]);
    opened.store.commit(AT, &[created(TEA, "tea"), said(TEA, 1, "found")]).unwrap();
    let by_hand = rusqlite::Connection::open(directory.path().join("teahouse.db")).unwrap();
    by_hand
        .execute(
            "INSERT INTO room (id, name, topic, created_ms) VALUES (3, 'not a name', NULL, 0)",
            [],
        )
        .unwrap();
    by_hand
        .execute("INSERT INTO room (id, name, topic, created_ms) VALUES (4, 'Lobby', NULL, 0)", [])
        .unwrap();
    by_hand.execute("UPDATE room SET topic = x'ff' WHERE id = 1", []).unwrap();
    by_hand.execute("UPDATE room SET name = 'also not' WHERE id = 2", []).unwrap();
    drop(opened);
    let opened = open(directory.path());
    let rooms: Vec<_> = opened.loaded.rooms.iter().map(|room| (room.room.0, &room.topic)).collect();
    assert_eq!(rooms, [(1, &None)]);
    assert_eq!(opened.loaded.last_room, RoomId(4), "their numbers are not given again");
    // A search in every room passes over what nobody can name.
    assert_eq!(opened.readers[0].room_name(TEA).unwrap(), None);
}

#[test]
fn a_room_whose_number_is_none_is_set_aside_and_its_name_is_free() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = lobby(directory.path(), &["one"]);
    opened.store.commit(AT, &[created(TEA, "tea"), said(TEA, 1, "found")]).unwrap();
    drop(opened);
    let last = i64::from(u32::MAX);
    for (number, name) in [(-5, "tea"), (last, "milk"), (5_000_000_000, "juice")] {
        let by_hand = rusqlite::Connection::open(directory.path().join("teahouse.db")).unwrap();
        by_hand.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        by_hand
            .execute("UPDATE room SET id = ?1, name = ?2 WHERE id <> 1", (number, name))
            .unwrap();
        by_hand.execute("UPDATE event SET room = ?1 WHERE room <> 1", [number]).unwrap();
        drop(by_hand);
        let mut opened = open(directory.path());
        assert_eq!(opened.loaded.rooms.len(), 1);
        assert_eq!(opened.loaded.last_room, RoomId(1), "the next number is one that there is");
        let found = opened.readers[0].search(None, "one", None, 9).unwrap();
        assert_eq!(texts(&found.events), ["one"]);
        let found = opened.readers[0].search(None, "found", None, 9).unwrap();
        assert!(number >= 0 && number <= last || found.events.is_empty());
        let again = opened.store.commit(AT, &[created(TEA, name), said(TEA, 1, "anew")]);
        assert_eq!(again.unwrap(), 1, "{name}");
        opened.store.commit(AT, &[Effect::RoomRemoved { room: TEA }]).unwrap();
        let by_hand = rusqlite::Connection::open(directory.path().join("teahouse.db")).unwrap();
        by_hand.execute("DELETE FROM meta WHERE key = 'last_room'", []).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn files_are_for_us_alone_also_those_that_were_open_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let names = ["teahouse.db", "teahouse.db-wal", "teahouse.db-shm", "teahouse.lock"];
    let opened = lobby(&directory, &["one"]);
    assert_eq!(mode(&directory), 0o700);
    for name in names {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    drop(opened);
    let open_to_all = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open_to_all(&directory, 0o755);
    open_to_all(&directory.join("teahouse.db"), 0o644);
    open_to_all(&directory.join("teahouse.lock"), 0o644);
    let opened = open(&directory);
    assert_eq!(mode(&directory), 0o700);
    for name in names {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    drop(opened);
    // A directory in which others have files is not ours to close.
    std::fs::write(directory.join("notes.txt"), "mine").unwrap();
    open_to_all(&directory, 0o755);
    let _opened = open(&directory);
    assert_eq!(mode(&directory), 0o755);
}

#[test]
fn what_may_have_gone_back_begins_the_epoch_given_and_nothing_else_does() {
    let directory = tempfile::tempdir().unwrap();
    let open = |durability, epoch| Store::open(directory.path(), durability, 1, epoch).unwrap();
    let first = open(Durability::Async, [1; 16]);
    assert_eq!(first.loaded.epoch, [1; 16], "it is made");
    first.store.close().unwrap();
    let second = open(Durability::Async, [2; 16]);
    assert_eq!(second.loaded.epoch, [1; 16], "closed in order");
    // As after a power cut: nothing says how much of it the disk had.
    drop(second);
    let third = open(Durability::Sync, [3; 16]);
    assert_eq!(third.loaded.epoch, [3; 16]);
    drop(third);
    let fourth = open(Durability::Sync, [4; 16]);
    assert_eq!(fourth.loaded.epoch, [3; 16], "what is synced does not go back");
}
