//! `teahouse tail`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use teahouse_client::tail::{Since, Tail, tail};
use teahouse_core::RoomName;
use teahouse_wire::api::Event;

use crate::plain::Output;
use crate::server::FakeServer;

fn settings(server: &FakeServer, since: Option<Since>) -> Tail {
    let room = RoomName::parse("tea").unwrap();
    Tail { server: server.server(), room, create: false, since, json: false, is_read: || true }
}

/// An output that closes after a number of lines, as with `head`.
struct Head {
    screen: Output,
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

/// The first printed lines.
fn head(settings: Tail, lines: usize) -> String {
    let screen = Output::default();
    let output = Head { screen: screen.clone(), lines };
    tail(settings, output, Vec::new()).unwrap();
    screen.text()
}

fn with_history(count: u64) -> FakeServer {
    let server = FakeServer::open();
    for number in 1..=count {
        server.state().remember("tea", &number.to_string(), number * 1000);
    }
    server
}

/// The printed form of past events of 1970: with date and time.
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
fn it_starts_where_since_says_and_ends_without_error_when_the_output_closes() {
    let server = with_history(1000);
    let since = |since| settings(&server, Some(since));
    assert_eq!(head(since(Since::Position(990)), 9), lines(991..=999));
    assert_eq!(head(since(Since::Position(0)), 500), lines(1..=500));
    assert_eq!(head(since(Since::Last(450)), 449), lines(551..=999));
    assert_eq!(head(since(Since::Last(5000)), 10), lines(1..=10));
    assert_eq!(head(since(Since::Time { ms: 70_500 }), 5), lines(71..=75));
    assert_eq!(head(since(Since::Time { ms: 0 }), 5), lines(1..=5));
    assert_eq!(head(settings(&server, None), 2), lines(981..=982));
}

#[test]
fn history_and_live_events_join_without_a_gap_also_over_a_break() {
    let server = with_history(900);
    let (screen, complaints) = (Output::default(), Output::default());
    let (output, errors) = (screen.clone(), complaints.clone());
    let settings = settings(&server, Some(Since::Position(0)));
    // Runs until the test ends, because the output stays open.
    thread::spawn(move || tail(settings, output, errors));
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
    let requests = server.state().requests.clone();
    assert!(
        requests.iter().all(|request| request["method"] == "GET"),
        "it does not join: {requests:?}"
    );
}

/// A server whose first stream breaks within a line, and whose second stream has one event.
fn breaking_once(listener: &TcpListener) {
    let event = r#"{"room":"tea","position":1,"epoch":"0123456789abcdef","time_ms":5,"sender":{"nick":"bob","session":"1"},"kind":"said","text":"hi"}"#;
    let whole = format!("event: event\ndata: {event}\n\n");
    let mut complaints = [&whole[..9], &whole].into_iter();
    for stream in listener.incoming() {
        let mut stream = BufReader::new(stream.unwrap());
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            stream.read_line(&mut request).unwrap();
        }
        let stream = stream.get_mut();
        if request.contains("/messages") {
            let page = r#"{"room":"tea","epoch":"0123456789abcdef","head":0,"events":[]}"#;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            )
            .unwrap();
        } else {
            let Some(complaints) = complaints.next() else { return };
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{complaints}\r\n", complaints.len()).unwrap();
        }
    }
}

#[test]
fn a_broken_connection_is_reported_in_plain_words() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string().parse().unwrap();
    thread::spawn(move || breaking_once(&listener));
    let room = RoomName::parse("tea").unwrap();
    let settings = Tail { server, room, create: false, since: None, json: false, is_read: || true };
    let (screen, complaints) = (Output::default(), Output::default());
    tail(settings, Head { screen: screen.clone(), lines: 0 }, complaints.clone()).unwrap();
    assert_eq!(complaints.text(), "connection lost (the connection broke off); trying again\n");
}

#[test]
fn a_missing_room_is_created_only_with_create() {
    let server = FakeServer::open();
    let error = tail(settings(&server, None), Vec::new(), Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "refused: there is no #tea; --create makes it");
    assert_eq!(error.exit(), teahouse_client::Exit::Refused);
    let screen = Output::default();
    let output = Head { screen: screen.clone(), lines: 1 };
    let settings = Tail { create: true, ..settings(&server, None) };
    let run = thread::spawn(move || tail(settings, output, Vec::new()));
    server.until("it is made", |state| state.rooms.contains_key("tea"));
    server.until("it is streamed", |state| state.streams() == 1);
    server.say("tea", "first");
    screen.until(&server, "<bob> first\n");
    server.say("tea", "nobody reads this");
    run.join().unwrap().unwrap();
}

#[test]
fn json_is_the_event_in_the_form_of_the_api() {
    let server = with_history(2);
    let json = head(Tail { json: true, ..settings(&server, Some(Since::Position(0))) }, 1);
    let event: Event = serde_json::from_str(json.trim_end()).unwrap();
    assert_eq!((event.position, event.time_ms), (1, 1000));
    assert!(json.ends_with('\n') && json.matches('\n').count() == 1);
}
