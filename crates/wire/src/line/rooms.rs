//! The rooms of a session of lines: where the next line is said, and which room's messages come without its name.

use teahouse_core::{Action, Question, RoomId, RoomName};

/// The rooms of a session as its lines need them.
#[derive(Debug)]
pub(super) struct Rooms {
    /// Where the next line is said: moves with `/join` at once, so that what is typed after it goes to
    /// the new room even before the hub has answered.
    pub(super) target: Option<RoomName>,
    /// The room whose messages come without its name.
    pub(super) shown: Option<RoomId>,
    /// That is another one than before.
    pub(super) has_moved: bool,
    /// Confirmed, in the order they were last current.
    pub(super) joined: Vec<(RoomId, RoomName)>,
    /// Asked for with `/join` or `/room` and not answered yet, in order.
    pub(super) asked: Vec<RoomName>,
    /// The rest of the last search that was cut: what `/search` alone asks for.
    pub(super) rest: Option<Box<Question>>,
}

impl Rooms {
    pub(super) fn is_joined(&self, room: &RoomName) -> bool {
        self.joined.iter().any(|(_, name)| name == room)
    }

    /// Asks for a room, where the next line goes.
    pub(super) fn join(&mut self, room: RoomName) -> Action {
        self.target = Some(room.clone());
        self.asked.push(room.clone());
        Action::Join { room }
    }

    /// Asks to leave a room; the next line goes to the one that was current before it.
    pub(super) fn leave(&mut self, room: RoomName) -> Action {
        if self.target.as_ref() == Some(&room) {
            let others = self.joined.iter().rev().find(|(_, name)| *name != room);
            self.target = others.map(|(_, name)| name.clone());
        }
        Action::Leave { room }
    }

    pub(super) fn show(&mut self, room: Option<RoomId>) {
        self.has_moved |= self.shown != room;
        self.shown = room;
    }

    /// No longer in a room: if it was current, the one before it is.
    pub(super) fn part(&mut self, room: RoomId) {
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
    pub(super) fn fall_back(&mut self) {
        let shown = self.joined.iter().find(|(id, _)| self.shown == Some(*id));
        let confirmed = shown.or(self.joined.last()).map(|(_, name)| name);
        self.target = self.asked.last().or(confirmed).cloned();
    }

    pub(super) fn take_asked(&mut self, answered: &RoomName) {
        if let Some(first) = self.asked.iter().position(|asked| asked == answered) {
            self.asked.remove(first);
        }
    }
}
