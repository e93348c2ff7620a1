//! `permessage-deflate` with a client that we did not write, and the promise that a broadcast is compressed once for
//! all members.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::raw::{self, text};
use crate::server::TestServer;
use crate::socket::Socket;
use crate::visitor::Visitor;

/// Joins with Python's `websockets`, says a long text (the library compresses it), receives a long text, and prints
/// the agreed extensions and what it received.
const PYTHON_CLIENT: &str = r#"
import asyncio, json, sys
import websockets

async def main(port):
    uri = "ws://127.0.0.1:%s/api/v1/socket" % port
    async with websockets.connect(uri, compression="deflate", max_size=1 << 20) as ws:
        protocol = getattr(ws, "protocol", ws)
        print(json.dumps([extension.name for extension in protocol.extensions]), flush=True)
        await ws.send(json.dumps({"op": "hello", "nick": "python"}))
        await ws.send(json.dumps({"op": "join", "room": "lobby"}))
        await ws.send(json.dumps({"op": "say", "room": "lobby", "text": "long 火锅 " * 1000}))
        received = 0
        while received < 3:
            message = json.loads(await ws.recv())
            if message["type"] == "event":
                received += 1
                print(json.dumps(message["text"]), flush=True)

asyncio.run(main(sys.argv[1]))
"#;

/// A Python that has `websockets`. The system's Python is tried first, because packages are installed there.
fn python() -> &'static str {
    let has_it = |python: &&str| {
        let import = Command::new(python).args(["-c", "import websockets"]).output();
        import.is_ok_and(|import| import.status.success())
    };
    let found = ["/usr/bin/python3", "python3"].into_iter().find(has_it);
    found.expect("tests need Python's websockets; `cargo xtask test` installs it")
}

#[test]
fn a_python_client_agrees_on_compression_and_receives_messages() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut child = Command::new(python())
        .args(["-", &server.port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(PYTHON_CLIENT.as_bytes()).unwrap();
    let line = ann.expect("<python>");
    assert_eq!(line, format!("<python> {}", "long 火锅 ".repeat(1000).trim_end()));
    let mut bob = Socket::join(server.port, "bob", "lobby");
    // One text from a line and one through the api; one compressible, one not at all.
    let long = "好茶".repeat(2_000);
    ann.say(&long);
    let random: String = (0_u64..3_000)
        .map(|number| {
            char::from(b'a' + (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58) as u8 % 26)
        })
        .collect();
    bob.ask(&json!({ "op": "say", "room": "lobby", "text": random }));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0], json!(["permessage-deflate"]));
    let mut received = lines[2..].to_vec();
    received.sort_by_key(|text| text.as_str().unwrap().len());
    assert_eq!(received, [json!(random), json!(long)]);
}

/// The next frame of the server: its first byte and its payload.
fn next_frame(visitor: &mut Visitor) -> (u8, Vec<u8>) {
    loop {
        let bytes = visitor.unread();
        let length = match bytes.get(1) {
            Some(126) => {
                bytes.get(2..4).map(|b| (4, usize::from(u16::from_be_bytes([b[0], b[1]]))))
            }
            Some(127) => panic!("no frame is so long"),
            Some(length) => Some((2, usize::from(*length))),
            None => None,
        };
        if let Some((start, length)) = length
            && bytes.len() >= start + length
        {
            let frame = (bytes[0], bytes[start..start + length].to_vec());
            visitor.take(start + length);
            return frame;
        }
        assert!(visitor.wait(), "ended within a frame");
    }
}

fn join(port: u16, extensions: &str) -> Visitor {
    let mut visitor = raw::connect(port, extensions);
    visitor.send(&text(r#"{"op":"hello"}"#));
    visitor.send(&text(r#"{"op":"join","room":"lobby"}"#));
    while !String::from_utf8_lossy(&next_frame(&mut visitor).1).contains("\"joined\"") {}
    visitor
}

#[test]
fn a_broadcast_is_the_same_compressed_bytes_for_all_clients_with_deflate() {
    const DEFLATE: &str =
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut plain = join(server.port, "");
    let mut compressed = [join(server.port, DEFLATE), join(server.port, DEFLATE)];
    let words = "火锅 ".repeat(1_000);
    for round in 0..3 {
        ann.say(&words);
        let event = |visitor: &mut Visitor| loop {
            let (first, payload) = next_frame(visitor);
            // Frames longer than any announcement, or compressed.
            if first & 0x40 != 0 || payload.len() > 1_000 {
                break (first, payload);
            }
        };
        let [one, other] = &mut compressed;
        let (one, other) = (event(one), event(other));
        assert_eq!(one, other, "the same bytes");
        assert_eq!(one.0, 0xC1, "a whole text message, compressed");
        let (first, payload) = event(&mut plain);
        assert_eq!(first, 0x81);
        assert!(one.1.len() * 10 < payload.len(), "{} of {}", one.1.len(), payload.len());
        let event: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(
            (&event["text"], &event["position"]),
            (&json!(words.trim_end()), &json!(round + 1))
        );
    }
}
