//! Reasons to say no. A refusal is data: what was asked for, and the limit it met. Every protocol finds
//! words for every one of them.

use crate::{MessageId, NameError, Nick, Position, Rate, RoomName, TextError};

/// Why something was not done. Where a person's words were refused, they come back in `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not in that room.
    NotInRoom {
        /// Which.
        room: RoomName,
    },
    /// There is no room of that name.
    NoSuchRoom {
        /// Which.
        room: RoomName,
    },
    /// A room of nearly that name exists and the two could be confused.
    RoomLooksLike {
        /// The one asked for.
        room: RoomName,
        /// The one there is.
        existing: RoomName,
    },
    /// A new room's name would have letters of scripts that are not written together.
    RoomMixesScripts {
        /// The one asked for.
        room: RoomName,
    },
    /// The server has as many rooms as it may have.
    TooManyRooms {
        /// The one asked for.
        room: RoomName,
        /// How many that is.
        max: usize,
    },
    /// Whoever comes from there has made as many rooms as one may for the moment.
    TooManyNewRooms {
        /// The one asked for.
        room: RoomName,
        /// How many one may make.
        rate: Rate,
        /// After how long the next one may be made, in milliseconds.
        wait_ms: u32,
    },
    /// The session is in as many rooms as it may be.
    InTooManyRooms {
        /// The one asked for.
        room: RoomName,
        /// How many that is.
        max: usize,
    },
    /// Somebody has that nick, or one that looks like it.
    NickTaken {
        /// The one asked for.
        nick: Nick,
        /// The one there is.
        holder: Nick,
    },
    /// Nobody of that nick is here.
    NoSuchNick {
        /// Which.
        nick: Nick,
    },
    /// Their connection is broken just now, and nothing can be handed to them.
    Away {
        /// Who.
        nick: Nick,
    },
    /// They do not take messages from you.
    Ignored {
        /// Who.
        nick: Nick,
    },
    /// You ignore as many as you may.
    IgnoringTooMany {
        /// How many that is.
        max: usize,
    },
    /// That is you.
    Yourself,
    /// A topic has one line and a byte limit.
    TopicTooLong {
        /// What it has.
        bytes: usize,
        /// What it may have.
        max: usize,
    },
    /// No such page of a list.
    NoSuchPage {
        /// Which was asked for.
        page: u32,
        /// How many there are.
        pages: u32,
    },
    /// A search that would take too long.
    SearchTooWide {
        /// In what.
        why: TooWide,
    },
    /// Others are searching: one more may be asked for in a moment.
    SearchesWait,
    /// The sender said other words with this id before.
    Conflict {
        /// Where.
        room: RoomName,
        /// The place of what was said before.
        position: Position,
        /// The id.
        id: MessageId,
    },
    /// The disk is nearly full.
    NoSpace {
        /// What is free, MiB.
        free_mib: u64,
        /// What must be, MiB.
        min_mib: u64,
        /// What was not done, as typed.
        text: String,
    },
    /// Too much at once.
    TooFast {
        /// Requests that pass at once.
        burst: u32,
        /// Requests per second after that.
        per_second: u32,
        /// What was not done, as typed.
        text: String,
    },
    /// Too much from one network address, over all its connections.
    AddressTooFast {
        /// Seconds until it may go on.
        wait_s: u32,
        /// What was not done, as typed.
        text: String,
    },
    /// That cannot be a name.
    BadName {
        /// As typed.
        input: String,
        /// Why.
        error: NameError,
    },
    /// That cannot be a message.
    BadText {
        /// Why.
        error: TextError,
    },
}

impl Refusal {
    /// The room that was to be entered and was not, where it is about that.
    #[must_use]
    pub fn room_not_entered(&self) -> Option<&RoomName> {
        match self {
            Self::RoomLooksLike { room, .. }
            | Self::RoomMixesScripts { room }
            | Self::TooManyRooms { room, .. }
            | Self::TooManyNewRooms { room, .. }
            | Self::InTooManyRooms { room, .. } => Some(room),
            Self::NotInRoom { .. }
            | Self::NoSuchRoom { .. }
            | Self::NickTaken { .. }
            | Self::NoSuchNick { .. }
            | Self::Away { .. }
            | Self::Ignored { .. }
            | Self::IgnoringTooMany { .. }
            | Self::Yourself
            | Self::TopicTooLong { .. }
            | Self::NoSuchPage { .. }
            | Self::SearchTooWide { .. }
            | Self::SearchesWait
            | Self::NoSpace { .. }
            | Self::Conflict { .. }
            | Self::TooFast { .. }
            | Self::AddressTooFast { .. }
            | Self::BadName { .. }
            | Self::BadText { .. } => None,
        }
    }
}

/// In what a search is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooWide {
    /// It has too many words.
    Words {
        /// How many it may have.
        max: usize,
    },
    /// The beginning of a word is too short.
    Prefix {
        /// How many characters it must have.
        chars_min: usize,
    },
    /// Too many messages have these words, or nearly all but one.
    Work,
}
