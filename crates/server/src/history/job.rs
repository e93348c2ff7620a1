//! What is read for somebody, and what becomes of it.

use std::sync::Weak;

use teahouse_core::{
    Excerpt, Origin, Position, Question, ReadGrant, Refusal, RequestId, RoomId, SessionId, TooWide,
};

use crate::key::Key;

/// What a connection wants from history.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// The last events before somebody came in.
    Recent { room: RoomId, upto: Position, count: u32 },
    /// What a slow reader has missed.
    Refill { room: RoomId, after: Position, upto: Position },
    /// The event that somebody says to have, to see whether it is still there; where it is not, the first one after it.
    Check { room: RoomId, position: Position, upto: Position },
    /// What somebody asked, and which request of theirs that was.
    Asked(RequestId, ReadGrant),
}

/// For whom something is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    /// Somebody with a connection.
    Connection(Key),
    /// Somebody who asked one thing from outside.
    Visitor(SessionId),
}

/// One thing to read, and for whom.
pub(crate) struct Job {
    pub(crate) shard: usize,
    pub(crate) asker: Asker,
    /// Where the asker comes from.
    pub(crate) origin: Origin,
    /// Gone when nobody waits for it any more.
    pub(crate) waits: Weak<()>,
    pub(crate) wanted: Wanted,
}

impl Job {
    /// Whether whoever asked is gone. What members are brought up to date with has no such mark.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.wanted, Wanted::Asked(..)) && self.waits.strong_count() == 0
    }
}

/// What was found.
pub(crate) struct Page {
    pub(crate) asker: Asker,
    pub(crate) wanted: Wanted,
    pub(crate) found: Result<Excerpt, Unread>,
}

/// Why something was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It cannot be; the log says why.
    Fault,
    /// A search that takes more work than one may.
    TooWide(TooWide),
    /// It is not done just now.
    Refused(Refusal),
}

/// A job that was not taken.
pub(crate) struct Unsent {
    pub(crate) job: Job,
    pub(crate) why: Unread,
}

impl Wanted {
    pub(super) fn is_search(&self) -> bool {
        match self {
            Self::Recent { .. } | Self::Refill { .. } | Self::Check { .. } => false,
            Self::Asked(_, granted) => matches!(granted.question, Question::Search { .. }),
        }
    }
}
