//! Who came, went or changed, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{ExitCause, Nick, RoomName};

/// Comings and goings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Presence {
    /// Where.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// What.
    #[serde(flatten)]
    pub change: Change,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Somebody came in.
    Entered {
        /// Who.
        #[schemars(with = "String")]
        nick: Nick,
    },
    /// Somebody left the room and is still in the server.
    Left {
        /// Who.
        #[schemars(with = "String")]
        nick: Nick,
    },
    /// Somebody left the server.
    Offline {
        /// Who.
        #[schemars(with = "String")]
        nick: Nick,
        /// Why.
        cause: Cause,
    },
    /// Somebody is called otherwise now.
    Renamed {
        /// Before.
        #[schemars(with = "String")]
        from: Nick,
        /// Now.
        #[schemars(with = "String")]
        to: Nick,
    },
    /// Somebody is typing; holds for five seconds.
    Typing {
        /// Who.
        #[schemars(with = "String")]
        nick: Nick,
    },
    /// Many came and went in a big room: some by name, all by number.
    Folded {
        /// Some who came.
        #[schemars(with = "Vec<String>")]
        entered: Vec<Nick>,
        /// How many came.
        entered_count: usize,
        /// Some who went.
        #[schemars(with = "Vec<String>")]
        gone: Vec<Nick>,
        /// How many went.
        gone_count: usize,
        /// How many are here now.
        members: usize,
    },
    /// Something that this version does not know.
    #[schemars(skip)]
    Unknown,
}

/// Why somebody went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// They said so.
    Quit,
    /// The connection broke.
    Lost,
    /// Silent for longer than the server allows.
    Idle,
    /// They did not read what they were sent.
    Unread,
    /// The server closes.
    Closing,
    /// They came back on another connection.
    Replaced,
    /// What they sent cannot be understood, or they said no `hello` in time: the close code says which.
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
    /// The same in the core's words; `None` for what is no reason of the chat, or one that this version does not
    /// know.
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

    /// Whether coming back makes sense.
    #[must_use]
    pub fn reconnect(self) -> bool {
        match self {
            Self::Lost | Self::Unread | Self::Closing | Self::Unknown => true,
            Self::Quit | Self::Idle | Self::Replaced | Self::Protocol => false,
        }
    }
}
