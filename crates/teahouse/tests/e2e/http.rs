//! The server over HTTP: `curl` says and follows, programs read and search, and every fault is reported.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::hostile::Undisturbed;
use crate::raw;
use crate::server::{PATIENCE, TestServer};
use crate::socket::Socket;
use crate::visitor::{Answer, Visitor, get, post, request};

const ID: &str = "000102030405060708090a0b0c0d0e0f";

fn failure(answer: &Answer) -> (u16, String, Value) {
    let body = answer.json();
    (answer.status, body["code"].as_str().unwrap().to_owned(), body["field"].clone())
}

fn positions(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["position"].as_u64().unwrap()).collect()
}

#[test]
fn a_posted_message_is_stored_once_and_can_be_read_in_every_way() {
    let server = TestServer::open();
    let port = server.port;
    let messages = "/api/v1/rooms/tea/messages";
    let body = json!({ "text": "number 1 火锅", "nick": "bot", "id": ID }).to_string();
    let first = post(port, messages, &body);
    assert_eq!(first.status, 201, "{first:?}");
    let posted = first.json();
    assert_eq!((&posted["position"], &posted["nick"]), (&json!(1), &json!("bot")));
    let again = post(port, messages, &body);
    assert_eq!((again.status, &again.json()["position"]), (200, &json!(1)), "kept once");
    let other_words = json!({ "text": "other words", "nick": "bot", "id": ID }).to_string();
    let conflict = post(port, messages, &other_words);
    assert_eq!(failure(&conflict), (409, "conflict".to_owned(), Value::Null), "{conflict:?}");
    assert_eq!(conflict.json()["id"], ID);
    for number in 2..=10 {
        let body = json!({ "text": format!("number {number} 火锅") }).to_string();
        assert_eq!(post(port, messages, &body).status, 201);
    }
    post(port, "/api/v1/rooms/coffee/messages", &json!({ "text": "喝火锅汤" }).to_string());

    let page = |query: &str| get(port, &format!("{messages}?{query}")).json();
    assert_eq!(positions(&page("")), (1..=10).collect::<Vec<u64>>());
    assert_eq!(positions(&page("limit=3")), [8, 9, 10]);
    assert_eq!(positions(&page("before=4&limit=2")), [2, 3]);
    assert_eq!(positions(&page("after=7&limit=2")), [8, 9]);
    assert_eq!(positions(&page("around=5&limit=4")), [4, 5, 6, 7]);
    assert_eq!(positions(&page("after=10")), [0; 0]);
    assert_eq!(positions(&page("before=0")), [0; 0]);
    assert_eq!(positions(&page("after=18446744073709551615")), [0; 0]);
    assert_eq!(positions(&page("around=18446744073709551615&limit=2")), [10]);
    let newest = page("limit=1");
    assert_eq!(newest["head"], 10);
    assert_eq!(newest["epoch"], posted["epoch"]);
    let event = &newest["events"][0];
    assert!(event["sender"]["nick"].as_str().unwrap().starts_with("guest"), "{event}");

    let search = |query: &str| get(port, &format!("/api/v1/search?{query}")).json();
    let everywhere = search("words=%E7%81%AB%E9%94%85&limit=3");
    let rooms: Vec<&Value> =
        everywhere["events"].as_array().unwrap().iter().map(|event| &event["room"]).collect();
    assert_eq!(rooms, ["coffee", "tea", "tea"]);
    assert_eq!(positions(&search("words=%E7%81%AB%E9%94%85&room=tea&limit=2")), [10, 9]);
    assert_eq!(positions(&search("words=nothing")), [0; 0]);
    // A list that is cut says so, and the rest can be requested.
    let cut = search("words=number&room=tea&limit=6");
    assert_eq!(positions(&cut), [10, 9, 8, 7, 6, 5]);
    let rest = search(&format!("words=number&room=tea&limit=6&before={}", cut["more"]));
    assert_eq!((positions(&rest), &rest["more"]), (vec![4, 3, 2, 1], &Value::Null));
    let wide = get(port, "/api/v1/search?words=a%20b%20c%20d%20e%20f%20g%20h%20i");
    assert_eq!(failure(&wide), (400, "search_too_wide".to_owned(), Value::Null));

    let mut ann = Socket::join(port, "ann", "coffee");
    ann.ask(&json!({ "op": "topic", "room": "coffee", "text": "beans" }));
    ann.expect("event");
    let rooms = get(port, "/api/v1/rooms").json();
    let expected = json!([
        { "name": "coffee", "members": 1, "topic": "beans" },
        { "name": "lobby", "members": 0 },
        { "name": "tea", "members": 0 },
    ]);
    assert_eq!(rooms["rooms"], expected);
    assert_eq!(get(port, "/healthz").text(), "ok\n");
    let description = get(port, "/api/v1/openapi.json").json();
    assert_eq!(description["openapi"], "3.1.0");
}

#[test]
fn a_wrong_request_is_answered_with_its_status_and_field() {
    let server = TestServer::open();
    let port = server.port;
    post(port, "/tea", "hello");
    let wrong =
        |method: &str, target: &str, body: &str| failure(&request(port, method, target, "", body));
    let bad = |field: &str| (400, "bad_request".to_owned(), json!(field));
    let messages = "/api/v1/rooms/tea/messages";
    assert_eq!(wrong("GET", "/a/b", ""), (404, "not_found".into(), Value::Null));
    assert_eq!(wrong("GET", "/nowhere", ""), (404, "no_such_room".into(), Value::Null));
    assert_eq!(
        wrong("GET", "/api/v1/rooms/nowhere/events", "").1,
        "no_such_room",
        "a follower says nothing and makes no room"
    );
    assert_eq!(wrong("GET", "/a%20b", ""), (400, "bad_name".into(), json!("room")));
    assert_eq!(wrong("GET", &format!("{messages}?limit=0"), ""), bad("limit"));
    assert_eq!(wrong("GET", &format!("{messages}?limit=x"), ""), bad("limit"));
    assert_eq!(wrong("GET", &format!("{messages}?before=-1"), ""), bad("before"));
    assert_eq!(wrong("GET", &format!("{messages}?before=1&after=2"), ""), bad("before"));
    assert_eq!(wrong("GET", "/api/v1/search?words=x&room=a%20b", ""), bad("room"));
    assert_eq!(wrong("GET", "/api/v1/search", "").0, 400);
    assert_eq!(
        wrong("GET", &format!("/api/v1/search?words={}", "x".repeat(300)), ""),
        bad("words")
    );
    assert_eq!(wrong("GET", "/api/v1/rooms?page=0", "").0, 404);
    assert_eq!(wrong("GET", "/api/v1/rooms/tea/events?after=17", ""), bad("after"));
    assert_eq!(wrong("POST", messages, r#"{"text": 7}"#), bad("text"));
    assert_eq!(wrong("POST", messages, r#"{"text": "x", "nick": "a b"}"#), bad("nick"));
    assert_eq!(wrong("POST", messages, r#"{"text": "x", "id": "7"}"#), bad("id"));
    assert_eq!(wrong("POST", messages, "{").0, 400);
    assert_eq!(wrong("POST", messages, "").0, 400);
    assert_eq!(wrong("POST", "/tea?nick=a%20b", "x"), bad("nick"));
    assert_eq!(wrong("POST", "/tea", " "), (400, "bad_text".into(), Value::Null));
    assert_eq!(wrong("POST", "/tea", &"x".repeat(20_000)).1, "bad_text");
    let too_big = "x".repeat(70_000);
    assert_eq!(wrong("POST", "/tea", &too_big), (413, "too_big".into(), Value::Null));
    let mut visitor = Visitor::connect(port);
    visitor.ask("POST", "/tea", "", "");
    assert_eq!(visitor.answer(false).json()["code"], "bad_text");
    visitor.send(b"POST /tea HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n\xC3(");
    let what = "the body is not taken: this is not UTF-8; send UTF-8";
    assert_eq!(visitor.answer(false).json()["message"], what);
    let mut visitor = Visitor::connect(port);
    visitor.send(b"POST /tea HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n\xFF\xFEx\0");
    let what = "the body is not taken: this is UTF-16; send UTF-8";
    assert_eq!(visitor.answer(false).json()["message"], what);

    let other = request(port, "DELETE", "/tea", "", "");
    assert_eq!((other.status, other.header("allow")), (405, "GET, HEAD, POST, PUT"));
    let options = request(port, "OPTIONS", "/healthz", "", "");
    assert_eq!((options.status, options.header("allow")), (405, "GET, HEAD"));
    assert_eq!(options.header("access-control-allow-origin"), "", "no other site is invited");
    let head = request(port, "HEAD", "/api/v1/rooms", "", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_ne!(head.header("content-length"), "0");
    let no_handshake = request(port, "GET", "/api/v1/socket", "", "");
    assert_eq!(no_handshake.status, 426);
    let upgrade = raw::handshake("").replacen("GET", "HEAD", 1);
    let mut visitor = Visitor::connect(port);
    visitor.send(upgrade.as_bytes());
    assert_eq!(visitor.answer(true).status, 426, "only GET opens a WebSocket");
}

#[test]
fn a_room_in_chinese_and_many_requests_on_one_connection() {
    let server = TestServer::open();
    let mut bob = Socket::join(server.port, "bob", "茶");
    let answer = post(server.port, "/%E8%8C%B6?nick=%E5%AE%89", "好喝");
    assert_eq!(answer.text(), "said in #茶 as 安, message 1\n");
    let event = bob.expect("event");
    assert_eq!((&event["text"], &event["sender"]["nick"]), (&json!("好喝"), &json!("安")));

    // Requests sent in one write are answered in order.
    let mut visitor = Visitor::connect(server.port);
    let mut all = String::new();
    for number in 0..50 {
        let body = format!("number {number}");
        all += &format!(
            "POST /%E8%8C%B6 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}\
             HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            body.len()
        );
    }
    visitor.send(all.as_bytes());
    for number in 0..50 {
        let answer = visitor.answer(false);
        assert!(answer.text().ends_with(&format!("message {}\n", number + 2)), "{answer:?}");
        assert_eq!(visitor.answer(true).status, 200);
        assert_eq!(bob.expect("event")["text"], format!("number {number}"));
    }
    visitor.ask("GET", "/healthz", "Connection: close\r\n", "");
    assert_eq!(visitor.answer(false).text(), "ok\n");
    assert!(visitor.ends_within(PATIENCE));
}

#[test]
fn a_page_of_another_site_can_neither_post_nor_open_a_socket() {
    let server = TestServer::open();
    let port = server.port;
    let foreign = [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:81\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Origin: http://localhost\r\nSec-Fetch-Site: cross-site\r\n",
    ];
    let own = [
        "",
        "Origin: http://localhost\r\n",
        "Origin: https://localhost:443\r\n",
        "Origin: https://tea.example\r\nSec-Fetch-Site: same-origin\r\n",
        "Sec-Fetch-Site: none\r\n",
    ];
    for more in foreign {
        let answer = request(port, "POST", "/lobby", more, "I am a page");
        assert_eq!(failure(&answer), (403, "forbidden".into(), Value::Null), "{more}");
        let answer = request(port, "POST", "/api/v1/rooms/lobby/messages", more, r#"{"text":"x"}"#);
        assert_eq!(answer.status, 403);
        let mut visitor = Visitor::connect(port);
        visitor.send(raw::handshake(more).as_bytes());
        assert_eq!(visitor.answer(false).status, 403, "{more}");
    }
    let page = get(port, "/api/v1/rooms/lobby/messages").json();
    assert_eq!(page["events"], serde_json::json!([]), "nothing was said");
    for more in own {
        assert_eq!(request(port, "POST", "/lobby", more, "hi").status, 200, "{more}");
        raw::connect(port, more);
    }
}

#[test]
fn a_request_sent_byte_by_byte_is_closed_and_disturbs_nobody() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let openings: [&[u8]; 5] = [
        b"GET /lobby HT",
        b"GET /lobby HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /quiet HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly this",
        b"POST /quiet HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        // An answered request, and then nothing.
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    let start = Instant::now();
    let mut visitors = Vec::new();
    for opening in openings {
        for _ in 0..20 {
            let mut visitor = Visitor::connect(server.port);
            visitor.send(opening);
            visitors.push(visitor);
        }
    }
    // A byte now and then does not buy more time.
    let mut is_open = vec![true; visitors.len()];
    while is_open.iter().any(|open| *open) {
        assert!(start.elapsed() < PATIENCE, "still open: {is_open:?}");
        members.check();
        for (index, visitor) in visitors.iter_mut().enumerate().filter(|(index, _)| index / 20 < 4)
        {
            if is_open[index] {
                // The server may have closed the connection.
                std::io::Write::write_all(&mut visitor.stream(), b"x").ok();
            }
        }
        for (visitor, open) in visitors.iter_mut().zip(&mut is_open) {
            *open = *open && !visitor.ends_within(Duration::from_millis(1));
        }
    }
    println!("the last was ended after {:?}", start.elapsed());
    members.check();
    // However much the members have said meanwhile, none of the cut requests was said before.
    let first = get(server.port, "/api/v1/rooms/quiet/messages?after=0&limit=1");
    assert_eq!(first.json()["events"][0]["text"], "undisturbed 1");
}

#[test]
fn searches_of_closed_connections_delay_nobody() {
    let server = TestServer::open();
    let port = server.port;
    let mut ann = Socket::join(port, "ann", "tea");
    // Each message matches many searches, and looking through all of them takes time.
    for number in 0..60 {
        let words: Vec<String> =
            (0..900).map(|word| format!("tea{:x}", number * 900 + word)).collect();
        ann.ask(&json!({ "op": "say", "room": "tea", "text": words.join(" ") }));
        ann.expect("event");
    }
    let wide = format!("/api/v1/search?words={}%20unheard", ["tea*"; 7].join("%20"));
    for _ in 0..300 {
        let mut visitor = Visitor::connect(port);
        visitor.ask("GET", &wide, "", "");
    }
    let begun = Instant::now();
    ann.ask(&json!({ "ref": 1, "op": "search", "words": "tea0" }));
    let deadline = begun + PATIENCE;
    let found = loop {
        let answer = ann.next().unwrap();
        if answer["type"] == "found" {
            break answer;
        }
        // The address still has a search waiting: it is told so, and tries again.
        assert_eq!(answer["code"], "searches_wait", "{answer}");
        assert!(Instant::now() < deadline, "nobody's turn comes");
        std::thread::sleep(Duration::from_millis(20));
        ann.ask(&json!({ "ref": 1, "op": "search", "words": "tea0" }));
    };
    assert_eq!(found["events"][0]["position"], 1);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
