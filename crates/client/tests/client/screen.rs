//! The screen with a real link: everything except the terminal.

use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use teahouse_client::link::limits::ASKS_MAX;
use teahouse_client::link::{Config, Happening, Link, Stage};
use teahouse_client::screen::{
    self, Charset, Effect, Input, Key, Model, Now, Palette, Peer, Press, Server, Setup, Size,
    Theme, draw,
};
use teahouse_core::{RoomName, Text};
use teahouse_wire::api::{Code, Message, Request, Rooms};
use tokio::time::Instant;

use crate::server::{FakeServer, TIMEOUT};

const SIZE: Size = Size { columns: 60, rows: 10 };

struct Driver {
    peer: screen::ApiServer,
    model: Model,
    started: Instant,
}

impl Driver {
    fn open(server: &FakeServer) -> Self {
        let room = RoomName::parse("tea").unwrap();
        let link = Link::open(Config { rooms: vec![room.clone()], ..Config::new(server.server()) });
        let setup = Setup {
            server: Server::Api,
            rooms: vec![room],
            zone: TimeZone::UTC,
            has_bursts: false,
            sent: Vec::new(),
            drafts: Vec::new(),
            own: Vec::new(),
        };
        let model = Model::new(setup, SIZE, Now::default());
        Self { peer: screen::ApiServer::new(link), model, started: Instant::now() }
    }

    fn input(&mut self, input: Input) {
        let since = self.started.elapsed().as_millis();
        let now = Now { since_start_ms: u64::try_from(since).unwrap(), time_ms: 0 };
        for effect in self.model.update(input, now) {
            match effect {
                Effect::Ask { reference, request } => self.peer.ask(reference, request),
                Effect::Say { room, text, acted } => self.peer.say(&room, &text, acted),
                Effect::Join(room) => self.peer.join(&room),
                Effect::Keep(keep) => self.peer.keep(keep),
                other => panic!("{other:?}"),
            }
        }
    }

    fn type_in(&mut self, words: &str) {
        for c in words.chars() {
            let key = if c == '\n' { Key::Enter } else { Key::Char(c) };
            self.input(Input::Key(Press::of(key)));
        }
    }

    fn screen(&mut self) -> String {
        self.model.follow_caret();
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.columns, SIZE.rows));
        draw(&self.model, &Theme::of(Palette::Plain, Charset::Full), &mut buffer);
        let rows = buffer.content().chunks(usize::from(SIZE.columns));
        let row = |cells: &[ratatui::buffer::Cell]| {
            cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>() + "\n"
        };
        rows.map(row).collect()
    }

    /// Handles inputs until the screen satisfies the condition.
    async fn until(&mut self, shows: impl Fn(&str) -> bool) {
        let deadline = self.started + TIMEOUT;
        loop {
            let screen = self.screen();
            if shows(&screen) {
                return;
            }
            assert!(Instant::now() < deadline, "the screen is:\n{screen}");
            let next = tokio::time::timeout(Duration::from_secs(1), self.peer.next()).await;
            match next {
                Ok(input) => self.input(input.expect("the link goes on")),
                Err(_) => self.input(Input::Tick),
            }
        }
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test);
}

/// Whether the screen shows a message as stored: without a mark of an earlier stage.
fn shows_kept(screen: &str, words: &str) -> bool {
    let is_kept = |row: &str| row.contains(words) && !row.contains(['…', '·', '!']);
    screen.lines().any(is_kept)
}

#[test]
fn a_message_is_shown_as_stored_and_history_is_fetched() {
    let server = FakeServer::open();
    for number in 1..=300 {
        server.say("tea", &format!("message {number}"));
    }
    run(async {
        let mut driver = Driver::open(&server);
        driver.until(|screen| screen.contains("message 300")).await;
        driver.type_in("hello\n");
        driver.until(|screen| shows_kept(screen, "hello")).await;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            driver.input(Input::Key(Press::of(Key::PageUp)));
            if driver.screen().contains("message 1 ") {
                break;
            }
            assert!(Instant::now() < deadline, "the screen is:\n{}", driver.screen());
            tokio::time::timeout(Duration::from_millis(20), async {
                let input = driver.peer.next().await.unwrap();
                driver.input(input);
            })
            .await
            .ok();
        }
    });
    assert_eq!(server.words("tea").len(), 301);
}

#[test]
fn a_message_said_while_the_server_is_away_arrives_once() {
    let server = FakeServer::open();
    run(async {
        let mut driver = Driver::open(&server);
        driver.until(|screen| screen.contains("3 here") || screen.contains("nobody has")).await;
        server.state().rejects_connections = true;
        server.cut();
        driver.until(|screen| screen.contains("offline")).await;
        driver.type_in("said meanwhile\nhalf a line");
        driver.until(|screen| screen.contains("waiting")).await;
        server.state().rejects_connections = false;
        let is_back = |screen: &str| !screen.contains("offline") && !screen.contains("waiting");
        driver.until(|screen| is_back(screen) && screen.contains("said meanwhile")).await;
        driver.until(|screen| shows_kept(screen, "said meanwhile")).await;
        assert!(driver.screen().contains("› half a line"), "{}", driver.screen());
    });
    assert_eq!(server.words("tea"), ["said meanwhile"]);
}

#[test]
fn a_server_that_was_never_reachable_is_hopeless() {
    run(async {
        let config = Config::new(teahouse_client::link::Server::parse("127.0.0.1:1").unwrap());
        let mut peer = screen::ApiServer::new(Link::open(config));
        while !peer.is_hopeless() {
            tokio::time::timeout(TIMEOUT, peer.next()).await.unwrap().unwrap();
        }
        let message = peer.ending().unwrap_err().to_string();
        assert!(message.starts_with("Unable to connect to 127.0.0.1:1: "), "{message}");
    });
}

#[test]
fn calls_that_the_link_rejects_are_reported_in_order_with_their_codes() {
    let server = FakeServer::open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut peer = screen::ApiServer::new(Link::open(Config::new(server.server())));
        let elsewhere = RoomName::parse("elsewhere").unwrap();
        for words in ["one", "two", "three"] {
            peer.say(&elsewhere, &Text::parse(words).unwrap(), false);
        }
        for _ in 0..=ASKS_MAX {
            peer.ask(1, Request::Rooms(Rooms { page: 1 }));
        }
        let mut reported = Vec::new();
        while reported.len() < 4 {
            match peer.next().await.unwrap() {
                Input::Link(Happening::Outgoing(outgoing)) => match outgoing.stage {
                    Stage::Refused(failure) => reported.push((outgoing.text.into(), failure.code)),
                    stage => panic!("{stage:?}"),
                },
                Input::Link(Happening::Received(sent)) => match sent.message {
                    Message::Error(failure) => reported.push((String::new(), failure.code)),
                    message => panic!("{message:?}"),
                },
                other => panic!("{other:?}"),
            }
        }
        let expected = [
            ("one".to_owned(), Code::NotInRoom),
            ("two".to_owned(), Code::NotInRoom),
            ("three".to_owned(), Code::NotInRoom),
            (String::new(), Code::TooFast),
        ];
        assert_eq!(reported, expected);
    });
}
