//! The whole state of a chat at one point in the order, as data that can be stored and sent.
//!
//! It has each fact once. What follows from other facts (the holders of nicks, the members of rooms, the deadlines)
//! is not in it: [`crate::Chat::restore`] derives it again and rejects a snapshot that contradicts itself.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ignored::Ignored;
use crate::origin::Account;
use crate::room::Fold;
use crate::session::{Membership, ResumeState};
use crate::{
    KnownMessage, Limits, MessageKey, Moment, Nick, NodeId, Origin, Position, RoomId, RoomName,
    SessionId, Text, Time,
};

/// Everything that a chat needs to continue ([`crate::Chat::snapshot`]). Snapshots of equal states are equal, also
/// byte for byte when they are serialized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The first field, so that another format is reported as such and not as damage.
    pub(crate) format: Format,
    /// `None` before the first [`crate::Action::Configure`].
    pub(crate) limits: Option<Limits>,
    /// The boot number of each server that takes part.
    pub(crate) nodes: Vec<(NodeId, u32)>,
    /// The highest boot number ever given out.
    pub(crate) last_boot: u32,
    pub(crate) now: Moment,
    /// The number of the last guest nick.
    pub(crate) guests: u64,
    /// The highest number ever given to a room.
    pub(crate) last_room: RoomId,
    pub(crate) rooms: Vec<RoomState>,
    pub(crate) sessions: Vec<SessionState>,
    /// The visitors that follow a room, with the room.
    pub(crate) followers: Vec<(SessionId, RoomId)>,
    pub(crate) accounts: Vec<(Origin, Account)>,
    /// The messages since the last commit.
    pub(crate) unsettled: Vec<(MessageKey, KnownMessage)>,
}

/// The format of a snapshot. Reading another format gives an error that says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub(crate) struct Format;

impl Format {
    const NUMBER: u32 = 2;
}

impl TryFrom<u32> for Format {
    type Error = String;
    fn try_from(number: u32) -> Result<Self, String> {
        let ours = Self::NUMBER;
        if number == ours {
            return Ok(Self);
        }
        Err(format!("a snapshot of format {number}, and this version reads format {ours} only"))
    }
}

impl From<Format> for u32 {
    fn from(Format: Format) -> Self {
        Format::NUMBER
    }
}

/// A room without its members, which are in the sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomState {
    pub(crate) id: RoomId,
    pub(crate) name: RoomName,
    pub(crate) first: Position,
    pub(crate) head: Position,
    pub(crate) last: Time,
    pub(crate) topic: Option<Text>,
    pub(crate) fold: Option<Fold>,
}

/// A session, connected or suspended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionState {
    pub(crate) id: SessionId,
    pub(crate) nick: Nick,
    pub(crate) origin: Origin,
    pub(crate) rooms: Vec<Membership>,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) resume: Option<ResumeState>,
    /// Whether it has requested nothing yet, and other people do not see it.
    pub(crate) is_unseen: bool,
}

/// The snapshot contradicts itself: it is damaged, or no chat has made it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the snapshot contradicts itself: {0}")]
pub struct SnapshotError(pub(crate) String);
