//! Messages that are sent again.

use super::*;

#[test]
fn a_message_sent_again_is_a_duplicate_also_after_a_restart() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say#1 lobby hello
         | created #lobby as 1
         | #lobby 1 ann said Some(\"hello\")
         ann> say#1 lobby hello
         | to ann: duplicate of 1
         ann> say#2 lobby hello
         | #lobby 2 ann said Some(\"hello\")",
    );
    let stored = StoredRoom {
        room: RoomId(1),
        name: room("lobby"),
        first: Position(1),
        head: Position(2),
        last: Time(0),
        topic: None,
    };
    let mut runner = Runner::new(configured_chat(
        Limits::default(),
        History { rooms: vec![stored], ..History::default() },
    ));
    runner.store(Author::of_nick(&nick("ann")), 2, "hello");
    runner.check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 2 of 1
         | to #lobby but ann: ann entered
         ann> say#2 lobby hello
         | to ann: duplicate of 2
         ann> say#3 lobby again
         | #lobby 3 ann said Some(\"again\")",
    );
}

#[test]
fn a_message_id_belongs_to_its_author_and_its_text() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         eve> enter eve
         | to eve: welcome eve
         | eve in #lobby at 0 of 2
         | to #lobby but eve: eve entered
         eve> say#1 lobby build failed
         | created #lobby as 1
         | #lobby 1 eve said Some(\"build failed\")
         ann> say#1 lobby build done
         | #lobby 2 ann said Some(\"build done\")
         ann> say#1 lobby build done
         | to ann: duplicate of 2
         ann> me#1 lobby build done
         | to ann: refused Conflict { room: RoomName(\"lobby\"), position: Position(2), id: MessageId([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) }
         ann> say#1 lobby build undone
         | to ann: refused Conflict { room: RoomName(\"lobby\"), position: Position(2), id: MessageId([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) }
         ci> postas bot lobby build done
         | #lobby 3 bot said Some(\"build done\")
         | to ci: posted at 3 as bot",
    );
}

#[test]
fn an_author_with_a_resume_key_keeps_message_ids_under_any_nick() {
    check(
        "ann> resume 1 ann
         | to ann: welcome ann
         ann> join lobby
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say#1 lobby hello
         | created #lobby as 1
         | #lobby 1 ann said Some(\"hello\")
         ann> nick anna
         | to ann: ann is anna
         | to #lobby but ann: ann is anna
         ann> exit quit
         | ann out of #lobby
         | to #lobby but ann: anna offline Quit
         | ann ended Quit
         later> resume 1 bea
         | to later: welcome bea
         later> join lobby
         | later in #lobby at 1 of 1
         | to #lobby but later: bea entered
         later> say#1 lobby hello
         | to later: duplicate of 1",
    );
}

#[test]
fn a_message_older_than_authors_is_a_duplicate_for_any_author_with_the_same_text() {
    let stored = StoredRoom {
        room: RoomId(1),
        name: room("lobby"),
        first: Position(1),
        head: Position(2),
        last: Time(0),
        topic: None,
    };
    let mut runner = Runner::new(configured_chat(
        Limits::default(),
        History { rooms: vec![stored], ..History::default() },
    ));
    runner.store(Author::of_nick(&nick("ann")), 2, "hello");
    for said in runner.stored.values_mut() {
        said.is_of_author = false;
    }
    runner.check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 2 of 1
         | to #lobby but ann: ann entered
         ann> say#2 lobby hello
         | to ann: duplicate of 2
         ann> say#2 lobby other words
         | #lobby 3 ann said Some(\"other words\")",
    );
}
