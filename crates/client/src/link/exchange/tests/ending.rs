//! Connections that fail, fall silent or end, and what the next one uses again.

use super::*;

#[test]
fn the_connection_to_a_server_that_does_not_answer_or_is_silent_is_closed() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.outputs();
    wire.advance(ANSWER_TIMEOUT - Duration::from_secs(1));
    wire.link.handle_activity(wire.now);
    wire.expect(&[]);
    wire.advance(Duration::from_secs(1));
    wire.expect(&["hangup", "offline: the server does not answer", "waiting hi"]);

    let mut wire = Wire::in_tea();
    wire.advance(Duration::from_secs(59));
    wire.link.handle_activity(wire.now);
    wire.advance(Duration::from_secs(59));
    wire.expect(&[]);
    wire.advance(Duration::from_secs(1));
    wire.expect(&["hangup", "offline: the server fell silent"]);
}

#[test]
fn a_server_without_a_connection_or_a_welcome_in_time_is_tried_again() {
    let mut wire = Wire::new(start());
    wire.outputs();
    wire.advance_to_deadline();
    wire.expect(&["hangup", "offline: no connection in time"]);
    wire.advance_to_deadline();
    wire.expect(&["connecting 2", "dial"]);
    wire.open();
    wire.outputs();
    wire.advance_to_deadline();
    wire.expect(&["hangup", "offline: the server did not say welcome; is it a Teahouse?"]);
}

#[test]
fn the_link_ends_when_the_server_says_so_and_reconnects_otherwise() {
    let bye = |cause: &str, reconnect: bool| {
        format!(r#"{{"type":"bye","cause":"{cause}","reconnect":{reconnect}}}"#)
    };
    let mut wire = Wire::in_tea();
    wire.receive(&bye("replaced", false));
    wire.close(Some(1000), "");
    wire.expect(&["hangup", "ended Some(Replaced)"]);
    assert_eq!(wire.link.deadline(), None);

    let mut wire = Wire::in_tea();
    wire.receive(&bye("closing", true));
    wire.close(Some(1001), "");
    wire.expect(&["hangup", "offline: the house is closing"]);

    let mut wire = Wire::in_tea();
    wire.close(Some(1000), "");
    wire.expect(&["hangup", "ended None"]);

    let mut wire = Wire::in_tea();
    wire.close(Some(1011), "oops");
    wire.expect(&["offline: oops"]);
}

#[test]
fn after_bye_the_link_ends_with_the_answer_or_after_a_timeout() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.outputs();
    wire.link.bye(wire.now);
    wire.expect(&[r#"> {"ref":4,"op":"bye"}"#]);
    let late = wire.link.say(wire.now, id(9), &room("tea"), &text("late"), false);
    assert_eq!(late, Err(SayError::Ended));
    wire.receive(&own(1, "hi", 7));
    wire.receive(r#"{"ref":4,"type":"bye","cause":"quit","reconnect":false}"#);
    wire.expect(&["#tea 1 hi", "kept hi at 1", "hangup", "ended Some(Quit)"]);

    let mut wire = Wire::in_tea();
    wire.link.bye(wire.now);
    wire.outputs();
    wire.advance_to_deadline();
    wire.expect(&["hangup", "ended None"]);
}

#[test]
fn the_next_connection_asks_for_the_new_nick() {
    let mut wire = Wire::in_tea();
    wire.receive(r#"{"type":"renamed","from":"ann","to":"anna"}"#);
    wire.close(None, "cut");
    wire.advance_to_deadline();
    wire.open();
    assert!(wire.outputs().last().unwrap().contains(r#""nick":"anna""#));
    assert_eq!(wire.link.nick().map(Nick::as_str), Some("anna"));
}

#[test]
fn the_resume_key_stays_the_same() {
    let wire = Wire::in_tea();
    assert_eq!(wire.link.resume_key(), SEAT.parse::<ResumeKey>().unwrap());
}
