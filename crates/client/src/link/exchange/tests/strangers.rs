//! Servers that are newer than this client, send invalid messages or are hostile.

use super::*;

#[test]
fn unknown_messages_are_skipped_and_an_invalid_event_closes_the_connection() {
    let mut wire = Wire::in_tea();
    wire.receive(r#"{"type":"fireworks","colour":7}"#);
    wire.receive(r#"{"type":"notice","text":"hi","since":"tomorrow"}"#);
    wire.expect(&[r#"{"type":"notice","text":"hi"}"#]);
    wire.receive(r#"{"type":"event","room":7}"#);
    let out = wire.outputs();
    assert_eq!(out[0], "hangup");
    assert!(out[1].starts_with("offline: the server sent what this client does not understand"));
}

#[test]
fn unknown_values_break_nothing_and_their_events_advance_the_cursor() {
    let mut wire = Wire::in_tea();
    let newer = event("tea", 1, "+1").replace(r#""said""#, r#""reacted""#);
    wire.receive(&newer);
    for change in [
        r#""change":"beckoned","nick":"bob","how":{"loud":1}"#,
        r#""change":"offline","nick":"bob","cause":"banned""#,
    ] {
        wire.receive(&format!(r#"{{"type":"presence","room":"tea",{change}}}"#));
    }
    wire.say(7, "hi");
    wire.receive(&error(3, "moderated"));
    wire.receive(r#"{"type":"poll","ref":3,"room":"tea","position":9}"#);
    wire.receive(&event("tea", 2, "two"));
    let out = wire.outputs();
    assert!(!out.contains(&"hangup".to_owned()), "{out:?}");
    assert_eq!(out.first().unwrap(), "#tea 1 +1");
    assert!(out.contains(&"refused hi: no: moderated".to_owned()), "{out:?}");
    assert_eq!(out.last().unwrap(), "#tea 2 two");

    wire.receive(r#"{"type":"bye","cause":"moved","reconnect":true}"#);
    wire.expect(&["hangup", "offline: the server ended the connection"]);
    wire.advance_to_deadline();
    wire.open();
    wire.receive(&welcome(true));
    assert!(wire.outputs().iter().any(|line| line.contains(r#""position":2,"time_ms":0}"#)));
    wire.receive(r#"{"type":"bye","cause":"moved","reconnect":false}"#);
    wire.expect(&["hangup", "ended Some(Unknown)"]);
}

#[test]
fn an_unreadable_message_is_reported_once_and_does_not_come_again() {
    let mut wire = Wire::in_tea();
    let strange = |position| event("tea", position, "hi").replace(r#""bob""#, r#""a b""#);
    wire.receive(&strange(1));
    let out = wire.outputs();
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(out[0].starts_with("message 1 of #tea is of a kind that this client cannot show: "));
    wire.receive(&event("tea", 2, "two"));
    wire.receive(&strange(2));
    wire.expect(&["#tea 2 two"]);

    let reference = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.outputs();
    wire.receive(r#"{"ref":3,"type":"rooms","rooms":[{"name":"a b","members":1}],"total":1,"page":1,"pages":1}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(reference));
    assert!(matches!(sent.message, Message::Error(failure) if failure.code == Code::Unknown));
    wire.advance(ANSWER_TIMEOUT);
    wire.expect(&[]);
}

#[test]
fn an_unreadable_field_does_not_hide_the_other_fields() {
    let mut wire = Wire::in_tea();
    wire.receive(&event("tea", 1, "hi").replace(r#""time_ms":0"#, r#""time_ms":"noon""#));
    let out = wire.outputs();
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(out[0].starts_with("message 1 of #tea is of a kind that this client cannot show: "));
    wire.receive(&event("tea", 2, "two"));
    wire.expect(&["#tea 2 two"]);

    for odd in [
        r#"{"type":"presence","room":"two words","change":"entered","nick":"bob"}"#,
        r#"{"type":"left","ref":[1],"room":"tea","epoch":7,"position":"top","time_ms":{}}"#,
    ] {
        wire.receive(odd);
        let out = wire.outputs();
        assert!(!out.contains(&"hangup".to_owned()), "{odd}: {out:?}");
    }
}

#[test]
fn an_unreadable_message_is_reported_with_its_start_and_advice() {
    let advice = "a newer version of this client may be able to";
    for (sent, what) in [
        (
            "<html>\u{1b}[2J",
            "no JSON: expected value at line 1 column 1; it begins with \"<html>\u{fffd}[2J\"",
        ),
        ("[1]", "not a JSON object; it begins with \"[1]\""),
        (r#"{"text":"hi"}"#, r#"`type`: missing; it begins with "{\"text\":\"hi\"}""#),
        (
            r#"{"type":"notice","type":"bye"}"#,
            r#"duplicate field `type`; it begins with "{\"type\":\"notice\",\"type\":\"bye\"}""#,
        ),
    ] {
        let mut wire = Wire::in_tea();
        wire.receive(sent);
        let why = format!("the server sent what this client does not understand: {what}; {advice}");
        wire.expect(&["hangup", &format!("offline: {why}")]);
    }
    let mut wire = Wire::in_tea();
    wire.receive(r#"{"type":"notice","text":"a","text":"b"}"#);
    let message = format!(
        "this client cannot read \\\"notice\\\" of this server: duplicate field `text`; {advice}"
    );
    wire.expect(&[&format!(r#"{{"type":"error","code":"unknown","message":"{message}"}}"#)]);
    let long = format!("\"{}\"", "\u{9b}".repeat(100_000));
    wire.receive(&event("tea", 1, "hi").replace("\"time_ms\":0", &format!("\"time_ms\":{long}")));
    let out = wire.outputs();
    let start = "message 1 of #tea is of a kind that this client cannot show: `time_ms`: invalid type: string \"\\u{9b}";
    assert!(out[0].starts_with(start), "{out:?}");
    assert!(out[0].len() < 500, "{out:?}");
    wire.receive(&event("tea", 2, "two"));
    wire.expect(&["#tea 2 two"]);
}

#[test]
fn an_unknown_answer_ends_the_wait_for_it() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.outputs();
    wire.receive(r#"{"type":"held","ref":3,"room":"tea"}"#);
    let unknown =
        "the house answers in a way that this client does not know; it may be done or not";
    wire.expect(&[&format!("refused hi: {unknown}")]);
    let reference = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.outputs();
    wire.receive(r#"{"type":"atlas","ref":4}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(reference));
    assert!(matches!(sent.message, Message::Error(failure) if failure.message == unknown));
    wire.link.join(wire.now, &"den".parse().unwrap());
    wire.outputs();
    wire.receive(r#"{"type":"lobbied","ref":5,"room":"den"}"#);
    wire.outputs();
    wire.advance(ANSWER_TIMEOUT);
    wire.expect(&[]);
}

#[test]
fn rooms_that_were_not_requested_are_not_stored() {
    let mut wire = Wire::in_tea();
    for number in 0..1000 {
        wire.receive(&joined(&format!("room{number}"), 0, false));
        wire.receive(&event(&format!("room{number}"), 1, "hi"));
        let presence = r#""change":"entered","nick":"bob""#;
        wire.receive(&format!(r#"{{"type":"presence","room":"room{number}",{presence}}}"#));
    }
    wire.expect(&[]);
    assert_eq!(wire.link.rooms().count(), 1);
}

#[test]
fn the_words_of_a_server_cannot_control_the_terminal() {
    let mut wire = Wire::in_tea();
    wire.receive(r#"{"type":"notice","text":"\u001b[2Jgone\nforged"}"#);
    let error = r#"{"ref":99,"type":"error","code":"forbidden","message":"\u009b2J\u202e"}"#;
    wire.receive(error);
    wire.close(None, "\u{7}bell");
    wire.expect(&[
        "{\"type\":\"notice\",\"text\":\"\u{fffd}[2Jgone forged\"}",
        "{\"type\":\"error\",\"code\":\"forbidden\",\"message\":\"\u{fffd}2J\"}",
        "offline: \u{fffd}bell",
    ]);
}

#[test]
fn the_words_of_a_server_are_cut_at_the_limit() {
    let long = "茶".repeat(100_000);
    let cut = format!("{}…", "茶".repeat(WORDS_CHARS_MAX));
    let mut wire = Wire::in_tea();
    wire.receive(&format!(r#"{{"type":"notice","text":"{long}"}}"#));
    wire.receive(&format!(r#"{{"ref":99,"type":"error","code":"forbidden","message":"{long}"}}"#));
    wire.close(None, &long);
    wire.expect(&[
        &format!(r#"{{"type":"notice","text":"{cut}"}}"#),
        &format!(r#"{{"type":"error","code":"forbidden","message":"{cut}"}}"#),
        &format!("offline: {cut}"),
    ]);
}
