//! The line protocol, for `nc`, stock `telnet` and scripts. A line is a message to the current room; a line that begins
//! with `/` is a command.
//!
//! [`LineSession`] turns bytes into [`Input`]; the `render_…` functions turn facts into bytes. Facts of a room are
//! rendered without knowing the reader, so that they are encoded once for all.
//!
//! Invariant: no rendered byte is a control character except line feed and tab, and every line begins with a mark that
//! no nick and no text can begin a line with: `-- ` the server, `<nick> ` a message, `* ` an action, `[` a time, another
//! room, or a private message.

mod error;
mod framing;
mod pieces;
mod render;
mod rooms;
mod speaking;
mod telnet;
mod verbs;
mod view;

use std::fmt::Display;

use crate::Input;
use crate::decode::decode;
use crate::error::WireError;
use crate::moment::Clock;
use framing::{Framing, Piece};
use pieces::notice;
use rooms::Rooms;
use teahouse_core::{Action, Excerpt, Question, Refusal, Request, RoomId, RoomName};

pub use error::LineError;
pub use framing::LINE_BYTES_MAX;
pub use pieces::render_notice;
pub use render::{
    render_answer, render_event, render_goodbye, render_joined, render_left, render_page,
    render_presence, render_private, render_refusal, whereabouts,
};
pub use speaking::LineFollower;
pub use verbs::command_line_of;
pub use view::{Deed, EventView, HistoryTitle, PresenceView, gone, render_history};

/// The session of one person on the line protocol. Holds no buffer while no line is incomplete.
#[derive(Debug)]
pub struct LineSession {
    framing: Framing,
    rooms: Rooms,
}

impl LineSession {
    /// The session of a person who is about to enter `first_room`.
    #[must_use]
    pub fn new(first_room: RoomName) -> Self {
        let rooms = Rooms {
            target: Some(first_room),
            shown: None,
            has_moved: false,
            joined: Vec::new(),
            requested: Vec::new(),
            rest: None,
        };
        Self { framing: Framing::default(), rooms }
    }

    /// Whether messages of this room are shown without its name.
    fn is_current(&self, room: RoomId) -> bool {
        self.rooms.shown == Some(room)
    }

    /// The room that the next message goes to.
    fn current(&self) -> Option<&RoomName> {
        self.rooms.target.as_ref()
    }

    /// Makes a room current that the session has just joined, or was in when it asked to join.
    fn make_current(&mut self, room: RoomId, name: &RoomName) {
        self.rooms.joined.retain(|(other, _)| *other != room);
        self.rooms.joined.reserve_exact(1);
        self.rooms.joined.push((room, name.clone()));
        self.rooms.show(Some(room));
        self.rooms.take_requested(name);
        if self.rooms.target.is_none() {
            self.rooms.target = Some(name.clone());
        }
    }

    /// Remembers the rest of a search whose result was cut, for `/search` without words.
    fn handle_found(&mut self, question: &Question, excerpt: &Excerpt) {
        let Question::Search { .. } = question else { return };
        let mut rest = question.clone();
        if let Question::Search { before, .. } = &mut rest {
            *before = excerpt.more;
        }
        self.rooms.rest = excerpt.more.map(|_| Box::new(rest));
    }

    /// Moves the next message to another room when the room that it would go to could not be joined.
    fn handle_refused(&mut self, refusal: &Refusal) {
        let Some(refused) = refusal.room_not_entered() else { return };
        self.rooms.take_requested(refused);
        if self.rooms.target.as_ref() == Some(refused) && !self.rooms.is_joined(refused) {
            self.rooms.fall_back();
        }
    }

    /// Undoes the effect of a `/join` or `/leave` on the next message, because the request never reached the hub.
    fn handle_given_back(&mut self, request: &Request) {
        let Request::Action(action) = request else { return };
        match action {
            Action::Join { room } => {
                if let Some(last) = self.rooms.requested.iter().rposition(|name| name == room) {
                    self.rooms.requested.remove(last);
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
            | Action::Ignore { .. }
            | Action::Visit(_)
            | Action::Open { .. }
            | Action::Configure { .. } => {}
        }
    }
}

fn handle_piece(rooms: &mut Rooms, piece: Piece<'_>, clock: &Clock, input: &mut Vec<Input>) {
    let wrong = match piece {
        Piece::Line(bytes) => match decode(bytes) {
            Ok(line) => return handle_line(rooms, line, clock, input),
            Err(not_words) => LineError::NotWords(not_words),
        },
        Piece::Utf16 => LineError::Utf16,
        Piece::TooLong => LineError::TooLong { max: LINE_BYTES_MAX },
        Piece::Negotiate(bytes) => return input.push(Input::Reply(bytes)),
        Piece::AreYouThere => return input.push(notice(&["yes, the house is here".to_owned()])),
    };
    input.push(error_reply(&wrong));
    wrong.end_connection(input);
}

fn handle_line(rooms: &mut Rooms, line: &str, clock: &Clock, input: &mut Vec<Input>) {
    match verbs::handle_line(rooms, line, clock) {
        Ok(result) => input.extend(result),
        Err(wrong) => input.push(error_reply(&wrong)),
    }
}

fn error_reply(error: &impl Display) -> Input {
    notice(&[format!("error: {error}")])
}

#[cfg(test)]
mod tests;
