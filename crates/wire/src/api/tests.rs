//! Requests as clients write them, and the errors for wrong ones.

use teahouse_core::{
    Action, Answer, MessageId, Position, Refusal, RequestId, ResumeKeyHash, RoomId, SessionId, Time,
};

use super::{ApiSession, ClientMessage, Epoch, Request};
use crate::protocol::{ServerFacts, Surroundings};
use crate::{Clock, Input, Work};

/// Reads a request and writes it again as JSON, or returns the error.
fn read(json: &str) -> String {
    match ClientMessage::parse(json) {
        Ok(message) => serde_json::to_string(&message).unwrap(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_request_is_read_as_it_is_written() {
    let id = "000102030405060708090a0b0c0d0e0f";
    let requests = [
        r#"{"ref":1,"op":"hello","nick":"ann","seat":"ffffffffffffffffffffffffffffffff"}"#.to_owned(),
        r#"{"ref":"a","op":"join","room":"tea","after":{"epoch":"0123456789abcdef","position":17}}"#
            .to_owned(),
        r#"{"op":"leave","room":"tea"}"#.to_owned(),
        format!(r#"{{"op":"say","room":"tea","text":"你好","acted":true,"id":"{id}"}}"#),
        r#"{"op":"tell","nick":"bob","text":"psst"}"#.to_owned(),
        r#"{"op":"history","room":"tea","before":100,"limit":50}"#.to_owned(),
        r#"{"op":"history","room":"tea","around":7}"#.to_owned(),
        r#"{"op":"search","words":"火锅","room":"tea","limit":5}"#.to_owned(),
        r#"{"op":"who","room":"tea","page":2}"#.to_owned(),
        r#"{"op":"rooms"}"#.to_owned(),
        r#"{"op":"nick","nick":"anna"}"#.to_owned(),
        r#"{"op":"topic","room":"tea"}"#.to_owned(),
        r#"{"op":"topic","room":"tea","text":null}"#.to_owned(),
        r#"{"op":"topic","room":"tea","text":"green"}"#.to_owned(),
        r#"{"op":"typing","room":"tea"}"#.to_owned(),
        r#"{"op":"ignore","nick":"eve"}"#.to_owned(),
        r#"{"op":"bye"}"#.to_owned(),
    ];
    for json in requests {
        assert_eq!(read(&json), json);
    }
}

#[test]
fn unknown_fields_are_ignored_and_names_are_made_canonical() {
    assert_eq!(
        read(r##"{"op":"leave","room":"#TEA","later":1}"##),
        r#"{"op":"leave","room":"tea"}"#
    );
}

#[test]
fn an_error_names_the_field_that_is_wrong() {
    let cases = [
        ("{", "no JSON: EOF while parsing an object at line 1 column 1"),
        ("[1]", "not a JSON object"),
        ("{}", "`op`: missing"),
        (r#"{"op":7}"#, "`op`: not a string"),
        (r#"{"op":"leave"}"#, "missing field `room`"),
        (r#"{"op":"leave","room":7}"#, "`room`: invalid type: integer `7`, expected a string"),
        (r#"{"op":"leave","room":"a b"}"#, "`room`: a space cannot be in a name"),
        (r#"{"op":"say","room":"tea","text":" "}"#, "`text`: there is nothing in it"),
        (
            r#"{"op":"say","room":"tea","text":"x","id":"7"}"#,
            "`id`: it must be 32 hexadecimal digits",
        ),
        (
            r#"{"op":"join","room":"tea","after":{"epoch":"0123456789abcdef","position":-1}}"#,
            "`after.position`: invalid value: integer `-1`, expected u64",
        ),
        (r#"{"ref":[],"op":"rooms"}"#, "`ref`: not a number or a string of at most 64 bytes"),
    ];
    for (json, expected) in cases {
        assert_eq!(read(json), expected, "{json}");
    }
    let unknown = read(r#"{"op":"dance"}"#);
    assert!(unknown.starts_with("`op`: there is no \"dance\"; known: hello, join, "), "{unknown}");
}

#[test]
fn the_order_of_fields_has_no_meaning_and_none_may_occur_twice() {
    let leave = r#"{"ref":1,"op":"leave","room":"tea"}"#;
    for json in [
        r#"{"room":"tea","op":"leave","ref":1}"#,
        r#" { "op" : "leave" , "x" : [{"op":"bye","ref":2}] , "room" : "tea" , "ref" : 1 } "#,
        r#"{"\u006fp":"leav\u0065","r\u006fom":"tea","ref":1}"#,
    ] {
        assert_eq!(read(json), leave, "{json}");
    }
    assert_eq!(read(r#"{"ref":null,"op":"bye"}"#), r#"{"op":"bye"}"#);
    for (field, json) in [
        ("room", r#"{"op":"leave","room":"tea","room":"pot"}"#),
        ("op", r#"{"op":"who","room":"tea","op":"leave"}"#),
        ("ref", r#"{"ref":7,"op":"bye","ref":1}"#),
    ] {
        assert_eq!(read(json), format!("duplicate field `{field}`"), "{json}");
    }
    let half = r#"{"op":"say","room":"tea","text":"\ud83d","ref":3}"#;
    assert!(read(half).contains("no JSON: "), "{}", read(half));
    assert_eq!(read(r#"{"op":"bye"} {}"#), "no JSON: trailing characters at line 1 column 14");
    for json in ["null", "true", "-1", "2.5", "\"bye\"", "[[]]"] {
        assert_eq!(read(json), "not a JSON object", "{json}");
    }
}

#[test]
fn unknown_fields_may_be_large_and_deep_and_are_not_stored() {
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    for (op, rest) in [("leave", r#""room":"tea""#), ("history", r#""room":"tea","limit":3"#)] {
        let json = format!(r#"{{"op":"{op}","later":{deep},{rest}}}"#);
        assert_eq!(read(&json), format!(r#"{{"op":"{op}",{rest}}}"#));
    }
    let reference = format!(r#"{{"op":"bye","ref":{deep}}}"#);
    assert_eq!(read(&reference), "`ref`: not a number or a string of at most 64 bytes");
    assert_eq!(read(&format!(r#"{{"op":{deep}}}"#)), "`op`: not a string");
    assert_eq!(read(&deep), "not a JSON object");
    let open = "[".repeat(60_000);
    assert!(read(&open).starts_with("no JSON: EOF while parsing a list"), "{}", read(&open));
}

#[test]
fn the_error_for_a_wrong_request_has_its_reference() {
    let error = ClientMessage::parse(r#"{"ref":5,"op":"leave","room":7}"#).unwrap_err();
    assert_eq!(serde_json::to_string(&error.reference).unwrap(), "5");
    assert_eq!(error.field.as_deref(), Some("room"));
    assert!(matches!(ClientMessage::parse(r#"{"op":"bye"}"#).unwrap().request, Request::Bye(_)));
}

/// The input that a session makes of a request in a WebSocket frame.
fn input(session: &mut ApiSession, request: &str) -> Vec<Input> {
    let length = u8::try_from(request.len()).ok().filter(|length| *length < 126).unwrap();
    let mut input = Vec::new();
    let frame = [&[0x81, 0x80 | length, 0, 0, 0, 0], request.as_bytes()].concat();
    session.handle_bytes(&frame, &mut Work::unbounded(), &mut input);
    input
}

#[test]
fn a_resume_key_is_hashed_before_it_leaves_the_session() {
    let secret: [u8; 16] = *b"\xA0\xA1\xA2\xA3\xA4\xA5\xA6\xA7\xA8\xA9\xAA\xAB\xAC\xAD\xAE\xAF";
    let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let hello = format!(r#"{{"op":"hello","seat":"{digits}"}}"#);
    let mut session = ApiSession::new(false);
    let input = input(&mut session, &hello);
    let [Input::Ask(_, teahouse_core::Request::Action(action))] = input.as_slice() else {
        panic!("{input:?}")
    };
    let Action::Enter { resume_key: Some(hash), .. } = action else { panic!("{action:?}") };
    assert_eq!(*hash, ResumeKeyHash::of(&secret));
    let message = ClientMessage::parse(&hello).unwrap();
    let shown = [
        format!("{input:?} {session:?} {message:?}"),
        serde_json::to_string(action).unwrap().replace(',', ", "),
    ];
    let bytes = format!("{:?}", &secret[..3]);
    for shown in shown {
        assert!(!shown.contains(&digits), "{shown}");
        assert!(!shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
    }
}

#[test]
fn a_refusal_out_of_order_does_not_answer_earlier_requests() {
    let mut session = ApiSession::new(false);
    input(&mut session, r#"{"op": "hello"}"#);
    let mut say = |reference: u8| -> RequestId {
        let id = format!("{reference:02x}").repeat(16);
        let say =
            format!(r#"{{"op":"say","ref":{reference},"room":"tea","text":"a","id":"{id}"}}"#);
        match input(&mut session, &say).as_slice() {
            [Input::Ask(request, teahouse_core::Request::Action(Action::Say { .. }))] => *request,
            other => panic!("{other:?}"),
        }
    };
    let (first, second) = (say(1), say(2));
    let mut out = Vec::new();
    let too_fast = Refusal::TooFast { burst: 1, per_second: 1, text: String::new() };
    session.render_refusal(second, &too_fast, &mut out);
    out.clear();
    // The first message was stored before; its answer comes later.
    let (room, position, id) = (RoomId(1), Position(7), MessageId([1; 16]));
    let server = ServerFacts {
        epoch: Epoch::of([7; 16]),
        server: "0".to_owned(),
        first_room: "lobby".parse().unwrap(),
        ping_s: 20,
        grace_s: 30,
    };
    let clock = Clock { now: Time(0), zone: jiff::tz::TimeZone::UTC };
    let here = Surroundings { session: SessionId(1), server: &server, clock: &clock };
    session.render_answer(first, &Answer::Duplicate { room, position, id }, &here, &mut out);
    let id = "01".repeat(16);
    let json = format!(r#"{{"ref":1,"type":"duplicate","room":"tea","position":7,"id":"{id}"}}"#);
    assert_eq!(String::from_utf8_lossy(&out[2..]), json);
}
