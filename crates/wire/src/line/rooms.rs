//! The rooms of a line session: which room the next message goes to, and which room's messages are shown without its
//! name.

use teahouse_core::{Action, Question, RoomId, RoomName};

/// The rooms of a line session.
#[derive(Debug)]
pub(super) struct Rooms {
    /// The room that the next message goes to. Changes with `/join` at once, so that a line typed after it goes to the
    /// new room even before the hub has answered.
    pub(super) target: Option<RoomName>,
    /// The room whose messages are shown without its name.
    pub(super) shown: Option<RoomId>,
    /// Whether `shown` has changed since it was last checked.
    pub(super) has_moved: bool,
    /// The rooms that the session is in, the one that was current last at the end.
    pub(super) joined: Vec<(RoomId, RoomName)>,
    /// The rooms of unanswered `/join` and `/room` commands, in order.
    pub(super) requested: Vec<RoomName>,
    /// The rest of the last search whose result was cut, for `/search` without words.
    pub(super) rest: Option<Box<Question>>,
}

impl Rooms {
    pub(super) fn is_joined(&self, room: &RoomName) -> bool {
        self.joined.iter().any(|(_, name)| name == room)
    }

    /// Asks to join a room, and sends the next message there.
    pub(super) fn join(&mut self, room: RoomName) -> Action {
        self.target = Some(room.clone());
        self.requested.push(room.clone());
        Action::Join { room }
    }

    /// Asks to leave a room. If it is the target, the next message goes to the room that was current before it.
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

    /// Removes a room that the session has left. If it was current, the one before it becomes current.
    pub(super) fn remove(&mut self, room: RoomId) {
        let left = self.joined.iter().position(|(other, _)| *other == room);
        let left = left.map(|index| self.joined.remove(index).1);
        if self.shown == Some(room) {
            self.show(self.joined.last().map(|(id, _)| *id));
        }
        if self.target == left {
            self.fall_back();
        }
    }

    /// Sends the next message to the room requested last, or else to the room that is shown: a person writes to the room
    /// that they read.
    pub(super) fn fall_back(&mut self) {
        let shown = self.joined.iter().find(|(id, _)| self.shown == Some(*id));
        let confirmed = shown.or(self.joined.last()).map(|(_, name)| name);
        self.target = self.requested.last().or(confirmed).cloned();
    }

    /// Removes the first request for this room, which the hub has answered.
    pub(super) fn take_requested(&mut self, answered: &RoomName) {
        if let Some(first) = self.requested.iter().position(|room| room == answered) {
            self.requested.remove(first);
        }
    }
}
