//! Plain lines with a server that knows nothing else.

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use teahouse_client::Exit;
use teahouse_client::plain::{Plain, join};

use crate::plain::Screen;
use crate::server::PATIENCE;

fn plain(server: &str) -> Plain {
    let server = server.parse().unwrap();
    Plain { server, nick: None, rooms: Vec::new(), state: None, echoes: true }
}

#[test]
fn lines_go_out_as_they_are_and_what_arrives_is_printed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"[127.0.0.1:7] entered room\n").unwrap();
        BufReader::new(stream).lines().map(Result::unwrap).collect::<Vec<_>>()
    });
    let screen = Screen::default();
    join(plain(&format!("tcp://{address}")), Cursor::new("/hi\nthere\n"), screen.clone()).unwrap();
    assert_eq!(server.join().unwrap(), ["/hi", "there"]);
    assert_eq!(screen.text(), "[127.0.0.1:7] entered room\n");
}

#[test]
fn a_server_that_goes_away_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || drop(listener.accept().unwrap()));
    let (reader, _keyboard) = std::io::pipe().unwrap();
    let joined =
        join(plain(&format!("tcp://{address}")), BufReader::new(reader), Screen::default());
    let error = joined.unwrap_err();
    server.join().unwrap();
    assert_eq!(error.to_string(), "Disconnected from chat server");
    assert_eq!(error.exit(), Exit::Fault);
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let joined = join(plain(&format!("tcp://{address}")), Cursor::new(""), Screen::default());
    let error = joined.unwrap_err().to_string();
    assert!(error.starts_with(&format!("Unable to connect to {address}: ")), "{error}");
}

#[test]
fn nothing_that_a_line_server_sends_acts_on_the_terminal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sent = "\u{1b}]52;c;ZXZpbA==\u{7}clip\n\u{1b}]0;title\u{1b}\\t\n\u{1b}cris\n\u{9b}2Jc1\n\
        \u{202e}olr\n\r<bob> 你好\r\n\u{1b}[31mred\u{1b}[0m\nname: ";
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // Cut anywhere: no sequence is safe by being half there.
        for byte in sent.bytes() {
            stream.write_all(&[byte]).unwrap();
        }
        // Who closes before the other side has nothing more to say cuts it off.
        stream.read_to_end(&mut Vec::new()).unwrap();
    });
    let screen = Screen::default();
    join(plain(&format!("tcp://{address}")), Cursor::new(""), screen.clone()).unwrap();
    server.join().unwrap();
    assert_eq!(
        screen.text(),
        "]52;c;ZXZpbA==clip\n]0;title\\t\ncris\n2Jc1\nolr\n<bob> 你好\nred\nname: "
    );
}

#[test]
fn the_end_of_a_line_that_was_shown_without_it_is_printed_when_it_comes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let screen = Screen::default();
    let seen = screen.clone();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"name: ").unwrap();
        let deadline = Instant::now() + PATIENCE;
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
