//! The stages of a message, and requests with their answers.

use super::*;

#[test]
fn a_message_waits_is_sent_and_is_kept_when_its_event_arrives() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    let say = format!(r#"> {{"ref":3,"op":"say","room":"tea","text":"hi","id":"{}"}}"#, id(7));
    wire.expect(&["waiting hi", &say, "sent hi", "waiting there"]);
    wire.receive(&own(1, "hi", 7));
    let then = format!(r#"> {{"ref":4,"op":"say","room":"tea","text":"there","id":"{}"}}"#, id(8));
    wire.expect(&["#tea 1 hi", "kept hi at 1", &then, "sent there"]);
    assert_eq!(wire.link.outbox().map(|unsent| unsent.id).collect::<Vec<_>>(), [id(8)]);
}

#[test]
fn an_unacknowledged_message_is_sent_again_under_the_same_id_after_the_join() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.outputs();
    wire.close(None, "cut");
    wire.expect(&["offline: cut", "waiting hi"]);
    wire.say(8, "there");
    wire.expect(&["waiting there"]);
    wire.advance_to_deadline();
    wire.open();
    wire.receive(&welcome(true));
    assert!(!wire.outputs().iter().any(|line| line.contains("say")), "not in the room yet");
    wire.receive(&joined("tea", 1, true));
    let say = format!(r#"> {{"ref":5,"op":"say","room":"tea","text":"hi","id":"{}"}}"#, id(7));
    wire.expect(&["on in #tea", &say, "sent hi"]);
    let duplicate =
        format!(r#"{{"ref":5,"type":"duplicate","room":"tea","position":1,"id":"{}"}}"#, id(7));
    wire.receive(&duplicate);
    let out = wire.outputs();
    assert_eq!(out[0], "kept hi at 1");
    assert_eq!(out[2], "sent there");
}

#[test]
fn a_message_is_sent_again_after_too_fast_and_refused_after_another_error() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    wire.outputs();
    wire.receive(&error(3, "too_fast"));
    wire.expect(&["waiting hi"]);
    assert_eq!(wire.link.deadline(), Some(wire.now + TOO_FAST_PAUSE));
    wire.advance(TOO_FAST_PAUSE / 2);
    wire.expect(&[]);
    wire.advance(TOO_FAST_PAUSE / 2);
    assert_eq!(wire.outputs()[1], "sent hi");
    wire.receive(&error(4, "bad_text"));
    let out = wire.outputs();
    assert_eq!(out[0], "refused hi: no: bad_text");
    assert_eq!(out[2], "sent there");
}

#[test]
fn a_refused_join_refuses_the_rooms_messages_and_too_fast_does_not() {
    let mut wire = Wire::in_tea();
    wire.link.join(wire.now, &room("tae"));
    wire.link.say(wire.now, id(1), &room("tae"), &text("hi"), false).unwrap();
    wire.expect(&[r#"> {"ref":3,"op":"join","room":"tae"}"#, "waiting hi"]);
    wire.receive(&error(3, "too_fast"));
    wire.expect(&[]);
    wire.advance(TOO_FAST_PAUSE);
    wire.expect(&[r#"> {"ref":3,"op":"join","room":"tae"}"#]);
    wire.receive(&error(3, "room_looks_like"));
    let out = wire.outputs();
    assert_eq!(out[0], "refused hi: no: room_looks_like");
    assert!(out[1].contains("room_looks_like"));
    let again = wire.link.say(wire.now, id(2), &room("tae"), &text("hi"), false);
    assert_eq!(again, Err(SayError::NotInRoom { room: room("tae") }));
}

#[test]
fn leaving_refuses_unsent_messages_and_the_room_is_not_joined_after_a_break() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    wire.outputs();
    wire.link.leave(wire.now, &room("tea"));
    wire.expect(&[
        "refused there: #tea was left before this was kept; join it and say it again",
        r#"> {"ref":4,"op":"leave","room":"tea"}"#,
    ]);
    wire.receive(&own(1, "hi", 7));
    wire.expect(&["#tea 1 hi", "kept hi at 1"]);
    wire.receive(r#"{"ref":4,"type":"left","room":"tea"}"#);
    wire.expect(&[r#"{"type":"left","room":"tea"}"#]);
    wire.reconnect();
    wire.expect(&["online ann"]);
}

#[test]
fn a_full_outbox_and_too_many_requests_are_rejected_with_the_limit() {
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
fn a_restarted_program_sends_the_unsent_messages_of_the_last_run() {
    let unsent = Unsent { id: id(7), room: room("tea"), text: text("hi"), acted: false };
    let mut wire = Wire::new(Start { outbox: vec![unsent], ..start() });
    wire.expect(&["waiting hi", "connecting 1", "dial"]);
    wire.open();
    wire.receive(&welcome(true));
    let out = wire.outputs();
    assert!(out.iter().any(|line| line.contains(r#""op":"ignore"}"#)), "who is ignored?");
    assert!(out.iter().any(|line| line.contains(r#""op":"join","room":"tea"}"#)));
    wire.receive(&joined("tea", 0, false));
    assert_eq!(wire.outputs().last().unwrap(), "sent hi");
}

#[test]
fn an_answer_carries_the_reference_of_its_request_which_waits_for_a_connection() {
    let mut wire = Wire::new(start());
    let reference = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.open();
    wire.receive(&welcome(false));
    assert_eq!(wire.outputs().last().unwrap(), r#"> {"ref":1,"op":"rooms"}"#);
    wire.receive(r#"{"ref":1,"type":"rooms","rooms":[],"total":0,"page":1,"pages":1}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(reference));
}

#[test]
fn after_a_break_a_read_is_repeated_and_a_change_is_reported_as_unanswered() {
    let mut wire = Wire::in_tea();
    let tell = Tell { nick: Nick::parse("bob").unwrap(), text: text("psst") };
    wire.link.ask(wire.now, Request::Tell(tell)).unwrap();
    wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.outputs();
    wire.close(None, "cut");
    wire.expect(&["offline: cut", "unanswered Number(3)"]);
    wire.advance_to_deadline();
    wire.open();
    wire.receive(&welcome(true));
    assert_eq!(wire.outputs().last().unwrap(), r#"> {"ref":4,"op":"rooms"}"#);
}

#[test]
fn each_leave_is_answered_also_without_a_connection() {
    let mut wire = Wire::in_tea();
    let first = wire.link.leave(wire.now, &room("tea"));
    assert_eq!(wire.link.leave(wire.now, &room("tea")), first, "one leave is in flight");
    wire.expect(&[r#"> {"ref":3,"op":"leave","room":"tea"}"#]);
    wire.close(None, "cut");
    wire.expect(&["offline: cut", r#"{"type":"left","room":"tea"}"#]);
    wire.link.join(wire.now, &room("go"));
    wire.link.leave(wire.now, &room("go"));
    wire.expect(&[r#"{"type":"left","room":"go"}"#]);
    wire.link.leave(wire.now, &room("go"));
    wire.expect(&[r#"{"type":"error","code":"not_in_room","message":"you are not in #go"}"#]);
    assert_eq!(wire.link.rooms().count(), 0);
}
