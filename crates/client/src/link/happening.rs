//! What [`Link::next`](super::Link::next) returns: the closed list of a link's outputs.

use std::time::Duration;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::{Cause, Failure, Id, Ref, Request, ServerMessage, Welcome};

/// One thing that happened on a link. Happenings are returned in the order in which they occurred.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// The state of the connection changed.
    State(State),
    /// The server sent a message. The link drops events that it has received before (after a resume), so each
    /// position of a room arrives once, in order. An answer carries the reference that [`Link::ask`] returned.
    ///
    /// [`Link::ask`]: super::Link::ask
    Received(ServerMessage),
    /// One of our own messages reached its next stage.
    Outgoing(Outgoing),
    /// The connection broke before the answer to this request arrived. The server may have executed it or not.
    /// This is reported only for requests that are unsafe to repeat; the link repeats all others itself.
    Unanswered {
        /// The reference that [`Link::ask`](super::Link::ask) returned.
        reference: Ref,
        /// The request.
        request: Request,
    },
    /// Something about the link that the person should read, for example that another client of theirs is
    /// connected.
    Notice(String),
}

/// The state of the connection.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// The link tries to connect.
    Connecting {
        /// The number of this try since the last connection; the first is 1.
        attempt: u32,
    },
    /// Connected, and the server has sent its welcome. The link sends waiting requests and joins its rooms again,
    /// each from the last event it received.
    Online(Welcome),
    /// The connection broke or could not be made. The link tries again.
    Offline {
        /// The reason, as text for people.
        why: String,
        /// The time until the next try.
        retry_in: Duration,
    },
    /// The link has ended and does not connect again: it sent `bye`, or the server told it not to reconnect.
    Ended {
        /// The reason, if the server gave one.
        cause: Option<Cause>,
    },
}

/// One of our own messages, at one stage of its delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The id that [`Link::say`](super::Link::say) returned.
    pub id: Id,
    /// The room.
    pub room: RoomName,
    /// The text.
    pub text: Text,
    /// Whether the message is an action (`/me`).
    pub acted: bool,
    /// The stage.
    pub stage: Stage,
}

/// The stages of the delivery of one of our own messages.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// In the outbox: not sent on this connection yet.
    Waiting,
    /// Sent, and not acknowledged yet.
    Sent,
    /// The server has stored the message. This is the last stage.
    Kept {
        /// The position of its event in the room.
        position: u64,
    },
    /// The server refused the message, or its room was left first. The message is no longer in the outbox. This is
    /// the last stage.
    Refused(Failure),
}
