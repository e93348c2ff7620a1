//! One joined person: their nick, the rooms they are in, whom they ignore, and by what key they come back.

use crate::{ExitCause, Nick, NickKey, RoomId, SeatKey, SessionId, Time};

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) nick: Nick,
    pub(crate) key: NickKey,
    pub(crate) rooms: Vec<Place>,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) seat: Option<SeatKey>,
    /// Since when the house waits for them, and why they went; `None` while they are connected.
    pub(crate) away: Option<ExitCause>,
    /// Until when rooms that they do not hear are kept for them.
    pub(crate) kept_until: Option<Time>,
}

/// A session's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) room: RoomId,
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
    pub(crate) fn new(nick: Nick, seat: Option<SeatKey>) -> Self {
        let key = nick.key();
        Self {
            nick,
            key,
            rooms: Vec::new(),
            ignored: Vec::new(),
            seat,
            away: None,
            kept_until: None,
        }
    }

    pub(crate) fn ignores(&self, session: SessionId, key: &NickKey) -> bool {
        self.ignored.iter().any(|ignored| ignored.session == Some(session) || ignored.key == *key)
    }

    /// Its place in a room, if it has one.
    pub(crate) fn place(&self, room: RoomId) -> Option<Place> {
        self.rooms.iter().find(|place| place.room == room).copied()
    }
}
