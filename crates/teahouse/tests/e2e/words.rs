//! A message has the same text by every protocol, whatever program wrote the bytes.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::json;

use crate::scripts::client;
use crate::server::TestServer;
use crate::socket::Socket;
use crate::terminal::Terminal;
use crate::visitor::post;

fn say_whole(server: &TestServer, bytes: &[u8]) -> Output {
    let mut child = client(server, &["say", "lobby", "--whole", "--nick", "ci"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn every_protocol_reads_the_same_line_ends_and_no_byte_order_mark() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let words = "\u{FEFF}one\r\ntwo\rthree\u{2028}four\r\n";
    let mut expect_lines_of = |who: &str| {
        for line in ["one", "two", "three", "four"] {
            assert_eq!(ann.expect(&format!("<{who}>")), format!("<{who}> {line}"));
        }
    };
    let mut bob = server.join_as("bob");
    bob.send(words.replace('\u{2028}', "\r").as_bytes());
    expect_lines_of("bob");
    assert_eq!(post(server.port, "/lobby?nick=curl", words).status, 200);
    expect_lines_of("curl");
    let json = format!("\u{FEFF}{}", json!({ "nick": "post", "text": words }));
    assert_eq!(post(server.port, "/api/v1/rooms/lobby/messages", &json).status, 201);
    expect_lines_of("post");
    let mut socket = Socket::join(server.port, "web", "lobby");
    let say = json!({ "op": "say", "room": "lobby", "text": words });
    socket.send(tungstenite::Message::text(format!("\u{FEFF}{say}")));
    expect_lines_of("web");
    assert_eq!(say_whole(&server, words.as_bytes()).status.code(), Some(0));
    expect_lines_of("ci");
}

#[test]
fn every_protocol_refuses_invisible_text_and_names_utf16() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut eve = server.join_as("eve");
    let utf16: Vec<u8> = "\u{FEFF}你好\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bob = crate::peer::Peer::connect(server.port);
    bob.send(&utf16);
    bob.expect("this is UTF-16; send UTF-8");
    let mut carl = crate::peer::Peer::connect(server.port);
    carl.send(b"h\0i\0\n\0");
    carl.expect("this is UTF-16; send UTF-8");
    let whole = say_whole(&server, &utf16);
    assert_ne!(whole.status.code(), Some(0));
    let output = String::from_utf8(whole.stderr).unwrap();
    assert!(output.contains("this is UTF-16; send UTF-8"), "{output}");

    let nothing = "\u{200B}\u{2800}\u{301}\u{7}";
    ann.say(nothing);
    ann.expect("not sent: there is nothing in it");
    assert_eq!(post(server.port, "/lobby", nothing).json()["code"], "bad_text");
    let body = json!({ "text": nothing }).to_string();
    assert_eq!(post(server.port, "/api/v1/rooms/lobby/messages", &body).json()["field"], "text");
    let mut socket = Socket::join(server.port, "web", "lobby");
    socket.ask(&json!({ "ref": 1, "op": "say", "room": "lobby", "text": nothing }));
    assert_eq!(socket.expect("error")["field"], "text");
    assert_ne!(say_whole(&server, nothing.as_bytes()).status.code(), Some(0));
    let mixed = post(server.port, "/lobby?nick=%D0%92ob", "hello").json();
    assert_eq!((&mixed["field"], &mixed["code"]), (&json!("nick"), &json!("bad_request")));
    ann.say("nothing of it was heard");
    assert_eq!(eve.expect("<"), "<ann> nothing of it was heard");
}

const KEYS: [&str; 11] =
    ["gone", "C-u", "你", "好", "BSpace", "们", "Space", "helpo", "C-w", "hello", "Enter"];

/// A telnet that has no option set edits its line by itself, whatever mode it is asked for.
#[test]
fn a_telnet_asked_to_send_each_key_sends_what_was_typed() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut telnet = Command::new("telnet");
    telnet.args(["127.0.0.1", &server.port.to_string()]);
    let terminal = Terminal::run(&telnet);
    terminal.expect("you are in #lobby");
    terminal.keys(&["C-]"]);
    terminal.expect("telnet>");
    terminal.type_in("mode character");
    terminal.keys(&["Enter"]);
    for typed in KEYS {
        terminal.keys(&[typed]);
    }
    assert_eq!(ann.expect(">"), "<guest2> 你们 hello");
}

/// As Windows' telnet does: every key arrives as it is, Enter as CR, and only the server edits the line.
#[test]
fn a_terminal_that_sends_each_key_can_delete_typed_text() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut raw = Command::new("sh");
    raw.args(["-c", &format!("stty raw -echo && exec nc 127.0.0.1 {}", server.port)]);
    let terminal = Terminal::run(&raw);
    terminal.expect("you are in #lobby");
    for typed in KEYS {
        terminal.keys(&[typed]);
    }
    assert_eq!(ann.expect(">"), "<guest2> 你们 hello");
}
