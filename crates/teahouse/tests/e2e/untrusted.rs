//! Our client with a hostile server: its memory stays bounded, and it ends when the user wants.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use tungstenite::{Message, accept};

use crate::programs::Program;
use crate::server::{PATIENCE, teahouse};

const WELCOME: &str = r#"{"type":"welcome","nick":"ann","resumed":false,"session":"1","epoch":"0123456789abcdef",
    "server":"0","first_room":"lobby","ping_s":60,"grace_s":30}"#;
const JOINED: &str = r#"{"type":"joined","room":"lobby","epoch":"0123456789abcdef","position":0,"complete":false,
    "members":1}"#;

/// A server that accepts one client and then sends the same message for ever.
fn open_a_server_that_says_for_ever(words: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut socket = accept(listener.accept().unwrap().0).unwrap();
        for answer in [WELCOME, JOINED] {
            socket.read().unwrap();
            socket.send(Message::text(answer)).unwrap();
        }
        while socket.write(Message::text(words)).is_ok() {}
    });
    port
}

#[cfg(unix)]
#[test]
fn a_client_flooded_by_its_server_can_be_interrupted() {
    use rustix::process::{Pid, Signal, kill_process};

    let typing = r#"{"type":"presence","room":"lobby","change":"typing","nick":"bob"}"#;
    let port = open_a_server_that_says_for_ever(typing);
    let server = format!("127.0.0.1:{port}");
    let mut client = Program::start(teahouse().args(["join", "--plain", &server]));
    client.expect("you are in #lobby");
    let pid = Pid::from_child(&client.child);
    kill_process(pid, Signal::INT).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        match client.child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > deadline => panic!("it did not end"),
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    assert_eq!(status.code(), Some(0));
}
