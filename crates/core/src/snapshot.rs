//! The whole state of a chat at one place in the order, as data that can be kept and travel.
//!
//! It has each fact once. What follows from others (who has a nick, who is in a room, what is due when) is not in
//! it: [`crate::Chat::restore`] draws those conclusions again, and says what is wrong with a snapshot in which
//! they contradict each other.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ignored::Ignored;
use crate::origin::Account;
use crate::room::Fold;
use crate::session::{Membership, ResumeState};
use crate::{
    Limits, MessageKey, Moment, Nick, NodeId, Origin, Position, RoomId, RoomName, Said, SessionId,
    Text, Time,
};

/// Everything that a chat must know to go on as if nothing had been ([`crate::Chat::snapshot`]). Snapshots of
/// equal states are equal, and equal when they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Read first, so that one of another format is not taken for nonsense.
    pub(crate) format: Format,
    /// `None` before the first were set.
    pub(crate) limits: Option<Limits>,
    /// The boot of each server that takes part.
    pub(crate) nodes: Vec<(NodeId, u32)>,
    /// The highest boot that was ever given out.
    pub(crate) last_boot: u32,
    pub(crate) now: Moment,
    /// The last number that a guest nick was made with.
    pub(crate) guests: u64,
    /// The highest number that a room ever had.
    pub(crate) last_room: RoomId,
    pub(crate) rooms: Vec<RoomState>,
    pub(crate) sessions: Vec<SessionState>,
    /// Visitors and the rooms they follow.
    pub(crate) followers: Vec<(SessionId, RoomId)>,
    pub(crate) accounts: Vec<(Origin, Account)>,
    /// What has been said since the last commit.
    pub(crate) unsettled: Vec<(MessageKey, Said)>,
}

/// Which shape a snapshot has. Whoever reads one of another shape is told so.
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

/// A room, without its members: they are in their sessions.
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
    /// It has asked for nothing yet, and the others do not know of it.
    pub(crate) is_unseen: bool,
}

/// Why a snapshot is none of a chat: it contradicts itself. It was damaged, or not made by a chat.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the snapshot contradicts itself: {0}")]
pub struct SnapshotError(pub(crate) String);
