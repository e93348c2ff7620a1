//! What a link tells whoever uses it: the closed list of its outputs.

use std::time::Duration;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::{Cause, Failure, Id, Ref, Request, ServerMessage, Welcome};

/// One thing that happened on a link, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// The connection changed.
    State(State),
    /// The server said something. Events that were received before (after a resume) are left out, so each
    /// position of a room comes once, in order; answers carry the reference that the asking gave.
    Received(ServerMessage),
    /// One of our own messages changed: see [`Outgoing`].
    Outgoing(Outgoing),
    /// The connection broke before this was answered; it may have been done or not. Only for what cannot be
    /// asked twice without harm: other questions are asked again by the link.
    Unanswered {
        /// What the asking gave.
        reference: Ref,
        /// What was asked.
        request: Request,
    },
    /// Something that the person should know about the link itself, such as that another client of theirs
    /// is connected.
    Notice(String),
}

/// How the connection is.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// A connection is being tried; the first try is 1.
    Connecting {
        /// Which try since the last connection.
        attempt: u32,
    },
    /// Welcome: requests go out, rooms are joined again from where we were.
    Online(Welcome),
    /// The connection broke or could not be made; tried again after this long.
    Offline {
        /// Why, for people.
        why: String,
        /// How long until the next try.
        retry_in: Duration,
    },
    /// Over for good: we said bye, or the server said that coming back makes no sense.
    Ended {
        /// Why, if the server said so.
        cause: Option<Cause>,
    },
}

/// One of our own messages on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The id it was given when it was said.
    pub id: Id,
    /// Where.
    pub room: RoomName,
    /// What.
    pub text: Text,
    /// Whether it is `/me`.
    pub acted: bool,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a message of ours has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// In the outbox: not sent on this connection yet.
    Waiting,
    /// Sent, and not yet acknowledged.
    Sent,
    /// Kept and shown to everyone, at this position of its room.
    Kept {
        /// Where it stands.
        position: u64,
    },
    /// Refused: it is out of the outbox, and its text is the person's again.
    Refused(Failure),
}
