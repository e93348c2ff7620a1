//! The linear client with a server of plain lines.

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use teahouse_client::Exit;
use teahouse_client::plain::{Plain, join};

use crate::plain::Output;
use crate::server::TIMEOUT;

fn plain(server: &str) -> Plain {
    let server = server.parse().unwrap();
    Plain { server, nick: None, rooms: Vec::new(), state: None, echoes: true }
}

#[test]
fn typed_lines_are_sent_unchanged_and_received_lines_are_printed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"[127.0.0.1:7] entered room\n").unwrap();
        BufReader::new(stream).lines().map(Result::unwrap).collect::<Vec<_>>()
    });
    let screen = Output::default();
    join(plain(&format!("tcp://{address}")), Cursor::new("/hi\nthere\n"), screen.clone()).unwrap();
    assert_eq!(server.join().unwrap(), ["/hi", "there"]);
    assert_eq!(screen.text(), "[127.0.0.1:7] entered room\n");
}

#[test]
fn a_closed_connection_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || drop(listener.accept().unwrap()));
    let (reader, _keyboard) = std::io::pipe().unwrap();
    let joined =
        join(plain(&format!("tcp://{address}")), BufReader::new(reader), Output::default());
    let error = joined.unwrap_err();
    server.join().unwrap();
    assert_eq!(error.to_string(), "Disconnected from chat server");
    assert_eq!(error.exit(), Exit::Fault);
}

#[test]
fn an_unreachable_server_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let joined = join(plain(&format!("tcp://{address}")), Cursor::new(""), Output::default());
    let error = joined.unwrap_err().to_string();
    assert!(error.starts_with(&format!("Unable to connect to {address}: ")), "{error}");
}

#[test]
fn a_line_server_cannot_control_the_terminal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sent = "\u{1b}]52;c;ZXZpbA==\u{7}clip\n\u{1b}]0;title\u{1b}\\t\n\u{1b}cris\n\u{9b}2Jc1\n\
        \u{202e}olr\n\r<bob> 你好\r\n\u{1b}[31mred\u{1b}[0m\nname: ";
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // One byte at a time: a sequence that is cut must be removed too.
        for byte in sent.bytes() {
            stream.write_all(&[byte]).unwrap();
        }
        // Read to the end first: closing earlier would reset the connection.
        stream.read_to_end(&mut Vec::new()).unwrap();
    });
    let screen = Output::default();
    join(plain(&format!("tcp://{address}")), Cursor::new(""), screen.clone()).unwrap();
    server.join().unwrap();
    assert_eq!(
        screen.text(),
        "]52;c;ZXZpbA==clip\n]0;title\\t\ncris\n2Jc1\nolr\n<bob> 你好\nred\nname: "
    );
}

#[test]
fn a_partial_line_is_shown_and_its_line_end_is_printed_when_it_arrives() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let screen = Output::default();
    let seen = screen.clone();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"name: ").unwrap();
        let deadline = Instant::now() + TIMEOUT;
        while seen.text() != "name: " {
            assert!(Instant::now() < deadline, "{:?}", seen.text());
            thread::sleep(Duration::from_millis(5));
        }
        stream.write_all(b"\n").unwrap();
        while seen.text() != "name: \n" {
            assert!(Instant::now() < deadline, "{:?}", seen.text());
            thread::sleep(Duration::from_millis(5));
        }
        stream.write_all(b"\n\nhi\n").unwrap();
    });
    join(plain(&format!("tcp://{address}")), Cursor::new(""), screen.clone()).unwrap();
    server.join().unwrap();
    assert_eq!(screen.text(), "name: \n\n\nhi\n");
}
