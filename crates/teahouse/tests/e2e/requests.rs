//! Requests that are doubled, cut, misspelled or open to two readings: each is answered as RFC 9110, 9112 and 6455
//! require, and no message is said that only one kind of reader would find in them.

use std::io::Read;

use serde_json::{Value, json};

use crate::raw;
use crate::server::{PATIENCE, TestServer};
use crate::visitor::{Visitor, get, post, request};

const HOST: &str = "Host: localhost\r\n";

/// The statuses of the answers to these bytes until the server closes; this side closes its sending half first.
fn statuses(port: u16, bytes: &[u8]) -> Vec<String> {
    let mut visitor = Visitor::connect(port);
    visitor.send(bytes);
    let mut stream = visitor.into_stream();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        // Bytes that the server did not read make the close a reset.
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
        Ok(_) | Err(_) => {}
    }
    let all = String::from_utf8_lossy(&all).into_owned();
    all.split("HTTP/1.").skip(1).map(|answer| answer[2..5].to_owned()).collect()
}

fn texts(port: u16) -> Vec<String> {
    let page = get(port, "/api/v1/rooms/lobby/messages").json();
    let events = page["events"].as_array().unwrap().iter();
    events.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_body_has_one_end_or_its_request_is_refused() {
    let server = TestServer::open();
    let chunked = "Transfer-Encoding: chunked\r\n";
    let more = format!("POST /lobby HTTP/1.1\r\n{HOST}Content-Length: 8\r\n\r\nsmuggled");
    let cases: Vec<(&str, String, &str, &[&str])> = vec![
        ("plain", "Content-Length: 3\r\n".into(), "one", &["200"]),
        (
            "the same length twice",
            "Content-Length: 3\r\nContent-Length: 3\r\n".into(),
            "two",
            &["200"],
        ),
        ("two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n".into(), "no!!", &["400"]),
        ("a length with a sign", "Content-Length: +3\r\n".into(), "no!", &["400"]),
        ("a length below nothing", "Content-Length: -3\r\n".into(), "no!", &["400"]),
        ("a long length", "Content-Length: 99999999999999999999999\r\n".into(), "no!", &["400"]),
        ("half a body", "Content-Length: 9\r\n".into(), "no!", &["400"]),
        ("chunks", chunked.into(), "3\r\nthr\r\n2;x=y\r\nee\r\n0\r\n\r\n", &["200"]),
        (
            "trailers",
            format!("{chunked}Trailer: X\r\n"),
            "4\r\nfour\r\n0\r\nX: y\r\n\r\n",
            &["200"],
        ),
        ("a chunk of many digits", chunked.into(), "1FFFFFFFFFFFFFFFFF\r\nno!", &["400"]),
        ("a chunk of most there is", chunked.into(), "FFFFFFFFFFFFFFFF\r\nno!", &["400"]),
        ("a chunk below nothing", chunked.into(), "-3\r\nno!\r\n0\r\n\r\n", &["400"]),
        ("half a chunk", chunked.into(), "9\r\nno!", &["400"]),
        ("another coding", "Transfer-Encoding: gzip\r\n".into(), "no!", &["400"]),
        ("a coding around chunks", "Transfer-Encoding: chunked, gzip\r\n".into(), "no!", &["400"]),
        ("a coding like chunks", "Transfer-Encoding: xchunked\r\n".into(), "no!", &["400"]),
        ("a space before the colon", "Content-Length : 3\r\n".into(), "no!", &["400"]),
    ];
    for (what, head, body, expected) in cases {
        let bytes = format!("POST /lobby HTTP/1.1\r\n{HOST}{head}\r\n{body}");
        assert_eq!(statuses(server.port, bytes.as_bytes()), expected, "{what}");
    }
    // Chunks have precedence over a length, and then nothing else is read from that connection (RFC 9112, section 6.1).
    let both = format!(
        "POST /lobby HTTP/1.1\r\n{HOST}{chunked}Content-Length: {}\r\n\r\n4\r\nfive\r\n0\r\n\r\n{more}",
        14 + more.len()
    );
    assert_eq!(statuses(server.port, both.as_bytes()), ["200"]);
    // HTTP/1.0 has no chunks.
    let old = format!("POST /lobby HTTP/1.0\r\n{HOST}{chunked}\r\n3\r\nno!\r\n0\r\n\r\n{more}");
    assert_eq!(statuses(server.port, old.as_bytes()), ["400"]);
    // Pipelined requests are all answered, also one with a body that is not needed.
    let healthz = format!("GET /healthz HTTP/1.1\r\n{HOST}Content-Length: 4\r\n\r\nGET ");
    let six = more.replace("smuggled", "6").replace("Length: 8", "Length: 1");
    let row = format!("{healthz}{six}{healthz}");
    assert_eq!(statuses(server.port, row.as_bytes()), ["200", "200", "200"]);
    assert_eq!(texts(server.port), ["one", "two", "three", "four", "five", "6"]);
}

#[test]
fn a_client_that_expects_100_continue_is_answered_at_once() {
    let server = TestServer::open();
    let ask = |head: &str| {
        let mut visitor = Visitor::connect(server.port);
        let head = format!("POST /lobby HTTP/1.1\r\n{HOST}Expect: 100-continue\r\n{head}\r\n");
        visitor.send(head.as_bytes());
        let answer = visitor.head();
        (answer.status, visitor)
    };
    let (status, mut visitor) = ask("Content-Length: 5\r\n");
    assert_eq!(status, 100);
    visitor.send(b"hello");
    assert_eq!(visitor.answer(false).status, 200);
    assert_eq!(ask("Content-Length: 65537\r\n").0, 413);
    assert_eq!(ask("Content-Length: 5\r\nOrigin: http://evil.example\r\n").0, 403);
    assert_eq!(ask("Content-Length: 5\r\nContent-Encoding: zstd\r\n").0, 415);
    assert_eq!(texts(server.port), ["hello"]);
}

#[test]
fn a_request_has_one_host_and_its_target_may_name_it_too() {
    let server = TestServer::with(&[]);
    let ask = |head: &str| {
        let mut visitor = Visitor::connect(server.port);
        visitor.send(format!("{head}\r\n\r\n").as_bytes());
        visitor.answer(head.starts_with("HEAD")).status
    };
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost", 400),
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", 400),
        ("GET /healthz HTTP/1.1\r\nHost: localhost@evil.example", 421),
        ("GET /healthz HTTP/1.1\r\nHost: evil@localhost", 421),
        ("GET /healthz HTTP/1.1\r\nHost: a b", 421),
        ("GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example", 200),
        ("GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost", 421),
        ("GET http://localhost@evil.example/healthz HTTP/1.1\r\nHost: localhost", 421),
        ("HEAD /healthz HTTP/1.1\r\nHost: localhost", 200),
        ("HEAD /lobby HTTP/1.1\r\nHost: localhost", 200),
        ("OPTIONS /lobby HTTP/1.1\r\nHost: localhost", 405),
    ] {
        assert_eq!(ask(head), status, "{head}");
    }
    let mut scraper = Visitor::connect(server.admin_port());
    scraper.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
    assert_eq!(scraper.answer(false).status, 400);
    assert_eq!(
        request(server.port, "OPTIONS", "/lobby", "", "").header("allow"),
        "GET, HEAD, POST, PUT"
    );
}

#[test]
fn a_websocket_begins_with_a_whole_handshake_and_nothing_before_its_first_frame() {
    let server = TestServer::open();
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let with = |from: &str, to: &str| raw::handshake("").replacen(from, to, 1);
    for (what, handshake, status) in [
        ("right", raw::handshake(""), 101),
        ("no key", with(key, ""), 400),
        ("an empty key", with(key, "Sec-WebSocket-Key:\r\n"), 400),
        ("a short key", with(key, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n"), 400),
        ("no base64", with(key, "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n"), 400),
        ("two keys", raw::handshake(key), 400),
        ("HTTP/1.0", with("HTTP/1.1", "HTTP/1.0"), 400),
        ("a body", raw::handshake("Content-Length: 2\r\n") + "hi", 400),
        ("chunks", raw::handshake("Transfer-Encoding: chunked\r\n") + "2\r\nhi\r\n0\r\n\r\n", 400),
        ("another version", with("Version: 13", "Version: 12"), 426),
        ("no upgrade", with("Upgrade: websocket\r\n", ""), 426),
        ("to something else", with("Upgrade: websocket\r\n", "Upgrade: h2c\r\n"), 426),
    ] {
        let mut visitor = Visitor::connect(server.port);
        visitor.send(handshake.as_bytes());
        let head = visitor.head();
        assert_eq!(head.status, status, "{what}: {head:?}");
        if status == 400 {
            assert!(visitor.ends_within(PATIENCE), "{what}: what comes behind it would be frames");
        }
    }
    // Frames may come with the handshake; an HTTP request after it is not a frame.
    let hello = raw::text(&json!({ "op": "hello", "nick": "ann" }).to_string());
    let mut visitor = Visitor::connect(server.port);
    visitor.send(&[raw::handshake("").as_bytes(), &hello].concat());
    assert_eq!(visitor.head().status, 101);
    while !String::from_utf8_lossy(visitor.unread()).contains("\"nick\":\"ann\"") {
        assert!(visitor.wait(), "ended before its hello was answered");
    }
    let request = format!("POST /lobby HTTP/1.1\r\n{HOST}Content-Length: 2\r\n\r\nhi");
    let mut visitor = Visitor::connect(server.port);
    visitor.send(&[raw::handshake("").as_bytes(), request.as_bytes()].concat());
    assert_eq!(visitor.head().status, 101);
    assert!(visitor.ends_within(PATIENCE));
    let last = String::from_utf8_lossy(visitor.unread()).into_owned();
    assert!(last.contains("\"cause\":\"protocol\"") && !last.contains("HTTP"), "{last}");
    assert_eq!(texts(server.port), [""; 0]);
}

#[test]
fn an_unknown_field_of_a_request_is_refused_by_name_and_nothing_is_done() {
    let server = TestServer::open();
    let messages = "/api/v1/rooms/lobby/messages";
    for (method, target, body, field) in [
        ("POST", "/lobby?nik=ann", "hi", "nik"),
        ("PUT", "/lobby?id=7", "hi", "id"),
        ("POST", &format!("{messages}?nick=ann"), r#"{"text": "hi"}"#, "nick"),
        ("POST", messages, r#"{"text": "hi", "message_id": "7"}"#, "message_id"),
        ("GET", "/lobby?after=3", "", "after"),
        ("GET", &format!("{messages}?limt=3"), "", "limt"),
        ("GET", "/api/v1/rooms?pages=2", "", "pages"),
        ("GET", "/api/v1/search?words=tea&rooms=lobby", "", "rooms"),
        ("GET", "/api/v1/rooms/tea/events?crate=true", "", "crate"),
    ] {
        let answer = request(server.port, method, target, "", body);
        let failure: Value = answer.json();
        assert_eq!((answer.status, &failure["code"]), (400, &json!("bad_request")), "{target}");
        assert_eq!(failure["field"], field, "{target}");
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains(field) && message.len() > field.len() + 20, "{message}");
    }
    assert_eq!(texts(server.port), [""; 0]);
    // Where no query is expected, the text after `?` is ignored.
    for target in ["/healthz?probe=7", "/?from=a-link", "/api/v1/openapi.json?v=2"] {
        assert_eq!(get(server.port, target).status, 200, "{target}");
    }
    assert_eq!(post(server.port, "/lobby?nick=ann", "hi").status, 200);
}

#[test]
fn a_page_of_another_site_makes_no_room_by_following_it() {
    let server = TestServer::open();
    let foreign = "Sec-Fetch-Site: cross-site\r\n";
    let target = "/api/v1/rooms/made/events?create=true";
    assert_eq!(request(server.port, "GET", target, foreign, "").status, 403);
    let rooms = get(server.port, "/api/v1/rooms").json().to_string();
    assert!(!rooms.contains("made"), "{rooms}");
}
