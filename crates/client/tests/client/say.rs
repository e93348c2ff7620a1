//! Saying things from a script.

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
    let asked = Say {
        server: server.server(),
        nick: Nick::parse("bot").ok(),
        room: RoomName::parse(room).unwrap(),
        create: true,
        words,
    };
    let result = say(asked, Cursor::new(input.to_owned()), &mut complaints);
    (result, String::from_utf8(complaints).unwrap())
}

#[test]
fn it_ends_well_when_every_message_is_kept() {
    let server = FakeServer::open();
    run(&server, "tea", Words::Given("build done".to_owned()), "").0.unwrap();
    run(&server, "tea", Words::Lines, "one\n\ntwo\r\nthree").0.unwrap();
    run(&server, "tea", Words::Whole, "four\nlines\nin one\nmessage\n").0.unwrap();
    let expected = ["build done", "one", "two", "three", "four\nlines\nin one\nmessage"];
    assert_eq!(server.words("tea"), expected);
    let asked = server.inside().asked.clone();
    assert!(asked.iter().all(|asked| asked["method"] == "POST"), "nobody comes in: {asked:?}");
}

#[test]
fn many_lines_are_all_said_in_order() {
    let server = FakeServer::open();
    let lines: Vec<String> = (0..300).map(|line| line.to_string()).collect();
    run(&server, "tea", Words::Lines, &lines.join("\n")).0.unwrap();
    assert_eq!(server.words("tea"), lines);
}

#[test]
fn what_is_refused_is_given_back_and_the_rest_is_said() {
    let server = FakeServer::open();
    server.inside().refusals.push_back("bad_text");
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
fn a_room_that_is_not_there_is_made_only_if_that_is_wished() {
    let server = FakeServer::open();
    let asked = |create| Say {
        server: server.server(),
        nick: None,
        room: RoomName::parse("tae").unwrap(),
        create,
        words: Words::Given("hi".to_owned()),
    };
    let error = say(asked(false), Cursor::new(""), Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "refused: there is no #tae; --create makes it");
    assert_eq!(error.exit(), Exit::Refused);
    assert!(server.words("tae").is_empty());
    say(asked(true), Cursor::new(""), Vec::new()).unwrap();
    say(asked(false), Cursor::new(""), Vec::new()).unwrap();
    assert_eq!(server.words("tae"), ["hi", "hi"]);
}

#[test]
fn a_server_that_is_busy_is_waited_for_and_its_reason_is_told_once() {
    let server = FakeServer::open();
    server.inside().refusals.extend(["too_fast", "too_fast", "unreadable"]);
    let (result, told) = run(&server, "tea", Words::Given("hi".to_owned()), "");
    result.unwrap();
    let again = "trying again in 1 s";
    let expected =
        format!("the house says: no: too_fast; {again}\nthe house says: no: unreadable; {again}\n");
    assert_eq!(told, expected);
    assert_eq!(server.words("tea"), ["hi"]);
}

#[test]
fn a_nick_that_somebody_has_ends_it_with_the_words_given_back() {
    let server = FakeServer::open();
    server.inside().refusals.push_back("nick_taken");
    let (result, told) = run(&server, "tea", Words::Lines, "one\ntwo\n");
    assert_eq!(result.unwrap_err().to_string(), "refused: no: nick_taken");
    assert_eq!(told, "refused: no: nick_taken\none\n");
    assert!(server.words("tea").is_empty());
}

#[test]
fn a_break_in_the_middle_loses_nothing_and_doubles_nothing() {
    let server = FakeServer::open();
    server.inside().is_mute = true;
    let other = server.clone();
    let script = std::thread::spawn(move || run(&other, "tea", Words::Lines, "one\ntwo\n"));
    server.until("the first is there", |inside| {
        inside.rooms.get("tea").is_some_and(|list| list.len() == 1)
    });
    server.inside().is_mute = false;
    server.cut();
    script.join().unwrap().0.unwrap();
    assert_eq!(server.words("tea"), ["one", "two"]);
}

#[test]
fn plain_lines_acknowledge_nothing_and_so_cannot_be_used() {
    let asked = Say {
        server: "tcp://localhost".parse().unwrap(),
        nick: None,
        room: RoomName::parse("tea").unwrap(),
        create: false,
        words: Words::Lines,
    };
    let error = say(asked, Cursor::new(""), Vec::new()).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
}

#[test]
fn somebody_who_speaks_something_else_is_no_server_that_may_come_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // What is not read would be a reset.
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
        }
    });
    let asked = Say {
        server: address.to_string().parse().unwrap(),
        nick: None,
        room: RoomName::parse("tea").unwrap(),
        create: false,
        words: Words::Given("hi".to_owned()),
    };
    let mut told = Vec::new();
    let error = say(asked, Cursor::new(""), &mut told).unwrap_err().to_string();
    let expected = format!("Unable to connect to {address}: no Teahouse answers there (");
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(String::from_utf8(told).unwrap(), "");
}
