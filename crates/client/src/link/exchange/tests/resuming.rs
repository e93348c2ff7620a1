//! Rooms over breaks of the connection: nothing is told twice, no hole is passed over.

use super::*;

#[test]
fn it_dials_says_hello_enters_its_rooms_and_tells_what_is_said() {
    let seen = Some(Cursor { epoch: EPOCH.parse().unwrap(), position: 17, time_ms: Some(7) });
    let mut wire =
        Wire::new(Start { rooms: vec![(room("tea"), seen), (room("go"), None)], ..start() });
    wire.expect(&["connecting 1", "dial"]);
    wire.open();
    wire.expect(&[&format!(r#"> {{"ref":3,"op":"hello","nick":"ann","seat":"{SEAT}"}}"#)]);
    wire.server(&welcome(false));
    wire.expect(&[
        "online ann",
        &format!(
            r#"> {{"ref":1,"op":"join","room":"tea","after":{{"epoch":"{EPOCH}","position":17,"time_ms":7}}}}"#
        ),
        r#"> {"ref":2,"op":"join","room":"go"}"#,
    ]);
    wire.server(&joined("tea", 18, true));
    wire.server(&event("tea", 18, "hi"));
    wire.server(&event("go", 1, "not in there yet"));
    wire.expect(&["on in #tea", "#tea 18 hi"]);
}

#[test]
fn without_a_room_it_enters_the_first_room_of_the_server() {
    let mut wire = Wire::new(start());
    wire.open();
    wire.out();
    wire.server(&welcome(false));
    wire.expect(&["online ann", r#"> {"ref":2,"op":"join","room":"lobby"}"#]);
}

#[test]
fn after_a_break_it_goes_on_where_it_was_and_tells_nothing_twice() {
    let mut wire = Wire::in_tea();
    wire.server(&event("tea", 1, "one"));
    wire.server(&event("tea", 2, "two"));
    wire.close(None, "cut");
    wire.expect(&["#tea 1 one", "#tea 2 two", "offline: cut"]);
    wire.pass_until_due();
    wire.expect(&["connecting 1", "dial"]);
    wire.open();
    wire.out();
    wire.server(&welcome(true));
    wire.expect(&[
        "online ann",
        &format!(
            r#"> {{"ref":1,"op":"join","room":"tea","after":{{"epoch":"{EPOCH}","position":2,"time_ms":0}}}}"#
        ),
    ]);
    wire.server(&joined("tea", 3, true));
    for (position, words) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        wire.server(&event("tea", position, words));
    }
    wire.expect(&["on in #tea", "#tea 3 three", "#tea 4 four"]);
}

#[test]
fn where_the_server_cannot_go_on_the_room_begins_anew() {
    let mut wire = Wire::in_tea();
    wire.server(&event("tea", 1, "one"));
    wire.reconnect();
    wire.out();
    wire.server(&joined("tea", 40, false));
    wire.server(&event("tea", 39, "later"));
    wire.server(&event("tea", 40, "much later"));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 39 later", "#tea 40 much later"]);
    // A server that lost its last events, and says nothing of it.
    wire.reconnect();
    wire.out();
    wire.server(&joined("tea", 7, true));
    wire.server(&event("tea", 7, "seven"));
    wire.server(&event("tea", 8, "eight"));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 7 seven", "#tea 8 eight"]);
}

/// What is told when a room does not go on where we were.
const OTHER_HISTORY: &str = "the history of #tea was changed, as when a server is brought back from a copy: \
    what was shown before may be gone from it";

#[test]
fn another_history_is_not_taken_for_ours() {
    let mut wire = Wire::in_tea();
    wire.server(&event("tea", 1, "one"));
    wire.reconnect();
    wire.out();
    let other = "0000000000000001";
    wire.server(&joined("tea", 1, true).replace(EPOCH, other));
    wire.server(&event_of(other, "tea", 1, "uno", None));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 1 uno"]);
    wire.server(&event("tea", 2, "two"));
    wire.expect(&["hangup", "offline: #tea has another history"]);
}

#[test]
fn a_hole_is_not_passed_over_but_resumed_before_it() {
    let mut wire = Wire::in_tea();
    wire.server(&event("tea", 1, "one"));
    wire.server(&event("tea", 3, "three"));
    wire.server(&event("tea", 4, "four"));
    wire.expect(&[
        "#tea 1 one",
        "hangup",
        "offline: #tea went from event 1 to 3, which leaves a gap",
    ]);
    wire.pass_until_due();
    wire.open();
    wire.out();
    wire.server(&welcome(true));
    assert!(wire.out()[1].contains(r#""position":1,"#));
}

#[test]
fn a_hole_that_the_server_has_again_is_told_and_not_asked_for_for_ever() {
    let mut wire = Wire::in_tea();
    wire.server(&event("tea", 1, "one"));
    wire.server(&event("tea", 4, "four"));
    assert!(wire.out().contains(&"hangup".to_owned()));
    wire.pass_until_due();
    wire.open();
    wire.server(&welcome(true));
    wire.server(&joined("tea", 5, true));
    wire.out();
    wire.server(&event("tea", 4, "four"));
    wire.server(&event("tea", 5, "five"));
    wire.expect(&["messages 2 to 3 of #tea are gone", "#tea 4 four", "#tea 5 five"]);
    // Another hole is another matter.
    wire.server(&event("tea", 9, "nine"));
    assert!(wire.out().contains(&"hangup".to_owned()));
}

#[test]
fn while_somebody_is_ignored_the_holes_are_theirs() {
    let mut wire = Wire::in_tea();
    wire.server(&event("tea", 1, "one"));
    wire.server(r#"{"type":"ignoring","nicks":["eve"]}"#);
    wire.server(&event("tea", 3, "three"));
    wire.server(r#"{"type":"ignoring","nicks":[]}"#);
    wire.out();
    wire.server(&event("tea", 6, "six"));
    wire.expect(&["#tea 6 six"]);
    wire.server(&event("tea", 8, "eight"));
    assert!(wire.out().contains(&"hangup".to_owned()));
}

#[test]
fn in_again_before_out_was_answered_goes_on_where_it_was() {
    let mut wire = Wire::in_tea();
    wire.server(&event("tea", 1, "one"));
    wire.link.leave(wire.now, &room("tea"));
    wire.link.join(wire.now, &room("tea"));
    wire.out();
    wire.server(&event("tea", 2, "two"));
    wire.server(r#"{"ref":3,"type":"left","room":"tea"}"#);
    wire.server(&joined("tea", 2, true));
    wire.server(&event("tea", 2, "two"));
    wire.server(&event("tea", 3, "three"));
    let out = wire.out();
    assert_eq!(out[0], "#tea 2 two");
    assert_eq!(out[2..], ["on in #tea", "#tea 3 three"]);
}

#[test]
fn a_room_at_the_last_of_all_positions_is_a_room_like_others() {
    let mut wire = Wire::in_tea();
    wire.link.join(wire.now, &"den".parse().unwrap());
    wire.out();
    wire.server(&joined("den", u64::MAX, false));
    wire.out();
    wire.server(&event("den", u64::MAX, "last"));
    wire.server(&event("den", u64::MAX, "last"));
    wire.server(&event("den", 0, "first"));
    let last = format!("#den {} last", u64::MAX);
    wire.expect(&[&last]);
}
