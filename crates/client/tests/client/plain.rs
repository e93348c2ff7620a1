//! The linear client, from its input to its output.

use std::io::{BufReader, Cursor, Write};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use teahouse_client::plain::{self, Plain};
use teahouse_client::{ClientError, Exit};

use crate::server::FakeServer;

/// The printed text so far.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn until(&self, server: &FakeServer, words: &str) {
        server.until(&format!("{words:?} is printed"), |_| self.text().contains(words));
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn plain(server: &FakeServer) -> Plain {
    Plain {
        server: server.server(),
        nick: "ann".parse_nick(),
        rooms: Vec::new(),
        state: None,
        echoes: true,
    }
}

trait ParseNick {
    fn parse_nick(&self) -> Option<teahouse_core::Nick>;
}

impl ParseNick for str {
    fn parse_nick(&self) -> Option<teahouse_core::Nick> {
        teahouse_core::Nick::parse(self).ok()
    }
}

/// Runs the client with this input to its end.
fn run_with_input(plain: Plain, input: &str) -> (String, Result<(), ClientError>) {
    let screen = Output::default();
    let result = plain::join(plain, Cursor::new(input.to_owned()), screen.clone());
    (screen.text(), result)
}

/// Starts the client with an input that stays open as long as the writer.
fn start(plain: Plain) -> (Output, std::io::PipeWriter, JoinHandle<Result<(), ClientError>>) {
    let (reader, writer) = std::io::pipe().unwrap();
    let screen = Output::default();
    let output = screen.clone();
    let run = thread::spawn(move || plain::join(plain, BufReader::new(reader), output));
    (screen, writer, run)
}

#[test]
fn lines_are_said_and_commands_executed_before_the_client_ends() {
    let server = FakeServer::open();
    let input = "hi\n/me waves\n//slash\n/join tea\n在茶馆\n/who\n/jion x\n/room\n";
    let (screen, result) = run_with_input(plain(&server), input);
    result.unwrap();
    assert_eq!(server.words("lobby"), ["hi", "waves", "/slash"]);
    assert_eq!(server.words("tea"), ["在茶馆"]);
    for line in [
        "-- welcome; you are ann. /nick NAME to change, /help for more\n",
        "-- you are in #lobby (nobody else is here)\n",
        "-- error: there is no /jion; did you mean /join? (to say it, begin with //)\n",
        "-- you speak in #tea; also in #lobby\n",
        "<ann> 在茶馆\n",
        "-- 1 is in #tea\n",
        "-- goodbye\n",
    ] {
        assert!(screen.contains(line), "{line:?} in {screen}");
    }
    assert!(screen.contains("* ann waves\n"), "{screen}");
}

#[test]
fn a_long_search_says_how_to_continue_and_continues() {
    let server = FakeServer::open();
    let (screen, mut keyboard, run) = start(plain(&server));
    screen.until(&server, "you are in #lobby");
    keyboard.write_all(b"/search\n").unwrap();
    screen.until(
        &server,
        "-- error: the last search has nothing older; /search WORDS finds messages\n",
    );
    server.say("lobby", "one");
    server.say("lobby", "two");
    screen.until(&server, "<bob> two\n");
    keyboard.write_all(b"/search o\n").unwrap();
    screen.until(
        &server,
        "] [#lobby] <bob> two\n-- there may be older ones; /search alone shows them\n",
    );
    keyboard.write_all(b"/search\n").unwrap();
    screen.until(&server, "] [#lobby] <bob> one\n");
    drop(keyboard);
    run.join().unwrap().unwrap();
    assert_eq!(screen.text().matches("there may be older ones").count(), 1);
}

#[test]
fn a_broken_connection_is_one_line_and_a_line_typed_meanwhile_arrives_once() {
    let server = FakeServer::open();
    let (screen, mut keyboard, run) = start(plain(&server));
    screen.until(&server, "you are in #lobby");
    server.say("lobby", "one");
    screen.until(&server, "<bob> one\n");
    server.state().rejects_connections = true;
    server.cut();
    screen.until(&server, "-- connection lost (the connection broke off); trying again\n");
    server.say("lobby", "two");
    keyboard.write_all("typed meanwhile\n".as_bytes()).unwrap();
    server.state().rejects_connections = false;
    screen.until(&server, "-- connected again\n");
    screen.until(&server, "<ann> typed meanwhile\n");
    drop(keyboard);
    run.join().unwrap().unwrap();
    assert_eq!(server.words("lobby"), ["one", "two", "typed meanwhile"]);
    let screen = screen.text();
    assert_eq!(screen.matches("<bob> one").count(), 1, "{screen}");
    assert_eq!(screen.matches("<bob> two").count(), 1, "{screen}");
    assert_eq!(screen.matches("you are in #lobby").count(), 1, "{screen}");
}

#[test]
fn a_room_that_is_joined_and_left_without_a_connection_does_not_keep_the_client_waiting() {
    let server = FakeServer::open();
    let (screen, mut keyboard, run) = start(plain(&server));
    screen.until(&server, "you are in #lobby");
    server.state().rejects_connections = true;
    server.cut();
    screen.until(&server, "trying again");
    keyboard.write_all(b"/join tea\n/leave tea\n/room\n").unwrap();
    screen.until(&server, "-- you speak in #lobby");
    server.state().rejects_connections = false;
    drop(keyboard);
    run.join().unwrap().unwrap();
    assert!(screen.text().contains("you left #tea"), "{}", screen.text());
}

#[test]
fn a_refused_message_is_printed_with_its_text() {
    let server = FakeServer::open();
    server.state().refusals.extend(["bad_text", "too_fast"]);
    let (screen, result) = run_with_input(plain(&server), "first\nsecond\n");
    result.unwrap();
    assert!(
        screen.contains("-- error: not sent to #lobby: no: bad_text\n--   first\n"),
        "{screen}"
    );
    assert_eq!(server.words("lobby"), ["second"], "too_fast only delays");
}

#[test]
fn after_a_refused_join_the_next_line_goes_to_the_old_room() {
    let server = FakeServer::open();
    let (screen, mut keyboard, run) = start(plain(&server));
    keyboard.write_all(b"/join closed\n").unwrap();
    screen.until(&server, "-- error: no: too_many_rooms\n");
    keyboard.write_all(b"hi\n").unwrap();
    server.until("it is said", |state| state.rooms.get("lobby").is_some_and(|l| !l.is_empty()));
    drop(keyboard);
    run.join().unwrap().unwrap();
    assert_eq!(server.words("lobby"), ["hi"]);
}

#[test]
fn without_echoes_own_messages_are_not_printed() {
    let server = FakeServer::open();
    let (screen, result) = run_with_input(Plain { echoes: false, ..plain(&server) }, "hi\n");
    result.unwrap();
    assert_eq!(server.words("lobby"), ["hi"]);
    assert!(!screen.contains("hi"), "{screen}");
}

#[test]
fn an_unreachable_server_is_an_error_with_a_hint() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = address.to_string().parse().unwrap();
    let plain = Plain { server, nick: None, rooms: Vec::new(), state: None, echoes: true };
    let error = run_with_input(plain, "hi\n").1.unwrap_err();
    assert!(error.to_string().starts_with(&format!("Unable to connect to {address}: ")), "{error}");
    assert!(error.hint().starts_with("check the host and port, and that the server runs"));
    assert_eq!(error.exit(), Exit::Fault);
}
