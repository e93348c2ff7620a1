//! What becomes of a line when it is sent: said, told, done, or asked about first.

use teahouse_core::{Nick, Refusal, RoomName, Text};
use teahouse_wire::api::{Ignore, Rename, Request, Rooms, Tell, Topic, Who};
use teahouse_wire::command::{self, Command, CommandError};
use teahouse_wire::line::whereabouts;

use super::asked::Purpose;
use super::entry::{Manner, Message, Tone, What};
use super::talk::{Talk, With};
use super::typed::escaped;
use super::{Mode, Model};
use crate::screen::input::Effect;
use crate::screen::keys::Scroll;
use crate::screen::limits::{PASTE_LINES_UNASKED, TALKS_MAX};

impl Model {
    pub(super) fn send(&mut self) {
        match self.mode {
            Mode::Find { .. } => self.find(),
            Mode::Line => self.send_line(),
            Mode::List(_) | Mode::Help { .. } | Mode::SendPaste { .. } => {}
        }
    }

    fn send_line(&mut self) {
        let text = self.line.text().trim_end().to_owned();
        if text.trim_start().is_empty() {
            return;
        }
        match self.typed(&text) {
            Ok(Command::Say(_)) if self.line.passage().pasted_lines() > PASTE_LINES_UNASKED => {
                let lines = text.matches('\n').count() + 1;
                self.mode = Mode::SendPaste { lines };
            }
            Ok(command) => self.run(command, &text),
            Err(error) => self.flash(error.to_string()),
        }
    }

    pub(super) fn send_confirmed(&mut self) {
        self.mode = Mode::Line;
        let text = self.line.text().trim_end().to_owned();
        match self.typed(&text) {
            Ok(command) => self.run(command, &text),
            Err(error) => self.flash(error.to_string()),
        }
    }

    fn typed(&self, text: &str) -> Result<Command, CommandError> {
        if self.is_literal() || self.is_line_server() {
            command::say(text)
        } else {
            command::parse(text)
        }
    }

    /// How the line is remembered: so that it means the same when it is sent again.
    fn remembered(&self, line: &str) -> String {
        if self.is_literal() { escaped(line) } else { line.to_owned() }
    }

    /// Says a text where we are; what cannot be said stays in the line.
    fn say(&mut self, text: Text, line: &str) {
        match self.talk().with.clone() {
            With::Room(room) => {
                self.line_is_sent(&self.remembered(line));
                self.say_to_room(room, text, false);
            }
            With::Person(nick) => self.tell(nick, text, line),
            With::Server(_) => self.send_to_line_server(text.as_str()),
            With::Api => self.flash(CommandError::InNoRoom.to_string()),
        }
    }

    fn say_to_room(&mut self, room: RoomName, text: Text, acted: bool) {
        self.go_live();
        self.talk_mut().new_after = None;
        self.effects.push(Effect::Say { room, text, acted });
    }

    fn tell(&mut self, nick: Nick, text: Text, line: &str) {
        if !self.is_online() {
            return self.flash("offline: what is told in private is not kept; send it again later");
        }
        self.line_is_sent(&self.remembered(line));
        let index = self.talk_index(&With::Person(nick.clone()));
        self.show_talk(index);
        let number = self.talks[index].window.new_key();
        self.show_told(index, &text, number);
        let purpose = Purpose::Tell(nick.clone(), number);
        self.ask(purpose, Request::Tell(Tell { nick, text }));
    }

    fn send_to_line_server(&mut self, text: &str) {
        if !self.connection.is_line_open {
            return self.flash("there is no connection; your line stays");
        }
        for line in text.split('\n') {
            self.effects.push(Effect::SendLine(line.to_owned()));
        }
        let message = Message {
            position: None,
            nick: "you".to_owned(),
            manner: Manner::Said,
            text: text.to_owned(),
            is_own: true,
            is_mention: false,
            stage: None,
            told: None,
        };
        let time_ms = self.now.time_ms;
        self.talk_mut().window.put(time_ms, What::Message(message));
        self.trim(self.current);
        self.go_live();
        self.line_is_sent(text);
    }

    /// Empties the line and remembers what stood there.
    fn line_is_sent(&mut self, line: &str) {
        // What was answered before is no answer to this.
        self.told.answers.clear();
        drop(self.line.take());
        self.remember(line);
        self.keep_draft();
        self.keyboard.typing_said_ms = None;
    }

    fn run(&mut self, command: Command, line: &str) {
        match command {
            Command::Nothing => {}
            Command::Say(text) => self.say(text, line),
            Command::Act(text) => self.act_out(text, line),
            Command::Tell { nick, text } => self.tell(nick, text, line),
            Command::Leave(room) => self.leave(room, line),
            Command::Room(Some(room)) => self.turn(room, line),
            Command::Room(None) => self.sent(line).say_whereabouts(),
            Command::Join(room) => self.sent(line).join(room),
            Command::Nick(nick) => self.sent(line).ask_words(Request::Nick(Rename { nick })),
            Command::Rooms { page } => self.sent(line).ask_rooms(page),
            Command::Who { room, page } => self.sent(line).ask_who(room, page),
            Command::Topic(topic) => self.sent(line).ask_topic(topic),
            Command::Search { words: Some(words) } => self.sent(line).find_words(words, true),
            Command::Search { words: None } => self.sent(line).find_on(),
            Command::Ignore(nick) => {
                self.sent(line).ask_words(Request::Ignore(Ignore { nick }));
            }
            Command::Help(Some(verb)) => {
                let help = format!("{}: {}", verb.usage(), verb.help);
                self.sent(line).say_here(help, Tone::Plain);
            }
            Command::Help(None) => self.sent(line).show_help(),
            Command::History { before: None, .. } => self.sent(line).scroll(Scroll::PageUp),
            Command::History { before: Some(moment), count } => {
                self.sent(line).ask_before_time(moment, count);
            }
            Command::Quit => self.sent(line).quit(),
        }
    }

    /// The line is sent; what it asks for comes next, and nothing of it goes back into the line.
    fn sent(&mut self, line: &str) -> &mut Self {
        self.line_is_sent(line);
        self
    }

    fn ask_who(&mut self, room: Option<RoomName>, page: u32) {
        if let Some(room) = room.or_else(|| self.room_here()) {
            self.ask_words(Request::Who(Who { room, page }));
        }
    }

    fn say_whereabouts(&mut self) {
        if let Some(room) = self.room_here() {
            let joined = self.talks.iter().filter(|talk| talk.is_joined);
            let rooms = joined.filter_map(|talk| talk.with.room());
            self.say_here(whereabouts(&room, rooms), Tone::Plain);
        }
    }

    /// Says that we would have to be in a room.
    pub(super) fn flash_not_in(&mut self, room: RoomName) {
        self.flash(CommandError::Refused(Refusal::NotInRoom { room }).to_string());
    }

    /// Turns to a room we are in.
    fn turn(&mut self, room: RoomName, line: &str) {
        let is_this = |talk: &Talk| talk.is_joined && talk.with.room() == Some(&room);
        match self.talks.iter().position(is_this) {
            Some(index) => self.sent(line).show_talk(index),
            None => self.flash_not_in(room),
        }
    }

    fn ask_words(&mut self, request: Request) {
        self.ask(Purpose::Words, request);
    }

    fn ask_rooms(&mut self, page: u32) {
        self.begin_list("rooms …", super::ListKind::Rooms);
        self.ask(Purpose::List, Request::Rooms(Rooms { page }));
    }

    /// The room we are in; says so when it is none.
    fn room_here(&mut self) -> Option<RoomName> {
        let room = self.talk().with.room().cloned();
        if room.is_none() {
            self.flash("this is no room");
        }
        room
    }

    fn act_out(&mut self, text: Text, line: &str) {
        if let Some(room) = self.room_here() {
            self.line_is_sent(line);
            self.say_to_room(room, text, true);
        }
    }

    fn ask_topic(&mut self, topic: command::Topic) {
        let Some(room) = self.room_here() else { return };
        let text = match topic {
            command::Topic::Ask => None,
            command::Topic::Set(text) => Some(Some(text)),
            command::Topic::Clear => Some(None),
        };
        self.ask_words(Request::Topic(Topic { room, text }));
    }

    pub(super) fn join(&mut self, room: RoomName) {
        let index = self.talks.iter().position(|talk| talk.with.room() == Some(&room));
        match index {
            Some(index) if self.talks[index].is_joined => self.show_talk(index),
            Some(_) | None => {
                self.asked.wanted = Some(room.clone());
                self.effects.push(Effect::Join(room));
            }
        }
    }

    fn leave(&mut self, room: Option<RoomName>, line: &str) {
        let found = |room: RoomName| {
            self.talks.iter().position(|talk| talk.with.room() == Some(&room)).ok_or(room)
        };
        let index = match room.map_or(Ok(self.current), found) {
            Ok(index) => index,
            Err(room) => return self.flash_not_in(room),
        };
        self.line_is_sent(line);
        match self.talks[index].with.clone() {
            With::Room(room) => self.effects.push(Effect::Leave(room)),
            With::Person(_) => self.close_talk(index),
            With::Api | With::Server(_) => {
                self.say_here("this is no room; /quit leaves the house", Tone::Plain);
            }
        }
    }

    /// Makes room for one more conversation: the private one goes that was quiet the longest.
    pub(super) fn make_place(&mut self) {
        if self.talks.len() < TALKS_MAX {
            return;
        }
        let is_free = |(index, talk): &(usize, &Talk)| {
            *index != self.current && matches!(talk.with, With::Person(_))
        };
        let last_ms = |talk: &Talk| talk.window.entries().last().map_or(0, |entry| entry.time_ms);
        let quietest =
            self.talks.iter().enumerate().filter(is_free).min_by_key(|(_, talk)| last_ms(talk));
        match quietest.map(|(index, _)| index) {
            Some(index) => self.close_talk(index),
            None => self.talks.truncate(TALKS_MAX.max(self.current + 1)),
        }
    }
}
