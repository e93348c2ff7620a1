//! Servers that are newer than this client, talk nonsense or mean ill.

use super::*;

#[test]
fn what_a_newer_server_says_is_passed_over_and_nonsense_is_not_listened_to() {
    let mut wire = Wire::in_tea();
    wire.server(r#"{"type":"fireworks","colour":7}"#);
    wire.server(r#"{"type":"notice","text":"hi","since":"tomorrow"}"#);
    wire.expect(&[r#"{"type":"notice","text":"hi"}"#]);
    wire.server(r#"{"type":"event","room":7}"#);
    let out = wire.out();
    assert_eq!(out[0], "hangup");
    assert!(out[1].starts_with("offline: the server sent what this client does not understand"));
}

#[test]
fn a_value_that_a_newer_server_added_to_any_list_breaks_nothing_and_keeps_the_position() {
    let mut wire = Wire::in_tea();
    let newer = event("tea", 1, "+1").replace(r#""said""#, r#""reacted""#);
    wire.server(&newer);
    for change in [
        r#""change":"beckoned","nick":"bob","how":{"loud":1}"#,
        r#""change":"offline","nick":"bob","cause":"banned""#,
    ] {
        wire.server(&format!(r#"{{"type":"presence","room":"tea",{change}}}"#));
    }
    wire.say(7, "hi");
    wire.server(&error(3, "moderated"));
    wire.server(r#"{"type":"poll","ref":3,"room":"tea","position":9}"#);
    wire.server(&event("tea", 2, "two"));
    let out = wire.out();
    assert!(!out.contains(&"hangup".to_owned()), "{out:?}");
    assert_eq!(out.first().unwrap(), "#tea 1 +1");
    assert!(out.contains(&"refused hi: no: moderated".to_owned()), "{out:?}");
    assert_eq!(out.last().unwrap(), "#tea 2 two");

    wire.server(r#"{"type":"bye","cause":"moved","reconnect":true}"#);
    wire.expect(&["hangup", "offline: the server ended the connection"]);
    wire.pass_until_due();
    wire.open();
    wire.server(&welcome(true));
    assert!(wire.out().iter().any(|line| line.contains(r#""position":2,"time_ms":0}"#)));
    wire.server(r#"{"type":"bye","cause":"moved","reconnect":false}"#);
    wire.expect(&["hangup", "ended Some(Unknown)"]);
}

#[test]
fn what_this_client_cannot_take_is_told_and_does_not_come_again() {
    let mut wire = Wire::in_tea();
    let strange = |position| event("tea", position, "hi").replace(r#""bob""#, r#""a b""#);
    wire.server(&strange(1));
    let out = wire.out();
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(out[0].starts_with("message 1 of #tea is of a kind that this client cannot show: "));
    wire.server(&event("tea", 2, "two"));
    wire.server(&strange(2));
    wire.expect(&["#tea 2 two"]);

    let asked = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.out();
    wire.server(r#"{"ref":3,"type":"rooms","rooms":[{"name":"a b","members":1}],"total":1,"page":1,"pages":1}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(asked));
    assert!(matches!(sent.message, Message::Error(failure) if failure.code == Code::Unknown));
    wire.pass(ANSWER_TIMEOUT);
    wire.expect(&[]);
}

#[test]
fn a_field_in_a_form_that_this_client_does_not_know_hides_no_other() {
    let mut wire = Wire::in_tea();
    wire.server(&event("tea", 1, "hi").replace(r#""time_ms":0"#, r#""time_ms":"noon""#));
    let out = wire.out();
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(out[0].starts_with("message 1 of #tea is of a kind that this client cannot show: "));
    wire.server(&event("tea", 2, "two"));
    wire.expect(&["#tea 2 two"]);

    for odd in [
        r#"{"type":"presence","room":"two words","change":"entered","nick":"bob"}"#,
        r#"{"type":"left","ref":[1],"room":"tea","epoch":7,"position":"top","time_ms":{}}"#,
    ] {
        wire.server(odd);
        let out = wire.out();
        assert!(!out.contains(&"hangup".to_owned()), "{odd}: {out:?}");
    }
}

#[test]
fn what_came_is_told_with_its_start_and_what_to_do() {
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
        wire.server(sent);
        let why = format!("the server sent what this client does not understand: {what}; {advice}");
        wire.expect(&["hangup", &format!("offline: {why}")]);
    }
    let mut wire = Wire::in_tea();
    wire.server(r#"{"type":"notice","text":"a","text":"b"}"#);
    let message = format!(
        "this client cannot read \\\"notice\\\" of this server: duplicate field `text`; {advice}"
    );
    wire.expect(&[&format!(r#"{{"type":"error","code":"unknown","message":"{message}"}}"#)]);
    let long = format!("\"{}\"", "\u{9b}".repeat(100_000));
    wire.server(&event("tea", 1, "hi").replace("\"time_ms\":0", &format!("\"time_ms\":{long}")));
    let out = wire.out();
    let start = "message 1 of #tea is of a kind that this client cannot show: `time_ms`: invalid type: string \"\\u{9b}";
    assert!(out[0].starts_with(start), "{out:?}");
    assert!(out[0].len() < 500, "{out:?}");
    wire.server(&event("tea", 2, "two"));
    wire.expect(&["#tea 2 two"]);
}

#[test]
fn an_answer_of_a_kind_that_this_client_does_not_know_ends_the_wait_for_it() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.out();
    wire.server(r#"{"type":"held","ref":3,"room":"tea"}"#);
    let unknown =
        "the house answers in a way that this client does not know; it may be done or not";
    wire.expect(&[&format!("refused hi: {unknown}")]);
    let asked = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.out();
    wire.server(r#"{"type":"atlas","ref":4}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(asked));
    assert!(matches!(sent.message, Message::Error(failure) if failure.message == unknown));
    wire.link.join(wire.now, &"den".parse().unwrap());
    wire.out();
    wire.server(r#"{"type":"lobbied","ref":5,"room":"den"}"#);
    wire.out();
    wire.pass(ANSWER_TIMEOUT);
    wire.expect(&[]);
}

#[test]
fn rooms_that_a_server_invents_are_not_kept() {
    let mut wire = Wire::in_tea();
    for number in 0..1000 {
        wire.server(&joined(&format!("room{number}"), 0, false));
        wire.server(&event(&format!("room{number}"), 1, "hi"));
        let presence = r#""change":"entered","nick":"bob""#;
        wire.server(&format!(r#"{{"type":"presence","room":"room{number}",{presence}}}"#));
    }
    wire.expect(&[]);
    assert_eq!(wire.link.rooms().count(), 1);
}

#[test]
fn nothing_that_a_server_says_acts_on_a_terminal() {
    let mut wire = Wire::in_tea();
    wire.server(r#"{"type":"notice","text":"\u001b[2Jgone\nforged"}"#);
    let error = r#"{"ref":99,"type":"error","code":"forbidden","message":"\u009b2J\u202e"}"#;
    wire.server(error);
    wire.close(None, "\u{7}bell");
    wire.expect(&[
        "{\"type\":\"notice\",\"text\":\"\u{fffd}[2Jgone forged\"}",
        "{\"type\":\"error\",\"code\":\"forbidden\",\"message\":\"\u{fffd}2J\"}",
        "offline: \u{fffd}bell",
    ]);
}

#[test]
fn what_a_server_says_itself_is_cut_where_it_would_fill_more_than_a_screen() {
    let long = "茶".repeat(100_000);
    let cut = format!("{}…", "茶".repeat(WORDS_CHARS_MAX));
    let mut wire = Wire::in_tea();
    wire.server(&format!(r#"{{"type":"notice","text":"{long}"}}"#));
    wire.server(&format!(r#"{{"ref":99,"type":"error","code":"forbidden","message":"{long}"}}"#));
    wire.close(None, &long);
    wire.expect(&[
        &format!(r#"{{"type":"notice","text":"{cut}"}}"#),
        &format!(r#"{{"type":"error","code":"forbidden","message":"{cut}"}}"#),
        &format!("offline: {cut}"),
    ]);
}
