//! How connections close, as docs/api.md describes it: on a WebSocket `bye` and then the close frame, whichever side is
//! at fault. A peer that reads nothing and a peer that sends nothing are closed in time.

use std::io::Read;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::raw;
use crate::server::{PATIENCE, TestServer};
use crate::visitor::{Visitor, post};

/// Everything that comes until the server closes the connection.
fn rest(visitor: &Visitor) -> Vec<u8> {
    let mut stream = visitor.stream();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The server's frames: the first byte and the payload of each.
fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, length, after @ ..] = bytes {
        let (length, after) = match length {
            126 => (usize::from(u16::from_be_bytes([after[0], after[1]])), &after[2..]),
            length => (usize::from(*length), after),
        };
        frames.push((*first, after[..length].to_vec()));
        bytes = &after[length..];
    }
    frames
}

/// The last message, and the close code after it.
fn ending(visitor: &Visitor) -> (Value, u16) {
    let frames = frames(&rest(visitor));
    let [.., (0x81, bye), (0x88, close)] = frames.as_slice() else {
        panic!("no message and close at the end of {frames:?}");
    };
    (serde_json::from_slice(bye).unwrap(), u16::from_be_bytes([close[0], close[1]]))
}

#[test]
fn a_closing_server_sends_bye_and_1001_to_a_websocket() {
    let mut server = TestServer::open();
    let mut inside = raw::connect(server.port, "");
    inside.send(&raw::text(&json!({ "op": "hello", "nick": "ann" }).to_string()));
    inside.send(&raw::text(&json!({ "op": "join", "room": "lobby" }).to_string()));
    let mut watcher = server.join();
    watcher.say("/who");
    while !watcher.expect("in #lobby").starts_with("-- 2 ") {
        watcher.say("/who");
    }
    let outside = raw::connect(server.port, "");
    server.signal("-TERM");
    let expected = json!({ "type": "bye", "cause": "closing", "reconnect": true });
    assert_eq!(ending(&inside), (expected.clone(), 1001));
    assert_eq!(ending(&outside), (expected, 1001));
    watcher.expect("the house is closing");
    assert_eq!(watcher.rest(), [""; 0]);
    server.wait_for_close();
}

#[test]
fn a_websocket_that_breaks_the_protocol_gets_bye_and_the_reason() {
    let server = TestServer::open();
    let cases: [(Vec<u8>, u16); 4] = [
        (raw::frame(0x82, b"\x01\x02"), 1003),
        (raw::frame(0x81, &vec![b'x'; 64 * 1024 + 1]), 1009),
        (raw::frame(0x81, b"\xff"), 1007),
        (raw::frame(0xF1, b"x"), 1002),
    ];
    for (bytes, code) in cases {
        let mut client = raw::connect(server.port, "");
        client.send(&bytes);
        let expected = json!({ "type": "bye", "cause": "protocol", "reconnect": false });
        assert_eq!(ending(&client), (expected, code));
    }
}

#[test]
fn a_peer_that_reads_nothing_is_closed_in_every_protocol() {
    const TEXTS: usize = 600;
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("teahouse.toml");
    let open = std::fs::read_to_string(crate::server::OPEN).unwrap();
    let limits = open.replace("unread_s = 0", "unread_s = 3");
    std::fs::write(&config, limits).unwrap();
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    let messages = "/api/v1/rooms/lobby/messages";
    let body = json!({ "text": "x".repeat(15_000) }).to_string();
    assert_eq!(post(server.port, messages, &body).status, 201);
    let line = Peer::connect(server.port);
    let mut follower = Visitor::connect(server.port);
    follower.ask("GET", "/lobby", "", "");
    let mut stream = Visitor::connect(server.port);
    stream.ask("GET", "/api/v1/rooms/lobby/events", "", "");
    let mut asker = Visitor::connect(server.port);
    for _ in 0..50 {
        asker.ask("GET", &format!("{messages}?limit=200"), "", "");
    }
    // As much as fits into the buffers between client and server, and more.
    let mut writer = server.join();
    let text = "x".repeat(15_000);
    for _ in 0..TEXTS {
        writer.say(&text);
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        let metrics = Visitor::scrape(server.admin_port());
        let open = |protocol: &str| {
            let row = format!("teahouse_connections{{protocol=\"{protocol}\"}} ");
            metrics.split(&row).nth(1).unwrap().lines().next().unwrap().parse::<u32>().unwrap()
        };
        if (open("line"), open("follow")) == (1, 0) {
            break;
        }
        assert!(Instant::now() < deadline, "still there: {metrics}");
        std::thread::sleep(Duration::from_millis(100));
    }
    // What had been sent can be read, and then the stream ends.
    for socket in [line.stream(), follower.stream(), stream.stream(), asker.stream()] {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut all = Vec::new();
        let mut reader = socket;
        let ended = reader.read_to_end(&mut all);
        let is_reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
        assert!(ended.as_ref().map_or_else(is_reset, |_| true), "{ended:?}");
        socket.shutdown(Shutdown::Both).ok();
    }
}

#[test]
fn silent_connections_do_not_block_the_metrics() {
    let server = TestServer::open();
    let _silent: Vec<Visitor> = (0..100).map(|_| Visitor::connect(server.admin_port())).collect();
    let start = Instant::now();
    assert!(Visitor::scrape(server.admin_port()).contains("teahouse_sessions"));
    // Half a second for each connection would be 50 s.
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
}
