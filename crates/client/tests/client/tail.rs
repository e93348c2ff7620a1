//! Following a room from a script.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use teahouse_client::tail::{Since, Tail, tail};
use teahouse_core::RoomName;
use teahouse_wire::api::Event;

use crate::plain::Screen;
use crate::server::FakeServer;

fn asked(server: &FakeServer, since: Option<Since>) -> Tail {
    let room = RoomName::parse("tea").unwrap();
    Tail { server: server.server(), room, create: false, since, json: false, is_read: || true }
}

/// Closed after so many lines, as by `head`.
struct Head {
    screen: Screen,
    lines: usize,
}

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.lines == 0 {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        self.lines -= 1;
        self.screen.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The first lines that are printed.
fn head(asked: Tail, lines: usize) -> String {
    let screen = Screen::default();
    let output = Head { screen: screen.clone(), lines };
    tail(asked, output, Vec::new()).unwrap();
    screen.text()
}

fn with_history(count: u64) -> FakeServer {
    let server = FakeServer::open();
    for number in 1..=count {
        server.inside().remember("tea", &number.to_string(), number * 1000);
    }
    server
}

/// Of the past, in 1970: with date and time.
fn lines(numbers: impl IntoIterator<Item = u64>) -> String {
    let zone = jiff::tz::TimeZone::system();
    let line = |number: u64| {
        let moment = jiff::Timestamp::from_second(i64::try_from(number).unwrap()).unwrap();
        let moment = moment.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M");
        format!("[{moment}] <bob> {number}\n")
    };
    numbers.into_iter().map(line).collect()
}

#[test]
fn it_begins_where_it_is_told_and_ends_quietly_when_nobody_reads() {
    let server = with_history(1000);
    let since = |since| asked(&server, Some(since));
    assert_eq!(head(since(Since::Position(990)), 9), lines(991..=999));
    assert_eq!(head(since(Since::Position(0)), 500), lines(1..=500));
    assert_eq!(head(since(Since::Last(450)), 449), lines(551..=999));
    assert_eq!(head(since(Since::Last(5000)), 10), lines(1..=10));
    assert_eq!(head(since(Since::Time { ms: 70_500 }), 5), lines(71..=75));
    assert_eq!(head(since(Since::Time { ms: 0 }), 5), lines(1..=5));
    assert_eq!(head(asked(&server, None), 2), lines(981..=982));
}

#[test]
fn history_and_what_is_said_meanwhile_meet_without_a_seam_also_over_a_break() {
    let server = with_history(900);
    let (screen, complaints) = (Screen::default(), Screen::default());
    let (output, told) = (screen.clone(), complaints.clone());
    let asked = asked(&server, Some(Since::Position(0)));
    // Runs until the test ends: nothing ends a tail but its reader.
    thread::spawn(move || tail(asked, output, told));
    screen.until(&server, "<bob> 900\n");
    for number in 901..=1000 {
        server.say("tea", &number.to_string());
    }
    screen.until(&server, "<bob> 1000\n");
    server.cut();
    server.say("tea", "1001");
    screen.until(&server, "<bob> 1001\n");
    let live: String = (901..=1001).map(|number| format!("<bob> {number}\n")).collect();
    assert_eq!(screen.text(), format!("{}{live}", lines(1..=900)));
    assert_eq!(
        complaints.text(),
        "connection lost (the server closed the connection); trying again\nconnected again\n"
    );
    let asked = server.inside().asked.clone();
    assert!(asked.iter().all(|asked| asked["method"] == "GET"), "nobody comes in: {asked:?}");
}

/// A server whose stream breaks off within a line the first time, and tells of one event the second time.
fn breaking_once(listener: &TcpListener) {
    let event = r#"{"room":"tea","position":1,"epoch":"0123456789abcdef","time_ms":5,"sender":{"nick":"bob","session":"1"},"kind":"said","text":"hi"}"#;
    let whole = format!("event: event\ndata: {event}\n\n");
    let mut told = [&whole[..9], &whole].into_iter();
    for stream in listener.incoming() {
        let mut stream = BufReader::new(stream.unwrap());
        let mut asked = String::new();
        while !asked.ends_with("\r\n\r\n") {
            stream.read_line(&mut asked).unwrap();
        }
        let stream = stream.get_mut();
        if asked.contains("/messages") {
            let page = r#"{"room":"tea","epoch":"0123456789abcdef","head":0,"events":[]}"#;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            )
            .unwrap();
        } else {
            let Some(told) = told.next() else { return };
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{told}\r\n", told.len()).unwrap();
        }
    }
}

#[test]
fn a_connection_that_breaks_off_in_the_middle_is_told_in_plain_words() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string().parse().unwrap();
    thread::spawn(move || breaking_once(&listener));
    let room = RoomName::parse("tea").unwrap();
    let asked = Tail { server, room, create: false, since: None, json: false, is_read: || true };
    let (screen, complaints) = (Screen::default(), Screen::default());
    tail(asked, Head { screen: screen.clone(), lines: 0 }, complaints.clone()).unwrap();
    assert_eq!(complaints.text(), "connection lost (the connection broke off); trying again\n");
}

#[test]
fn a_room_that_is_not_there_is_made_only_if_that_is_wished() {
    let server = FakeServer::open();
    let error = tail(asked(&server, None), Vec::new(), Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "refused: there is no #tea; --create makes it");
    assert_eq!(error.exit(), teahouse_client::Exit::Refused);
    let screen = Screen::default();
    let output = Head { screen: screen.clone(), lines: 1 };
    let asked = Tail { create: true, ..asked(&server, None) };
    let run = thread::spawn(move || tail(asked, output, Vec::new()));
    server.until("it is made", |inside| inside.rooms.contains_key("tea"));
    server.until("it is followed", |inside| inside.followers() == 1);
    server.say("tea", "first");
    screen.until(&server, "<bob> first\n");
    server.say("tea", "nobody reads this");
    run.join().unwrap().unwrap();
}

#[test]
fn json_is_the_event_as_the_api_has_it() {
    let server = with_history(2);
    let json = head(Tail { json: true, ..asked(&server, Some(Since::Position(0))) }, 1);
    let event: Event = serde_json::from_str(json.trim_end()).unwrap();
    assert_eq!((event.position, event.time_ms), (1, 1000));
    assert!(json.ends_with('\n') && json.matches('\n').count() == 1);
}
