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
    pub(crate) rooms: Vec<Membership>,
    pub(crate) ignored: Vec<Ignored>,
    /// Only of those with a key to come back with.
    pub(crate) resume: Option<Box<ResumeState>>,
}

/// What is kept for somebody who may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResumeState {
    pub(crate) key: ResumeKeyHash,
    /// While it is suspended.
    pub(crate) suspension: Option<Suspension>,
    /// Until when rooms that they do not hear are kept for them.
    pub(crate) kept_until: Option<SteadyTime>,
}

/// A connection broke, and its session is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Suspension {
    pub(crate) cause: ExitCause,
    pub(crate) since: SteadyTime,
}

/// A session's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) room: RoomId,
    pub(crate) since: SteadyTime,
    /// Until when its coming waits to be announced with others.
    pub(crate) folded_until: Option<SteadyTime>,
    /// Whether its connection hears the room. Otherwise the place is kept for somebody who may come back.
    pub(crate) is_attached: bool,
}

impl Session {
    pub(crate) fn new(nick: Nick, origin: Origin, resume: Option<ResumeKeyHash>) -> Self {
        let key = nick.key();
        let author = resume.map_or_else(|| Author::of_nick(&nick), Author::of_resume_key);
        let resume =
            resume.map(|key| Box::new(ResumeState { key, suspension: None, kept_until: None }));
        Self { nick, key, author, origin, rooms: Vec::new(), ignored: Vec::new(), resume }
    }

    /// Why and since when, if it is suspended.
    pub(crate) fn suspension(&self) -> Option<Suspension> {
        self.resume.as_ref().and_then(|resume| resume.suspension)
    }

    /// Who they are whatever they are called, on the connection `id`.
    pub(crate) fn identity(&self, id: SessionId) -> Person {
        if self.resume.is_some() { Person::ResumeState(self.author) } else { Person::Session(id) }
    }

    /// Whether they do not hear `other`, who is on the connection `id`.
    pub(crate) fn ignores(&self, id: SessionId, other: &Self) -> bool {
        let (author, key) = (Some(other.author), Some(&other.key));
        self.ignored.iter().any(|ignored| ignored.is(id, author, key))
    }

    /// Its place in a room, if it has one.
    pub(crate) fn membership(&self, room: RoomId) -> Option<Membership> {
        self.rooms.iter().find(|membership| membership.room == room).copied()
    }
}
