//! The exchange against a server that is as dumb as can be: whatever is cut, delayed, refused or restarted,
//! each message is stored once and in order, and each event is heard once and in order.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use teahouse_core::{RoomName, Text};
use teahouse_wire::api::{Id, Message};

use super::{EPOCH, joined, room, start, welcome};
use crate::link::{Exchange, Happening, Output, Stage, Start};

const ROOMS: [&str; 2] = ["tea", "go"];

/// What may happen, in any order.
#[derive(Clone, Debug)]
enum Act {
    /// We say something.
    Say(usize),
    /// Somebody else says something.
    Other(usize),
    /// So many of our messages reach the server.
    Up(usize),
    /// So many of its messages reach us.
    Down(usize),
    /// What is on the wire is gone.
    Cut,
    /// The server is begun anew; its history stays.
    Restart,
    /// The program is begun anew; what it remembers stays.
    Crash,
    /// The next message is too fast for the server.
    Hasty,
    /// Milliseconds.
    Pass(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..2usize).prop_map(Act::Say),
        2 => (0..2usize).prop_map(Act::Other),
        6 => (0..4usize).prop_map(Act::Up),
        6 => (0..4usize).prop_map(Act::Down),
        1 => Just(Act::Cut),
        1 => Just(Act::Restart),
        1 => Just(Act::Crash),
        1 => Just(Act::Hasty),
        4 => (0..20_000u64).prop_map(Act::Pass),
    ]
}

/// Rooms as lists of words; who is in a room hears what comes after.
#[derive(Default)]
struct Server {
    rooms: BTreeMap<String, Vec<(String, Option<String>)>>,
    is_hasty: bool,
    connection: Option<Vec<String>>,
    down: VecDeque<String>,
}

impl Server {
    fn event(name: &str, index: usize, (words, id): &(String, Option<String>)) -> String {
        let id = id.as_ref().map(|id| id.parse::<Id>().unwrap());
        super::event_of(EPOCH, name, u64::try_from(index).unwrap() + 1, words, id)
    }

    fn store(&mut self, name: &str, words: &str, id: Option<String>) {
        let list = self.rooms.entry(name.to_owned()).or_default();
        list.push((words.to_owned(), id));
        let event = Self::event(name, list.len() - 1, &list[list.len() - 1]);
        if self.connection.as_ref().is_some_and(|inside| inside.iter().any(|room| room == name)) {
            self.down.push_back(event);
        }
    }

    fn take(&mut self, json: &str) {
        let asked: Value = serde_json::from_str(json).unwrap();
        let name = asked["room"].as_str().unwrap_or_default().to_owned();
        let list = self.rooms.entry(name.clone()).or_default();
        match asked["op"].as_str().unwrap() {
            "hello" => self.down.push_back(welcome(false)),
            "join" => {
                let after = asked["after"]["position"].as_u64();
                let head = u64::try_from(list.len()).unwrap();
                self.down.push_back(joined(&name, head, after.is_some()));
                let from = usize::try_from(after.unwrap_or(0)).unwrap();
                for (index, stored) in list.iter().enumerate().skip(from) {
                    self.down.push_back(Self::event(&name, index, stored));
                }
                self.connection.as_mut().unwrap().push(name);
            }
            "say" => {
                let id = asked["id"].as_str().unwrap().to_owned();
                let known = list.iter().position(|(_, known)| known.as_deref() == Some(&id));
                let reference = asked["ref"].as_u64().unwrap();
                if std::mem::take(&mut self.is_hasty) {
                    self.down.push_back(super::error(reference, "too_fast"));
                } else if let Some(index) = known {
                    self.down.push_back(format!(
                        r#"{{"type":"duplicate","room":"{name}","position":{},"id":"{id}"}}"#,
                        index + 1
                    ));
                } else {
                    self.store(&name, asked["text"].as_str().unwrap(), Some(id));
                }
            }
            other => panic!("the link asks {other}"),
        }
    }
}

/// A link, the server, what is between them, and what was said and heard.
struct World {
    link: Exchange,
    server: Server,
    up: VecDeque<String>,
    now: Duration,
    is_dialled: bool,
    said: BTreeMap<RoomName, Vec<String>>,
    heard: BTreeMap<RoomName, Vec<(u64, String)>>,
    count: u64,
}

impl World {
    fn new() -> Self {
        let rooms = ROOMS.iter().map(|name| (room(name), None)).collect();
        let link = Exchange::new(Duration::ZERO, Start { rooms, ..start() });
        let (server, up, now) = (Server::default(), VecDeque::new(), Duration::ZERO);
        let (said, heard) = (BTreeMap::new(), BTreeMap::new());
        Self { link, server, up, now, is_dialled: false, said, heard, count: 0 }
    }

    fn cut(&mut self) {
        self.up.clear();
        self.server.down.clear();
        self.server.connection = None;
    }

    fn run_outputs(&mut self) {
        while let Some(output) = self.link.poll_output() {
            match output {
                Output::Dial => self.is_dialled = true,
                Output::Hangup => self.cut(),
                Output::Send(json) => self.up.push_back(json),
                Output::Happened(Happening::Received(sent)) => {
                    if let Message::Event(event) = sent.message {
                        let words = event.text.unwrap().as_str().to_owned();
                        self.heard.entry(event.room).or_default().push((event.position, words));
                    }
                }
                Output::Happened(Happening::Outgoing(outgoing)) => {
                    assert!(!matches!(outgoing.stage, Stage::Refused(_)), "{outgoing:?}");
                }
                Output::Happened(Happening::State(_)) => {}
                Output::Happened(other) => panic!("{other:?}"),
            }
        }
        if std::mem::take(&mut self.is_dialled) {
            self.cut();
            self.server.connection = Some(Vec::new());
            self.link.handle_opened(self.now);
            self.run_outputs();
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Say(index) => {
                self.count += 1;
                let words = format!("own {}", self.count);
                let (name, text) = (room(ROOMS[*index]), Text::parse(&words).unwrap());
                let id = Id(u128::from(self.count).to_le_bytes());
                self.link.say(self.now, id, &name, &text, false).unwrap();
                self.said.entry(name).or_default().push(words);
            }
            Act::Other(index) => {
                self.count += 1;
                self.server.store(ROOMS[*index], &format!("other {}", self.count), None);
            }
            Act::Up(count) => {
                for json in self.up.drain(..(*count).min(self.up.len())) {
                    self.server.take(&json);
                }
            }
            Act::Down(count) => {
                for _ in 0..*count {
                    let Some(json) = self.server.down.pop_front() else { break };
                    self.link.handle_text(self.now, &json);
                    self.run_outputs();
                }
            }
            Act::Cut | Act::Restart => {
                self.cut();
                self.link.handle_closed(self.now, None, "cut");
            }
            Act::Crash => {
                self.cut();
                let rooms = self.link.rooms().map(|(room, place)| (room.clone(), place));
                let rooms = rooms.collect();
                let outbox = self.link.outbox().cloned().collect();
                self.link = Exchange::new(self.now, Start { rooms, outbox, ..start() });
            }
            Act::Hasty => self.server.is_hasty = true,
            Act::Pass(ms) => {
                self.now += Duration::from_millis(*ms);
                self.link.handle_time(self.now);
            }
        }
        self.run_outputs();
    }

    /// Nothing goes wrong any more.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            while !self.up.is_empty() || !self.server.down.is_empty() {
                self.act(&Act::Up(usize::MAX));
                self.act(&Act::Down(1));
            }
            let is_in = self.server.connection.as_ref().is_some_and(|inside| inside.len() == 2);
            if self.link.outbox().next().is_none() && is_in {
                return;
            }
            self.now = self.link.deadline().unwrap();
            self.link.handle_time(self.now);
            self.run_outputs();
        }
        panic!("it does not come to rest");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn whatever_happens_each_message_is_kept_once_and_each_event_is_heard_once_in_order(
        acts in prop::collection::vec(act(), 0..120)
    ) {
        let mut world = World::new();
        world.run_outputs();
        acts.iter().for_each(|act| world.act(act));
        world.settle();
        for name in ROOMS {
            let stored = world.server.rooms.remove(name).unwrap_or_default();
            let stored: Vec<String> = stored.into_iter().map(|(words, _)| words).collect();
            let own: Vec<&String> =
                stored.iter().filter(|words| words.starts_with("own")).collect();
            let said = world.said.remove(&room(name)).unwrap_or_default();
            prop_assert_eq!(own, said.iter().collect::<Vec<_>>());
            let all: Vec<(u64, String)> = (1..).zip(stored).collect();
            prop_assert_eq!(world.heard.remove(&room(name)).unwrap_or_default(), all);
        }
    }
}
