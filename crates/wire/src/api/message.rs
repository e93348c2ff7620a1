//! What the server sends, one row of [`Message`] each: `{"type": "event", "room": "lobby", …}`.
//!
//! A newer server may send what this version does not know. So every list of things here that may grow has an
//! `Unknown`, which reads whatever is none of the others; this server sends it only as the kind of an event that a later
//! version kept. Who reads passes over it
//! and keeps what surrounds it: the position of an event, the reference of an answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{EventKind, ExitCause, Nick, RoomName, Text};

use super::value::{Epoch, Id, Ref};

/// A message and which request it answers, if any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sent {
    /// What the client called the request.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// What is said.
    #[serde(flatten)]
    pub message: Message,
}

/// What the server sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// The house tells everyone something.
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
    #[serde(other)]
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
    /// Whether what follows begins right after what you said you have. `false` when that was not possible,
    /// or when you did not say: then it begins with the last few events.
    pub complete: bool,
    /// Members, you included.
    pub members: usize,
    /// What the room is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub topic: Option<Text>,
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

/// Comings and goings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// Where.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// What.
    #[serde(flatten)]
    pub change: Change,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Somebody came in.
    Entered {
        /// Who.
        #[schemars(with = "String")]
        nick: Nick,
    },
    /// Somebody left the room and is still in the house.
    Left {
        /// Who.
        #[schemars(with = "String")]
        nick: Nick,
    },
    /// Somebody left the house.
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
    #[serde(other)]
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
    /// Silent for longer than the house allows.
    Idle,
    /// They did not read what they were sent.
    Unread,
    /// The house closes.
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

/// A page of history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPage {
    /// Of which room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// Of which history.
    pub epoch: Epoch,
    /// The room's last event when this was asked.
    pub head: u64,
    /// In order.
    pub events: Vec<Event>,
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

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// For programs; the list is in the documentation of the api.
    pub code: Code,
    /// For people: what happened, to what, what to do next.
    pub message: String,
    /// The field that is wrong, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The message's id, if a message was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request was not understood.
    BadRequest,
    /// The request has more bytes than one may have.
    TooBig,
    /// The first request must be `hello`, and no other may be.
    NotInTheHouse,
    /// Not in that room.
    NotInRoom,
    /// There is no such room.
    NoSuchRoom,
    /// A room of nearly that name exists.
    RoomLooksLike,
    /// The house has as many rooms as it may have.
    TooManyRooms,
    /// You are in as many rooms as you may be.
    InTooManyRooms,
    /// Somebody has that nick or one like it.
    NickTaken,
    /// Nobody is called that.
    NoSuchNick,
    /// Their connection is broken just now.
    Away,
    /// You are in that room already.
    AlreadyIn,
    /// They do not take messages from you.
    Ignored,
    /// You ignore as many as you may.
    IgnoringTooMany,
    /// You said other words with this id before.
    Conflict,
    /// A search that would take too long; use longer or rarer words.
    SearchTooWide,
    /// Others are searching; try again in a moment.
    SearchesWait,
    /// That is you.
    Yourself,
    /// A topic has one line and a byte limit.
    TopicTooLong,
    /// No such page.
    NoSuchPage,
    /// Too much at once; try again later.
    TooFast,
    /// That cannot be a name.
    BadName,
    /// That cannot be a message.
    BadText,
    /// Another site's page may not act here.
    Forbidden,
    /// The request is for a host that is not this server as far as it knows.
    WrongHost,
    /// The body is of a kind that is not taken.
    WrongMedia,
    /// History cannot be read just now.
    Unreadable,
    /// There is no place for this connection: the house is full, or your address has as many as it may.
    TooManyConnections,
    /// The house cannot do that just now: nothing can be stored, or it closes.
    Unavailable,
    /// No such address.
    NotFound,
    /// A reason that this version does not know; the message for people says it.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}
