//! What can be read: a closed list. A node answers its own queries, each at its point in the order. They are not
//! sent to other nodes: nothing here can be written to a log.

use crate::{Position, RoomName, Sequence, SessionId, Time};

/// The session or visitor that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A session: it can read the rooms it is in.
    Session(SessionId),
    /// A visitor, who has not entered the server: it can read every room.
    Visitor(SessionId),
}

impl Asker {
    /// The number that the answer is addressed to.
    #[must_use]
    pub fn session(self) -> SessionId {
        let (Self::Session(session) | Self::Visitor(session)) = self;
        session
    }
}

/// The queries. [`crate::Chat::ask`] answers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The members of a room.
    Who {
        /// The room.
        room: RoomName,
        /// The page of the list, from 1.
        page: u32,
    },
    /// All rooms.
    Rooms {
        /// The page of the list, from 1.
        page: u32,
    },
    /// The topic of a room.
    Topic {
        /// The room.
        room: RoomName,
    },
    /// The ignore list of the asker.
    Ignored,
    /// The state of a room, for a session or follower that receives the room and has lost its cursor in it. Others
    /// get no answer.
    Room {
        /// The room.
        room: RoomName,
    },
    /// A part of history. The answer is the permission to read it ([`crate::ReadGrant`]), not the events.
    Read {
        /// The part of history.
        question: Question,
    },
}

/// The part of history that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The newest events of a room.
    Latest {
        /// The room.
        room: RoomName,
        /// The most events to return.
        count: u32,
    },
    /// The newest events of a room before a time.
    Before {
        /// The room.
        room: RoomName,
        /// The time; events at this time are not included.
        time: Time,
        /// The most events to return.
        count: u32,
    },
    /// The newest events of a room before a position.
    Earlier {
        /// The room.
        room: RoomName,
        /// The position; its event is not included.
        position: Position,
        /// The most events to return.
        count: u32,
    },
    /// The oldest events of a room after a position.
    Later {
        /// The room.
        room: RoomName,
        /// The position; its event is not included.
        position: Position,
        /// The most events to return.
        count: u32,
    },
    /// The events of a room around a position.
    Around {
        /// The room.
        room: RoomName,
        /// The position in the middle.
        position: Position,
        /// The most events to return.
        count: u32,
    },
    /// The newest events that contain these words.
    Search {
        /// The words as typed.
        words: String,
        /// The room; `None` for every room the asker is in, and for a visitor every room of the server.
        room: Option<RoomName>,
        /// Only older events: where an earlier list of results was cut.
        before: Option<Sequence>,
        /// The most events to return.
        count: u32,
    },
}
