//! A program at the api, which keeps to its rules: it comes back with its key and its cursors, and says again what has
//! not been acknowledged.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::dice::Dice;
use super::super::words::{ROOMS, token_of, words_of};
use super::frames::{PING, TEXT, frame, masked, pong};

/// Messages that are said at once by a program that says many.
const REQUESTS: u32 = 70;
/// Their numbers begin behind all others.
const TOKENS_OF_BURSTS: u32 = 1_000_000;

/// A program at the api.
#[derive(Default)]
pub(in super::super) struct Api {
    name: String,
    resume_key: String,
    /// Events of the past that one is shown on coming in.
    history_shown: u64,
    /// No room gives way to another.
    has_firm_rooms: bool,
    /// What it has of each room it is in.
    pub(in super::super) rooms: BTreeMap<String, Followed>,
    /// Said and not acknowledged: token, room.
    pub(in super::super) unacknowledged: BTreeMap<u32, String>,
    /// Asked on this connection and not answered: its reference, and the room that it wants to be in, if it is that.
    pub(in super::super) asked: BTreeMap<u64, Option<String>>,
    /// What it was told in private on this connection.
    pub(in super::super) told: Vec<String>,
    /// What it had heard last of the rooms it is in, each time it was told on this connection who is in one.
    pub(in super::super) answered: Vec<BTreeMap<String, u64>>,
    /// It has been welcomed on this connection.
    is_in: bool,
    reference: u64,
}

/// A room, as a program at the api follows it.
#[derive(Default)]
pub(in super::super) struct Followed {
    /// Position, time, of the last event.
    last: Option<(u64, i64)>,
    epoch: String,
    /// The request that is answered when it is in.
    asked: u64,
    /// The last event before those that it is shown on coming in.
    pub(in super::super) begin: u64,
    /// It has been told on this connection that it is in.
    pub(in super::super) is_joined: bool,
    /// Positions heard since it came in anew.
    pub(in super::super) heard: Vec<(u64, String)>,
    /// How often what it had was of no use any more.
    pub(in super::super) begun_anew: usize,
}

impl Api {
    pub(super) fn new(
        name: String,
        (number, history_shown): (usize, u64),
        has_firm_rooms: bool,
    ) -> Self {
        let resume_key = format!("{:032x}", number + 1);
        Self { name, resume_key, history_shown, has_firm_rooms, ..Self::default() }
    }

    /// Comes in on a new connection: what it says first.
    pub(super) fn hello(&mut self) -> Vec<u8> {
        self.is_in = false;
        self.asked.clear();
        self.told.clear();
        self.answered.clear();
        let hello = json!({"op": "hello", "nick": self.name, "seat": self.resume_key});
        self.request(hello, None)
    }

    /// A request as it goes to the socket. Of those it is known that they are answered.
    fn request(&mut self, mut request: Value, room: Option<&str>) -> Vec<u8> {
        self.reference += 1;
        request["ref"] = self.reference.into();
        // A message is answered by itself, and that somebody is typing by nothing.
        if !matches!(request["op"].as_str(), Some("say" | "topic" | "typing")) {
            self.asked.insert(self.reference, room.map(str::to_owned));
        }
        if let Some(followed) = room.and_then(|room| self.rooms.get_mut(room)) {
            followed.asked = self.reference;
        }
        masked(&request.to_string())
    }

    /// What it asks for next.
    pub(super) fn ask_next(
        &mut self,
        others: &[String],
        token: u32,
        dice: &mut Dice,
        is_restless: bool,
    ) -> Option<Vec<u8>> {
        if !self.is_in {
            return None;
        }
        let (room, other) = (*dice.pick(&ROOMS), dice.pick(others));
        let is_joined = self.rooms.get(room).is_some_and(|room| room.is_joined);
        let is_known = self.rooms.contains_key(room);
        let is_owed = self.unacknowledged.values().any(|to| to == room);
        if is_joined && dice.once_in(60) {
            // More than may be under way, all of it in one read.
            let many = (0..REQUESTS).map(|nth| token * REQUESTS + TOKENS_OF_BURSTS + nth);
            let mut said = Vec::new();
            for token in many {
                self.unacknowledged.insert(token, room.to_owned());
                said.extend(self.request(say(room, token), None));
            }
            return Some(said);
        }
        let request = match dice.below(14) {
            // It may be told that it is in only then.
            0 | 4 | 5 if is_known && !is_owed && (is_restless || dice.once_in(3)) => {
                self.rooms.remove(room);
                json!({"op": "leave", "room": room})
            }
            1 => json!({"op": "who", "room": room}),
            2 => json!({"op": "typing", "room": room}),
            3 => json!({"op": "tell", "nick": other, "text": format!("t{token}")}),
            6 if dice.once_in(2) => json!({"op": "ignore", "nick": other}),
            7 if dice.once_in(4) => json!({"op": "nick", "nick": format!("n{token}")}),
            8 => json!({"op": "history", "room": room, "limit": 2}),
            _ if is_joined => {
                self.unacknowledged.insert(token, room.to_owned());
                say(room, token)
            }
            _ if is_known => return None,
            _ => {
                self.rooms.insert(room.to_owned(), Followed::default());
                return Some(self.request(json!({"op": "join", "room": room}), Some(room)));
            }
        };
        Some(self.request(request, None))
    }

    /// Takes whole frames off the front; gives what it says to them.
    pub(super) fn receive(&mut self, partial: &mut Vec<u8>) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        while let Some((opcode, payload)) = frame(partial) {
            match opcode {
                TEXT => {
                    let message = serde_json::from_slice(&payload).expect("it is JSON");
                    self.hear(&message, &mut said);
                }
                PING => said.push(pong()),
                _ => {}
            }
        }
        said
    }

    fn hear(&mut self, message: &Value, said: &mut Vec<Vec<u8>>) {
        let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let kind = message["type"].as_str().unwrap_or_default();
        if let Some(reference) = message["ref"].as_u64() {
            self.handle_answer(reference, kind);
        }
        match kind {
            "welcome" => {
                self.is_in = true;
                let rooms = self.rooms.iter_mut().map(|(name, room)| {
                    room.is_joined = false;
                    (name.clone(), room.last.map(|last| (room.epoch.clone(), last)))
                });
                for (name, place) in rooms.collect::<Vec<_>>() {
                    let mut join = json!({"op": "join", "room": name});
                    if let Some((epoch, (position, time))) = place {
                        join["after"] =
                            json!({"epoch": epoch, "position": position, "time_ms": time});
                    }
                    said.push(self.request(join, Some(&name)));
                }
            }
            "joined" => self.handle_joined(&text("room"), message, said),
            "event" => {
                let (position, words) = (message["position"].as_u64().unwrap(), text("text"));
                if let Some(token) = token_of(&words).filter(|token| id_of(*token) == text("id")) {
                    self.unacknowledged.remove(&token);
                }
                let room = self.rooms.get_mut(&text("room")).filter(|room| room.is_joined);
                let Some(room) = room else { return };
                let before = room.last.map_or(room.begin, |(last, _)| last);
                assert!(position > before, "P4: {} has {position} behind {before}", self.name);
                room.last = Some((position, message["time_ms"].as_i64().unwrap()));
                room.heard.push((position, words));
            }
            // Kept before, or given back.
            "duplicate" | "error" => {
                let id = text("id");
                self.unacknowledged.retain(|token, _| id_of(*token) != id);
            }
            "members" => {
                let joined = self.rooms.iter().filter(|(_, room)| room.is_joined);
                let last = |room: &Followed| room.last.map_or(room.begin, |(last, _)| last);
                self.answered.push(joined.map(|(name, room)| (name.clone(), last(room))).collect());
            }
            "told" => self.told.push(text("text")),
            "bye" => self.is_in = false,
            _ => {}
        }
    }

    fn handle_answer(&mut self, reference: u64, kind: &str) {
        let Some(wanted) = self.asked.remove(&reference) else {
            // What is not done of a message says so.
            let may_be = matches!(kind, "error" | "duplicate");
            return assert!(may_be, "{} is answered twice with {kind}", self.name);
        };
        let is_this = |room: &String| {
            kind == "error" && self.rooms.get(room).is_some_and(|room| room.asked == reference)
        };
        if let Some(room) = wanted.filter(is_this) {
            self.rooms.remove(&room);
            self.unacknowledged.retain(|_, to| *to != room);
        }
    }

    fn handle_joined(&mut self, name: &str, message: &Value, said: &mut Vec<Vec<u8>>) {
        let is_this = |room: &&mut Followed| message["ref"].as_u64() == Some(room.asked);
        let Some(room) = self.rooms.get_mut(name).filter(is_this) else { return };
        room.is_joined = true;
        room.epoch = message["epoch"].as_str().unwrap().to_owned();
        if message["complete"] != true {
            room.begun_anew += usize::from(room.last.take().is_some());
            if !self.has_firm_rooms {
                // What it has said may be of a room that has given way.
                self.unacknowledged.retain(|_, to| to != name);
            }
            room.heard.clear();
            room.begin = message["position"].as_u64().unwrap().saturating_sub(self.history_shown);
        }
        // What has not been acknowledged is said again.
        let unsaid = self.unacknowledged.iter().filter(|(_, to)| *to == name);
        let again: Vec<Value> = unsaid.map(|(token, to)| say(to, *token)).collect();
        said.extend(again.into_iter().map(|request| self.request(request, None)));
    }
}

fn say(room: &str, token: u32) -> Value {
    json!({"op": "say", "room": room, "text": words_of(token), "id": id_of(token)})
}

fn id_of(token: u32) -> String {
    format!("{token:032x}")
}
