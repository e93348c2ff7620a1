//! Rooms: how they are created and removed, and their limits.

use super::*;

#[test]
fn a_stored_room_keeps_a_name_that_a_new_room_may_not_have() {
    let stored = StoredRoom {
        room: RoomId(1),
        name: RoomName::parse("kеpt").unwrap(),
        first: Position(1),
        head: Position(2),
        last: Time(0),
        topic: None,
    };
    Runner::new(configured_chat(
        Limits::default(),
        History { rooms: vec![stored], ..History::default() },
    ))
    .check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> join kеpt
         | ann in #kеpt at 2 of 1
         | to #kеpt but ann: ann entered
         ann> join otherоne
         | to ann: refused RoomMixesScripts { room: RoomName(\"otherоne\") }
         ann> join modem
         | ann in #modem at 0 of 1
         | to #modem but ann: ann entered
         ann> join modern
         | ann in #modern at 0 of 1
         | to #modern but ann: ann entered
         ann> join v1
         | ann in #v1 at 0 of 1
         | to #v1 but ann: ann entered
         ann> join vl
         | ann in #vl at 0 of 1
         | to #vl but ann: ann entered",
    );
}

#[test]
fn a_room_without_messages_exists_only_while_it_has_members() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> join tea
         | ann in #tea at 0 of 1
         | to #tea but ann: ann entered
         ann> join tea
         | to ann: already in #tea
         ann> rooms
         | to ann: rooms #lobby:1 #tea:1 of 2, page 1/1
         ann> leave tea
         | ann out of #tea
         | to #tea but ann: ann left
         ann> rooms
         | to ann: rooms #lobby:1 of 1, page 1/1
         ann> say tea anyone?
         | to ann: refused NotInRoom { room: RoomName(\"tea\") }
         ann> join kept
         | ann in #kept at 0 of 1
         | to #kept but ann: ann entered
         ann> say kept hello
         | created #kept as 3
         | #kept 1 ann said Some(\"hello\")
         ann> leave kept
         | ann out of #kept
         | to #kept but ann: ann left
         ann> join сосо
         | ann in #сосо at 0 of 1
         | to #сосо but ann: ann entered
         ann> join coco
         | to ann: refused RoomLooksLike { room: RoomName(\"coco\"), existing: RoomName(\"сосо\") }
         ann> join KEPT
         | ann in #kept at 1 of 1
         | to #kept but ann: ann entered
         ann> who nowhere
         | to ann: refused NoSuchRoom { room: RoomName(\"nowhere\") }",
    );
}

#[test]
fn limits_are_named_when_they_are_met() {
    let limits = Limits {
        rooms_max: 1,
        rooms_per_session_max: 2,
        ignored_max: 1,
        page_entries_max: 2,
        ..Limits::default()
    };
    check_with(
        limits,
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         zoe> enter zoe
         | to zoe: welcome zoe
         | zoe in #lobby at 0 of 3
         | to #lobby but zoe: zoe entered
         ann> join tea
         | ann in #tea at 0 of 1
         | to #tea but ann: ann entered
         ann> join more
         | to ann: refused InTooManyRooms { room: RoomName(\"more\"), max: 2 }
         bob> join more
         | to bob: refused TooManyRooms { room: RoomName(\"more\"), max: 1 }
         ann> who lobby
         | to ann: members ann bob of 3, page 1/2
         ann> who lobby 2
         | to ann: members zoe of 3, page 2/2
         ann> who lobby 3
         | to ann: refused NoSuchPage { page: 3, pages: 2 }
         ann> rooms 0
         | to ann: refused NoSuchPage { page: 0, pages: 1 }
         ann> ignore bob
         | ann filters [bob]
         | to ann: ignores [bob]: not bob
         ann> ignore zoe
         | to ann: refused IgnoringTooMany { max: 1 }",
    );
}

#[test]
fn a_topic_is_an_event_and_is_sent_to_sessions_that_join() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> topic lobby
         | to ann: #lobby topic None
         ann> topic lobby green tea
         | created #lobby as 1
         | #lobby 1 ann topic Some(\"green tea\")
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 1 of 2 about \"green tea\"
         | to #lobby but bob: bob entered
         bob> topic lobby -
         | #lobby 2 bob topic None
         bob> topic lobby
         | to bob: #lobby topic None",
    );
    let mut runner = Runner::new(configured_chat(Limits::default(), History::default()));
    runner.run("ann> enter ann");
    let long = runner.run(&format!("ann> topic lobby {}", "x".repeat(391)));
    assert_eq!(long, ["to ann: refused TopicTooLong { bytes: 391, max: 390 }"]);
}

#[test]
fn permission_to_read_is_for_members_and_up_to_the_last_event() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say lobby one
         | created #lobby as 1
         | #lobby 1 ann said Some(\"one\")
         ann> history lobby
         | to ann: may read #lobby to 1
         ann> join tea
         | ann in #tea at 0 of 1
         | to #tea but ann: ann entered
         ann> search one
         | to ann: may read #lobby to 1, #tea to 0
         ann> history secret
         | to ann: refused NotInRoom { room: RoomName(\"secret\") }",
    );
}

#[test]
fn joining_gives_the_first_position_and_members_and_followers_can_ask_for_the_state_of_a_room() {
    let stored = StoredRoom {
        room: RoomId(1),
        name: RoomName::parse("tea").unwrap(),
        first: Position(5),
        head: Position(9),
        last: Time(0),
        topic: Some(text("green")),
    };
    let chat =
        configured_chat(Limits::default(), History { rooms: vec![stored], ..History::default() });
    chat.check().unwrap();
    let chat = Chat::restore(chat.snapshot()).unwrap();
    Runner::new(chat).check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> room tea
         ann> join tea
         | ann in #tea at 9 from 5 of 1 about \"green\"
         | to #tea but ann: ann entered
         cat> follow tea
         | cat in #tea at 9 from 5 of 1 about \"green\"
         ann> say tea hello
         | #tea 10 ann said Some(\"hello\")
         ann> room tea
         | to ann: 1 at 10 of 1, topic Some(\"green\")
         cat> lookroom tea
         | to cat: 1 at 10 of 1, topic Some(\"green\")
         dan> lookroom tea
         ann> leave tea
         | ann out of #tea
         | to #tea but ann: ann left
         ann> room tea",
    );
}

#[test]
fn the_history_of_a_room_begins_between_position_one_and_the_next_event() {
    for (first, is_sound) in [(0, false), (1, true), (9, true), (10, true), (11, false)] {
        let (room, name) = (RoomId(1), RoomName::parse("tea").unwrap());
        let (first, head, last, topic) = (Position(first), Position(9), Time(0), None);
        let stored = StoredRoom { room, name, first, head, last, topic };
        let chat = configured_chat(
            Limits::default(),
            History { rooms: vec![stored], ..History::default() },
        );
        assert_eq!(chat.check().is_ok(), is_sound, "{first}");
        assert_eq!(Chat::restore(chat.snapshot()).is_ok(), is_sound, "{first}");
    }
}
