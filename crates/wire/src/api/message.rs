//! What the server sends, one row of [`Message`] each: `{"type": "event", "room": "lobby", …}`.
//!
//! A newer server may send what this version does not know. So every list of things here that may grow has an
//! `Unknown`, which reads whatever is none of the others; this server sends it only as the kind of an event that a later
//! version kept. Who reads passes over it
//! and keeps what surrounds it: the position of an event, the reference of an answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{EventKind, Nick, RoomName, Text};

use super::failure::Failure;
use super::presence::{Cause, Presence};
use super::value::{Epoch, Id, Ref};

/// A message and which request it answers, if any.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ServerMessage {
    /// What the client called the request.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// What is said.
    #[serde(flatten)]
    pub message: Message,
}

/// What the server sends. A kind has its row in what reads them, beside this file.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// You are in.
    Welcome(Welcome),
    /// You are in a room; its events follow.
    Joined(Joined),
    /// You are no longer in a room.
    Left {
        /// Which.
        #[schemars(with = "String")]
        room: RoomName,
    },
    /// Something numbered happened in a room you are in. Your own messages come this way too: that is how
    /// you know that they are kept.
    Event(Event),
    /// Somebody came, went or changed in a room you are in. Never history.
    Presence(Presence),
    /// Your message with this id is there already.
    Duplicate {
        /// Where.
        #[schemars(with = "String")]
        room: RoomName,
        /// At which position.
        position: u64,
        /// Its id.
        id: Id,
    },
    /// Somebody tells you something in private. Not kept.
    Told {
        /// When, milliseconds since 1970, UTC.
        time_ms: i64,
        /// Who.
        #[schemars(with = "String")]
        from: Nick,
        /// What.
        #[schemars(with = "String")]
        text: Text,
    },
    /// What you told somebody has been handed to them.
    Delivered {
        /// To whom.
        #[schemars(with = "String")]
        to: Nick,
    },
    /// A page of history, in order.
    History(HistoryPage),
    /// What a search found, newest first.
    Found {
        /// The words as asked.
        words: String,
        /// The messages.
        events: Vec<Event>,
        /// Older messages may have the words as well: ask for them with this as `before`. Left out when
        /// this is all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        more: Option<u64>,
    },
    /// A page of who is in a room, in the order of their nicks.
    Members {
        /// Which.
        #[schemars(with = "String")]
        room: RoomName,
        /// Who.
        #[schemars(with = "Vec<String>")]
        nicks: Vec<Nick>,
        /// How many in all.
        total: usize,
        /// Which page, from 1.
        page: u32,
        /// How many pages.
        pages: u32,
    },
    /// A page of the rooms there are, in the order of their names.
    Rooms(RoomsPage),
    /// You are called otherwise now.
    Renamed {
        /// Before.
        #[schemars(with = "String")]
        from: Nick,
        /// Now.
        #[schemars(with = "String")]
        to: Nick,
    },
    /// A room's topic.
    Topic {
        /// Which.
        #[schemars(with = "String")]
        room: RoomName,
        /// What it is about; `null` when it has none.
        #[schemars(with = "Option<String>")]
        topic: Option<Text>,
    },
    /// Whom you do not hear.
    Ignoring {
        /// All of them.
        #[schemars(with = "Vec<String>")]
        nicks: Vec<Nick>,
    },
    /// The server tells everyone something.
    Notice {
        /// What.
        text: String,
    },
    /// A request could not be done, or was not understood.
    Error(Failure),
    /// You are out; the connection closes.
    Bye {
        /// Why.
        cause: Cause,
        /// Whether coming back makes sense.
        reconnect: bool,
    },
    /// Something that this version does not know.
    #[schemars(skip)]
    Unknown,
}

/// You are in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Welcome {
    /// What you are called.
    #[schemars(with = "String")]
    pub nick: Nick,
    /// What you wanted to be called and could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub taken: Option<Nick>,
    /// Whether you have your seat of before: the rooms of then are still yours, join them to hear them.
    pub resumed: bool,
    /// Your session, as in `sender`.
    pub session: String,
    /// The history's epoch.
    pub epoch: Epoch,
    /// The server's version.
    pub server: String,
    /// The room everyone begins in.
    #[schemars(with = "String")]
    pub first_room: RoomName,
    /// Seconds between two of the server's pings.
    pub ping_s: u32,
    /// How long your seat is kept when the connection breaks, seconds.
    pub grace_s: u32,
}

/// You are in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Joined {
    /// Which.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The history's epoch.
    pub epoch: Epoch,
    /// The last event when you came in. Earlier ones that you are sent have positions up to it.
    pub position: u64,
    /// The first event that the room still has: what was before it is gone. `position + 1` when it has none.
    #[serde(default = "first_of_all")]
    pub first: u64,
    /// Whether what follows begins right after what you said you have. `false` when that was not possible,
    /// or when you did not say: then it begins with the last few events, or, when what came right after yours is gone,
    /// with `first`.
    pub complete: bool,
    /// Members, you included.
    pub members: usize,
    /// What the room is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub topic: Option<Text>,
}

/// Where every room begins of which nothing is gone.
fn first_of_all() -> u64 {
    1
}

/// Something numbered that happened in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Where.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// Its place in the room's one sequence: 1, 2, 3, …
    pub position: u64,
    /// Of which history the position is.
    pub epoch: Epoch,
    /// When, milliseconds since 1970, UTC.
    pub time_ms: i64,
    /// Who.
    pub sender: Sender,
    /// What kind of thing.
    #[schemars(with = "Kind")]
    pub kind: Kind,
    /// The words; left out for a topic that was cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub text: Option<Text>,
    /// The sender's id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Who said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sender {
    /// What they were called then.
    #[schemars(with = "String")]
    pub nick: Nick,
    /// Their session then: the same for everything somebody says between coming in and going.
    pub session: String,
}

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody said something.
    Said,
    /// Somebody did something (`/me`).
    Acted,
    /// Somebody set or cleared the topic.
    Topic,
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

impl From<EventKind> for Kind {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::Said => Self::Said,
            EventKind::Acted => Self::Acted,
            EventKind::Topic => Self::Topic,
            EventKind::Unknown => Self::Unknown,
        }
    }
}

/// A page of history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPage {
    /// Of which room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// Of which history.
    pub epoch: Epoch,
    /// The first event that the room still has: what was before it is gone. `head + 1` when it has none.
    #[serde(default = "first_of_all")]
    pub first: u64,
    /// The room's last event when this was asked.
    pub head: u64,
    /// In order.
    pub events: Vec<Event>,
}

impl HistoryPage {
    /// The last event that is gone, where the page reaches back to where its room begins.
    #[must_use]
    pub fn gone_upto(&self) -> Option<u64> {
        let is_reached = self.events.first().is_none_or(|event| event.position <= self.first);
        (is_reached && self.first > 1).then(|| self.first - 1)
    }
}

/// A page of rooms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoomsPage {
    /// The rooms.
    pub rooms: Vec<Room>,
    /// How many in all.
    pub total: usize,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages.
    pub pages: u32,
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Room {
    /// Its name.
    #[schemars(with = "String")]
    pub name: RoomName,
    /// How many are in it.
    pub members: usize,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub topic: Option<Text>,
}
