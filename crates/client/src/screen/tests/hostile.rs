//! Hostile servers: messages of the corpus, and mutations of them, go through the link to the screen and to lines.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use teahouse_core::harmless::{Fate, fate, harmless};
use teahouse_fuzz::{Dice, Seed, mutate};
use teahouse_wire::api::{Message, Ref, Request, ResumeKey, Rooms, RoomsPage, ServerMessage};

use super::harness::*;
use crate::link::{Exchange, Happening, Output, Start, State};
use crate::render;
use crate::screen::model::members::Members;
use crate::screen::{Effect, Key, Press};

/// Conversations per run: they take a few seconds.
const CASES: u64 = 150;
/// The most messages of the server in one conversation.
const MESSAGES_MAX: usize = 12;
/// The most happenings for one message: the message, its effect on messages and requests, and the state of the link.
const HAPPENINGS_MAX: usize = 30;

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/messages");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// The link and the screen of a person, and the time.
struct Person {
    exchange: Exchange,
    harness: Harness,
    now: Duration,
    /// From the link's reference of a request to the screen's.
    references: BTreeMap<u64, u64>,
}

impl Person {
    fn in_tea() -> Self {
        let start = Start {
            nick: Some(nick("ann")),
            resume_key: ResumeKey([0xFF; 16]),
            rooms: vec![(room("tea"), None)],
            outbox: Vec::new(),
            seed: 1,
        };
        let mut person = Self {
            exchange: Exchange::new(Duration::ZERO, start),
            harness: Harness::begin(60, 16, setup()),
            now: Duration::ZERO,
            references: BTreeMap::new(),
        };
        person.exchange.handle_opened(person.now);
        for json in [
            r#"{"type":"welcome","nick":"ann","resumed":false,"session":"1","epoch":"0123456789abcdef","server":"0","first_room":"tea","ping_s":20,"grace_s":30}"#,
            r#"{"type":"joined","room":"tea","epoch":"0123456789abcdef","position":0,"complete":false,"members":1}"#,
        ] {
            person.receive(json);
        }
        person
    }

    /// Receives a message from the server, and checks that its outputs are harmless.
    fn receive(&mut self, json: &str) {
        self.exchange.handle_text(self.now, json);
        self.deliver(json);
    }

    /// Runs the link's next timer, and reconnects where the link wants a connection.
    fn run_until_deadline(&mut self, after: &str) {
        if let Some(due) = self.exchange.deadline() {
            self.now = self.now.max(due);
            self.exchange.handle_time(self.now);
            self.exchange.handle_opened(self.now);
            self.deliver(after);
            let next = self.exchange.deadline();
            assert!(next.is_none_or(|next| next > self.now), "due for ever after {after}");
        }
    }

    fn deliver(&mut self, of: &str) {
        let mut count = 0;
        while let Some(output) = self.exchange.poll_output() {
            if let Output::Happened(happening) = output {
                count += 1;
                assert!(count <= HAPPENINGS_MAX, "{count} things come of {of}");
                let text = rendered(&happening);
                assert_eq!(text, harmless(&text), "of {of}");
                self.show(happening);
            }
        }
        let (buffer, _) = self.harness.draw();
        let shown = buffer.content().iter().flat_map(|cell| cell.symbol().chars());
        for c in shown {
            assert!(matches!(fate(c), Fate::Kept | Fate::Tag) && c != '\n', "{c:?} of {of}");
        }
    }

    /// Passes a happening to the screen.
    fn show(&mut self, happening: Happening) {
        let happening = match happening {
            Happening::Received(ServerMessage { reference, message }) => {
                let reference = match reference {
                    Some(Ref::Number(number)) => self.references.remove(&number).map(Ref::Number),
                    Some(Ref::Text(_)) | None => None,
                };
                Happening::Received(ServerMessage { reference, message })
            }
            other @ (Happening::State(_)
            | Happening::Outgoing(_)
            | Happening::Unanswered { .. }
            | Happening::Notice(_)) => other,
        };
        self.harness.link(happening);
        self.send_requests();
    }

    /// Sends the screen's requests to the link.
    fn send_requests(&mut self) {
        for effect in std::mem::take(&mut self.harness.effects) {
            if let Effect::Ask { reference, request } = effect
                && let Ok(Ref::Number(number)) = self.exchange.ask(self.now, request)
            {
                self.references.insert(number, reference);
            }
        }
    }

    /// Presses a random key, or types a random command.
    fn press_random_key(&mut self, dice: &mut Dice) {
        let keys = [
            Key::PageUp,
            Key::PageDown,
            Key::Up,
            Key::Esc,
            Key::Tab,
            Key::Enter,
            Key::F(1),
            Key::F(2),
            Key::F(3),
        ];
        match dice.roll(4) {
            0 => self.harness.key(dice.pick(&keys)),
            1 => self.harness.ctrl(dice.pick(&['a', 'r', 'o', 'l', 'f', 'p', 'n', 'g'])),
            2 => self.harness.press(Press::alt(Key::Char(dice.pick(&['m', 'l', '1', 'a'])))),
            _ => self.harness.type_in(dice.pick(&["hi\n", "/who\n", "/rooms\n", "/search tea\n"])),
        }
    }
}

/// The text that the line client prints for a happening.
fn rendered(happening: &Happening) -> String {
    let mut out = Vec::new();
    match happening {
        Happening::Received(ServerMessage { message, .. }) => {
            render::message(message, Some(&room("tea")), &mut out);
            // The link has to make texts harmless wherever they will be shown.
            let words = if let Message::Notice { text } = message {
                text
            } else if let Message::Found { words, .. } = message {
                words
            } else if let Message::Error(failure) = message {
                &failure.message
            } else {
                ""
            };
            out.extend_from_slice(words.as_bytes());
        }
        Happening::State(State::Online(welcome)) => {
            render::message(&Message::Welcome(welcome.clone()), None, &mut out);
            out.extend_from_slice(welcome.server.as_bytes());
        }
        Happening::State(State::Offline { why, .. }) | Happening::Notice(why) => {
            out.extend_from_slice(why.as_bytes());
        }
        Happening::State(State::Connecting { .. } | State::Ended { .. })
        | Happening::Outgoing(_)
        | Happening::Unanswered { .. } => {}
    }
    String::from_utf8(out).unwrap().replace("\r\n", "\n")
}

#[test]
fn nothing_a_server_sends_ends_more_than_the_connection_or_harms_a_terminal() {
    let corpus = corpus();
    let seed = Seed::of_run();
    for case in 0..CASES {
        let mut dice = seed.dice(case);
        let mut person = Person::in_tea();
        for _ in 0..=dice.roll(MESSAGES_MAX) {
            let bytes = match dice.roll(3) {
                0 => mutate(&dice.pick(&corpus), &corpus, &mut dice),
                _ => dice.pick(&corpus),
            };
            let mut json = String::from_utf8_lossy(&bytes).into_owned();
            // Most answers belong to a request.
            if let Some(reference) = person.references.keys().last() {
                json = json.replace(r#""ref":3"#, &format!(r#""ref":{reference}"#));
            }
            person.receive(&json);
            assert!(person.exchange.rooms().count() <= 1, "a room nobody asked for: {json}");
            match dice.roll(4) {
                0 => person.run_until_deadline(&json),
                1 => {
                    person.press_random_key(&mut dice);
                    person.send_requests();
                    person.deliver(&json);
                }
                2 => person.harness.wait(700),
                _ => {}
            }
        }
        person.run_until_deadline("all of it");
    }
}

#[test]
fn an_empty_page_ends_a_list() {
    let mut harness = Harness::in_tea(60, 16);
    harness.type_in("/join t");
    harness.key(Key::Tab);
    let requests = harness.take_requests();
    let [(reference, Request::Rooms(Rooms { page: 1 }))] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    let page = RoomsPage { rooms: Vec::new(), total: 9, page: 1, pages: 9 };
    harness.answer(*reference, Message::Rooms(page));
    assert_eq!(harness.take_requests(), []);
    let mut members = Members::default();
    assert_eq!(members.add_page(1, 9, &[nick("bob")], 9), Some(2));
    assert_eq!(members.add_page(2, 9, &[], 9), None);
}
