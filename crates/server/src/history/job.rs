//! Jobs for the reading threads, and their results.

use std::sync::Weak;

use teahouse_core::{
    Excerpt, Origin, Position, Question, ReadGrant, Refusal, RequestId, RoomId, SessionId, TooWide,
};

use crate::key::Key;

/// What a job reads from history.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// The last events of a room, for a member that joins.
    Recent { room: RoomId, upto: Position, count: u32 },
    /// The events that a member that is behind has missed.
    Refill { room: RoomId, after: Position, upto: Position },
    /// The event at a client's cursor, to see whether it still exists; if not, the first event after it.
    Check { room: RoomId, position: Position, upto: Position },
    /// A question, and the number of its request.
    Asked(RequestId, ReadGrant),
}

/// The receiver of a job's result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    /// A connection.
    Connection(Key),
    /// A visit: one request over HTTP.
    Visitor(SessionId),
}

/// One job for a reading thread.
pub(crate) struct Job {
    pub(crate) shard: usize,
    pub(crate) asker: Asker,
    /// The origin of the asker's address.
    pub(crate) origin: Origin,
    /// Dead when the asker no longer waits for the result.
    pub(crate) waits: Weak<()>,
    pub(crate) wanted: Wanted,
}

impl Job {
    /// Whether the asker of a question no longer waits. Jobs that bring members up to date do not use this mark.
    pub(super) fn is_abandoned(&self) -> bool {
        matches!(self.wanted, Wanted::Asked(..)) && self.waits.strong_count() == 0
    }
}

/// The result of a job.
pub(crate) struct Page {
    pub(crate) asker: Asker,
    pub(crate) wanted: Wanted,
    pub(crate) found: Result<Excerpt, Unread>,
}

/// Why a job has no result.
#[derive(Debug)]
pub(crate) enum Unread {
    /// Reading failed; the log says why.
    Fault,
    /// The search takes more work than one search may.
    TooWide(TooWide),
    /// The job was refused.
    Refused(Refusal),
}

/// A job that was not accepted.
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
