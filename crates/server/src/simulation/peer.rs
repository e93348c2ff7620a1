//! Peers: people with `nc`, who may do anything, and programs at the api, which keep to its rules, come back with
//! their key and their cursors, and say again what has not been acknowledged.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::dice::Dice;
use super::editor::Screen;
use super::socket::VirtualSocket;
use crate::key::Key;

/// Rooms that peers go to.
pub(super) const ROOMS: [&str; 3] = ["lobby", "tea", "pot"];

/// Empty lines, and commands that are not known, said at once by who floods.
const FLOOD: usize = 15;

/// The peers, and what they have left behind.
pub(super) struct Outside {
    pub(super) peers: Vec<Peer>,
    /// Connections that their peers have given up, and the server has not.
    pub(super) given_up: Vec<Wire>,
    /// Messages said so far, which have these numbers.
    pub(super) said: u32,
}

impl Outside {
    /// All connections that there are.
    pub(super) fn wires(&mut self) -> impl Iterator<Item = &mut Wire> {
        let of_peers = self.peers.iter_mut().filter_map(|peer| peer.wire.as_mut());
        of_peers.chain(&mut self.given_up)
    }
}

/// One peer, over all its connections.
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) wire: Option<Wire>,
    pub(super) kind: Kind,
    /// Bytes received that are no whole line or frame.
    partial: Vec<u8>,
}

/// A peer's present connection.
pub(super) struct Wire {
    pub(super) socket: VirtualSocket,
    pub(super) shard: usize,
    pub(super) key: Key,
    /// The peer has closed its side.
    pub(super) is_closed: bool,
    /// It takes what comes and says nothing to that, as a machine does that hangs.
    pub(super) is_asleep: bool,
    pub(super) is_served: bool,
}

pub(super) enum Kind {
    Line(Line),
    Api(Api),
    /// Somebody whose line the server edits.
    Editor(Screen),
}

/// What somebody with `nc` has heard on this connection, in its order.
#[derive(Default)]
pub(super) struct Line {
    pub(super) heard: Vec<u32>,
    /// What is typed and not ended.
    pub(super) typed: String,
}

/// A program at the api.
#[derive(Default)]
pub(super) struct Api {
    seat: String,
    /// Events of the past that one is shown on coming in.
    history_shown: u64,
    /// What it has of each room it is in: the last position and its time, and all tokens since it came.
    pub(super) rooms: BTreeMap<String, Followed>,
    /// Said and not acknowledged: room, token.
    pub(super) unacknowledged: BTreeMap<u32, String>,
    /// It has been welcomed on this connection.
    is_in: bool,
    reference: u32,
}

/// A room, as a program at the api follows it.
#[derive(Default)]
pub(super) struct Followed {
    /// Position, time, of the last event.
    last: Option<(u64, i64)>,
    epoch: String,
    /// The room's last event when it came in.
    pub(super) at: u64,
    /// The last event before those that it is shown on coming in.
    begin: u64,
    /// It has been told on this connection that it is in.
    pub(super) is_joined: bool,
    /// Positions heard, without a hole, since it came in anew.
    pub(super) heard: Vec<(u64, String)>,
}

impl Peer {
    pub(super) fn line(number: usize) -> Self {
        let kind = Kind::Line(Line::default());
        Self { name: format!("line{number}"), wire: None, kind, partial: Vec::new() }
    }

    pub(super) fn api(number: usize, history_shown: u64) -> Self {
        let api = Api { seat: format!("{:032x}", number + 1), history_shown, ..Api::default() };
        Self { name: format!("api{number}"), wire: None, kind: Kind::Api(api), partial: Vec::new() }
    }

    pub(super) fn editor(number: usize) -> Self {
        let kind = Kind::Editor(Screen::default());
        Self { name: format!("editor{number}"), wire: None, kind, partial: Vec::new() }
    }

    /// A new connection; gives back the one before.
    pub(super) fn connect(&mut self, wire: Wire) -> Option<Wire> {
        self.partial.clear();
        let earlier = self.wire.replace(wire);
        match &mut self.kind {
            Kind::Line(line) => *line = Line::default(),
            Kind::Editor(screen) => *screen = Screen::default(),
            Kind::Api(api) => {
                api.is_in = false;
                let hello = json!({"op": "hello", "nick": self.name, "seat": api.seat});
                let hello = api.asked(hello);
                self.send(&hello);
            }
        }
        earlier
    }

    fn send(&self, bytes: &[u8]) {
        if let Some(wire) = self.wire.as_ref().filter(|wire| !wire.is_closed && !wire.is_asleep) {
            wire.socket.send(bytes);
        }
    }

    /// Says something, or does one of the other things that can be done.
    pub(super) fn act(&mut self, dice: &mut Dice, token: u32, is_restless: bool) {
        let room = *dice.pick(&ROOMS);
        if self.wire.as_ref().is_some_and(|wire| wire.is_asleep) {
            return;
        }
        match &mut self.kind {
            Kind::Line(line) => {
                let typed = match dice.below(16) {
                    0 => format!("/join {room}\n"),
                    10 if is_restless => format!("/join {room}\n"),
                    1 => "/leave\n".to_owned(),
                    2 => format!("/nick n{token}\n"),
                    3 => "/who\n".to_owned(),
                    4 => "/history 2\n".to_owned(),
                    5 => format!("/me m{token};\n"),
                    6 => format!("/msg api1 t{token}\n"),
                    7 if dice.once_in(8) => "/quit\n".to_owned(),
                    8 => format!("half of m{token}"),
                    9 => ";\n".to_owned(),
                    // More than there are tokens for, all of it in one read.
                    11 => "\n/nothing\n".repeat(FLOOD),
                    _ => format!("m{token};\r\n"),
                };
                line.typed = typed;
                let bytes = line.typed.clone().into_bytes();
                self.send(&bytes);
            }
            Kind::Editor(screen) => {
                let keys = match dice.below(8) {
                    0 => format!("/join {room}\n"),
                    1 => "\u{7f}\u{7f}\u{7f}".to_owned(),
                    2 | 3 => "some words".to_owned(),
                    4 => "\u{7f}\n".to_owned(),
                    _ => format!("m{token};\n"),
                };
                // What is typed is on its way only where there is one.
                if self.wire.as_ref().is_some_and(|wire| !wire.is_closed) {
                    let bytes = screen.types(&keys);
                    self.send(&bytes);
                }
            }
            Kind::Api(api) => {
                if !api.is_in {
                    return;
                }
                let is_joined = api.rooms.get(room).is_some_and(|room| room.is_joined);
                let is_owed = api.unacknowledged.values().any(|to| to == room);
                let request = match dice.below(10) {
                    0 | 4 | 5 if is_joined && !is_owed && (is_restless || dice.once_in(3)) => {
                        api.rooms.remove(room);
                        json!({"op": "leave", "room": room})
                    }
                    1 => json!({"op": "who", "room": room}),
                    2 => json!({"op": "typing", "room": room}),
                    3 => json!({"op": "tell", "nick": "api2", "text": "psst"}),
                    _ if is_joined => {
                        api.unacknowledged.insert(token, room.to_owned());
                        say(room, token)
                    }
                    _ if api.rooms.contains_key(room) => return,
                    _ => {
                        api.rooms.insert(room.to_owned(), Followed::default());
                        json!({"op": "join", "room": room})
                    }
                };
                let bytes = api.asked(request);
                self.send(&bytes);
            }
        }
    }

    /// Takes what it has received; whether it says something to that.
    pub(super) fn receive(&mut self) -> bool {
        let Some(wire) = self.wire.as_ref().filter(|wire| !wire.is_asleep) else { return false };
        if let Kind::Editor(screen) = &mut self.kind {
            screen.receive(&wire.socket.take_received());
            return false;
        }
        self.partial.extend(wire.socket.take_received());
        let mut asked = Vec::new();
        match &mut self.kind {
            Kind::Line(line) => {
                while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
                    let bytes: Vec<u8> = self.partial.drain(..=end).collect();
                    line.hear(&String::from_utf8(bytes).expect("lines are UTF-8"));
                }
            }
            Kind::Editor(_) => {}
            Kind::Api(api) => {
                while let Some((opcode, payload)) = frame(&mut self.partial) {
                    match opcode {
                        TEXT => {
                            let message = serde_json::from_slice(&payload).expect("it is JSON");
                            api.hear(&message, &mut asked);
                        }
                        PING => asked.push(vec![0x80 | PONG, 0x80, 0, 0, 0, 0]),
                        _ => {}
                    }
                }
            }
        }
        for request in &asked {
            self.send(request);
        }
        !asked.is_empty()
    }
}

impl Line {
    /// Messages have a token, `m` and a number; what the server says of its own begins with a mark. A tail that is
    /// shown on coming in, and `/history`, begin with a time.
    fn hear(&mut self, line: &str) {
        let is_said = line.starts_with('<') || line.starts_with('*') || line.starts_with("[#");
        if let Some(token) = token_of(line).filter(|_| is_said) {
            self.heard.push(token);
        }
    }
}

impl Api {
    /// A request as it goes to the socket.
    fn asked(&mut self, mut request: Value) -> Vec<u8> {
        self.reference += 1;
        request["ref"] = self.reference.into();
        masked(&request.to_string())
    }

    fn hear(&mut self, message: &Value, asked: &mut Vec<Vec<u8>>) {
        let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        match message["type"].as_str() {
            Some("welcome") => {
                self.is_in = true;
                let mut requests = Vec::new();
                for (name, room) in &mut self.rooms {
                    room.is_joined = false;
                    requests.push(match room.last {
                        Some((position, time)) => json!({"op": "join", "room": name, "after":
                            {"epoch": room.epoch, "position": position, "time_ms": time}}),
                        None => json!({"op": "join", "room": name}),
                    });
                }
                asked.extend(requests.into_iter().map(|request| self.asked(request)));
            }
            Some("joined") => {
                let Some(room) = self.rooms.get_mut(&text("room")) else { return };
                room.is_joined = true;
                room.epoch = text("epoch");
                room.at = message["position"].as_u64().unwrap();
                if message["complete"] != true {
                    // It had nothing before: otherwise its cursor is one of this history.
                    assert!(room.last.is_none(), "P4: a cursor of this history goes on");
                    room.heard.clear();
                    room.begin = room.at.saturating_sub(self.history_shown);
                }
                // What has not been acknowledged is said again.
                let room = text("room");
                let unsaid = self.unacknowledged.iter().filter(|(_, to)| **to == room);
                let again: Vec<Value> = unsaid.map(|(token, to)| say(to, *token)).collect();
                asked.extend(again.into_iter().map(|request| self.asked(request)));
            }
            Some("event") => {
                let (position, name) = (message["position"].as_u64().unwrap(), text("room"));
                if let Some(token) = token_of(&text("text")) {
                    self.acknowledge(token, &text("id"));
                }
                let Some(room) = self.rooms.get_mut(&name).filter(|room| room.is_joined) else {
                    return;
                };
                let before = room.last.map_or(room.begin, |(last, _)| last);
                assert_eq!(position, before + 1, "P4: each event of {name} once and in order");
                room.last = Some((position, message["time_ms"].as_i64().unwrap()));
                room.heard.push((position, text("text")));
            }
            // Kept before, or given back because it came too fast.
            Some("duplicate" | "error") => {
                let id = text("id");
                self.unacknowledged.retain(|token, _| id_of(*token) != id);
            }
            Some("bye") => self.is_in = false,
            _ => {}
        }
    }

    fn acknowledge(&mut self, token: u32, id: &str) {
        if id_of(token) == id {
            self.unacknowledged.remove(&token);
        }
    }
}

fn say(room: &str, token: u32) -> Value {
    json!({"op": "say", "room": room, "text": format!("m{token};"), "id": id_of(token)})
}

fn id_of(token: u32) -> String {
    format!("{token:032x}")
}

/// The number in `m123;`.
pub(super) fn token_of(text: &str) -> Option<u32> {
    let (before, _) = text.split_once(';')?;
    let (_, digits) = before.rsplit_once('m')?;
    digits.parse().ok()
}

/// A text frame of a client (RFC 6455, section 5.2), with a mask of zeros.
fn masked(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 126);
    let mut frame = vec![0x81];
    match length {
        Some(length) => frame.push(0x80 | length),
        None => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(text.len()).expect("requests are short").to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// Opcodes (RFC 6455, section 5.2).
const TEXT: u8 = 1;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Takes the first frame of a server, if it is whole: its opcode and its payload.
fn frame(bytes: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (start, length) = match second {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => panic!("no message is that long"),
        length => (2, usize::from(length)),
    };
    let payload = bytes.get(start..start + length)?.to_vec();
    bytes.drain(..start + length);
    Some((first & 0x0F, payload))
}
