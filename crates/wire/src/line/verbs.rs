//! What each command does here: what it asks of the chat, or what is answered on the spot. And back: what was typed
//! to ask something.

use teahouse_core::{Action, Question, Refusal, RoomName, Text, TopicChange};

use crate::Heard;
use crate::command::{self, Clock, Command, CommandError, SEARCH_COUNT, Topic};

use super::{LineSession, Rooms, notice, whereabouts};

/// Does what a line means.
pub(super) fn handle_line(
    rooms: &mut Rooms,
    line: &str,
    clock: &Clock,
) -> Result<Option<Heard>, CommandError> {
    let current = || rooms.target.clone().ok_or(CommandError::InNoRoom);
    let action = match command::parse(line)? {
        Command::Nothing => return Ok(None),
        Command::Quit => return Ok(Some(Heard::Quit)),
        Command::Help(verb) => return Ok(Some(notice(&command::help(verb)))),
        Command::Say(text) => say(current()?, text, false),
        Command::Act(text) => say(current()?, text, true),
        Command::Nick(nick) => Action::Rename { nick },
        Command::Join(room) => rooms.join(room),
        Command::Room(Some(room)) if rooms.is_joined(&room) => rooms.join(room),
        Command::Room(Some(room)) => return Err(Refusal::NotInRoom { room }.into()),
        Command::Room(None) => {
            let others = rooms.joined.iter().map(|(_, name)| name);
            return Ok(Some(notice(&[whereabouts(&current()?, others)])));
        }
        Command::Leave(room) => {
            let room = room.map_or_else(current, Ok)?;
            rooms.leave(room)
        }
        Command::Rooms { page } => Action::Rooms { page },
        Command::Who { room, page } => Action::Who { room: room.map_or_else(current, Ok)?, page },
        Command::Topic(topic) => {
            let change = match topic {
                Topic::Ask => TopicChange::Ask,
                Topic::Set(text) => TopicChange::Set(text),
                Topic::Clear => TopicChange::Clear,
            };
            Action::Topic { room: current()?, change }
        }
        Command::Tell { nick, text } => Action::Tell { nick, text },
        Command::History { count, before } => {
            let room = current()?;
            let question = match before.map(|moment| moment.at(clock)) {
                Some(time) => Question::Before { room, time, count },
                None => Question::Latest { room, count },
            };
            Action::Read { question }
        }
        Command::Search { words: Some(words) } => {
            let (room, before, count) = (None, None, SEARCH_COUNT);
            Action::Read { question: Question::Search { words, room, before, count } }
        }
        Command::Search { words: None } => {
            let question = rooms.rest.as_deref().cloned().ok_or(CommandError::NothingOlder)?;
            Action::Read { question }
        }
        Command::Ignore(nick) => Action::Ignore { nick },
    };
    Ok(Some(Heard::ask(action)))
}

fn say(room: RoomName, text: Text, acted: bool) -> Action {
    Action::Say { room, text, acted, id: None }
}

impl LineSession {
    /// What was typed is given back and never reaches the hub: where it would have moved the next line,
    /// that stays.
    pub fn handle_given_back(&mut self, action: &Action) {
        match action {
            Action::Join { room } => {
                if let Some(last) = self.rooms.asked.iter().rposition(|asked| asked == room) {
                    self.rooms.asked.remove(last);
                }
                self.rooms.fall_back();
            }
            Action::Leave { .. } => self.rooms.fall_back(),
            Action::Enter { .. }
            | Action::EnterUnseen { .. }
            | Action::Appear
            | Action::Exit { .. }
            | Action::Say { .. }
            | Action::Tell { .. }
            | Action::Rename { .. }
            | Action::Topic { .. }
            | Action::Who { .. }
            | Action::Rooms { .. }
            | Action::Ignore { .. }
            | Action::Read { .. }
            | Action::Typing { .. }
            | Action::Visit(_)
            | Action::Configure { .. } => {}
        }
    }
}

/// What was typed to ask this, for giving it back when it is refused.
#[must_use]
pub fn typed(action: &Action) -> String {
    match action {
        Action::Say { text, acted: true, .. } => format!("/me {}", text.as_str()),
        Action::Say { text, .. } if text.as_str().starts_with('/') => format!("/{}", text.as_str()),
        Action::Say { text, .. } => text.as_str().to_owned(),
        Action::Tell { nick, text } => format!("/msg {nick} {}", text.as_str()),
        Action::Join { room } => format!("/join {room}"),
        Action::Leave { room } => format!("/leave {room}"),
        Action::Rename { nick } => format!("/nick {nick}"),
        Action::Topic { change, .. } => match change {
            TopicChange::Ask => "/topic".to_owned(),
            TopicChange::Set(text) => format!("/topic {}", text.as_str()),
            TopicChange::Clear => "/topic -clear".to_owned(),
        },
        Action::Who { room, page } => format!("/who {room} {page}"),
        Action::Rooms { page } => format!("/rooms {page}"),
        Action::Ignore { nick: Some(nick) } => format!("/ignore {nick}"),
        Action::Ignore { nick: None } => "/ignore".to_owned(),
        Action::Read { question } => match question {
            Question::Latest { count, .. } => format!("/history {count}"),
            Question::Before { .. }
            | Question::Earlier { .. }
            | Question::Later { .. }
            | Question::Around { .. } => "/history before …".to_owned(),
            Question::Search { before: Some(_), .. } => "/search".to_owned(),
            Question::Search { words, .. } => format!("/search {words}"),
        },
        Action::Exit { .. } => "/quit".to_owned(),
        Action::Enter { .. }
        | Action::EnterUnseen { .. }
        | Action::Appear
        | Action::Typing { .. }
        | Action::Visit(_)
        | Action::Configure { .. } => String::new(),
    }
}
