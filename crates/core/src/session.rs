//! One joined person: their nick, the rooms they are in, whom they ignore, and by what key they come back.

use crate::{Author, ExitCause, Nick, NickKey, Origin, RoomId, SeatKey, SessionId, SteadyTime};

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
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) key: SeatKey,
    /// While it is suspended.
    pub(crate) away: Option<Away>,
    /// Until when rooms that they do not hear are kept for them.
    pub(crate) kept_until: Option<SteadyTime>,
}

/// A connection broke, and its session is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Away {
    pub(crate) cause: ExitCause,
    pub(crate) since: SteadyTime,
}

/// A session's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) room: RoomId,
    pub(crate) since: SteadyTime,
    /// Until when its coming waits to be announced with others.
    pub(crate) folded_until: Option<SteadyTime>,
    /// Whether its connection hears the room. Otherwise the place is kept for somebody who may come back.
    pub(crate) is_heard: bool,
}

/// Somebody ignored: by session while they stay, so that a new nick does not help them, and by nick,
/// so that coming back does not either.
#[derive(Debug)]
pub(crate) struct Ignored {
    pub(crate) nick: Nick,
    pub(crate) key: NickKey,
    pub(crate) session: Option<SessionId>,
}

impl Session {
    pub(crate) fn new(nick: Nick, origin: Origin, seat: Option<SeatKey>) -> Self {
        let key = nick.key();
        let author = seat.as_ref().map_or_else(|| Author::of_nick(&nick), Author::of_seat);
        let seat = seat.map(|key| Box::new(Seat { key, away: None, kept_until: None }));
        Self { nick, key, author, origin, rooms: Vec::new(), ignored: Vec::new(), seat }
    }

    /// Why and since when, if it is suspended.
    pub(crate) fn away(&self) -> Option<Away> {
        self.seat.as_ref().and_then(|seat| seat.away)
    }

    pub(crate) fn ignores(&self, session: SessionId, key: &NickKey) -> bool {
        self.ignored.iter().any(|ignored| ignored.session == Some(session) || ignored.key == *key)
    }

    /// Its place in a room, if it has one.
    pub(crate) fn place(&self, room: RoomId) -> Option<Place> {
        self.rooms.iter().find(|place| place.room == room).copied()
    }
}
