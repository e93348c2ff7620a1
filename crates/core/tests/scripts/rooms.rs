//! Rooms come, go and have their limits.

use super::*;

#[test]
fn a_room_whose_name_no_new_room_may_have_stays() {
    let kept = StoredRoom {
        room: RoomId(1),
        name: RoomName::parse("kеpt").unwrap(),
        first: Position(1),
        head: Position(2),
        last: Time(0),
        topic: None,
    };
    Stage::new(created(Limits::default(), History { rooms: vec![kept], ..History::default() }))
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
fn rooms_come_and_go_with_their_members_unless_something_was_said() {
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
         | founded #kept as 3
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
         | ann hears no [bob]
         | to ann: ignores [bob]: not bob
         ann> ignore zoe
         | to ann: refused IgnoringTooMany { max: 1 }",
    );
}

#[test]
fn a_topic_is_an_event_that_newcomers_are_told() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> topic lobby
         | to ann: #lobby topic None
         ann> topic lobby green tea
         | founded #lobby as 1
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
    let mut stage = Stage::new(created(Limits::default(), History::default()));
    stage.run("ann> enter ann");
    let long = stage.run(&format!("ann> topic lobby {}", "x".repeat(391)));
    assert_eq!(long, ["to ann: refused TopicTooLong { bytes: 391, max: 390 }"]);
}

#[test]
fn leave_to_read_is_for_members_and_up_to_this_moment() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say lobby one
         | founded #lobby as 1
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
fn a_room_says_where_it_begins_and_to_those_who_hear_it_how_it_stands() {
    let kept = StoredRoom {
        room: RoomId(1),
        name: RoomName::parse("tea").unwrap(),
        first: Position(5),
        head: Position(9),
        last: Time(0),
        topic: Some(text("green")),
    };
    let chat = created(Limits::default(), History { rooms: vec![kept], ..History::default() });
    chat.check().unwrap();
    let chat = Chat::restore(chat.snapshot()).unwrap();
    Stage::new(chat).check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> stands tea
         ann> join tea
         | ann in #tea at 9 from 5 of 1 about \"green\"
         | to #tea but ann: ann entered
         cat> follow tea
         | cat in #tea at 9 from 5 of 1 about \"green\"
         ann> say tea hello
         | #tea 10 ann said Some(\"hello\")
         ann> stands tea
         | to ann: 1 at 10 of 1, topic Some(\"green\")
         cat> lookstands tea
         | to cat: 1 at 10 of 1, topic Some(\"green\")
         dan> lookstands tea
         ann> leave tea
         | ann out of #tea
         | to #tea but ann: ann left
         ann> stands tea",
    );
}

#[test]
fn no_room_begins_before_its_first_position_or_behind_the_next() {
    for (first, is_sound) in [(0, false), (1, true), (9, true), (10, true), (11, false)] {
        let (room, name) = (RoomId(1), RoomName::parse("tea").unwrap());
        let (first, head, last, topic) = (Position(first), Position(9), Time(0), None);
        let kept = StoredRoom { room, name, first, head, last, topic };
        let chat = created(Limits::default(), History { rooms: vec![kept], ..History::default() });
        assert_eq!(chat.check().is_ok(), is_sound, "{first}");
        assert_eq!(Chat::restore(chat.snapshot()).is_ok(), is_sound, "{first}");
    }
}
