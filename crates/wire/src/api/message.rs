//! The messages that the server sends, one variant of [`Message`] each: `{"type": "event", "room": "lobby", …}`.
//!
//! A newer server may send values that this version does not know. So each enum here that may grow has a variant
//! `Unknown` for them. A client ignores an unknown value and keeps what surrounds it: the position of an event, the
//! reference of an answer. This server sends `Unknown` only as the kind of an event that a later version stored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{EventKind, Nick, RoomName, Text};

use super::failure::Failure;
use super::presence::{Cause, Presence};
use super::value::{Epoch, Id, Ref};

/// A message from the server.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ServerMessage {
    /// The `ref` of the request that this message answers. Absent if it answers none.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// The message, by its `type`.
    #[serde(flatten)]
    pub message: Message,
}

/// The kinds of messages from the server.
///
/// Ignore kinds that you do not know: a newer server may send them.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// The answer to `hello`: you are connected, under this nick.
    Welcome(Welcome),
    /// You have joined a room. Its events follow.
    Joined(Joined),
    /// You have left a room.
    Left {
        /// The room.
        #[schemars(with = "String")]
        room: RoomName,
    },
    /// An event in a room that you are in. Your own messages come back this way too: that tells you that they are
    /// stored.
    Event(Event),
    /// Who is in a room that you are in has changed, or somebody there is typing. History does not keep this.
    Presence(Presence),
    /// A message of yours with this id is stored already; nothing was added.
    Duplicate {
        /// The room.
        #[schemars(with = "String")]
        room: RoomName,
        /// The position of the stored message.
        position: u64,
        /// The id of the message.
        id: Id,
    },
    /// A private message to you. Private messages are not stored.
    Told {
        /// When it was sent: Unix time in milliseconds.
        time_ms: i64,
        /// The nick of the sender.
        #[schemars(with = "String")]
        from: Nick,
        /// The text.
        #[schemars(with = "String")]
        text: Text,
    },
    /// Your private message has been delivered.
    Delivered {
        /// The nick of the recipient.
        #[schemars(with = "String")]
        to: Nick,
    },
    /// A page of a room's history.
    History(HistoryPage),
    /// The result of a search.
    Found {
        /// The words of the search, as you sent them.
        words: String,
        /// The messages found, newest first.
        events: Vec<Event>,
        /// For older results, search again with this number as `before`. Absent when there are none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        more: Option<u64>,
    },
    /// A page of the members of a room, sorted by nick.
    Members {
        /// The room.
        #[schemars(with = "String")]
        room: RoomName,
        /// The nicks on this page.
        #[schemars(with = "Vec<String>")]
        nicks: Vec<Nick>,
        /// The number of members on all pages.
        total: usize,
        /// The number of this page, from 1.
        page: u32,
        /// The number of pages.
        pages: u32,
    },
    /// A page of the list of rooms, sorted by name.
    Rooms(RoomsPage),
    /// Your nick has changed.
    Renamed {
        /// The old nick.
        #[schemars(with = "String")]
        from: Nick,
        /// The new nick.
        #[schemars(with = "String")]
        to: Nick,
    },
    /// The topic of a room.
    Topic {
        /// The room.
        #[schemars(with = "String")]
        room: RoomName,
        /// The topic; `null` when the room has none.
        #[schemars(with = "Option<String>")]
        topic: Option<Text>,
    },
    /// The list of people whose messages you do not receive.
    Ignoring {
        /// The nicks of all of them.
        #[schemars(with = "Vec<String>")]
        nicks: Vec<Nick>,
    },
    /// A notice from the server to all sessions.
    Notice {
        /// The text.
        text: String,
    },
    /// A request failed or was not understood.
    Error(Failure),
    /// Your session has ended and the connection closes.
    Bye {
        /// The reason.
        cause: Cause,
        /// Whether a client should reconnect by itself.
        reconnect: bool,
    },
    /// A kind of message that this version does not know.
    #[schemars(skip)]
    Unknown,
}

/// The answer to `hello`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Welcome {
    /// Your nick.
    #[schemars(with = "String")]
    pub nick: Nick,
    /// The nick that you asked for and did not get, because it is taken. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub taken: Option<Nick>,
    /// Whether your earlier session was resumed by its `seat`. You are then still a member of its rooms; send `join`
    /// for each, to receive its events again.
    pub resumed: bool,
    /// The id of your session, as in `sender.session`.
    pub session: String,
    /// The epoch of the server's history.
    pub epoch: Epoch,
    /// The version of the server.
    pub server: String,
    /// The room that the server suggests to join first.
    #[schemars(with = "String")]
    pub first_room: RoomName,
    /// Seconds between two pings of the server.
    pub ping_s: u32,
    /// Seconds for which your session can be resumed by its `seat` after the connection breaks.
    pub grace_s: u32,
}

/// The answer to `join`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Joined {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The epoch of the server's history.
    pub epoch: Epoch,
    /// The position of the room's last event when you joined. Events that follow with positions up to it come from
    /// history.
    pub position: u64,
    /// The position of the first event that history still has; older ones are deleted. `position + 1` when it has none.
    #[serde(default = "first_of_all")]
    pub first: u64,
    /// Whether the events continue right after the `after` of your `join`, without a gap. `false` when you sent no
    /// `after`, or when the server cannot continue there: the events then begin with the last few, or with `first`
    /// when the event right after yours is deleted.
    pub complete: bool,
    /// The number of members, you included.
    pub members: usize,
    /// The topic of the room. Absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub topic: Option<Text>,
}

/// The first position of a room of which nothing is deleted.
fn first_of_all() -> u64 {
    1
}

/// An event in a room, as history stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The number of the event in its room: 1, 2, 3, … All members see the events of a room in this order.
    pub position: u64,
    /// The epoch of the history that the position belongs to.
    pub epoch: Epoch,
    /// When it happened: Unix time in milliseconds.
    pub time_ms: i64,
    /// Who caused it.
    pub sender: Sender,
    /// The kind of event. Ignore events of kinds that you do not know, but keep their positions.
    #[schemars(with = "Kind")]
    pub kind: Kind,
    /// The text of the message, or the new topic. Absent when the topic was cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub text: Option<Text>,
    /// The id that the sender gave the message. Absent if it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// The sender of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sender {
    /// The nick of the sender at that time.
    #[schemars(with = "String")]
    pub nick: Nick,
    /// The id of the sender's session: the same for all events of one session, also after a change of nick.
    pub session: String,
}

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A message.
    Said,
    /// A message that describes an action (`/me waves`).
    Acted,
    /// The topic was set or cleared.
    Topic,
    /// A kind that this version does not know.
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

/// A page of a room's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPage {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The epoch of the history that the positions belong to.
    pub epoch: Epoch,
    /// The position of the first event that history still has; older ones are deleted. `head + 1` when it has none.
    #[serde(default = "first_of_all")]
    pub first: u64,
    /// The position of the room's last event at the time of the request.
    pub head: u64,
    /// The events, oldest first.
    pub events: Vec<Event>,
}

impl HistoryPage {
    /// The position of the last deleted event, if the page reaches back to the first event that history still has.
    #[must_use]
    pub fn gone_upto(&self) -> Option<u64> {
        let is_reached = self.events.first().is_none_or(|event| event.position <= self.first);
        (is_reached && self.first > 1).then(|| self.first - 1)
    }
}

/// A page of the list of rooms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoomsPage {
    /// The rooms on this page, sorted by name.
    pub rooms: Vec<Room>,
    /// The number of rooms on all pages.
    pub total: usize,
    /// The number of this page, from 1.
    pub page: u32,
    /// The number of pages.
    pub pages: u32,
}

/// A room in the list of rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Room {
    /// The name of the room, without `#`.
    #[schemars(with = "String")]
    pub name: RoomName,
    /// The number of members.
    pub members: usize,
    /// The topic. Absent when the room has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub topic: Option<Text>,
}
