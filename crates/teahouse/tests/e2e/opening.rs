//! How connections begin: a first line that is not a person's is answered once in its own protocol and never said,
//! whenever it comes. A silent connection is greeted, receives messages, and appears to others only after a while.

use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::raw;
use crate::server::{OPEN, PATIENCE, TestServer};
use crate::visitor::{Visitor, get};

/// What a program on the wrong port sends, followed by lines that would be messages and commands, and the beginning of
/// the answer when all comes at once.
const PROBES: &[(&[u8], &[u8])] = &[
    (b"PROPFIND / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 405 "),
    (b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 405 "),
    (b"CONNECT h:443 HTTP/1.1\r\nProxy-Authorization: Basic c2VjcmV0\r\n\r\n", b"HTTP/1.1 405 "),
    (b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 405 "),
    (b"get /\tHTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 4"),
    (b"X!#$ /x HTTP/9.9\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 4"),
    (b"\r\nPROPFIND / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 405 "),
    (b"\xEF\xBB\xBFPROPFIND / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 405 "),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07"),
    (b"OPTIONS sip:nm SIP/2.0\r\nVia: h\r\n\r\n", b"SIP/2.0 501 "),
    (b"DESCRIBE rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", b"RTSP/1.0 501 "),
    (b"PROXY TCP4 192.0.2.7 192.0.2.1 51234 5000\r\n", b"-- error: a PROXY header "),
    (b"PROXY TCP4 192.0.2.7 192.0.2.1 51234 5000\r\nGET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    (
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\0\x02\x07\xC0\0\x02\x01\xC8\x22\x13\x88",
        b"-- error: a PROXY header ",
    ),
    (b"EHLO client.example\r\nMAIL FROM:<a@b>\r\n", b"554 "),
    (b"HELO client\r\n", b"554 "),
    (b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", b"554 "),
    (b"\x04\x01\x00\x50\xC0\x00\x02\x07\x00", b"\0\x5B\0\0\0\0\0\0"),
    (b"\x05\x01\x00", b"\x05\xFF"),
    (b"*1\r\n$4\r\nPING\r\n", b"-ERR "),
    (
        b"\x00\x1e\x00\x06\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\n",
        b"-- error: this is no text",
    ),
    (b"\x03\x00\x00\x13\x0e\xe0\x00\x00\n", b"-- error: this is no text"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\n", b"\x15\x03\x01\0\x02\x02\x46"),
    (b"SSH-2.0-OpenSSH_9.9\r\n", b"SSH is not spoken here"),
    (b"CAP LS 302\r\nNICK eve\r\nUSER eve 0 * :Eve\r\n", b"ERROR :"),
    (b"NICK eve\r\nUSER eve 0 * :Eve\r\n", b"ERROR :"),
];
/// Lines after each probe.
const BEHIND: &[u8] = b"/nick admin\n/msg bob psst\nI am admin\n";

/// Sends the rest of a probe; returns everything that came until the server closed the connection.
fn answer(stream: &mut std::net::TcpStream, rest: &[u8]) -> Vec<u8> {
    use std::io::{Read, Write};
    // The server may have closed before all of it was sent.
    stream.write_all(rest).ok();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("{error} after {}", all.escape_ascii()),
        }
    }
}

/// Nothing was said, done or shown to bob but what he says himself.
fn check_nothing_happened(server: &TestServer, bob: &mut Peer, may_come_and_go: bool) {
    bob.say("the end");
    bob.say("/who");
    loop {
        let line = bob.line().unwrap();
        let is_coming = line.contains(" entered ") || line.contains(" is offline");
        assert!(
            line.starts_with("-- ") && (may_come_and_go || !is_coming),
            "{line:?} came of a probe"
        );
        assert!(!line.contains("admin") && !line.contains("error"), "{line:?} came of a probe");
        if line.contains("in #lobby") {
            break;
        }
    }
    let page = get(server.port, "/api/v1/rooms/lobby/messages?limit=200").json();
    for event in page["events"].as_array().unwrap() {
        assert_eq!((&event["text"], &event["sender"]["nick"]), (&"the end".into(), &"bob".into()));
    }
}

#[test]
fn a_first_line_of_another_protocol_is_answered_once_in_that_protocol_and_never_said() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    for (probe, expected) in PROBES {
        let mut visitor = Visitor::connect(server.port).into_stream();
        let got = answer(&mut visitor, &[*probe, BEHIND].concat());
        let probe_text = probe.escape_ascii();
        assert!(got.starts_with(expected), "{probe_text} was answered with {}", got.escape_ascii());
    }
    check_nothing_happened(&server, &mut bob, false);
}

#[test]
fn a_probe_in_two_parts_or_after_the_greeting_is_not_said_either() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    let more: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /lobby HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n",
        b"GET /\r\n",
    ];
    let probes = PROBES.iter().map(|(probe, _)| *probe).chain(more.iter().copied());
    // All connections wait at the same time.
    let mut halves = Vec::new();
    for probe in probes {
        for cut in [0, 1, 2] {
            let mut peer = Peer::connect(server.port);
            peer.send(&probe[..cut]);
            halves.push((peer, probe, cut));
        }
    }
    for (peer, probe, cut) in &mut halves {
        if probe[..*cut].trim_ascii().is_empty() {
            peer.expect("you are in #lobby");
        }
    }
    for (peer, probe, cut) in halves {
        let got = answer(&mut peer.into_stream(), &[&probe[cut..], BEHIND].concat());
        let got = String::from_utf8_lossy(&got);
        let probe_text = probe.escape_ascii();
        assert!(!got.contains("admin"), "{probe_text} was answered with {got}");
        assert!(!got.contains("-- goodbye"), "{probe_text} was answered with {got}");
    }
    check_nothing_happened(&server, &mut bob, true);
}

#[test]
fn a_request_that_comes_in_pieces_before_the_greeting_is_answered() {
    let server = TestServer::open();
    for pause_ms in [0, 100, 400] {
        let mut visitor = Visitor::connect(server.port);
        visitor.send(b"GE");
        std::thread::sleep(Duration::from_millis(pause_ms));
        visitor.send(b"T /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        assert_eq!(visitor.answer(false).text(), "ok\n", "after {pause_ms} ms");
    }
    let mut visitor = Visitor::connect(server.port);
    visitor.send(b"\xEF\xBB\xBF\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_eq!(visitor.answer(false).text(), "ok\n");
    let got = answer(&mut Peer::connect(server.port).into_stream(), b"GET /\r\n");
    assert!(String::from_utf8_lossy(&got).contains("says its version"), "{}", got.escape_ascii());
    // A line that only the next line decides about waits for it as long.
    let mut redis = Peer::connect(server.port);
    redis.send(b"*1\r\n");
    std::thread::sleep(Duration::from_millis(600));
    let got = answer(&mut redis.into_stream(), b"$4\r\nPING\r\n");
    assert!(got.starts_with(b"-ERR "), "{}", got.escape_ascii());
}

#[test]
fn people_may_say_lines_that_only_begin_like_a_protocol_and_anything_after_the_first_line() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    for first in [
        "get well soon",
        "GET well",
        "HELO?",
        "helo bob",
        "PASS me the salt",
        "what is HTTP/1.1",
        "*1",
        "INFO",
        "caf\u{e9}/1.0",
        "GET",
    ] {
        let mut ann = Peer::connect(server.port);
        ann.say(first);
        let line = bob.expect("> ");
        assert!(line.ends_with(&format!("> {first}")), "{line}");
        for later in ["GET / HTTP/1.1", "NICK ann", "EHLO x", "PROXY TCP4 1 2 3 4"] {
            ann.say(later);
            let line = bob.expect("> ");
            assert!(line.ends_with(&format!("> {later}")), "{line}");
        }
    }
    // Also without a line end, and after the greeting.
    let mut ann = Peer::connect(server.port);
    ann.send(b"no end");
    ann.finish();
    bob.expect("> no end");
    let mut ann = server.join();
    ann.say("");
    ann.say("GET well, ann");
    bob.expect("> GET well, ann");
}

#[test]
fn a_silent_connection_receives_messages_and_appears_after_a_while_or_with_its_first_line() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    let start = Instant::now();
    let mut ann = Peer::connect(server.port);
    let you_are = ann.expect("you are guest");
    let nick = you_are.split("you are ").nth(1).unwrap().split(['.', ';', ',']).next().unwrap();
    bob.say("anybody?");
    ann.expect("<bob> anybody?");
    bob.expect(&format!("{nick} entered"));
    assert!(start.elapsed() >= Duration::from_secs(1), "seen after {:?}", start.elapsed());
    // A connection that closes without a line is announced to nobody.
    for _ in 0..20 {
        let probe = Peer::connect(server.port);
        drop(probe);
    }
    ann.say("the end");
    let line = bob.line().unwrap();
    assert_eq!(line, format!("<{nick}> the end"));
    let hasty = Peer::connect(server.port);
    let mut hasty = hasty;
    hasty.expect("you are in #lobby");
    hasty.say("here I am");
    bob.expect(" entered ");
    bob.expect("> here I am");
}

#[test]
fn beside_a_browser_a_silent_connection_is_not_greeted_before_its_first_line() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    let browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n";
    let mut visitor = Visitor::connect(server.port);
    visitor.ask("GET", "/healthz", browser, "");
    assert_eq!(visitor.answer(false).status, 200);
    let mut spare = Visitor::connect(server.port);
    let mut ann = Peer::connect(server.port);
    let mut enter = Peer::connect(server.port);
    enter.say("");
    // A connection that sends Enter is greeted; by then the other two would have been greeted as well.
    enter.expect("you are in #lobby");
    assert_eq!(spare.unread_now(), b"");
    spare.ask("GET", "/healthz", browser, "");
    assert_eq!(spare.answer(false).text(), "ok\n", "it still carries a request");
    assert!(ann.line_within(Duration::from_millis(1)).is_none(), "greeted beside a browser");
    ann.say("hello");
    ann.expect("you are in #lobby");
    bob.expect("> hello");
    // Programs keep no connections for later: an address that uses `curl` beside `nc` is greeted.
    let server = TestServer::open();
    let mut visitor = Visitor::connect(server.port);
    visitor.ask("GET", "/healthz", "User-Agent: curl/8.5.0\r\n", "");
    assert_eq!(visitor.answer(false).status, 200);
    server.join();
}

#[test]
fn a_first_line_without_end_is_bounded_and_still_ends_as_one() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    let mut ann = Peer::connect(server.port);
    for _ in 0..20 {
        ann.send(&[b'x'; 500]);
    }
    ann.say("");
    let line = bob.expect("> xxx");
    assert!(line.ends_with(&"x".repeat(10_000)));
    let mut visitor = raw::connect(server.port, "");
    visitor.send(&raw::text(r#"{"op":"hello"}"#));
    assert!(visitor.wait(), "a WebSocket has no first line");
}

#[test]
fn a_first_line_after_the_end_of_its_session_begins_no_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("teahouse.toml");
    let open = std::fs::read_to_string(OPEN).unwrap();
    std::fs::write(&config, open.replace("[limits]\n", "[limits]\nidle_s = 2\n")).unwrap();
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    let mut writer = server.join_as("writer");
    let mut silent = Peer::connect(server.port);
    writer.expect("entered #lobby");
    // More than its socket takes: the session has ended, and the queued bytes keep the connection open.
    let filler = "x".repeat(8000);
    for _ in 0..1500 {
        writer.say(&filler);
    }
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < PATIENCE, "the silent one is never given up");
        // A connection that stays silent is closed as well.
        writer.say("/room");
        let line = writer.line_within(Duration::from_millis(200)).flatten();
        if line.is_some_and(|line| line.contains("guest2") && line.contains("offline")) {
            break;
        }
    }
    silent.send(b"/join lobby\n");
    writer.say("on it goes");
    let lines = silent.rest();
    let welcomes = lines.iter().filter(|line| line.contains("welcome; you are")).count();
    assert_eq!(welcomes, 1, "its session was begun again");
    assert_eq!(get(server.port, "/healthz").text(), "ok\n");
}
