//! Rooms over breaks of the connection: no event is output twice, and no gap is skipped silently.

use super::*;

#[test]
fn it_connects_sends_hello_joins_its_rooms_and_outputs_their_events() {
    let seen = Some(Cursor { epoch: EPOCH.parse().unwrap(), position: 17, time_ms: Some(7) });
    let mut wire =
        Wire::new(Start { rooms: vec![(room("tea"), seen), (room("go"), None)], ..start() });
    wire.expect(&["connecting 1", "dial"]);
    wire.open();
    wire.expect(&[&format!(r#"> {{"ref":3,"op":"hello","nick":"ann","seat":"{SEAT}"}}"#)]);
    wire.receive(&welcome(false));
    wire.expect(&[
        "online ann",
        &format!(
            r#"> {{"ref":1,"op":"join","room":"tea","after":{{"epoch":"{EPOCH}","position":17,"time_ms":7}}}}"#
        ),
        r#"> {"ref":2,"op":"join","room":"go"}"#,
    ]);
    wire.receive(&joined("tea", 18, true));
    wire.receive(&event("tea", 18, "hi"));
    wire.receive(&event("go", 1, "not in there yet"));
    wire.expect(&["on in #tea", "#tea 18 hi"]);
}

#[test]
fn without_a_room_it_joins_the_first_room_of_the_server() {
    let mut wire = Wire::new(start());
    wire.open();
    wire.outputs();
    wire.receive(&welcome(false));
    wire.expect(&["online ann", r#"> {"ref":2,"op":"join","room":"lobby"}"#]);
}

#[test]
fn after_a_break_each_room_resumes_after_the_last_event_received() {
    let mut wire = Wire::in_tea();
    wire.receive(&event("tea", 1, "one"));
    wire.receive(&event("tea", 2, "two"));
    wire.close(None, "cut");
    wire.expect(&["#tea 1 one", "#tea 2 two", "offline: cut"]);
    wire.advance_to_deadline();
    wire.expect(&["connecting 1", "dial"]);
    wire.open();
    wire.outputs();
    wire.receive(&welcome(true));
    wire.expect(&[
        "online ann",
        &format!(
            r#"> {{"ref":1,"op":"join","room":"tea","after":{{"epoch":"{EPOCH}","position":2,"time_ms":0}}}}"#
        ),
    ]);
    wire.receive(&joined("tea", 3, true));
    for (position, words) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        wire.receive(&event("tea", position, words));
    }
    wire.expect(&["on in #tea", "#tea 3 three", "#tea 4 four"]);
}

#[test]
fn if_the_server_cannot_continue_the_room_starts_again() {
    let mut wire = Wire::in_tea();
    wire.receive(&event("tea", 1, "one"));
    wire.reconnect();
    wire.outputs();
    wire.receive(&joined("tea", 40, false));
    wire.receive(&event("tea", 39, "later"));
    wire.receive(&event("tea", 40, "much later"));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 39 later", "#tea 40 much later"]);
    // A server that lost its last events, and does not say so.
    wire.reconnect();
    wire.outputs();
    wire.receive(&joined("tea", 7, true));
    wire.receive(&event("tea", 7, "seven"));
    wire.receive(&event("tea", 8, "eight"));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 7 seven", "#tea 8 eight"]);
}

/// The notice for a room that does not continue from our cursor.
const OTHER_HISTORY: &str = "the history of #tea was changed, as when a server is brought back from a copy: \
    what was shown before may be gone from it";

#[test]
fn an_event_of_another_epoch_is_not_accepted() {
    let mut wire = Wire::in_tea();
    wire.receive(&event("tea", 1, "one"));
    wire.reconnect();
    wire.outputs();
    let other = "0000000000000001";
    wire.receive(&joined("tea", 1, true).replace(EPOCH, other));
    wire.receive(&event_of(other, "tea", 1, "uno", None));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 1 uno"]);
    wire.receive(&event("tea", 2, "two"));
    wire.expect(&["hangup", "offline: #tea has another history"]);
}

#[test]
fn after_a_gap_the_room_resumes_before_the_gap() {
    let mut wire = Wire::in_tea();
    wire.receive(&event("tea", 1, "one"));
    wire.receive(&event("tea", 3, "three"));
    wire.receive(&event("tea", 4, "four"));
    wire.expect(&[
        "#tea 1 one",
        "hangup",
        "offline: #tea went from event 1 to 3, which leaves a gap",
    ]);
    wire.advance_to_deadline();
    wire.open();
    wire.outputs();
    wire.receive(&welcome(true));
    assert!(wire.outputs()[1].contains(r#""position":1,"#));
}

#[test]
fn a_gap_that_comes_again_is_reported_and_not_requested_again() {
    let mut wire = Wire::in_tea();
    wire.receive(&event("tea", 1, "one"));
    wire.receive(&event("tea", 4, "four"));
    assert!(wire.outputs().contains(&"hangup".to_owned()));
    wire.advance_to_deadline();
    wire.open();
    wire.receive(&welcome(true));
    wire.receive(&joined("tea", 5, true));
    wire.outputs();
    wire.receive(&event("tea", 4, "four"));
    wire.receive(&event("tea", 5, "five"));
    wire.expect(&["messages 2 to 3 of #tea are gone", "#tea 4 four", "#tea 5 five"]);
    // A different gap closes the connection again.
    wire.receive(&event("tea", 9, "nine"));
    assert!(wire.outputs().contains(&"hangup".to_owned()));
}

#[test]
fn while_someone_is_ignored_gaps_are_accepted() {
    let mut wire = Wire::in_tea();
    wire.receive(&event("tea", 1, "one"));
    wire.receive(r#"{"type":"ignoring","nicks":["eve"]}"#);
    wire.receive(&event("tea", 3, "three"));
    wire.receive(r#"{"type":"ignoring","nicks":[]}"#);
    wire.outputs();
    wire.receive(&event("tea", 6, "six"));
    wire.expect(&["#tea 6 six"]);
    wire.receive(&event("tea", 8, "eight"));
    assert!(wire.outputs().contains(&"hangup".to_owned()));
}

#[test]
fn a_join_before_the_answer_to_leave_resumes_the_room() {
    let mut wire = Wire::in_tea();
    wire.receive(&event("tea", 1, "one"));
    wire.link.leave(wire.now, &room("tea"));
    wire.link.join(wire.now, &room("tea"));
    wire.outputs();
    wire.receive(&event("tea", 2, "two"));
    wire.receive(r#"{"ref":3,"type":"left","room":"tea"}"#);
    wire.receive(&joined("tea", 2, true));
    wire.receive(&event("tea", 2, "two"));
    wire.receive(&event("tea", 3, "three"));
    let out = wire.outputs();
    assert_eq!(out[0], "#tea 2 two");
    assert_eq!(out[2..], ["on in #tea", "#tea 3 three"]);
}

#[test]
fn the_last_possible_position_of_a_room_does_not_overflow() {
    let mut wire = Wire::in_tea();
    wire.link.join(wire.now, &"den".parse().unwrap());
    wire.outputs();
    wire.receive(&joined("den", u64::MAX, false));
    wire.outputs();
    wire.receive(&event("den", u64::MAX, "last"));
    wire.receive(&event("den", u64::MAX, "last"));
    wire.receive(&event("den", 0, "first"));
    let last = format!("#den {} last", u64::MAX);
    wire.expect(&[&last]);
}
