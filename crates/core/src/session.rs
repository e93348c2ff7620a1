//! One session: its nick, the rooms it is in, its ignore list, and the state by which it can be resumed.

use serde::{Deserialize, Serialize};

use crate::ignored::{Ignored, Person};
use crate::{
    Author, ExitCause, Nick, NickKey, Origin, ResumeKeyHash, RoomId, SessionId, SteadyTime,
};

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) nick: Nick,
    pub(crate) key: NickKey,
    /// The author of its messages; message ids are unique for each author.
    pub(crate) author: Author,
    /// Where it entered from, or was last resumed from.
    pub(crate) origin: Origin,
    pub(crate) rooms: Vec<Membership>,
    pub(crate) ignored: Vec<Ignored>,
    /// `None` for a session without a resume key.
    pub(crate) resume: Option<Box<ResumeState>>,
}

/// What a connection needs to resume the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResumeState {
    pub(crate) key: ResumeKeyHash,
    /// `None` while the session is connected.
    pub(crate) suspension: Option<Suspension>,
    /// When the grace period ends: then a suspended session ends, and a resumed one leaves the rooms that it has not
    /// joined again. `None` when there is nothing to wait for.
    pub(crate) kept_until: Option<SteadyTime>,
}

/// Why and since when a session has no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Suspension {
    pub(crate) cause: ExitCause,
    pub(crate) since: SteadyTime,
}

/// A session as a member of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) room: RoomId,
    pub(crate) since: SteadyTime,
    /// When the summary that has its joining in it is due; `None` if the joining was announced by itself.
    pub(crate) folded_until: Option<SteadyTime>,
    /// Whether the connection receives the room. Not while the session is suspended, and after it is resumed not
    /// until it joins the room again.
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

    /// Why and since when it is suspended; `None` if it is connected.
    pub(crate) fn suspension(&self) -> Option<Suspension> {
        self.resume.as_ref().and_then(|resume| resume.suspension)
    }

    /// How the session, whose number is `id`, is recognized under any nick.
    pub(crate) fn identity(&self, id: SessionId) -> Person {
        if self.resume.is_some() { Person::ResumeKey(self.author) } else { Person::Session(id) }
    }

    /// Whether it ignores the session `other`, whose number is `id`.
    pub(crate) fn ignores(&self, id: SessionId, other: &Self) -> bool {
        let (author, key) = (Some(other.author), Some(&other.key));
        self.ignored.iter().any(|ignored| ignored.is(id, author, key))
    }

    /// Its membership in a room, if it is a member.
    pub(crate) fn membership(&self, room: RoomId) -> Option<Membership> {
        self.rooms.iter().find(|membership| membership.room == room).copied()
    }
}
