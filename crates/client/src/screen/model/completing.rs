//! Completes the word before the caret to a nick, a room or a command. The rooms of the server are requested when a
//! room is to be completed; when they arrive the word is completed, if the line is still the same.

use teahouse_editor::{Candidate, Direction, Outcome};
use teahouse_wire::api::{Request, Rooms, RoomsPage};

use super::Model;
use super::known_rooms::Waiting;
use super::requests::Purpose;
use crate::screen::limits::{ROOMS_KNOWN_MAX, ROOMS_KNOWN_MS};
use teahouse_wire::command::{VERBS, Verb};

/// All words that the word before the caret can be completed to.
pub(super) struct Words {
    commands: Vec<&'static str>,
    rooms: Vec<String>,
    /// The latest author first.
    nicks: Vec<String>,
    /// Whether the word has to be the name of a room, with or without its `#`.
    wants_room: bool,
}

impl Words {
    /// The candidates for a word. A command is possible only at the beginning of the line.
    pub(super) fn candidates(&self, word: &str, is_first: bool) -> Vec<Candidate> {
        let wanted = word.to_lowercase();
        if let Some(command) = wanted.strip_prefix('/') {
            let fitting = self.commands.iter().filter(|name| is_first && name.starts_with(command));
            return fitting.map(|name| candidate(format!("/{name}"), " ")).collect();
        }
        if self.wants_room || wanted.starts_with('#') {
            let room = wanted.strip_prefix('#').unwrap_or(&wanted);
            let sign = &wanted[..wanted.len() - room.len()];
            let fitting = self.rooms.iter().filter(|name| name.starts_with(room));
            return fitting.map(|name| candidate(format!("{sign}{name}"), " ")).collect();
        }
        let (at, wanted) = match wanted.strip_prefix('@') {
            Some(rest) => ("@", rest),
            None => ("", wanted.as_str()),
        };
        if wanted.is_empty() && at.is_empty() && !is_first {
            return Vec::new();
        }
        let fitting = self.nicks.iter().filter(|nick| nick.to_lowercase().starts_with(wanted));
        let suffix = if is_first && at.is_empty() { ": " } else { " " };
        fitting.map(|nick| candidate(format!("{at}{nick}"), suffix)).collect()
    }
}

fn candidate(word: String, suffix: &str) -> Candidate {
    Candidate { word, suffix: suffix.to_owned() }
}

impl Model {
    pub(super) fn complete(&mut self, direction: Direction) {
        self.requests.known_rooms.waiting = None;
        let is_going_on = self.line.choices().is_some();
        if !is_going_on && self.wants_room() && self.ask_known_rooms() {
            let (text, caret) = (self.line.text().to_owned(), self.line.caret());
            self.requests.known_rooms.waiting = Some(Waiting { text, caret, direction });
            return;
        }
        self.complete_now(direction);
    }

    fn complete_now(&mut self, direction: Direction) {
        let words = self.words_to_complete();
        let outcome =
            self.line.complete(direction, |word, is_first| words.candidates(word, is_first));
        if outcome == Outcome::Changed {
            self.handle_line_change();
        }
    }

    /// Whether the word before the caret has to be the name of a room.
    fn wants_room(&self) -> bool {
        let before = &self.line.text()[..self.line.caret()];
        let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let command = before.strip_suffix(word).and_then(|command| command.strip_prefix('/'));
        let verb = command.filter(|command| command.ends_with(char::is_whitespace));
        let verb = verb.and_then(|command| Verb::named(command.trim_end()));
        !self.is_line_server() && (word.starts_with('#') || verb.is_some_and(Verb::takes_room))
    }

    /// Requests the rooms of the server if they are unknown or stale. Returns whether it did.
    fn ask_known_rooms(&mut self) -> bool {
        let now = self.now.since_start_ms;
        let is_fresh =
            self.requests.known_rooms.asked_ms.is_some_and(|at| now < at + ROOMS_KNOWN_MS);
        if is_fresh || !self.is_online() {
            return false;
        }
        self.requests.known_rooms.names.clear();
        self.requests.known_rooms.asked_ms = Some(now);
        self.ask(Purpose::KnownRooms, Request::Rooms(Rooms { page: 1 }));
        true
    }

    /// Adds a page of the server's rooms; then requests the next page, or completes the waiting word.
    pub(super) fn add_known_rooms(&mut self, page: &RoomsPage) {
        let names = &mut self.requests.known_rooms.names;
        let free = ROOMS_KNOWN_MAX.saturating_sub(names.len());
        names.extend(page.rooms.iter().take(free).map(|room| room.name.clone()));
        // An empty page is the last one, whatever the server says.
        if page.page < page.pages && names.len() < ROOMS_KNOWN_MAX && !page.rooms.is_empty() {
            return self.ask(Purpose::KnownRooms, Request::Rooms(Rooms { page: page.page + 1 }));
        }
        self.complete_pending();
    }

    /// Completes the waiting word with the rooms known so far, if the line is unchanged.
    pub(super) fn complete_pending(&mut self) {
        let Some(waiting) = self.requests.known_rooms.waiting.take() else { return };
        let is_same = waiting.text == self.line.text() && waiting.caret == self.line.caret();
        if is_same && matches!(self.mode, super::Mode::Line) {
            self.complete_now(waiting.direction);
        }
    }

    fn words_to_complete(&self) -> Words {
        let talk = self.talk();
        let mut nicks: Vec<String> = talk.authors().into_iter().map(str::to_owned).collect();
        for nick in talk.members.nicks() {
            let is_me = self.me.is(nick);
            if !is_me && !nicks.iter().any(|known| known == nick.as_str()) {
                nicks.push(nick.as_str().to_owned());
            }
        }
        // The rooms that the user is in come first.
        let own = self.talks.iter().filter_map(|talk| talk.with.room());
        let mut rooms: Vec<String> = own.map(|room| room.as_str().to_owned()).collect();
        for room in &self.requests.known_rooms.names {
            if !rooms.iter().any(|known| known == room.as_str()) {
                rooms.push(room.as_str().to_owned());
            }
        }
        Words {
            commands: if self.is_line_server() {
                Vec::new()
            } else {
                VERBS.iter().map(|verb| verb.name).collect()
            },
            rooms,
            nicks,
            wants_room: self.wants_room(),
        }
    }
}
