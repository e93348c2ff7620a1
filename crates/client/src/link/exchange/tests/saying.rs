//! What was said: it waits, is sent, is kept, is refused and given back; and what is asked.

use super::*;

#[test]
fn a_message_waits_is_sent_and_is_kept_when_the_server_shows_it() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    let say = format!(r#"> {{"ref":3,"op":"say","room":"tea","text":"hi","id":"{}"}}"#, id(7));
    wire.expect(&["waiting hi", &say, "sent hi", "waiting there"]);
    wire.server(&own(1, "hi", 7));
    let then = format!(r#"> {{"ref":4,"op":"say","room":"tea","text":"there","id":"{}"}}"#, id(8));
    wire.expect(&["#tea 1 hi", "kept hi at 1", &then, "sent there"]);
    assert_eq!(wire.link.outbox().map(|unsent| unsent.id).collect::<Vec<_>>(), [id(8)]);
}

#[test]
fn what_was_not_acknowledged_is_sent_again_under_the_same_id_once_we_are_in_the_room() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.out();
    wire.close(None, "cut");
    wire.expect(&["offline: cut", "waiting hi"]);
    wire.say(8, "there");
    wire.expect(&["waiting there"]);
    wire.pass_until_due();
    wire.open();
    wire.server(&welcome(true));
    assert!(!wire.out().iter().any(|line| line.contains("say")), "not in the room yet");
    wire.server(&joined("tea", 1, true));
    let say = format!(r#"> {{"ref":5,"op":"say","room":"tea","text":"hi","id":"{}"}}"#, id(7));
    wire.expect(&["on in #tea", &say, "sent hi"]);
    let duplicate =
        format!(r#"{{"ref":5,"type":"duplicate","room":"tea","position":1,"id":"{}"}}"#, id(7));
    wire.server(&duplicate);
    let out = wire.out();
    assert_eq!(out[0], "kept hi at 1");
    assert_eq!(out[2], "sent there");
}

#[test]
fn too_fast_is_tried_again_in_order_after_a_pause_and_other_refusals_give_the_text_back() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    wire.out();
    wire.server(&error(3, "too_fast"));
    wire.expect(&["waiting hi"]);
    assert_eq!(wire.link.deadline(), Some(wire.now + TOO_FAST_PAUSE));
    wire.pass(TOO_FAST_PAUSE / 2);
    wire.expect(&[]);
    wire.pass(TOO_FAST_PAUSE / 2);
    assert_eq!(wire.out()[1], "sent hi");
    wire.server(&error(4, "bad_text"));
    let out = wire.out();
    assert_eq!(out[0], "refused hi: no: bad_text");
    assert_eq!(out[2], "sent there");
}

#[test]
fn a_room_that_cannot_be_entered_gives_back_what_waits_for_it_unless_it_was_only_haste() {
    let mut wire = Wire::in_tea();
    wire.link.join(wire.now, &room("tae"));
    wire.link.say(wire.now, id(1), &room("tae"), &text("hi"), false).unwrap();
    wire.expect(&[r#"> {"ref":3,"op":"join","room":"tae"}"#, "waiting hi"]);
    wire.server(&error(3, "too_fast"));
    wire.expect(&[]);
    wire.pass(TOO_FAST_PAUSE);
    wire.expect(&[r#"> {"ref":3,"op":"join","room":"tae"}"#]);
    wire.server(&error(3, "room_looks_like"));
    let out = wire.out();
    assert_eq!(out[0], "refused hi: no: room_looks_like");
    assert!(out[1].contains("room_looks_like"));
    let again = wire.link.say(wire.now, id(2), &room("tae"), &text("hi"), false);
    assert_eq!(again, Err(SayError::NotInRoom { room: room("tae") }));
}

#[test]
fn who_leaves_gets_back_what_was_not_sent_and_is_not_in_the_room_after_a_break() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    wire.out();
    wire.link.leave(wire.now, &room("tea"));
    wire.expect(&[
        "refused there: #tea was left before this was kept; join it and say it again",
        r#"> {"ref":4,"op":"leave","room":"tea"}"#,
    ]);
    wire.server(&own(1, "hi", 7));
    wire.expect(&["#tea 1 hi", "kept hi at 1"]);
    wire.server(r#"{"ref":4,"type":"left","room":"tea"}"#);
    wire.expect(&[r#"{"type":"left","room":"tea"}"#]);
    wire.reconnect();
    wire.expect(&["online ann"]);
}

#[test]
fn what_is_too_much_is_refused_with_the_limit_and_nothing_of_it_is_said() {
    let mut wire = Wire::new(Start { rooms: vec![(room("tea"), None)], ..start() });
    let mut say = |number: usize, words: &Text| {
        let id = Id(u128::try_from(number).unwrap().to_le_bytes());
        wire.link.say(wire.now, id, &room("tea"), words, false)
    };
    (0..OUTBOX_MESSAGES_MAX).for_each(|number| say(number, &text("x")).unwrap());
    let full = SayError::TooManyWaiting { max: OUTBOX_MESSAGES_MAX };
    assert_eq!(say(OUTBOX_MESSAGES_MAX, &text("x")), Err(full));
    assert_eq!(wire.link.outbox().count(), OUTBOX_MESSAGES_MAX);

    let mut wire = Wire::new(Start { rooms: vec![(room("tea"), None)], ..start() });
    let long = text(&"x".repeat(16 * 1024));
    let mut say = |number: u8| wire.link.say(wire.now, id(number), &room("tea"), &long, false);
    (0..64).for_each(|number| say(number).unwrap());
    assert_eq!(say(64), Err(SayError::TooMuchWaiting { max: OUTBOX_BYTES_MAX }));

    let rooms = || Request::Rooms(Rooms { page: 1 });
    (0..ASKS_MAX).for_each(|_| drop(wire.link.ask(wire.now, rooms()).unwrap()));
    let full = AskError::TooManyWaiting { max: ASKS_MAX };
    assert_eq!(wire.link.ask(wire.now, rooms()), Err(full));
}

#[test]
fn a_program_begun_anew_sends_what_the_one_before_could_not() {
    let unsent = Unsent { id: id(7), room: room("tea"), text: text("hi"), acted: false };
    let mut wire = Wire::new(Start { outbox: vec![unsent], ..start() });
    wire.expect(&["waiting hi", "connecting 1", "dial"]);
    wire.open();
    wire.server(&welcome(true));
    let out = wire.out();
    assert!(out.iter().any(|line| line.contains(r#""op":"ignore"}"#)), "who is ignored?");
    assert!(out.iter().any(|line| line.contains(r#""op":"join","room":"tea"}"#)));
    wire.server(&joined("tea", 0, false));
    assert_eq!(wire.out().last().unwrap(), "sent hi");
}

#[test]
fn answers_carry_the_reference_of_the_asking_and_questions_wait_for_a_connection() {
    let mut wire = Wire::new(start());
    let reference = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.open();
    wire.server(&welcome(false));
    assert_eq!(wire.out().last().unwrap(), r#"> {"ref":1,"op":"rooms"}"#);
    wire.server(r#"{"ref":1,"type":"rooms","rooms":[],"total":0,"page":1,"pages":1}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(reference));
}

#[test]
fn a_question_is_asked_again_after_a_break_and_a_deed_is_said_to_be_unanswered() {
    let mut wire = Wire::in_tea();
    let tell = Tell { nick: Nick::parse("bob").unwrap(), text: text("psst") };
    wire.link.ask(wire.now, Request::Tell(tell)).unwrap();
    wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.out();
    wire.close(None, "cut");
    wire.expect(&["offline: cut", "unanswered Number(3)"]);
    wire.pass_until_due();
    wire.open();
    wire.server(&welcome(true));
    assert_eq!(wire.out().last().unwrap(), r#"> {"ref":4,"op":"rooms"}"#);
}
