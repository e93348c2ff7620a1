//! Whatever a server sends, through the link to the screen and to lines: the corpus of messages, and others made from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use teahouse_core::harmless::{Fate, fate, harmless};
use teahouse_fuzz::{Dice, Seed, mutated};
use teahouse_wire::api::{Message, Ref, Request, ResumeKey, Rooms, RoomsPage, ServerMessage};

use super::played::*;
use crate::link::{Exchange, Happening, Output, Start, State};
use crate::render;
use crate::screen::model::members::Members;
use crate::screen::{Effect, Key, Press};

/// Conversations in one run: a few seconds of them.
const CASES: u64 = 150;
/// Messages of the server in one.
const MESSAGES_MAX: usize = 12;
/// What is passed on for one message: it, what it means for what was said and asked, and what becomes of the link.
const HAPPENINGS_MAX: usize = 30;

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/messages");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// The link and the screen of one person, and the time.
struct Person {
    exchange: Exchange,
    played: Played,
    now: Duration,
    /// What the link calls a question, and what the screen does.
    asked: BTreeMap<u64, u64>,
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
            played: Played::begin(60, 16, setup()),
            now: Duration::ZERO,
            asked: BTreeMap::new(),
        };
        person.exchange.handle_opened(person.now);
        for json in [
            r#"{"type":"welcome","nick":"ann","resumed":false,"session":"1","epoch":"0123456789abcdef","server":"0","first_room":"tea","ping_s":20,"grace_s":30}"#,
            r#"{"type":"joined","room":"tea","epoch":"0123456789abcdef","position":0,"complete":false,"members":1}"#,
        ] {
            person.hear(json);
        }
        person
    }

    /// The server sends this: what comes of it is done, and harms nobody.
    fn hear(&mut self, json: &str) {
        self.exchange.handle_text(self.now, json);
        self.pass_on(json);
    }

    /// What is due is done, and another connection is made where the link wants one.
    fn pass_until_due(&mut self, after: &str) {
        if let Some(due) = self.exchange.deadline() {
            self.now = self.now.max(due);
            self.exchange.handle_time(self.now);
            self.exchange.handle_opened(self.now);
            self.pass_on(after);
            let next = self.exchange.deadline();
            assert!(next.is_none_or(|next| next > self.now), "due for ever after {after}");
        }
    }

    fn pass_on(&mut self, of: &str) {
        let mut count = 0;
        while let Some(output) = self.exchange.poll_output() {
            if let Output::Happened(happening) = output {
                count += 1;
                assert!(count <= HAPPENINGS_MAX, "{count} things come of {of}");
                let printed = printed(&happening);
                assert_eq!(printed, harmless(&printed), "of {of}");
                self.show(happening);
            }
        }
        let (buffer, _) = self.played.drawn();
        let shown = buffer.content().iter().flat_map(|cell| cell.symbol().chars());
        for c in shown {
            assert!(matches!(fate(c), Fate::Kept | Fate::Tag) && c != '\n', "{c:?} of {of}");
        }
    }

    /// The screen takes it.
    fn show(&mut self, happening: Happening) {
        let happening = match happening {
            Happening::Received(ServerMessage { reference, message }) => {
                let reference = match reference {
                    Some(Ref::Number(number)) => self.asked.remove(&number).map(Ref::Number),
                    Some(Ref::Text(_)) | None => None,
                };
                Happening::Received(ServerMessage { reference, message })
            }
            other @ (Happening::State(_)
            | Happening::Outgoing(_)
            | Happening::Unanswered { .. }
            | Happening::Notice(_)) => other,
        };
        self.played.link(happening);
        self.ask();
    }

    /// What the screen asks is asked.
    fn ask(&mut self) {
        for effect in std::mem::take(&mut self.played.effects) {
            if let Effect::Ask { reference, request } = effect
                && let Ok(Ref::Number(number)) = self.exchange.ask(self.now, request)
            {
                self.asked.insert(number, reference);
            }
        }
    }

    /// The person looks at one thing or another.
    fn look(&mut self, dice: &mut Dice) {
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
            0 => self.played.key(dice.pick(&keys)),
            1 => self.played.ctrl(dice.pick(&['a', 'r', 'o', 'l', 'f', 'p', 'n', 'g'])),
            2 => self.played.press(Press::alt(Key::Char(dice.pick(&['m', 'l', '1', 'a'])))),
            _ => self.played.type_in(dice.pick(&["hi\n", "/who\n", "/rooms\n", "/search tea\n"])),
        }
    }
}

/// What a person sees where lines are printed.
fn printed(happening: &Happening) -> String {
    let mut out = Vec::new();
    match happening {
        Happening::Received(ServerMessage { message, .. }) => {
            render::message(message, Some(&room("tea")), &mut out);
            // Words that the link passes on are harmless wherever they will be shown.
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
fn whatever_a_server_sends_ends_nothing_but_the_connection_and_harms_no_terminal() {
    let corpus = corpus();
    let seed = Seed::of_run();
    for case in 0..CASES {
        let mut dice = seed.dice(case);
        let mut person = Person::in_tea();
        for _ in 0..=dice.roll(MESSAGES_MAX) {
            let bytes = match dice.roll(3) {
                0 => mutated(&dice.pick(&corpus), &corpus, &mut dice),
                _ => dice.pick(&corpus),
            };
            let mut json = String::from_utf8_lossy(&bytes).into_owned();
            // Most answers are to something that was asked.
            if let Some(asked) = person.asked.keys().last() {
                json = json.replace(r#""ref":3"#, &format!(r#""ref":{asked}"#));
            }
            person.hear(&json);
            assert!(person.exchange.rooms().count() <= 1, "a room nobody asked for: {json}");
            match dice.roll(4) {
                0 => person.pass_until_due(&json),
                1 => {
                    person.look(&mut dice);
                    person.ask();
                    person.pass_on(&json);
                }
                2 => person.played.wait(700),
                _ => {}
            }
        }
        person.pass_until_due("all of it");
    }
}

#[test]
fn a_list_of_pages_with_nothing_in_them_is_not_asked_for_on_and_on() {
    let mut played = Played::in_tea(60, 16);
    played.type_in("/join t");
    played.key(Key::Tab);
    let asked = played.asked();
    let [(reference, Request::Rooms(Rooms { page: 1 }))] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    let page = RoomsPage { rooms: Vec::new(), total: 9, page: 1, pages: 9 };
    played.answer(*reference, Message::Rooms(page));
    assert_eq!(played.asked(), []);
    let mut members = Members::default();
    assert_eq!(members.take_page(1, 9, &[nick("bob")], 9), Some(2));
    assert_eq!(members.take_page(2, 9, &[], 9), None);
}
