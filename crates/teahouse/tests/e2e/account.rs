//! One address has one account: its requests are counted over all its connections, also closed ones, and a rejected
//! client is told why in its own protocol.

use std::io::Read;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::hostile::Undisturbed;
use crate::peer::Peer;
use crate::server::{PATIENCE, TestServer};
use crate::socket::Socket;
use crate::visitor::{Visitor, get, post};

/// A server with these limits.
fn server_with_limits(limits: &str) -> (tempfile::TempDir, TestServer) {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("teahouse.toml");
    std::fs::write(&config, format!("[limits]\n{limits}\n")).unwrap();
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    (directory, server)
}

/// The number of events that the server has stored.
fn stored_events(server: &TestServer) -> i64 {
    let database = rusqlite::Connection::open(server.database()).unwrap();
    database.query_row("SELECT count(*) FROM event", [], |row| row.get(0)).unwrap()
}

#[test]
fn an_address_that_connects_again_and_again_gets_no_fresh_burst() {
    let (_directory, server) =
        server_with_limits("address_requests_burst = 30\naddress_requests_per_second = 1");
    let start = Instant::now();
    let mut rejected = 0;
    for number in 0..120 {
        let mut script = Peer::connect(server.port);
        script.say(&format!("line {number}"));
        script.finish();
        let text = script.rest();
        let is_rejected = text.len() == 1
            && text[0].starts_with("-- error: too many requests from your address; try again in ");
        rejected += usize::from(is_rejected);
    }
    // Each connection and its line cost one token, and one token a second comes back.
    let most = 30 + start.elapsed().as_secs() as i64 + 1;
    assert!(stored_events(&server) <= most, "{} stored of at most {most}", stored_events(&server));
    assert!(rejected > 0, "no connection was rejected");
    // An address that waits is served again.
    let deadline = Instant::now() + PATIENCE;
    while !Peer::connect(server.port).line().unwrap().contains("welcome") {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn lines_of_one_address_are_held_then_returned_over_all_its_connections() {
    let (_directory, server) = server_with_limits(
        "address_requests_burst = 12\naddress_requests_per_second = 1\nflood_held_max = 2",
    );
    let mut ann = server.join();
    for number in 0..8 {
        ann.say(&format!("one {number}"));
    }
    let mut bob = server.join();
    for number in 0..8 {
        bob.say(&format!("two {number}"));
    }
    let refused = bob.expect("not sent: two ");
    assert!(refused.contains("too much from your network address; try again in"), "{refused}");
    // The held line is said in its turn.
    ann.expect("two 2");
}

#[test]
fn an_address_that_sends_too_fast_is_slowed_and_the_others_do_not_wait() {
    let (_directory, server) = server_with_limits(
        "flood_burst = 0\naddress_requests_burst = 0\nwork_burst = 100\nwork_per_second = 100",
    );
    let mut members = Undisturbed::in_server(&server);
    // Each batch is one write, which the server takes in one read.
    let mut flooders: Vec<Peer> = (0..19).map(|_| server.join()).collect();
    let start = Instant::now();
    for flooder in &mut flooders {
        flooder.send("/help\n".repeat(400).as_bytes());
    }
    let mut script = server.join();
    script.send("/nothing\n".repeat(400).as_bytes());
    for _ in 0..400 {
        script.expect("there is no /nothing");
    }
    // 100 lines at once, then 100 a second; none is lost.
    assert!(start.elapsed() > Duration::from_millis(2900), "{:?}", start.elapsed());
    members.check();
}

#[test]
fn posts_of_one_address_are_bounded_over_all_its_connections() {
    let (_directory, server) =
        server_with_limits("address_posts_burst = 5\naddress_posts_per_second = 1");
    let mut answers = Vec::new();
    for number in 0..15 {
        let body = json!({ "text": format!("post {number}") }).to_string();
        answers.push(post(server.port, "/api/v1/rooms/tea/messages", &body));
    }
    let refused = answers.iter().find(|answer| answer.status == 429).expect("nobody was refused");
    assert_eq!(refused.json()["code"], "too_fast");
    assert!(matches!(refused.header("retry-after"), "1" | "2"), "{refused:?}");
    assert!(answers.iter().filter(|answer| answer.status == 201).count() < 12);
}

#[test]
fn the_stored_text_of_one_address_is_bounded() {
    let (_directory, server) = server_with_limits(
        "address_kept_bytes_burst = 20000\naddress_kept_bytes_per_second = 100\n",
    );
    let body = json!({ "text": "x".repeat(8_000) }).to_string();
    let answers: Vec<_> =
        (0..6).map(|_| post(server.port, "/api/v1/rooms/tea/messages", &body)).collect();
    assert_eq!((answers[0].status, answers[1].status), (201, 201));
    let refused = answers.iter().find(|answer| answer.status == 429).expect("nobody was refused");
    // 4,192 bytes at 100 a second, less what is paid back meanwhile. The header agrees with the text.
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((2..=42).contains(&wait), "{refused:?}");
    let text = format!("too much from your network address; try again in {wait} s");
    assert_eq!(refused.json()["message"], text);
    // Reading costs none of these bytes.
    assert_eq!(get(server.port, "/api/v1/rooms/tea/messages").status, 200);
}

#[test]
fn a_connection_over_the_limit_is_told_why_in_its_own_protocol() {
    let (_directory, server) = server_with_limits("connections_per_address_max = 1");
    let mut ann = server.join();
    let url = format!("http://127.0.0.1:{}/lobby", server.port);
    let output = Command::new("curl").args(["-sS", "-D", "-", "-d", "hello", &url]).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
    assert!(head.contains("retry-after: 10"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let why = "too many connections from your address (the limit is 1)";
    assert_eq!(body, json!({ "code": "too_many_connections", "message": why }));

    let mut socket = Visitor::connect(server.port);
    socket.send(crate::raw::handshake("").as_bytes());
    assert_eq!(socket.answer(false).status, 503);

    // A silent connection is treated as a person's and told in lines, after a moment.
    assert_eq!(Peer::connect(server.port).rest(), [format!("-- error: {why}")]);
    let mut telnet = Peer::connect(server.port);
    telnet.say("hello?");
    assert_eq!(telnet.rest(), [format!("-- error: {why}")]);
    ann.say("/who");
    ann.expect("in #lobby");
}

#[test]
fn connections_that_never_enter_leave_room_for_members() {
    let (_directory, server) = server_with_limits("newcomers_per_address_max = 3");
    let mut idle: Vec<Visitor> = (0..3).map(|_| Visitor::connect(server.port)).collect();
    for visitor in &mut idle {
        visitor.ask("GET", "/healthz", "", "");
        assert_eq!(visitor.answer(false).status, 200);
    }
    let refused = get_any(server.port);
    assert!(refused.contains("that have not come in (the limit is 3)"), "{refused}");
    drop(idle);
    let deadline = Instant::now() + PATIENCE;
    let mut members = Vec::new();
    while members.len() < 5 {
        let mut peer = Peer::connect(server.port);
        if peer.line().unwrap().contains("welcome") {
            members.push(peer);
        }
        assert!(Instant::now() < deadline);
    }
}

/// The whole answer to an HTTP request, as it came.
fn get_any(port: u16) -> String {
    let mut visitor = Visitor::connect(port);
    visitor.ask("GET", "/healthz", "Connection: close\r\n", "");
    let mut text = String::new();
    visitor.stream().set_read_timeout(Some(PATIENCE)).unwrap();
    let mut stream = visitor.stream();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_suspended_session_counts_until_it_is_forgotten() {
    let (_directory, server) = server_with_limits("connections_per_address_max = 2\ngrace_s = 3");
    let mut ann = server.join();
    let mut bob = Socket::connect(server.port);
    let resume_key = "000102030405060708090a0b0c0d0e0f";
    bob.ask(&json!({ "op": "hello", "nick": "bob", "seat": resume_key }));
    bob.expect("welcome");
    bob.ask(&json!({ "op": "join", "room": "lobby" }));
    bob.expect("joined");
    ann.expect("bob entered");
    let broken = Instant::now();
    drop(bob);
    // As long as bob's nick is kept, his session counts against the limit.
    let mut text = Peer::connect(server.port).line().unwrap();
    while !text.contains("welcome") {
        assert!(text.contains("too many connections from your address"), "{text}");
        assert!(broken.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(100));
        text = Peer::connect(server.port).line().unwrap();
    }
    assert!(broken.elapsed() >= Duration::from_secs(3), "free after {:?}", broken.elapsed());
}
