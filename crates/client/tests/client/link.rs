//! The link with a real socket and a real disk.

use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::Duration;

use teahouse_client::link::limits::WRITE_TIMEOUT;
use teahouse_client::link::{Config, Happening, Link, Stage, State};
use teahouse_core::{RoomName, Text};
use teahouse_wire::api::Message;

use crate::server::{FakeServer, TIMEOUT};

fn tea() -> RoomName {
    RoomName::parse("tea").unwrap()
}

fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

fn run<T>(test: impl Future<Output = T>) -> T {
    run_within(TIMEOUT, test)
}

fn run_within<T>(limit: Duration, test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(limit, test).await.expect("in time") })
}

/// Waits for a happening from which `find` returns a value.
async fn until<T>(link: &mut Link, find: impl Fn(&Happening) -> Option<T>) -> T {
    loop {
        let happening = link.next().await.expect("the link goes on");
        if let Some(found) = find(&happening) {
            return found;
        }
    }
}

async fn until_in(link: &mut Link) {
    until(link, |happening| match happening {
        Happening::Received(sent) => matches!(sent.message, Message::Joined(_)).then_some(()),
        _ => None,
    })
    .await;
}

async fn until_kept(link: &mut Link) -> u64 {
    until(link, |happening| match happening {
        Happening::Outgoing(outgoing) => match outgoing.stage {
            Stage::Kept { position } => Some(position),
            _ => None,
        },
        _ => None,
    })
    .await
}

fn config(server: &FakeServer) -> Config {
    Config { rooms: vec![tea()], ..Config::new(server.server()) }
}

#[test]
fn own_messages_are_stored_and_messages_of_others_are_received() {
    let server = FakeServer::open();
    run(async {
        let mut link = Link::open(config(&server));
        until_in(&mut link).await;
        link.say(&tea(), &text("你好"), false).unwrap();
        assert_eq!(until_kept(&mut link).await, 1);
        server.say("tea", "hi");
        let words = until(&mut link, |happening| match happening {
            Happening::Received(sent) => match &sent.message {
                Message::Event(event) => event.text.clone(),
                _ => None,
            },
            _ => None,
        });
        assert_eq!(words.await, text("hi"));
        link.bye();
        while link.next().await.is_some() {}
    });
    server.until("nobody is in the room", |state| state.members("tea") == 0);
}

#[test]
fn a_message_is_stored_once_when_its_acknowledgement_is_lost() {
    let server = FakeServer::open();
    run(async {
        let mut link = Link::open(config(&server));
        until_in(&mut link).await;
        server.state().is_silent = true;
        link.say(&tea(), &text("once"), false).unwrap();
        loop {
            tokio::select! {
                _ = link.next() => {}
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
            if server.words("tea") == ["once"] {
                break;
            }
        }
        server.state().is_silent = false;
        server.cut();
        assert_eq!(until_kept(&mut link).await, 1);
        assert_eq!(link.outbox().count(), 0);
    });
    assert_eq!(server.words("tea"), ["once"]);
}

#[test]
fn the_unsent_messages_of_a_killed_program_are_sent_once_by_the_next_one() {
    let server = FakeServer::open();
    let directory = tempfile::tempdir().unwrap();
    let config = || Config { state: Some(directory.path().to_owned()), ..config(&server) };
    run(async {
        let mut link = Link::open(config());
        until_in(&mut link).await;
        server.state().is_silent = true;
        link.say(&tea(), &text("from the grave"), false).unwrap();
        tokio::select! {
            () = async { while link.next().await.is_some() {} } => {}
            () = async {
                while server.words("tea").is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            } => {}
        }
        // Simulates a kill: the state file has its content from before the drop, and the lock is released.
        let saved = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
        let saved = saved.filter(|path| path.extension().is_some_and(|e| e == "json"));
        let files: Vec<_> = saved.map(|path| (std::fs::read(&path).unwrap(), path)).collect();
        assert_eq!(files.len(), 1, "it was on the disk before it was sent");
        drop(link);
        for (bytes, path) in files {
            std::fs::write(path, bytes).unwrap();
        }
        server.state().is_silent = false;
        let mut link = Link::open(config());
        assert_eq!(until_kept(&mut link).await, 1);
    });
    assert_eq!(server.words("tea"), ["from the grave"]);
    let state = server.state();
    let hellos = state.requests.iter().filter(|request| request["op"] == "hello");
    let keys: Vec<_> = hellos.map(|hello| hello["seat"].clone()).collect();
    assert_eq!(keys[0], keys[1], "the resume key is the same");
}

#[test]
fn drafts_and_entered_lines_are_restored_the_next_time() {
    let server = FakeServer::open();
    let directory = tempfile::tempdir().unwrap();
    let config = || Config { state: Some(directory.path().to_owned()), ..config(&server) };
    run(async {
        let mut link = Link::open(config());
        link.set_drafts([(tea(), "half a li".to_owned())].into());
        link.set_history(vec!["hi".to_owned()]);
        let mut second = Link::open(config());
        let notice = until(&mut second, |happening| match happening {
            Happening::Notice(notice) => Some(notice.clone()),
            _ => None,
        });
        assert!(notice.await.starts_with("another client of yours"));
        assert!(second.is_remembered() && second.drafts().is_empty());
        drop(link);
        let link = Link::open(config());
        assert_eq!(link.drafts()[&tea()], "half a li");
        assert_eq!(link.history(), ["hi"]);
    });
}

#[test]
fn a_server_that_is_no_teahouse_is_reported_and_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 1024];
        assert!(stream.read(&mut buffer).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    run(async {
        let mut link = Link::open(Config::new(address.to_string().parse().unwrap()));
        let why = until(&mut link, |happening| match happening {
            Happening::State(State::Offline { why, .. }) => Some(why.clone()),
            _ => None,
        });
        let expected = "it answers HTTP 404 Not Found at /api/v1/socket: no Teahouse there";
        assert_eq!(why.await, expected);
        until(&mut link, |happening| match happening {
            Happening::State(State::Connecting { attempt: 2 }) => Some(()),
            _ => None,
        })
        .await;
    });
}

#[test]
fn a_server_of_plain_lines_is_reported() {
    run(async {
        let mut link = Link::open(Config::new("tcp://localhost:1".parse().unwrap()));
        let why = until(&mut link, |happening| match happening {
            Happening::State(State::Offline { why, .. }) => Some(why.clone()),
            _ => None,
        });
        let expected = "tcp://localhost:1 speaks plain lines, and this the api; give HOST:PORT";
        assert_eq!(why.await, expected);
    });
}

/// Starts a server that sends welcome and then 30 MiB of pings without reading: the pongs exceed the system's buffers.
fn open_a_pinging_server() -> (std::net::SocketAddr, std::sync::mpsc::Receiver<()>) {
    const PINGS: usize = 30 * 1024 * 1024 / 127;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, has_pinged) = channel();
    std::thread::spawn(move || {
        use tokio_tungstenite::tungstenite::{Message, accept};
        let mut socket = accept(listener.accept().unwrap().0).unwrap();
        socket.read().unwrap();
        let welcome = r#"{"type":"welcome","nick":"ann","resumed":false,"session":"1",
            "epoch":"0123456789abcdef","server":"0","first_room":"lobby","ping_s":60,"grace_s":30}"#;
        socket.send(Message::text(welcome)).unwrap();
        // All requests are answered, so that the missing reads are the only fault.
        socket.read().unwrap();
        let joined = r#"{"type":"joined","room":"lobby","epoch":"0123456789abcdef","position":0,
            "complete":false,"members":1}"#;
        socket.send(Message::text(joined)).unwrap();
        let mut pings = Vec::new();
        for _ in 0..1024 {
            pings.extend([0x89, 125]);
            pings.extend([b'p'; 125]);
        }
        for _ in 0..PINGS / 1024 {
            socket.get_mut().write_all(&pings).unwrap();
        }
        sender.send(()).unwrap();
        // Until the client disconnects.
        while socket.get_mut().write_all(&pings[..127]).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    (address, has_pinged)
}

#[test]
fn the_connection_to_a_server_that_sends_but_does_not_read_is_closed() {
    let (address, has_pinged) = open_a_pinging_server();
    run_within(WRITE_TIMEOUT + TIMEOUT * 3, async {
        let mut link = Link::open(Config::new(address.to_string().parse().unwrap()));
        while has_pinged.try_recv().is_err() {
            tokio::select! {
                _ = link.next() => {}
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
        }
        tokio::time::pause();
        tokio::time::advance(WRITE_TIMEOUT).await;
        let why = until(&mut link, |happening| match happening {
            Happening::State(State::Offline { why, .. }) => Some(why.clone()),
            _ => None,
        })
        .await;
        assert_eq!(why, "the server read nothing for 30 s");
    });
}

#[test]
fn after_a_rejection_the_reason_is_reported_and_the_demanded_pause_is_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::Read;
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let body = r#"{"code":"too_fast","message":"20 connections from your address,\u001b[2J the limit"}"#;
        let length = body.len();
        let head = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\ncontent-length: ";
        stream.write_all(format!("{head}{length}\r\n\r\n{body}").as_bytes()).unwrap();
    });
    run(async {
        let mut link = Link::open(Config::new(address.to_string().parse().unwrap()));
        let offline = until(&mut link, |happening| match happening {
            Happening::State(State::Offline { why, retry_in }) => Some((why.clone(), *retry_in)),
            _ => None,
        });
        let (why, retry_in) = offline.await;
        assert_eq!(why, "20 connections from your address,\u{fffd}[2J the limit");
        assert_eq!(retry_in, Duration::from_secs(7));
    });
}
