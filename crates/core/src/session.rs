//! One joined person: their nick, the rooms they are in, whom they ignore, and by what key they come back.

use serde::{Deserialize, Serialize};

use crate::ignored::{Ignored, Person};
use crate::{
    Author, ExitCause, Nick, NickKey, Origin, ResumeKeyHash, RoomId, SessionId, SteadyTime,
};

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) nick: Nick,
    pub(crate) key: NickKey,
    /// Whose the ids of their messages are.
    pub(crate) author: Author,
    /// From where it came in, or was resumed.
    pub(crate) origin: Origin,
    pub(crate) rooms: Vec<Place>,
    pub(crate) ignored: Vec<Ignored>,
    /// Only of those with a key to come back with.
    pub(crate) seat: Option<Box<Seat>>,
}

/// What is kept for somebody who may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) key: ResumeKeyHash,
    /// While it is suspended.
    pub(crate) away: Option<Away>,
    /// Until when rooms that they do not hear are kept for them.
    pub(crate) kept_until: Option<SteadyTime>,
}

/// A connection broke, and its session is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Away {
    pub(crate) cause: ExitCause,
    pub(crate) since: SteadyTime,
}

/// A session's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) room: RoomId,
    pub(crate) since: SteadyTime,
    /// Until when its coming waits to be announced with others.
    pub(crate) folded_until: Option<SteadyTime>,
    /// Whether its connection hears the room. Otherwise the place is kept for somebody who may come back.
    pub(crate) is_heard: bool,
}

impl Session {
    pub(crate) fn new(nick: Nick, origin: Origin, seat: Option<ResumeKeyHash>) -> Self {
        let key = nick.key();
        let author = seat.map_or_else(|| Author::of_nick(&nick), Author::of_seat);
        let seat = seat.map(|key| Box::new(Seat { key, away: None, kept_until: None }));
        Self { nick, key, author, origin, rooms: Vec::new(), ignored: Vec::new(), seat }
    }

    /// Why and since when, if it is suspended.
    pub(crate) fn away(&self) -> Option<Away> {
        self.seat.as_ref().and_then(|seat| seat.away)
    }

    /// Who they are whatever they are called, on the connection `id`.
    pub(crate) fn identity(&self, id: SessionId) -> Person {
        if self.seat.is_some() { Person::Seat(self.author) } else { Person::Session(id) }
    }

    /// Whether they do not hear `other`, who is on the connection `id`.
    pub(crate) fn ignores(&self, id: SessionId, other: &Self) -> bool {
        let (author, key) = (Some(other.author), Some(&other.key));
        self.ignored.iter().any(|ignored| ignored.is(id, author, key))
    }

    /// Its place in a room, if it has one.
    pub(crate) fn place(&self, room: RoomId) -> Option<Place> {
        self.rooms.iter().find(|place| place.room == room).copied()
    }
}
