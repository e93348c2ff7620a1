//! Input that no client should send, at moments when no client should: the server survives, and nobody notices.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;
use teahouse_fuzz::Seed;

use crate::hostile::Undisturbed;
use crate::raw::{self, frame, handshake, text};
use crate::server::{OPEN, TestServer};
use crate::socket::Socket;
use crate::stream::{GROWTH_KIB_MAX, WARM, pour};
use crate::visitor::{Following, Visitor};

#[test]
fn a_socket_that_breaks_during_its_first_answer_disturbs_nobody() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let last_words =
        [text("{"), frame(0x88, b""), frame(0x82, b"x"), b"garbage".to_vec(), text("{}")];
    for round in 0..300 {
        let mut visitor = raw::connect(server.port, "");
        raw::reset(&visitor);
        visitor.send(&last_words[round % last_words.len()]);
        drop(visitor);
        if round % 50 == 0 {
            members.check();
        }
    }
    members.check();
}

#[test]
fn a_socket_that_reads_nothing_before_its_hello_disturbs_nobody() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    for round in 0..4 {
        let visitor = raw::connect(server.port, "");
        let pings = frame(0x89, &[b'x'; 125]).repeat(5_000);
        visitor.stream().set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        // The server stops reading when its answers are not read: this ends by its time-out.
        let deadline = Instant::now() + Duration::from_secs(5);
        while visitor.stream().write_all(&pings).is_ok() && Instant::now() < deadline {}
        members.check();
        if round % 2 == 0 {
            raw::reset(&visitor);
        }
        drop(visitor);
        members.check();
    }
    members.check();
}

#[test]
fn everything_sent_after_a_handshake_is_received_in_order() {
    const MESSAGES: usize = 400;
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    for burst in 0..3 {
        let mut visitor = Visitor::connect(server.port);
        let mut all = handshake("").into_bytes();
        all.extend(text(r#"{"op":"hello","nick":"hasty"}"#));
        all.extend(text(r#"{"op":"join","room":"lobby"}"#));
        for number in 0..MESSAGES {
            let say = format!(r#"{{"op":"say","room":"lobby","text":"{burst}.{number} hello"}}"#);
            all.extend(text(&say));
        }
        visitor.send(&all);
        for number in 0..MESSAGES {
            let line = ann.expect("<hasty>");
            assert_eq!(line, format!("<hasty> {burst}.{number} hello"));
        }
        drop(visitor);
        ann.expect("hasty is offline");
    }
}

#[test]
fn random_websocket_frames_disturb_nobody() {
    let server = TestServer::with(&["--config", OPEN, "--shards", "2"]);
    let mut members = Undisturbed::in_server(&server);
    let seed = Seed::of_run();
    let mut dice = seed.dice(0);
    let requests = [
        r#"{"op":"hello","seat":"00000000000000000000000000000001"}"#,
        r#"{"op":"hello","nick":"w"}"#,
        r#"{"op":"join","room":"wild"}"#,
        r#"{"op":"join","room":"wild","after":{"epoch":"0000000000000000","position":18446744073709551615}}"#,
        r#"{"op":"leave","room":"wild"}"#,
        r#"{"op":"say","room":"wild","text":"x"}"#,
        r#"{"op":"say","room":"wild","text":"x","id":"00000000000000000000000000000001"}"#,
        r#"{"op":"tell","nick":"w","text":"x"}"#,
        r#"{"op":"history","room":"wild","around":18446744073709551615,"limit":200}"#,
        r#"{"op":"history","room":"wild","before":0}"#,
        r#"{"op":"search","words":"x* \" OR ( NEAR"}"#,
        r#"{"op":"who","room":"wild","page":4294967295}"#,
        r#"{"op":"rooms","page":0}"#,
        r#"{"op":"nick","nick":"w2"}"#,
        r#"{"op":"topic","room":"wild","text":null}"#,
        r#"{"op":"typing","room":"wild"}"#,
        r#"{"op":"ignore","nick":"w"}"#,
        r#"{"op":"ignore"}"#,
        r#"{"op":"bye"}"#,
        r#"{"ref":[],"op":7}"#,
    ];
    let extensions = ["", "Sec-WebSocket-Extensions: permessage-deflate\r\n"];
    for round in 0..400 {
        let visitor = raw::connect(server.port, dice.pick(&extensions));
        let mut bytes = Vec::new();
        if dice.roll(4) > 0 {
            bytes.extend(text(dice.pick(&requests[..2])));
            bytes.extend(text(requests[2]));
        }
        for _ in 0..dice.roll(30) {
            match dice.roll(8) {
                0 => bytes.extend(frame(dice.byte(), &dice.bytes(200))),
                1 => bytes.extend(frame(0xC1, &dice.bytes(50))),
                2 => {
                    let mut request = text(dice.pick(&requests));
                    let at = dice.roll(request.len());
                    request[at] ^= 1 << dice.roll(8);
                    bytes.extend(request);
                }
                _ => bytes.extend(text(dice.pick(&requests))),
            }
        }
        // The server may close this connection at any time.
        for piece in bytes.chunks(dice.roll(500) + 1) {
            if visitor.stream().write_all(piece).is_err() {
                break;
            }
        }
        if dice.roll(2) == 0 {
            raw::reset(&visitor);
        }
        drop(visitor);
        if round % 20 == 0 {
            members.check();
        }
    }
    members.check();
}

#[test]
fn random_http_bytes_disturb_nobody() {
    let server = TestServer::with(&["--config", OPEN, "--shards", "2"]);
    let mut members = Undisturbed::in_server(&server);
    let seed = Seed::of_run();
    let mut dice = seed.dice(0);
    let requests = [
        "GET /quiet HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "GET /api/v1/rooms/quiet/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: x-1\r\n\r\n".to_owned(),
        "GET /api/v1/rooms/quiet/events?after=0000000000000000-18446744073709551615 HTTP/1.0\r\n\r\n".to_owned(),
        "GET /api/v1/rooms/quiet/messages?around=18446744073709551615&limit=200 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "GET /api/v1/search?words=%22%28%20NEAR*&limit=100 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "HEAD /quiet HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "POST /wild HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello".to_owned(),
        "POST /wild HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\nhello".to_owned(),
        "POST /wild HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx".to_owned(),
        "POST /api/v1/rooms/wild/messages HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}".to_owned(),
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "CONNECT tea:443 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "GET http://tea/quiet HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        handshake(""),
        handshake("Content-Length: 10\r\n"),
        format!("GET /{} HTTP/1.1\r\n\r\n", "%".repeat(9_000)),
    ];
    for round in 0..600 {
        let visitor = Visitor::connect(server.port);
        let mut bytes = Vec::new();
        for _ in 0..=dice.roll(3) {
            bytes.extend_from_slice(dice.pick(&requests).as_bytes());
        }
        for _ in 0..dice.roll(4) {
            let at = dice.roll(bytes.len());
            bytes[at] = dice.byte();
        }
        bytes.truncate(dice.roll(bytes.len() * 2).max(1));
        for piece in bytes.chunks(dice.roll(bytes.len()) + 1) {
            if visitor.stream().write_all(piece).is_err() {
                break;
            }
        }
        if dice.roll(2) == 0 {
            raw::reset(&visitor);
        }
        drop(visitor);
        if round % 20 == 0 {
            members.check();
        }
    }
    members.check();
}

#[test]
fn a_server_closes_in_time_whatever_is_connected() {
    let mut server = TestServer::with(&["--config", OPEN, "--shards", "2"]);
    let mut ann = server.join_as("ann");
    ann.say("first");
    ann.say("/topic");
    ann.expect("topic");
    let mut visitors = Vec::new();
    for _ in 0..4 {
        visitors.push(raw::connect(server.port, ""));
        for opening in [
            "GET /lobby HT",
            "POST /lobby HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly this",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /lobby HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ] {
            let mut visitor = Visitor::connect(server.port);
            visitor.send(opening.as_bytes());
            visitors.push(visitor);
        }
    }
    let mut sockets: Vec<Socket> = (0..4).map(|_| Socket::hello_as_guest(server.port)).collect();
    for socket in &mut sockets {
        socket.ask(&json!({ "op": "join", "room": "lobby" }));
        socket.expect("joined");
    }
    let followers: Vec<Following> =
        (0..4).map(|_| Following::events(server.port, "lobby", None).0).collect();
    let mut bob = server.join_as("bob");
    // More than any of their queues holds: only bob reads.
    for number in 0..1_000 {
        ann.say(&format!("{number:08} {}", "x".repeat(8_000)));
        if number % 10 == 0 {
            bob.expect(&format!("<ann> {number:08} "));
        }
    }
    for visitor in &mut visitors {
        // Requests whose answers nobody reads, on connections that may take none.
        visitor.stream().write_all(b"GET /api/v1/search?words=x HTTP/1.1\r\n\r\n").ok();
    }
    let start = Instant::now();
    server.signal("-TERM");
    server.wait_for_close();
    println!("closed after {:?}", start.elapsed());
    drop(followers);
}

#[test]
fn an_http_client_that_asks_for_much_and_reads_nothing_costs_little() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let mut ann = server.join_as("teller");
    let mut listener = server.join_as("listener");
    for peer in [&mut ann, &mut listener] {
        peer.say("/join tea");
        peer.expect("you are in #tea");
    }
    pour(&mut ann, &mut listener, WARM);
    let before = server.resident_kib();
    let asking = "GET /api/v1/rooms/tea/messages?limit=200 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        .repeat(2_000);
    let mut greedy = Vec::new();
    for _ in 0..10 {
        let visitor = Visitor::connect(server.port);
        visitor.stream().set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        // The server reads on only when its answers are read: this ends by its time-out.
        visitor.stream().write_all(asking.as_bytes()).ok();
        greedy.push(visitor);
        members.check();
    }
    let grown = server.resident_kib().saturating_sub(before);
    println!("memory grew by {grown} KiB");
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
    // A client that reads now gets its answers.
    let answer = greedy[0].answer(false);
    assert!(answer.json()["events"].as_array().unwrap().len() > 1);
    for (number, visitor) in greedy.into_iter().enumerate() {
        if number % 2 == 0 {
            raw::reset(&visitor);
        }
        drop(visitor);
        members.check();
    }
}
