//! Sends the line: as a message, as a private message, as a command, or after a question.

use teahouse_core::{Nick, Refusal, RoomName, Text};
use teahouse_wire::api::{Ignore, Rename, Request, Rooms, Tell, Topic, Who};
use teahouse_wire::command::{self, Command, CommandError};
use teahouse_wire::line::whereabouts;

use super::command_line::escape;
use super::entry::{Manner, Message, Tone, What};
use super::requests::Purpose;
use super::talk::{Talk, With};
use super::{Mode, Model};
use crate::screen::input::Effect;
use crate::screen::keys::Scroll;
use crate::screen::limits::{PASTE_LINES_UNCONFIRMED, TALKS_MAX};

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
        match self.parse_line(&text) {
            Ok(Command::Say(_)) if self.line.passage().pasted_lines() > PASTE_LINES_UNCONFIRMED => {
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
        match self.parse_line(&text) {
            Ok(command) => self.run(command, &text),
            Err(error) => self.flash(error.to_string()),
        }
    }

    fn parse_line(&self, text: &str) -> Result<Command, CommandError> {
        if self.is_literal() || self.is_line_server() {
            command::say(text)
        } else {
            command::parse(text)
        }
    }

    /// The line as it is added to the sent lines, so that it has the same meaning when it is sent again.
    fn history_line_of(&self, line: &str) -> String {
        if self.is_literal() { escape(line) } else { line.to_owned() }
    }

    /// Sends a text to the conversation on the screen. A text that cannot be sent stays in the line.
    fn say(&mut self, text: Text, line: &str) {
        match self.talk().with.clone() {
            With::Room(room) => {
                self.finish_line(&self.history_line_of(line));
                self.say_to_room(room, text, false);
            }
            With::Person(nick) => self.send_private(nick, text, line),
            With::Server(_) => self.send_to_line_server(text.as_str()),
            With::Api => self.flash(CommandError::InNoRoom.to_string()),
        }
    }

    fn say_to_room(&mut self, room: RoomName, text: Text, acted: bool) {
        self.go_to_end();
        self.talk_mut().new_after = None;
        self.effects.push(Effect::Say { room, text, acted });
    }

    fn send_private(&mut self, nick: Nick, text: Text, line: &str) {
        if !self.is_online() {
            return self.flash("offline: what is told in private is not kept; send it again later");
        }
        self.finish_line(&self.history_line_of(line));
        let index = self.talk_index(&With::Person(nick.clone()));
        self.show_talk(index);
        let number = self.talks[index].window.new_key();
        self.show_private_message(index, &text, number);
        let purpose = Purpose::PrivateMessage(nick.clone(), number);
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
            private_id: None,
        };
        let time_ms = self.now.time_ms;
        self.talk_mut().window.put(time_ms, What::Message(message));
        self.trim(self.current);
        self.go_to_end();
        self.finish_line(text);
    }

    /// Empties the line and adds it to the sent lines. Returns `self`: the command is carried out next, and its
    /// failure does not put the line back.
    fn finish_line(&mut self, line: &str) -> &mut Self {
        // Earlier answers do not belong to this line.
        self.feedback.answers.clear();
        drop(self.line.take());
        self.remember(line);
        self.keep_draft();
        self.keyboard.typing_sent_ms = None;
        self
    }

    fn run(&mut self, command: Command, line: &str) {
        match command {
            Command::Nothing => {}
            Command::Say(text) => self.say(text, line),
            Command::Act(text) => self.say_action(text, line),
            Command::Tell { nick, text } => self.send_private(nick, text, line),
            Command::Leave(room) => self.leave(room, line),
            Command::Room(Some(room)) => self.switch_to_room(room, line),
            Command::Room(None) => self.finish_line(line).show_whereabouts(),
            Command::Join(room) => self.finish_line(line).join(room),
            Command::Nick(nick) => {
                self.finish_line(line).ask_for_notice(Request::Nick(Rename { nick }))
            }
            Command::Rooms { page } => self.finish_line(line).ask_rooms(page),
            Command::Who { room, page } => self.finish_line(line).ask_who(room, page),
            Command::Topic(topic) => self.finish_line(line).ask_topic(topic),
            Command::Search { words: Some(words) } => {
                self.finish_line(line).find_words(words, true)
            }
            Command::Search { words: None } => self.finish_line(line).continue_search(),
            Command::Ignore(nick) => {
                self.finish_line(line).ask_for_notice(Request::Ignore(Ignore { nick }));
            }
            Command::Help(Some(verb)) => {
                let help = format!("{}: {}", verb.usage(), verb.help);
                self.finish_line(line).show_notice(help, Tone::Plain);
            }
            Command::Help(None) => self.finish_line(line).show_help(),
            Command::History { before: None, .. } => self.finish_line(line).scroll(Scroll::PageUp),
            Command::History { before: Some(moment), count } => {
                self.finish_line(line).ask_before_time(moment, count);
            }
            Command::Quit => self.finish_line(line).quit(),
        }
    }

    fn ask_who(&mut self, room: Option<RoomName>, page: u32) {
        if let Some(room) = room.or_else(|| self.room_here()) {
            self.ask_for_notice(Request::Who(Who { room, page }));
        }
    }

    fn show_whereabouts(&mut self) {
        if let Some(room) = self.room_here() {
            let joined = self.talks.iter().filter(|talk| talk.is_joined);
            let rooms = joined.filter_map(|talk| talk.with.room());
            self.show_notice(whereabouts(&room, rooms), Tone::Plain);
        }
    }

    /// Flashes that the user is not in a room.
    pub(super) fn flash_not_in(&mut self, room: RoomName) {
        self.flash(CommandError::Refused(Refusal::NotInRoom { room }).to_string());
    }

    /// Shows a room that the user is in.
    fn switch_to_room(&mut self, room: RoomName, line: &str) {
        let is_this = |talk: &Talk| talk.is_joined && talk.with.room() == Some(&room);
        match self.talks.iter().position(is_this) {
            Some(index) => self.finish_line(line).show_talk(index),
            None => self.flash_not_in(room),
        }
    }

    fn ask_for_notice(&mut self, request: Request) {
        self.ask(Purpose::Notice, request);
    }

    fn ask_rooms(&mut self, page: u32) {
        self.begin_list("rooms …", super::ListKind::Rooms);
        self.ask(Purpose::List, Request::Rooms(Rooms { page }));
    }

    /// The room on the screen; flashes a notice if the conversation is no room.
    fn room_here(&mut self) -> Option<RoomName> {
        let room = self.talk().with.room().cloned();
        if room.is_none() {
            self.flash("this is no room");
        }
        room
    }

    fn say_action(&mut self, text: Text, line: &str) {
        if let Some(room) = self.room_here() {
            self.finish_line(line);
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
        self.ask_for_notice(Request::Topic(Topic { room, text }));
    }

    pub(super) fn join(&mut self, room: RoomName) {
        let index = self.talks.iter().position(|talk| talk.with.room() == Some(&room));
        match index {
            Some(index) if self.talks[index].is_joined => self.show_talk(index),
            Some(_) | None => {
                self.requests.wanted_room = Some(room.clone());
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
        self.finish_line(line);
        match self.talks[index].with.clone() {
            With::Room(room) => self.effects.push(Effect::Leave(room)),
            With::Person(_) => self.close_talk(index),
            With::Api | With::Server(_) => {
                self.show_notice("this is no room; /quit leaves the house", Tone::Plain);
            }
        }
    }

    /// Closes the private conversation that was quiet the longest, if there are too many conversations for one more.
    pub(super) fn make_room_for_talk(&mut self) {
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
