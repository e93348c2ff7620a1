//! A protocol that no listener offers: its clients keep lists of who is in a room, as IRC clients do, from the joins
//! and leaves that they receive.

use std::collections::{BTreeMap, BTreeSet};

use teahouse_core::{Action, Answer, Nick, Presence, Query, RoomId, RoomName};
use teahouse_wire::protocol::{Begin, Entered, Fact, Format, Output, RoomEncoder, Surroundings};
use teahouse_wire::{Clock, Epoch, Input, ProtocolSession, Work};

const FORMAT: Format = Format::new("lists", |_, _| Box::new(Words));

/// How a fact is encoded for clients that keep lists.
#[derive(Debug)]
struct Words;

impl RoomEncoder for Words {
    fn keeps_lists(&self) -> bool {
        true
    }

    fn encode(&mut self, fact: Fact<'_>, room: &RoomName, _: &[u8], out: &mut Vec<u8>) {
        let line = match fact {
            Fact::Event(event) => {
                let words = event.text.as_ref().map_or("", |text| text.as_str());
                format!("said {} {room} {words}\n", event.nick)
            }
            Fact::Presence(Presence::Entered { nick }) => format!("entered {nick} {room}\n"),
            Fact::Presence(Presence::Left { nick }) => format!("left {nick} {room}\n"),
            Fact::Presence(Presence::Offline { nick, .. }) => format!("offline {nick}\n"),
            Fact::Presence(Presence::Renamed { from, to }) => format!("renamed {from} {to}\n"),
            Fact::Presence(Presence::Typing { .. } | Presence::Folded { .. }) => return,
        };
        out.extend_from_slice(line.as_bytes());
    }
}

/// The session of such a client. Each of its lines is `join`, `leave`, `who` or `nick`, and a name.
#[derive(Debug, Default)]
pub(crate) struct KeeperSession {
    has_entered: bool,
    partial: Vec<u8>,
}

impl KeeperSession {
    fn handle_line(line: &str, inputs: &mut Vec<Input>) {
        let (verb, name) = line.split_once(' ').unwrap_or((line, ""));
        let room = || RoomName::parse(name).expect("rooms have names");
        match verb {
            "join" => inputs.push(Input::ask(Action::Join { room: room() })),
            "leave" => inputs.push(Input::ask(Action::Leave { room: room() })),
            "who" => inputs.push(Input::ask(Query::Who { room: room(), page: 1 })),
            "nick" => {
                let nick = Nick::parse(name).expect("it is a nick");
                inputs.push(Input::ask(Action::Rename { nick }));
            }
            _ => {}
        }
    }
}

impl ProtocolSession for KeeperSession {
    fn name(&self) -> &'static str {
        "lists"
    }

    fn handle_bytes(
        &mut self,
        bytes: &[u8],
        _: &Clock,
        work: &mut Work,
        inputs: &mut Vec<Input>,
    ) -> usize {
        if !std::mem::replace(&mut self.has_entered, true) {
            inputs.push(Input::ask(Action::Enter { nick: None, room: None, resume_key: None }));
        }
        let mut taken = 0;
        while let Some(byte) = bytes.get(taken).filter(|_| !work.is_used_up()) {
            taken += 1;
            if *byte != b'\n' {
                self.partial.push(*byte);
                continue;
            }
            work.spend_one();
            let line = String::from_utf8(std::mem::take(&mut self.partial)).expect("it is UTF-8");
            Self::handle_line(&line, inputs);
        }
        taken
    }

    fn handle_end(&mut self, _: &Clock, inputs: &mut Vec<Input>) {
        inputs.push(Input::Quit);
    }

    fn partial_input_bytes(&self) -> usize {
        self.partial.len()
    }

    fn handle_joined(&mut self, _: &Entered<'_>, _: Epoch) -> Begin {
        Begin::Now
    }

    fn format(&self, _: RoomId) -> Format {
        FORMAT
    }

    fn render(&mut self, output: &Output<'_>, _: &Surroundings<'_>, out: &mut Vec<u8>) {
        let mut line = String::new();
        if let Output::Entered(entered) = output {
            line = format!("in {}\n", entered.room);
        } else if let Output::Left(_, room) = output {
            line = format!("out {room}\n");
        } else if let Output::Answer(_, Answer::Members { name, nicks, .. }) = output {
            let nicks: Vec<&str> = nicks.iter().map(Nick::as_str).collect();
            line = format!("list {name} {}\n", nicks.join(" "));
        } else if let Output::Answer(_, Answer::Renamed { from, to }) = output {
            line = format!("mine {from} {to}\n");
        } else if let Output::GivenBack(..) = output {
            line.push_str("refused\n");
        }
        out.extend_from_slice(line.as_bytes());
    }
}

/// What such a client knows from its input.
#[derive(Default)]
pub(crate) struct Lists {
    /// The list of each room it is in; `None` until it has received the first list.
    pub(crate) rooms: BTreeMap<String, Option<BTreeSet<String>>>,
    /// Whether one of its requests was refused because it came too fast.
    pub(crate) is_refused: bool,
    /// The messages received, in order.
    pub(crate) messages: Vec<String>,
}

impl Lists {
    /// Handles a line; returns a room whose list the client wants.
    pub(crate) fn receive_line(&mut self, line: &str) -> Option<String> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["in", room] => {
                self.rooms.insert(room.to_owned(), None);
                return Some(room.to_owned());
            }
            ["out", room] => assert!(self.rooms.remove(room).is_some(), "{line}"),
            ["list", room, ref nicks @ ..] => {
                if let Some(list) = self.rooms.get_mut(room) {
                    *list = Some(nicks.iter().map(|&nick| nick.to_owned()).collect());
                }
            }
            ["entered", nick, room] => {
                let list = self.rooms.get_mut(room).expect(line);
                assert!(list.as_mut().is_none_or(|list| list.insert(nick.into())), "{line}");
            }
            ["left", nick, room] => {
                let list = self.rooms.get_mut(room).expect(line);
                assert!(list.as_mut().is_none_or(|list| list.remove(nick)), "{line}");
            }
            ["offline", nick] => assert!(self.replace(nick, None), "{line}"),
            ["renamed", from, to] => assert!(self.replace(from, Some(to)), "{line}"),
            ["mine", from, to] => drop(self.replace(from, Some(to))),
            ["refused"] => self.is_refused = true,
            ["said", _, _, ref words @ ..] => self.messages.push(words.join(" ")),
            _ => panic!("{line}"),
        }
        None
    }

    /// Replaces a nick in every list; returns whether it was, or may have been, in one.
    fn replace(&mut self, from: &str, to: Option<&str>) -> bool {
        let mut was_there = self.rooms.values().any(Option::is_none);
        for list in self.rooms.values_mut().flatten().filter(|list| list.contains(from)) {
            was_there |= list.remove(from);
            list.extend(to.map(str::to_owned));
        }
        was_there
    }
}
