//! What only reads: a closed list. A query is answered where it is asked, at its place in the order, and goes
//! nowhere else: nothing here can be written to a log.

use crate::{Position, RoomName, Sequence, SessionId, Time};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Somebody who has come in: what is in a room is for those who are in it.
    Session(SessionId),
    /// Somebody who has not come in: every room is open.
    Visitor(SessionId),
}

impl Asker {
    /// The number that the answer is for.
    #[must_use]
    pub fn session(self) -> SessionId {
        let (Self::Session(session) | Self::Visitor(session)) = self;
        session
    }
}

/// What can be asked: [`crate::Chat::ask`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Who is in a room?
    Who {
        /// Where.
        room: RoomName,
        /// Which page of the list, from 1.
        page: u32,
    },
    /// Which rooms are there?
    Rooms {
        /// Which page of the list, from 1.
        page: u32,
    },
    /// What is a room about?
    Topic {
        /// Which.
        room: RoomName,
    },
    /// Whom does the asker ignore?
    Ignored,
    /// How does a room stand? For one that hears it and has lost its place in it; nobody else is answered.
    Room {
        /// Which.
        room: RoomName,
    },
    /// Something from history: answered with leave to read, and from where.
    Read {
        /// What is wanted.
        question: Question,
    },
}

/// What is wanted from history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The newest events of a room.
    Latest {
        /// Where.
        room: RoomName,
        /// How many at most.
        count: u32,
    },
    /// The newest events of a room before a moment.
    Before {
        /// Where.
        room: RoomName,
        /// Before when.
        time: Time,
        /// How many at most.
        count: u32,
    },
    /// The newest events of a room before a position.
    Earlier {
        /// Where.
        room: RoomName,
        /// Before which.
        position: Position,
        /// How many at most.
        count: u32,
    },
    /// The oldest events of a room after a position.
    Later {
        /// Where.
        room: RoomName,
        /// After which.
        position: Position,
        /// How many at most.
        count: u32,
    },
    /// The events of a room around a position.
    Around {
        /// Where.
        room: RoomName,
        /// Around which.
        position: Position,
        /// How many at most.
        count: u32,
    },
    /// The newest events that have these words.
    Search {
        /// As typed.
        words: String,
        /// Where; `None` for every room the asker is in, and for a visitor every room there is.
        room: Option<RoomName>,
        /// Only what is older than this: the rest of a list that was cut here.
        before: Option<Sequence>,
        /// How many at most.
        count: u32,
    },
}
