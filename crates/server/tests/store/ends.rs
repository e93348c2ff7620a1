//! The recorded first and last positions of rooms, also after events were deleted.

use teahouse_server::store::check;

use super::*;

fn by_hand(directory: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(directory.join("teahouse.db")).unwrap()
}

/// The first and last position of the lobby, and the time of the last.
fn ends(directory: &Path) -> (i64, i64, i64) {
    let sql = "SELECT first_position, last_position, last_ms FROM room WHERE id = 1";
    let ends = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    by_hand(directory).query_row(sql, [], ends).unwrap()
}

/// Where the chat goes on in the lobby.
fn head(opened: &Opened) -> (Position, Time) {
    (opened.loaded.rooms[0].head, opened.loaded.rooms[0].last)
}

fn finding(directory: &Path) -> String {
    let found = check(&directory.join("teahouse.db"));
    let Err(StoreError::Corrupt { what, .. }) = found else { panic!("it is not sound: {found:?}") };
    what
}

#[test]
fn every_batch_records_the_last_positions_of_its_rooms() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = open(directory.path());
    opened.store.commit(AT, &[created(LOBBY, "lobby")]).unwrap();
    assert_eq!(ends(directory.path()), (1, 0, 0), "a room without events begins at its first");
    opened.store.commit(AT, &[said(LOBBY, 1, "one"), said(LOBBY, 2, "two")]).unwrap();
    assert_eq!(ends(directory.path()), (1, 2, 2000));
    let refused = [said(LOBBY, 3, "three"), said(LOBBY, 3, "three again")];
    opened.store.commit(AT, &refused).unwrap_err();
    assert_eq!(ends(directory.path()), (1, 2, 2000), "kept with the events or not at all");
    let two_rooms = [created(TEA, "tea"), said(LOBBY, 3, "three"), said(TEA, 1, "green")];
    opened.store.commit(AT, &two_rooms).unwrap();
    assert_eq!(ends(directory.path()), (1, 3, 3000));
    opened.store.close().unwrap();
    check(&directory.path().join("teahouse.db")).unwrap();
}

#[test]
fn a_room_without_events_continues_after_its_last_position() {
    let directory = tempfile::tempdir().unwrap();
    lobby(directory.path(), &["one", "two", "three"]).store.close().unwrap();
    by_hand(directory.path()).execute("DELETE FROM event", []).unwrap();
    let what = finding(directory.path());
    assert!(what.contains("room 1 should have events 1 to 3 and has 4 to 3"), "{what}");
    let mut opened = open(directory.path());
    assert_eq!(head(&opened), (Position(3), Time(3000)));
    assert_eq!(ends(directory.path()), (4, 3, 3000));
    opened.store.commit(AT, &[said(LOBBY, 4, "four")]).unwrap();
    opened.store.close().unwrap();
    check(&directory.path().join("teahouse.db")).unwrap();
    assert_eq!(head(&open(directory.path())), (Position(4), Time(4000)));
}

#[test]
fn a_room_begins_at_the_first_event_that_is_left() {
    let directory = tempfile::tempdir().unwrap();
    lobby(directory.path(), &["one", "two", "three"]).store.close().unwrap();
    by_hand(directory.path()).execute("DELETE FROM event WHERE position < 3", []).unwrap();
    let what = finding(directory.path());
    assert!(what.contains("room 1 should have events 1 to 3 and has 3 to 3"), "{what}");
    open(directory.path()).store.close().unwrap();
    assert_eq!(ends(directory.path()), (3, 3, 3000));
    check(&directory.path().join("teahouse.db")).unwrap();
}

#[test]
fn a_position_is_not_given_again_even_if_another_program_added_or_removed_its_event() {
    let directory = tempfile::tempdir().unwrap();
    lobby(directory.path(), &["one", "two"]).store.close().unwrap();
    let more = "INSERT INTO event (room, position, time_ms, session, nick, kind, text)
                VALUES (1, 3, 7000, 1, 'ann', 'said', 'by hand')";
    by_hand(directory.path()).execute(more, []).unwrap();
    let what = finding(directory.path());
    assert!(what.contains("room 1 should have events 1 to 2 and has 1 to 3"), "{what}");
    let opened = open(directory.path());
    assert_eq!(head(&opened), (Position(3), Time(7000)));
    drop(opened);
    by_hand(directory.path()).execute("DELETE FROM event WHERE position > 1", []).unwrap();
    assert_eq!(head(&open(directory.path())), (Position(3), Time(7000)));
    let what = finding(directory.path());
    assert!(what.contains("room 1 should have events 1 to 3 and has 1 to 1"), "{what}");
}

#[test]
fn a_removed_message_is_not_found_in_the_place_of_one_that_came_after_it() {
    let directory = tempfile::tempdir().unwrap();
    lobby(directory.path(), &["green tea", "black tea"]).store.close().unwrap();
    by_hand(directory.path()).execute("DELETE FROM event", []).unwrap();
    let mut opened = open(directory.path());
    opened.store.commit(AT, &[said(LOBBY, 3, "coffee"), said(LOBBY, 4, "milk")]).unwrap();
    let found = |words: &str| {
        let excerpt = opened.readers[0].search(None, words, None, 10).unwrap();
        excerpt.events.iter().map(|event| event.position.0).collect::<Vec<_>>()
    };
    assert_eq!(found("tea"), [0; 0], "its words are gone with it");
    assert_eq!(found("coffee"), [3]);
    assert_eq!(found("milk"), [4]);
}
