//! Routes of requests, and the errors for wrong ones.

use teahouse_core::Nick;

use super::schemas::{NAME_OF_SCRIPTS, VISIBLE};
use super::*;

fn room(name: &str) -> Option<RoomName> {
    Some(RoomName::parse(name).unwrap())
}

#[test]
fn requests_are_routed_by_the_table() {
    let cases = [
        ("GET", "/healthz", Route::To(Endpoint::Health, None)),
        ("HEAD", "/healthz", Route::To(Endpoint::Health, None)),
        ("GET", "/", Route::To(Endpoint::Usage, None)),
        ("GET", "/lobby", Route::To(Endpoint::FollowText, room("lobby"))),
        ("POST", "/%E8%8C%B6", Route::To(Endpoint::PostText, room("茶"))),
        ("GET", "/api/v1/rooms/Tea/events", Route::To(Endpoint::Events, room("tea"))),
        ("POST", "/api/v1/rooms/tea/messages", Route::To(Endpoint::Post, room("tea"))),
        ("DELETE", "/lobby", Route::OtherMethod(vec!["GET", "POST", "PUT"])),
        ("PUT", "/lobby", Route::To(Endpoint::PutText, room("lobby"))),
        ("PUT", "/lobby/notes.txt", Route::To(Endpoint::PutText, room("lobby"))),
        ("PUT", "/lobby/a/b", Route::Nowhere),
        ("POST", "/lobby/notes.txt", Route::Nowhere),
        ("POST", "/lobby/", Route::To(Endpoint::PostText, room("lobby"))),
        ("GET", "/healthz/", Route::To(Endpoint::Health, None)),
        ("GET", "/lobby//", Route::Nowhere),
        ("POST", "/healthz", Route::OtherMethod(vec!["GET"])),
        ("GET", "/lobby/more", Route::Nowhere),
        ("GET", "//", Route::Nowhere),
    ];
    for (method, path, expected) in cases {
        assert_eq!(route(method, path), expected, "{method} {path}");
    }
    assert!(matches!(route("GET", "/a%20b"), Route::NoRoom(_)));
}

#[test]
fn an_error_in_a_query_or_a_body_names_its_field() {
    let wrong = query::<MessagesQuery>("before=soon").unwrap_err();
    assert_eq!(wrong.field.as_deref(), Some("before"));
    let parsed = query::<MessagesQuery>("before=17&limit=5").unwrap();
    assert_eq!((parsed.before, parsed.limit), (Some(17), Some(5)));
    let wrong = body::<Post>(br#"{"text": 7}"#).unwrap_err();
    assert_eq!(
        wrong.message,
        "`text`: invalid type: integer `7`, expected a string at line 1 column 10"
    );
    assert!(body::<Post>(br#"{"text": "x"} more"#).is_err());
    let long = body::<Post>(format!(r#"{{"id": "{}\u202e"}}"#, "x".repeat(5000)).as_bytes());
    let message = long.unwrap_err().message;
    assert!(message.chars().count() < 400 && !message.contains('\u{202e}'), "{message}");
    assert_eq!(body::<Post>(br#"{"text": "x"}"#).unwrap().text.as_str(), "x");
}

#[test]
fn an_unknown_field_is_refused_by_name_with_the_known_ones() {
    let wrong = query::<MessagesQuery>("before=17&limt=5").unwrap_err();
    assert_eq!(wrong.field.as_deref(), Some("limt"));
    assert_eq!(
        wrong.message,
        "`limt`: unknown field `limt`, expected one of `before`, `after`, `around`, `before_time_ms`, `limit`"
    );
    for (wrong, field) in [
        (query::<RoomsQuery>("pages=2").unwrap_err(), "pages"),
        (query::<SearchQuery>("words=tea&q=tea").unwrap_err(), "q"),
        (query::<EventsQuery>("crate=true").unwrap_err(), "crate"),
        (query::<PostQuery>("nik=ann").unwrap_err(), "nik"),
        (body::<Post>(br#"{"text": "x", "message_id": "7"}"#).unwrap_err(), "message_id"),
        (no_query("nick=ann&x", "").unwrap_err(), "nick"),
        (no_query("%e2%80%aenick", "").unwrap_err(), "nick"),
        (query::<PostQuery>("%e2%80%aenik=ann").unwrap_err(), "nik"),
    ] {
        assert_eq!(wrong.field.as_deref(), Some(field), "{wrong:?}");
        assert_eq!(status(wrong.code), 400);
    }
    assert_eq!(no_query("", ""), Ok(()));
    let twice = query::<MessagesQuery>("before=1&before=2").unwrap_err();
    assert_eq!(twice.message, "duplicate field `before`");
}

#[test]
fn bodies_are_decoded_as_lines_are() {
    let text_of = |bytes: &[u8]| text_body(bytes).map(String::from).map_err(|wrong| wrong.message);
    assert_eq!(text_of(b"\xEF\xBB\xBFone\r\ntwo\rthree\r\n"), Ok("one\ntwo\nthree".to_owned()));
    let utf16 = "the body is not taken: this is UTF-16; send UTF-8".to_owned();
    assert_eq!(text_of(b"\xFF\xFEh\0i\0"), Err(utf16.clone()));
    assert_eq!(text_of(b"\r\n\x07"), Err("not sent: there is nothing in it".to_owned()));
    let posted = |bytes: &[u8]| body::<Post>(bytes).map(|post| String::from(post.text));
    let json = b"\xEF\xBB\xBF{\"text\": \"one\\r\\ntwo\\rthree\"}";
    assert_eq!(posted(json).unwrap(), "one\ntwo\nthree");
    assert_eq!(posted(b"\xFE\xFF\0{\0}").unwrap_err().message, utf16);
}

/// The characters of a character class like `0-9_`.
fn characters(class: &str) -> Vec<char> {
    let mut all: Vec<char> = Vec::new();
    let mut rest = class.chars();
    while let Some(c) = rest.next() {
        match all.last() {
            Some(first) if c == '-' => {
                let last = rest.next().unwrap();
                all.extend(((*first as u32 + 1)..=(last as u32)).filter_map(char::from_u32));
            }
            _ => all.push(c),
        }
    }
    all
}

#[test]
fn names_and_texts_that_the_description_allows_are_accepted() {
    for class in NAME_OF_SCRIPTS {
        for letter in characters(class) {
            let name = letter.to_string();
            assert!(Nick::parse(&name).is_ok(), "{letter:?} is no nick");
            assert!(RoomName::parse(&format!("{name}.'-")).is_ok(), "{letter:?} is no room");
        }
    }
    for shown in characters(VISIBLE.trim_matches(['[', ']'])) {
        assert!(Text::parse(&format!("\u{1} {shown}")).is_ok(), "{shown:?} shows nothing");
    }
}
