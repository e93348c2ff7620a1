//! Why a request is refused. A refusal is data: what was asked for, and the limit it met. Every protocol has
//! words for every one of them.

use crate::{MessageId, NameError, Nick, Position, Rate, RoomName, TextError};

/// Why a request was refused. A refused text is returned to its author in `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The session is not in that room.
    NotInRoom {
        /// The room.
        room: RoomName,
    },
    /// There is no room of that name.
    NoSuchRoom {
        /// The name.
        room: RoomName,
    },
    /// A room exists whose name can be confused with the wanted one.
    RoomLooksLike {
        /// The wanted room.
        room: RoomName,
        /// The room that exists.
        existing: RoomName,
    },
    /// The name of a new room mixes scripts that are not written together.
    RoomMixesScripts {
        /// The wanted room.
        room: RoomName,
    },
    /// The server has as many rooms as it may have.
    TooManyRooms {
        /// The wanted room.
        room: RoomName,
        /// The most rooms.
        max: usize,
    },
    /// The origin of the session has created too many rooms lately.
    TooManyNewRooms {
        /// The wanted room.
        room: RoomName,
        /// How many rooms an origin may create.
        rate: Rate,
        /// Milliseconds until the next one may be created.
        wait_ms: u32,
    },
    /// The session is in as many rooms as it may be.
    InTooManyRooms {
        /// The wanted room.
        room: RoomName,
        /// The most rooms of one session.
        max: usize,
    },
    /// Somebody has that nick, or one that looks like it.
    NickTaken {
        /// The wanted nick.
        nick: Nick,
        /// The nick that exists.
        holder: Nick,
    },
    /// Nobody has that nick.
    NoSuchNick {
        /// The nick.
        nick: Nick,
    },
    /// The receiver is suspended: the connection broke, and nothing can be delivered at the moment.
    Away {
        /// The receiver.
        nick: Nick,
    },
    /// The receiver ignores the sender.
    Ignored {
        /// The receiver.
        nick: Nick,
    },
    /// The ignore list is full.
    IgnoringTooMany {
        /// The most entries.
        max: usize,
    },
    /// The nick is the session's own.
    Yourself,
    /// The topic has too many bytes or more than one line.
    TopicTooLong {
        /// The bytes it has.
        bytes: usize,
        /// The most bytes.
        max: usize,
    },
    /// The list has no such page.
    NoSuchPage {
        /// The wanted page.
        page: u32,
        /// The number of pages.
        pages: u32,
    },
    /// The search would take too long.
    SearchTooWide {
        /// What makes it too wide.
        why: TooWide,
    },
    /// Too many searches are waiting; try again in a moment.
    SearchesWait,
    /// The author used this id before for another text.
    Conflict {
        /// The room of the earlier message.
        room: RoomName,
        /// The position of the earlier message.
        position: Position,
        /// The id.
        id: MessageId,
    },
    /// The disk is nearly full.
    NoSpace {
        /// The free space, MiB.
        free_mib: u64,
        /// The free space that is needed, MiB.
        min_mib: u64,
        /// What was not done, as typed.
        text: String,
    },
    /// The connection made too many requests.
    TooFast {
        /// Requests that pass at once.
        burst: u32,
        /// Requests per second after that.
        per_second: u32,
        /// What was not done, as typed.
        text: String,
    },
    /// One network address made too many requests, over all its connections.
    AddressTooFast {
        /// Seconds until the next request passes.
        wait_s: u32,
        /// What was not done, as typed.
        text: String,
    },
    /// The input is not a valid name.
    BadName {
        /// The name as typed.
        input: String,
        /// The rule that it breaks.
        error: NameError,
    },
    /// The input is not a valid text.
    BadText {
        /// The rule that it breaks.
        error: TextError,
    },
}

impl Refusal {
    /// The room that could not be joined, if the refusal is about joining.
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

/// What makes a search too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooWide {
    /// It has too many words.
    Words {
        /// The most words.
        max: usize,
    },
    /// The beginning of a word (`tea*`) is too short.
    Prefix {
        /// The fewest characters.
        chars_min: usize,
    },
    /// It used up its time before the first result: too many messages contain these words, or all except one.
    Work,
}
