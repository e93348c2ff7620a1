//! `teahouse say`.

use std::io::{Cursor, Read, Write};
use std::net::TcpListener;

use teahouse_client::say::{Say, Words, say};
use teahouse_client::{ClientError, Exit};
use teahouse_core::{Nick, RoomName};

use crate::server::FakeServer;

fn run(
    server: &FakeServer,
    room: &str,
    words: Words,
    input: &str,
) -> (Result<(), ClientError>, String) {
    let mut complaints = Vec::new();
    let settings = Say {
        server: server.server(),
        nick: Nick::parse("bot").ok(),
        room: RoomName::parse(room).unwrap(),
        create: true,
        words,
    };
    let result = say(settings, Cursor::new(input.to_owned()), &mut complaints);
    (result, String::from_utf8(complaints).unwrap())
}

#[test]
fn it_succeeds_when_every_message_is_stored() {
    let server = FakeServer::open();
    run(&server, "tea", Words::Given("build done".to_owned()), "").0.unwrap();
    run(&server, "tea", Words::Lines, "one\n\ntwo\r\nthree").0.unwrap();
    run(&server, "tea", Words::Whole, "four\nlines\nin one\nmessage\n").0.unwrap();
    let expected = ["build done", "one", "two", "three", "four\nlines\nin one\nmessage"];
    assert_eq!(server.words("tea"), expected);
    let requests = server.state().requests.clone();
    assert!(
        requests.iter().all(|request| request["method"] == "POST"),
        "it does not join: {requests:?}"
    );
}

#[test]
fn many_lines_are_said_in_order() {
    let server = FakeServer::open();
    let lines: Vec<String> = (0..300).map(|line| line.to_string()).collect();
    run(&server, "tea", Words::Lines, &lines.join("\n")).0.unwrap();
    assert_eq!(server.words("tea"), lines);
}

#[test]
fn a_refused_message_is_reported_with_its_text_and_the_others_are_said() {
    let server = FakeServer::open();
    server.state().refusals.push_back("bad_text");
    let (result, complaints) = run(&server, "tea", Words::Lines, "one\ntwo\n");
    let error = result.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused);
    assert_eq!(error.to_string(), "refused: 1 message was not sent");
    assert_eq!(complaints, "refused: no: bad_text\none\n");
    assert_eq!(server.words("tea"), ["two"]);

    let long = format!("\u{1b}]0;mine\u{7}{}", "x".repeat(20_000));
    let (result, complaints) = run(&server, "tea", Words::Lines, &long);
    assert_eq!(result.unwrap_err().exit(), Exit::Refused);
    let expected = "refused: it has 20013 bytes; the limit is 16384\n\u{fffd}]0;mine\u{fffd}xxx";
    assert!(complaints.starts_with(expected), "{}", &complaints[..80]);
}

#[test]
fn a_missing_room_is_created_only_with_create() {
    let server = FakeServer::open();
    let settings = |create| Say {
        server: server.server(),
        nick: None,
        room: RoomName::parse("tae").unwrap(),
        create,
        words: Words::Given("hi".to_owned()),
    };
    let error = say(settings(false), Cursor::new(""), Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "refused: there is no #tae; --create makes it");
    assert_eq!(error.exit(), Exit::Refused);
    assert!(server.words("tae").is_empty());
    say(settings(true), Cursor::new(""), Vec::new()).unwrap();
    say(settings(false), Cursor::new(""), Vec::new()).unwrap();
    assert_eq!(server.words("tae"), ["hi", "hi"]);
}

#[test]
fn a_busy_server_is_tried_again_and_its_reason_is_reported_once() {
    let server = FakeServer::open();
    server.state().refusals.extend(["too_fast", "too_fast", "unreadable"]);
    let (result, complaints) = run(&server, "tea", Words::Given("hi".to_owned()), "");
    result.unwrap();
    let again = "trying again in 1 s";
    let expected =
        format!("the house says: no: too_fast; {again}\nthe house says: no: unreadable; {again}\n");
    assert_eq!(complaints, expected);
    assert_eq!(server.words("tea"), ["hi"]);
}

#[test]
fn a_nick_in_use_ends_it_and_the_text_is_reported() {
    let server = FakeServer::open();
    server.state().refusals.push_back("nick_taken");
    let (result, complaints) = run(&server, "tea", Words::Lines, "one\ntwo\n");
    assert_eq!(result.unwrap_err().to_string(), "refused: no: nick_taken");
    assert_eq!(complaints, "refused: no: nick_taken\none\n");
    assert!(server.words("tea").is_empty());
}

#[test]
fn a_broken_connection_loses_and_duplicates_nothing() {
    let server = FakeServer::open();
    server.state().is_silent = true;
    let other = server.clone();
    let script = std::thread::spawn(move || run(&other, "tea", Words::Lines, "one\ntwo\n"));
    server.until("the first is there", |state| {
        state.rooms.get("tea").is_some_and(|list| list.len() == 1)
    });
    server.state().is_silent = false;
    server.cut();
    script.join().unwrap().0.unwrap();
    assert_eq!(server.words("tea"), ["one", "two"]);
}

#[test]
fn a_server_of_plain_lines_cannot_be_used_because_it_confirms_nothing() {
    let settings = Say {
        server: "tcp://localhost".parse().unwrap(),
        nick: None,
        room: RoomName::parse("tea").unwrap(),
        create: false,
        words: Words::Lines,
    };
    let error = say(settings, Cursor::new(""), Vec::new()).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
}

#[test]
fn a_server_of_another_protocol_is_not_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // Without reading, the close would be a reset.
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
        }
    });
    let settings = Say {
        server: address.to_string().parse().unwrap(),
        nick: None,
        room: RoomName::parse("tea").unwrap(),
        create: false,
        words: Words::Given("hi".to_owned()),
    };
    let mut complaints = Vec::new();
    let error = say(settings, Cursor::new(""), &mut complaints).unwrap_err().to_string();
    let expected = format!("Unable to connect to {address}: no Teahouse answers there (");
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(String::from_utf8(complaints).unwrap(), "");
}
