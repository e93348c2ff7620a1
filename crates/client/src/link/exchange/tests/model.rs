//! The exchange against a very simple server, with random breaks, delays, refusals and restarts: each message is stored
//! once and in order, and each event is received once and in order.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use teahouse_core::{RoomName, Text};
use teahouse_wire::api::{Id, Message};

use super::{EPOCH, joined, room, start, welcome};
use crate::link::{Exchange, Happening, Output, Stage, Start};

const ROOMS: [&str; 2] = ["tea", "go"];

/// One random step.
#[derive(Clone, Debug)]
enum Step {
    /// The link says something in the room with this index.
    Say(usize),
    /// Another member says something in the room with this index.
    Other(usize),
    /// This number of the link's messages reach the server.
    Up(usize),
    /// This number of the server's messages reach the link.
    Down(usize),
    /// The connection breaks; messages on the wire are lost.
    Cut,
    /// The server restarts and keeps its history.
    Restart,
    /// The client restarts and keeps its state file.
    Crash,
    /// The server answers "too fast" to the next message.
    TooFast,
    /// Time passes, in milliseconds.
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..2usize).prop_map(Step::Say),
        2 => (0..2usize).prop_map(Step::Other),
        6 => (0..4usize).prop_map(Step::Up),
        6 => (0..4usize).prop_map(Step::Down),
        1 => Just(Step::Cut),
        1 => Just(Step::Restart),
        1 => Just(Step::Crash),
        1 => Just(Step::TooFast),
        4 => (0..20_000u64).prop_map(Step::Pass),
    ]
}

/// A server whose rooms are lists of messages with their ids.
#[derive(Default)]
struct Server {
    rooms: BTreeMap<String, Vec<(String, Option<String>)>>,
    is_too_fast: bool,
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

    fn handle(&mut self, json: &str) {
        let request: Value = serde_json::from_str(json).unwrap();
        let name = request["room"].as_str().unwrap_or_default().to_owned();
        let list = self.rooms.entry(name.clone()).or_default();
        match request["op"].as_str().unwrap() {
            "hello" => self.down.push_back(welcome(false)),
            "join" => {
                let after = request["after"]["position"].as_u64();
                let head = u64::try_from(list.len()).unwrap();
                self.down.push_back(joined(&name, head, after.is_some()));
                let from = usize::try_from(after.unwrap_or(0)).unwrap();
                for (index, stored) in list.iter().enumerate().skip(from) {
                    self.down.push_back(Self::event(&name, index, stored));
                }
                self.connection.as_mut().unwrap().push(name);
            }
            "say" => {
                let id = request["id"].as_str().unwrap().to_owned();
                let known = list.iter().position(|(_, known)| known.as_deref() == Some(&id));
                let reference = request["ref"].as_u64().unwrap();
                if std::mem::take(&mut self.is_too_fast) {
                    self.down.push_back(super::error(reference, "too_fast"));
                } else if let Some(index) = known {
                    self.down.push_back(format!(
                        r#"{{"type":"duplicate","room":"{name}","position":{},"id":"{id}"}}"#,
                        index + 1
                    ));
                } else {
                    self.store(&name, request["text"].as_str().unwrap(), Some(id));
                }
            }
            other => panic!("unexpected request: {other}"),
        }
    }
}

/// A link, a server, the messages between them, and what the link said and received.
struct World {
    link: Exchange,
    server: Server,
    up: VecDeque<String>,
    now: Duration,
    is_dialled: bool,
    own: BTreeMap<RoomName, Vec<String>>,
    received: BTreeMap<RoomName, Vec<(u64, String)>>,
    count: u64,
}

impl World {
    fn new() -> Self {
        let rooms = ROOMS.iter().map(|name| (room(name), None)).collect();
        let link = Exchange::new(Duration::ZERO, Start { rooms, ..start() });
        let (server, up, now) = (Server::default(), VecDeque::new(), Duration::ZERO);
        let (own, received) = (BTreeMap::new(), BTreeMap::new());
        Self { link, server, up, now, is_dialled: false, own, received, count: 0 }
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
                        self.received.entry(event.room).or_default().push((event.position, words));
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

    fn execute(&mut self, step: &Step) {
        match step {
            Step::Say(index) => {
                self.count += 1;
                let words = format!("own {}", self.count);
                let (name, text) = (room(ROOMS[*index]), Text::parse(&words).unwrap());
                let id = Id(u128::from(self.count).to_le_bytes());
                self.link.say(self.now, id, &name, &text, false).unwrap();
                self.own.entry(name).or_default().push(words);
            }
            Step::Other(index) => {
                self.count += 1;
                self.server.store(ROOMS[*index], &format!("other {}", self.count), None);
            }
            Step::Up(count) => {
                for json in self.up.drain(..(*count).min(self.up.len())) {
                    self.server.handle(&json);
                }
            }
            Step::Down(count) => {
                for _ in 0..*count {
                    let Some(json) = self.server.down.pop_front() else { break };
                    self.link.handle_text(self.now, &json);
                    self.run_outputs();
                }
            }
            Step::Cut | Step::Restart => {
                self.cut();
                self.link.handle_closed(self.now, None, "cut");
            }
            Step::Crash => {
                self.cut();
                let rooms = self.link.rooms().map(|(room, cursor)| (room.clone(), cursor));
                let rooms = rooms.collect();
                let outbox = self.link.outbox().cloned().collect();
                self.link = Exchange::new(self.now, Start { rooms, outbox, ..start() });
            }
            Step::TooFast => self.server.is_too_fast = true,
            Step::Pass(ms) => {
                self.now += Duration::from_millis(*ms);
                self.link.handle_time(self.now);
            }
        }
        self.run_outputs();
    }

    /// Runs without further faults until the outbox is empty and both rooms are joined.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            while !self.up.is_empty() || !self.server.down.is_empty() {
                self.execute(&Step::Up(usize::MAX));
                self.execute(&Step::Down(1));
            }
            let is_in = self.server.connection.as_ref().is_some_and(|inside| inside.len() == 2);
            if self.link.outbox().next().is_none() && is_in {
                return;
            }
            self.now = self.link.deadline().unwrap();
            self.link.handle_time(self.now);
            self.run_outputs();
        }
        panic!("it does not settle");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn each_message_is_stored_once_and_each_event_is_received_once_in_order(
        steps in prop::collection::vec(step(), 0..120)
    ) {
        let mut world = World::new();
        world.run_outputs();
        steps.iter().for_each(|step| world.execute(step));
        world.settle();
        for name in ROOMS {
            let stored = world.server.rooms.remove(name).unwrap_or_default();
            let stored: Vec<String> = stored.into_iter().map(|(words, _)| words).collect();
            let stored_own: Vec<&String> =
                stored.iter().filter(|words| words.starts_with("own")).collect();
            let own = world.own.remove(&room(name)).unwrap_or_default();
            prop_assert_eq!(stored_own, own.iter().collect::<Vec<_>>());
            let all: Vec<(u64, String)> = (1..).zip(stored).collect();
            prop_assert_eq!(world.received.remove(&room(name)).unwrap_or_default(), all);
        }
    }
}
