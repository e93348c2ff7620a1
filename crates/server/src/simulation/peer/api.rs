//! An api program that follows the rules of the api: it comes back with its resume key and its cursors, and sends again
//! what was not acknowledged.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::dice::Dice;
use super::super::words::{ROOMS, token_of, words_of};
use super::frames::{PING, TEXT, frame, masked, pong};

/// The number of messages in one burst.
const REQUESTS: u32 = 70;
/// The tokens of messages in bursts begin above all others.
const TOKENS_OF_BURSTS: u32 = 1_000_000;

/// An api program.
#[derive(Default)]
pub(in super::super) struct Api {
    name: String,
    resume_key: String,
    /// The number of past events that a member is shown on joining.
    history_shown: u64,
    /// Whether no room is evicted or restored.
    has_permanent_rooms: bool,
    /// What it has of each room it is in.
    pub(in super::super) rooms: BTreeMap<String, Followed>,
    /// Messages sent and not acknowledged: token and room.
    pub(in super::super) unacknowledged: BTreeMap<u32, String>,
    /// Requests on this connection that are not answered: the reference, and for a join its room.
    pub(in super::super) unanswered: BTreeMap<u64, Option<String>>,
    /// The private messages received on this connection.
    pub(in super::super) private: Vec<String>,
    /// For each answer to `who` on this connection: the last position it had of each of its rooms.
    pub(in super::super) answered: Vec<BTreeMap<String, u64>>,
    /// Whether it was welcomed on this connection.
    is_welcomed: bool,
    reference: u64,
}

/// A room as an api program follows it.
#[derive(Default)]
pub(in super::super) struct Followed {
    /// The position and time of the last event.
    last: Option<(u64, i64)>,
    epoch: String,
    /// The reference of its join request.
    join_ref: u64,
    /// The position before the events that it is shown on joining.
    pub(in super::super) begin: u64,
    /// Whether the join was confirmed on this connection.
    pub(in super::super) is_joined: bool,
    /// The events received since it last began anew: position and words.
    pub(in super::super) received: Vec<(u64, String)>,
    /// How often its cursor was no longer valid, so that it began anew.
    pub(in super::super) fresh_starts: usize,
}

impl Api {
    pub(super) fn new(
        name: String,
        (number, history_shown): (usize, u64),
        has_permanent_rooms: bool,
    ) -> Self {
        let resume_key = format!("{:032x}", number + 1);
        Self { name, resume_key, history_shown, has_permanent_rooms, ..Self::default() }
    }

    /// Begins a new connection; returns its first message.
    pub(super) fn hello(&mut self) -> Vec<u8> {
        self.is_welcomed = false;
        self.unanswered.clear();
        self.private.clear();
        self.answered.clear();
        let hello = json!({"op": "hello", "nick": self.name, "seat": self.resume_key});
        self.request(hello, None)
    }

    /// Encodes a request for the socket, and notes it if it is always answered.
    fn request(&mut self, mut request: Value, room: Option<&str>) -> Vec<u8> {
        self.reference += 1;
        request["ref"] = self.reference.into();
        // A message is acknowledged by its own event, and `typing` is never answered.
        if !matches!(request["op"].as_str(), Some("say" | "topic" | "typing")) {
            self.unanswered.insert(self.reference, room.map(str::to_owned));
        }
        if let Some(followed) = room.and_then(|room| self.rooms.get_mut(room)) {
            followed.join_ref = self.reference;
        }
        masked(&request.to_string())
    }

    /// Its next request.
    pub(super) fn ask_next(
        &mut self,
        others: &[String],
        token: u32,
        dice: &mut Dice,
        is_restless: bool,
    ) -> Option<Vec<u8>> {
        if !self.is_welcomed {
            return None;
        }
        let (room, other) = (*dice.pick(&ROOMS), dice.pick(others));
        let is_joined = self.rooms.get(room).is_some_and(|room| room.is_joined);
        let is_known = self.rooms.contains_key(room);
        let is_owed = self.unacknowledged.values().any(|to| to == room);
        if is_joined && dice.once_in(60) {
            // More requests than may be in flight, all in one read.
            let many = (0..REQUESTS).map(|nth| token * REQUESTS + TOKENS_OF_BURSTS + nth);
            let mut out = Vec::new();
            for token in many {
                self.unacknowledged.insert(token, room.to_owned());
                out.extend(self.request(say(room, token), None));
            }
            return Some(out);
        }
        let request = match dice.below(14) {
            // The confirmation of its join may come only after this.
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

    /// Removes whole frames from the front and handles them; returns the program's answers.
    pub(super) fn receive(&mut self, partial: &mut Vec<u8>) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        while let Some((opcode, payload)) = frame(partial) {
            match opcode {
                TEXT => {
                    let message = serde_json::from_slice(&payload).expect("it is JSON");
                    self.handle_message(&message, &mut out);
                }
                PING => out.push(pong()),
                _ => {}
            }
        }
        out
    }

    fn handle_message(&mut self, message: &Value, out: &mut Vec<Vec<u8>>) {
        let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let kind = message["type"].as_str().unwrap_or_default();
        if let Some(reference) = message["ref"].as_u64() {
            self.handle_answer(reference, kind);
        }
        match kind {
            "welcome" => {
                self.is_welcomed = true;
                let rooms = self.rooms.iter_mut().map(|(name, room)| {
                    room.is_joined = false;
                    (name.clone(), room.last.map(|last| (room.epoch.clone(), last)))
                });
                for (name, cursor) in rooms.collect::<Vec<_>>() {
                    let mut join = json!({"op": "join", "room": name});
                    if let Some((epoch, (position, time))) = cursor {
                        join["after"] =
                            json!({"epoch": epoch, "position": position, "time_ms": time});
                    }
                    out.push(self.request(join, Some(&name)));
                }
            }
            "joined" => self.handle_joined(&text("room"), message, out),
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
                room.received.push((position, words));
            }
            // The message was stored before, or refused.
            "duplicate" | "error" => {
                let id = text("id");
                self.unacknowledged.retain(|token, _| id_of(*token) != id);
            }
            "members" => {
                let joined = self.rooms.iter().filter(|(_, room)| room.is_joined);
                let last = |room: &Followed| room.last.map_or(room.begin, |(last, _)| last);
                self.answered.push(joined.map(|(name, room)| (name.clone(), last(room))).collect());
            }
            "told" => self.private.push(text("text")),
            "bye" => self.is_welcomed = false,
            _ => {}
        }
    }

    fn handle_answer(&mut self, reference: u64, kind: &str) {
        let Some(wanted) = self.unanswered.remove(&reference) else {
            // A message that is refused is answered with its own reference.
            let may_be = matches!(kind, "error" | "duplicate");
            return assert!(may_be, "{} is answered twice with {kind}", self.name);
        };
        let is_this = |room: &String| {
            kind == "error" && self.rooms.get(room).is_some_and(|room| room.join_ref == reference)
        };
        if let Some(room) = wanted.filter(is_this) {
            self.rooms.remove(&room);
            self.unacknowledged.retain(|_, to| *to != room);
        }
    }

    fn handle_joined(&mut self, name: &str, message: &Value, out: &mut Vec<Vec<u8>>) {
        let is_this = |room: &&mut Followed| message["ref"].as_u64() == Some(room.join_ref);
        let Some(room) = self.rooms.get_mut(name).filter(is_this) else { return };
        room.is_joined = true;
        room.epoch = message["epoch"].as_str().unwrap().to_owned();
        if message["complete"] != true {
            room.fresh_starts += usize::from(room.last.take().is_some());
            if !self.has_permanent_rooms {
                // Its messages may be of a room that was evicted.
                self.unacknowledged.retain(|_, to| to != name);
            }
            room.received.clear();
            room.begin = message["position"].as_u64().unwrap().saturating_sub(self.history_shown);
        }
        // What was not acknowledged is sent again.
        let unacknowledged = self.unacknowledged.iter().filter(|(_, to)| *to == name);
        let again: Vec<Value> = unacknowledged.map(|(token, to)| say(to, *token)).collect();
        out.extend(again.into_iter().map(|request| self.request(request, None)));
    }
}

fn say(room: &str, token: u32) -> Value {
    json!({"op": "say", "room": room, "text": words_of(token), "id": id_of(token)})
}

fn id_of(token: u32) -> String {
    format!("{token:032x}")
}
