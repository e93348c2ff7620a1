//! Executes commands in the line protocol: each becomes a request or a reply. And the reverse: the command line for a
//! request.

use teahouse_core::{Action, Query, Question, Refusal, Request, RoomName, Signal, Text};

use crate::Input;
use crate::command::{self, Clock, Command, CommandError, Topic};
use crate::limits::SEARCH_COUNT;

use super::pieces::notice;
use super::render::whereabouts;
use super::rooms::Rooms;

/// Executes one line.
pub(super) fn handle_line(
    rooms: &mut Rooms,
    line: &str,
    clock: &Clock,
) -> Result<Option<Input>, CommandError> {
    let current = || rooms.target.clone().ok_or(CommandError::InNoRoom);
    let request: Request = match command::parse(line)? {
        Command::Nothing => return Ok(None),
        Command::Quit => return Ok(Some(Input::Quit)),
        Command::Help(verb) => return Ok(Some(notice(&command::help(verb)))),
        Command::Say(text) => say(current()?, text, false).into(),
        Command::Act(text) => say(current()?, text, true).into(),
        Command::Nick(nick) => Action::Rename { nick }.into(),
        Command::Join(room) => rooms.join(room).into(),
        Command::Room(Some(room)) if rooms.is_joined(&room) => rooms.join(room).into(),
        Command::Room(Some(room)) => return Err(Refusal::NotInRoom { room }.into()),
        Command::Room(None) => {
            let others = rooms.joined.iter().map(|(_, name)| name);
            return Ok(Some(notice(&[whereabouts(&current()?, others)])));
        }
        Command::Leave(room) => {
            let room = room.map_or_else(current, Ok)?;
            rooms.leave(room).into()
        }
        Command::Rooms { page } => Query::Rooms { page }.into(),
        Command::Who { room, page } => {
            let room = room.map_or_else(current, Ok)?;
            Query::Who { room, page }.into()
        }
        Command::Topic(topic) => {
            let room = current()?;
            match topic {
                Topic::Ask => Query::Topic { room }.into(),
                Topic::Set(text) => Action::Topic { room, topic: Some(text) }.into(),
                Topic::Clear => Action::Topic { room, topic: None }.into(),
            }
        }
        Command::Tell { nick, text } => Action::Tell { nick, text }.into(),
        Command::History { count, before } => {
            let room = current()?;
            let question = match before.map(|moment| moment.at(clock)) {
                Some(time) => Question::Before { room, time, count },
                None => Question::Latest { room, count },
            };
            Query::Read { question }.into()
        }
        Command::Search { words: Some(words) } => {
            let (room, before, count) = (None, None, SEARCH_COUNT);
            Query::Read { question: Question::Search { words, room, before, count } }.into()
        }
        Command::Search { words: None } => {
            let question = rooms.rest.as_deref().cloned().ok_or(CommandError::NothingOlder)?;
            Query::Read { question }.into()
        }
        Command::Ignore(Some(nick)) => Action::Ignore { nick }.into(),
        Command::Ignore(None) => Query::Ignored.into(),
    };
    Ok(Some(Input::ask(request)))
}

fn say(room: RoomName, text: Text, acted: bool) -> Action {
    Action::Say { room, text, acted, id: None }
}

/// The command line that makes this request, to give it back to the person when it is refused.
#[must_use]
pub fn command_line_of(request: &Request) -> String {
    match request {
        Request::Action(action) => command_line_of_action(action),
        Request::Query(query) => command_line_of_query(query),
        Request::Signal(Signal::Typing { .. }) => String::new(),
    }
}

fn command_line_of_action(action: &Action) -> String {
    match action {
        Action::Say { text, acted: true, .. } => format!("/me {}", text.as_str()),
        Action::Say { text, .. } if text.as_str().starts_with('/') => format!("/{}", text.as_str()),
        Action::Say { text, .. } => text.as_str().to_owned(),
        Action::Tell { nick, text } => format!("/msg {nick} {}", text.as_str()),
        Action::Join { room } => format!("/join {room}"),
        Action::Leave { room } => format!("/leave {room}"),
        Action::Rename { nick } => format!("/nick {nick}"),
        Action::Topic { topic: Some(text), .. } => format!("/topic {}", text.as_str()),
        Action::Topic { topic: None, .. } => "/topic -clear".to_owned(),
        Action::Ignore { nick } => format!("/ignore {nick}"),
        Action::Exit { .. } => "/quit".to_owned(),
        Action::Enter { .. }
        | Action::EnterUnseen { .. }
        | Action::Appear
        | Action::Visit(_)
        | Action::Open { .. }
        | Action::Configure { .. } => String::new(),
    }
}

fn command_line_of_query(query: &Query) -> String {
    match query {
        Query::Who { room, page } => format!("/who {room} {page}"),
        Query::Rooms { page } => format!("/rooms {page}"),
        Query::Topic { .. } => "/topic".to_owned(),
        Query::Ignored => "/ignore".to_owned(),
        // Only the server itself asks this.
        Query::Room { .. } => String::new(),
        Query::Read { question } => match question {
            Question::Latest { count, .. } => format!("/history {count}"),
            Question::Before { .. }
            | Question::Earlier { .. }
            | Question::Later { .. }
            | Question::Around { .. } => "/history before …".to_owned(),
            Question::Search { before: Some(_), .. } => "/search".to_owned(),
            Question::Search { words, .. } => format!("/search {words}"),
        },
    }
}
