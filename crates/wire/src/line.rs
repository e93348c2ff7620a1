//! The line protocol: what `nc`, stock `telnet` and scripts speak. A line is said in the current room; a
//! line that begins with `/` is a command.
//!
//! [`LineSession`] turns bytes into [`Heard`]; the `render_…` functions turn facts into bytes. What is the
//! same for every reader of a room is rendered without knowing the reader, so that it is encoded once.
//!
//! Invariant: no rendered byte is a control character but line feed and tab, and every line begins with
//! a mark that no nick and no text can begin a line with: `-- ` the house, `<nick> ` someone speaking,
//! `* ` someone acting, `[` a time, another room, or a private message.

mod error;
mod framing;
mod render;
mod speaking;
mod telnet;
mod verbs;
mod view;

use std::fmt::Display;

use crate::Heard;
use crate::decode::decode;
use crate::error::WireError;
use crate::moment::Clock;
use framing::{Framing, Piece};
use teahouse_core::{Action, Excerpt, Question, Refusal, RoomId, RoomName};

pub use error::LineError;
pub use framing::LINE_BYTES_MAX;
pub use render::{
    render_answer, render_event, render_goodbye, render_joined, render_notice, render_page,
    render_parted, render_presence, render_private, render_refusal, whereabouts,
};
pub use speaking::LineFollower;
pub use verbs::typed;
pub use view::{Deed, EventView, HistoryTitle, PresenceView, render_history};

/// One person speaking lines. Holds no buffer while nothing is half said.
#[derive(Debug)]
pub struct LineSession {
    framing: Framing,
    rooms: Rooms,
}

/// The rooms of a session as its lines need them.
#[derive(Debug)]
struct Rooms {
    /// Where the next line is said: moves with `/join` at once, so that what is typed after it goes to
    /// the new room even before the hub has answered.
    target: Option<RoomName>,
    /// The room whose messages come without its name.
    shown: Option<RoomId>,
    /// That is another one than before.
    has_moved: bool,
    /// Confirmed, in the order they were last current.
    joined: Vec<(RoomId, RoomName)>,
    /// Asked for with `/join` or `/room` and not answered yet, in order.
    asked: Vec<RoomName>,
    /// The rest of the last search that was cut: what `/search` alone asks for.
    rest: Option<Box<Question>>,
}

impl LineSession {
    /// Someone who is about to enter `first_room`.
    #[must_use]
    pub fn new(first_room: RoomName) -> Self {
        let rooms = Rooms {
            target: Some(first_room),
            shown: None,
            has_moved: false,
            joined: Vec::new(),
            asked: Vec::new(),
            rest: None,
        };
        Self { framing: Framing::default(), rooms }
    }

    /// Whether messages of this room come without its name.
    fn is_current(&self, room: RoomId) -> bool {
        self.rooms.shown == Some(room)
    }

    /// The room that the next line is said in.
    fn current(&self) -> Option<&RoomName> {
        self.rooms.target.as_ref()
    }

    /// In a new room, or asked for one it was in: it is current.
    fn make_current(&mut self, room: RoomId, name: &RoomName) {
        self.rooms.joined.retain(|(other, _)| *other != room);
        self.rooms.joined.reserve_exact(1);
        self.rooms.joined.push((room, name.clone()));
        self.rooms.show(Some(room));
        self.rooms.take_asked(name);
        if self.rooms.target.is_none() {
            self.rooms.target = Some(name.clone());
        }
    }

    /// A search has been answered: its rest, where it was cut, is what `/search` alone asks for.
    fn handle_found(&mut self, question: &Question, excerpt: &Excerpt) {
        let Question::Search { .. } = question else { return };
        let mut rest = question.clone();
        if let Question::Search { before, .. } = &mut rest {
            *before = excerpt.more;
        }
        self.rooms.rest = excerpt.more.map(|_| Box::new(rest));
    }

    /// A room that could not be entered is not where the next line goes.
    fn handle_refused(&mut self, refusal: &Refusal) {
        let Some(refused) = refusal.room_not_entered() else { return };
        self.rooms.take_asked(refused);
        if self.rooms.target.as_ref() == Some(refused) && !self.rooms.is_joined(refused) {
            self.rooms.fall_back();
        }
    }
}

impl Rooms {
    fn is_joined(&self, room: &RoomName) -> bool {
        self.joined.iter().any(|(_, name)| name == room)
    }

    /// Asks for a room, where the next line goes.
    fn join(&mut self, room: RoomName) -> Action {
        self.target = Some(room.clone());
        self.asked.push(room.clone());
        Action::Join { room }
    }

    /// Asks to leave a room; the next line goes to the one that was current before it.
    fn leave(&mut self, room: RoomName) -> Action {
        if self.target.as_ref() == Some(&room) {
            let others = self.joined.iter().rev().find(|(_, name)| *name != room);
            self.target = others.map(|(_, name)| name.clone());
        }
        Action::Leave { room }
    }

    fn show(&mut self, room: Option<RoomId>) {
        self.has_moved |= self.shown != room;
        self.shown = room;
    }

    /// No longer in a room: if it was current, the one before it is.
    fn part(&mut self, room: RoomId) {
        let left = self.joined.iter().position(|(other, _)| *other == room);
        let left = left.map(|index| self.joined.remove(index).1);
        if self.shown == Some(room) {
            self.show(self.joined.last().map(|(id, _)| *id));
        }
        if self.target == left {
            self.fall_back();
        }
    }

    /// To the room that is asked for, or the one that is shown: what is typed goes where people are read.
    fn fall_back(&mut self) {
        let shown = self.joined.iter().find(|(id, _)| self.shown == Some(*id));
        let confirmed = shown.or(self.joined.last()).map(|(_, name)| name);
        self.target = self.asked.last().or(confirmed).cloned();
    }

    fn take_asked(&mut self, answered: &RoomName) {
        if let Some(first) = self.asked.iter().position(|asked| asked == answered) {
            self.asked.remove(first);
        }
    }
}

fn handle_piece(rooms: &mut Rooms, piece: Piece<'_>, clock: &Clock, heard: &mut Vec<Heard>) {
    let wrong = match piece {
        Piece::Line(bytes) => match decode(bytes) {
            Ok(line) => return handle_line(rooms, line, clock, heard),
            Err(not_words) => LineError::NotWords(not_words),
        },
        Piece::Utf16 => LineError::Utf16,
        Piece::TooLong => LineError::TooLong { max: LINE_BYTES_MAX },
        Piece::Negotiate(bytes) => return heard.push(Heard::Reply(bytes)),
        Piece::AreYouThere => return heard.push(notice(&["yes, the house is here".to_owned()])),
    };
    heard.push(error(&wrong));
    wrong.hear(heard);
}

fn handle_line(rooms: &mut Rooms, line: &str, clock: &Clock, heard: &mut Vec<Heard>) {
    match verbs::handle_line(rooms, line, clock) {
        Ok(done) => heard.extend(done),
        Err(wrong) => heard.push(error(&wrong)),
    }
}

fn error(what: &impl Display) -> Heard {
    notice(&[format!("error: {what}")])
}

/// Lines of the house, for one person.
fn notice(lines: &[String]) -> Heard {
    let mut reply = Vec::new();
    lines.iter().for_each(|line| render_notice(line, &mut reply));
    Heard::Reply(reply)
}

#[cfg(test)]
mod tests;
