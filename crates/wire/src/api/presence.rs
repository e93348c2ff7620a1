//! Changes of who is in a room, and their causes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{ExitCause, Nick, RoomName};

/// A change of who is in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Presence {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
}

/// The kinds of changes. Ignore those that you do not know: a newer server may send them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A person joined the room.
    Entered {
        /// The nick of the person.
        #[schemars(with = "String")]
        nick: Nick,
    },
    /// A person left the room and stays on the server.
    Left {
        /// The nick of the person.
        #[schemars(with = "String")]
        nick: Nick,
    },
    /// A person left the server.
    Offline {
        /// The nick of the person.
        #[schemars(with = "String")]
        nick: Nick,
        /// The reason.
        cause: Cause,
    },
    /// A person changed nick.
    Renamed {
        /// The old nick.
        #[schemars(with = "String")]
        from: Nick,
        /// The new nick.
        #[schemars(with = "String")]
        to: Nick,
    },
    /// A person is typing. Valid for five seconds.
    Typing {
        /// The nick of the person.
        #[schemars(with = "String")]
        nick: Nick,
    },
    /// A summary for a large room, in place of many single changes: a few nicks and all counts.
    Folded {
        /// The nicks of some of the people who joined.
        #[schemars(with = "Vec<String>")]
        entered: Vec<Nick>,
        /// The number of people who joined.
        entered_count: usize,
        /// The nicks of some of the people who left.
        #[schemars(with = "Vec<String>")]
        gone: Vec<Nick>,
        /// The number of people who left.
        gone_count: usize,
        /// The number of members after these changes.
        members: usize,
    },
    /// A change that this version does not know.
    #[schemars(skip)]
    Unknown,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The client asked for it.
    Quit,
    /// The connection broke.
    Lost,
    /// The session was silent for longer than the server allows.
    Idle,
    /// The client did not read what the server sent.
    Unread,
    /// The server stops.
    Closing,
    /// The session was resumed on another connection.
    Replaced,
    /// The client broke the protocol, or sent no `hello` in time. The close code says which.
    Protocol,
    /// A reason that this version does not know.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

impl From<ExitCause> for Cause {
    fn from(cause: ExitCause) -> Self {
        match cause {
            ExitCause::Quit => Self::Quit,
            ExitCause::Lost => Self::Lost,
            ExitCause::Idle => Self::Idle,
            ExitCause::Unread => Self::Unread,
            ExitCause::Closing => Self::Closing,
            ExitCause::Replaced => Self::Replaced,
        }
    }
}

impl Cause {
    /// The same reason as a type of the core; `None` for [`Cause::Protocol`], which the core does not have, and for a
    /// reason that this version does not know.
    #[must_use]
    pub fn exit(self) -> Option<ExitCause> {
        match self {
            Self::Quit => Some(ExitCause::Quit),
            Self::Lost => Some(ExitCause::Lost),
            Self::Idle => Some(ExitCause::Idle),
            Self::Unread => Some(ExitCause::Unread),
            Self::Closing => Some(ExitCause::Closing),
            Self::Replaced => Some(ExitCause::Replaced),
            Self::Protocol | Self::Unknown => None,
        }
    }

    /// Whether a client should reconnect by itself.
    #[must_use]
    pub fn reconnect(self) -> bool {
        match self {
            Self::Lost | Self::Unread | Self::Closing | Self::Unknown => true,
            Self::Quit | Self::Idle | Self::Replaced | Self::Protocol => false,
        }
    }
}
