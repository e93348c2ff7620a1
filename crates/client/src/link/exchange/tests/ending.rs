//! Connections that are never made, fall silent or end, and who one is on the next.

use super::*;

#[test]
fn a_server_that_does_not_answer_or_falls_silent_is_given_up() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.out();
    wire.pass(ANSWER_TIMEOUT - Duration::from_secs(1));
    wire.link.handle_activity(wire.now);
    wire.expect(&[]);
    wire.pass(Duration::from_secs(1));
    wire.expect(&["hangup", "offline: the server does not answer", "waiting hi"]);

    let mut wire = Wire::in_tea();
    wire.pass(Duration::from_secs(59));
    wire.link.handle_activity(wire.now);
    wire.pass(Duration::from_secs(59));
    wire.expect(&[]);
    wire.pass(Duration::from_secs(1));
    wire.expect(&["hangup", "offline: the server fell silent"]);
}

#[test]
fn a_server_that_never_connects_or_never_says_welcome_is_tried_again() {
    let mut wire = Wire::new(start());
    wire.out();
    wire.pass_until_due();
    wire.expect(&["hangup", "offline: no connection in time"]);
    wire.pass_until_due();
    wire.expect(&["connecting 2", "dial"]);
    wire.open();
    wire.out();
    wire.pass_until_due();
    wire.expect(&["hangup", "offline: the server did not say welcome; is it a Teahouse?"]);
}

#[test]
fn it_ends_when_the_server_says_so_and_comes_back_otherwise() {
    let bye = |cause: &str, reconnect: bool| {
        format!(r#"{{"type":"bye","cause":"{cause}","reconnect":{reconnect}}}"#)
    };
    let mut wire = Wire::in_tea();
    wire.server(&bye("replaced", false));
    wire.close(Some(1000), "");
    wire.expect(&["hangup", "ended Some(Replaced)"]);
    assert_eq!(wire.link.deadline(), None);

    let mut wire = Wire::in_tea();
    wire.server(&bye("closing", true));
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
fn who_says_bye_is_gone_when_the_server_has_heard_it_or_soon_after() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.out();
    wire.link.bye(wire.now);
    wire.expect(&[r#"> {"ref":4,"op":"bye"}"#]);
    let late = wire.link.say(wire.now, id(9), &room("tea"), &text("late"), false);
    assert_eq!(late, Err(SayError::Ended));
    wire.server(&own(1, "hi", 7));
    wire.server(r#"{"ref":4,"type":"bye","cause":"quit","reconnect":false}"#);
    wire.expect(&["#tea 1 hi", "kept hi at 1", "hangup", "ended Some(Quit)"]);

    let mut wire = Wire::in_tea();
    wire.link.bye(wire.now);
    wire.out();
    wire.pass_until_due();
    wire.expect(&["hangup", "ended None"]);
}

#[test]
fn a_new_nick_is_the_wish_of_the_next_connection() {
    let mut wire = Wire::in_tea();
    wire.server(r#"{"type":"renamed","from":"ann","to":"anna"}"#);
    wire.close(None, "cut");
    wire.pass_until_due();
    wire.open();
    assert!(wire.out().last().unwrap().contains(r#""nick":"anna""#));
    assert_eq!(wire.link.nick().map(Nick::as_str), Some("anna"));
}

#[test]
fn a_seat_is_a_secret_that_stays() {
    let wire = Wire::in_tea();
    assert_eq!(wire.link.resume_key(), SEAT.parse::<ResumeKey>().unwrap());
}
