//! The requests of a client, one variant of [`Request`] each: `{"op": "say", "ref": 4, "room": "lobby", …}`.
//!
//! A request that is not understood is answered with an error that names the field; the connection stays open. Unknown
//! fields are ignored, so that newer clients can talk to older servers; over HTTP they are refused
//! ([`super::http::query`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{Nick, RoomName, Text, Time};

use super::value::{self, Epoch, Id, Ref, ResumeKey};

/// A message from a client: one request.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ClientMessage {
    /// Your name for this request, which its answer repeats. Optional.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// The request, by its `op`.
    #[serde(flatten)]
    pub request: Request,
}

/// The kinds of requests.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Enter the server, or resume a session. The first request of every connection. Answer: `welcome`.
    Hello(Hello),
    /// Join a room, and create it if it does not exist. Answer: `joined`, then the room's events.
    Join(Join),
    /// Leave a room. Answer: `left`.
    Leave(Leave),
    /// Send a message to a room that you are in. Answer: the message itself, as an `event` with its `id`, once it is
    /// stored; or `duplicate` when a message with this `id` is stored already.
    Say(Say),
    /// Send a private message to one person. Answer: `delivered`.
    Tell(Tell),
    /// Read a page of a room's history. Answer: `history`.
    History(History),
    /// Search messages, newest first. Answer: `found`.
    Search(Search),
    /// List the members of a room, in pages. Answer: `members`.
    Who(Who),
    /// List the rooms, in pages. Answer: `rooms`.
    Rooms(Rooms),
    /// Change your nick. Answer: `renamed`.
    Nick(Rename),
    /// Read, set or clear the topic of a room. Answer: `topic` when you read it; the `event` when you change it.
    Topic(Topic),
    /// Tell the other members of a room that you are typing; large rooms do not show it. No answer.
    Typing(Typing),
    /// Stop receiving the messages of a person, or start again. Answer: `ignoring`.
    Ignore(Ignore),
    /// End your session. Answer: `bye`; then the connection closes.
    Bye(Bye),
}

/// Enter the server, or resume a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// The nick that you would like. Without it, or when it is taken, you get a guest nick.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::optional_new_nick"
    )]
    #[schemars(with = "Option<String>")]
    pub nick: Option<Nick>,
    /// The key that resumes your session after the connection breaks: draw it once and send it in every `hello`. With
    /// the `seat` of a session that still exists you get back its nick, id and rooms, the other members see no
    /// interruption, and an older connection with this `seat` is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "seat")]
    pub resume_key: Option<ResumeKey>,
}

/// Join a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Join {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The last event that you have: the room's events continue right after it. Without it you get the last few events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// A point in the history of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cursor {
    /// The epoch of the history that the position belongs to.
    pub epoch: Epoch,
    /// The position of the last event that you have; 0 if you have none.
    pub position: u64,
    /// The `time_ms` of that event. With it the server checks that its history still has this event: a database
    /// restored from a backup has the same epoch but may have other events at the same positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<i64>,
}

impl Cursor {
    /// When the event at this position happened; `None` at position 0, or when the client did not send it.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        self.time_ms.map(Time).filter(|_| self.position > 0)
    }
}

/// Leave a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leave {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
}

/// Send a message to a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Say {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The text: at most 16 KiB and 200 lines.
    #[schemars(with = "String")]
    pub text: Text,
    /// Whether the text describes an action (`/me waves`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acted: bool,
    /// An id that you draw at random for this message. With it you may send the message again after a timeout or a
    /// reconnect: it is stored and shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Send a private message to one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tell {
    /// The nick of the recipient.
    #[schemars(with = "String")]
    pub nick: Nick,
    /// The text: at most 16 KiB and 200 lines.
    #[schemars(with = "String")]
    pub text: Text,
}

/// Read a page of a room's history: the newest events, or those before, after or around a position, or before a time.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct History {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The part of the history; without it, the newest events.
    #[serde(flatten)]
    pub part: Part,
    /// The most events on the page: 1 to 200, 50 by default. A page also ends at 64 KiB of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A part of a history. At most one of the four fields may be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Part {
    /// The last events before this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// The first events after this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// The events around this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub around: Option<u64>,
    /// The last events before this time: Unix time in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_time_ms: Option<i64>,
}

impl<'de> Deserialize<'de> for History {
    /// Without serde's `flatten`, which would buffer all unknown fields.
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            room: RoomName,
            #[serde(default)]
            before: Option<u64>,
            #[serde(default)]
            after: Option<u64>,
            #[serde(default)]
            around: Option<u64>,
            #[serde(default)]
            before_time_ms: Option<i64>,
            #[serde(default)]
            limit: Option<u32>,
        }
        let Fields { room, before, after, around, before_time_ms, limit } =
            Fields::deserialize(from)?;
        Ok(Self { room, part: Part { before, after, around, before_time_ms }, limit })
    }
}

/// Search messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Search {
    /// The words, at most 8 and 256 bytes; a message has to contain all of them. `word*` finds all words that begin
    /// with `word`.
    pub words: String,
    /// Search in this room only. Without it, in all rooms that you are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub room: Option<RoomName>,
    /// For older results: the `more` of the last `found`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// The most messages to find: 1 to 100, 20 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// List the members of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Who {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The number of the page, from 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub page: u32,
}

/// List the rooms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rooms {
    /// The number of the page, from 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub page: u32,
}

/// Change your nick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rename {
    /// The new nick.
    #[serde(deserialize_with = "value::new_nick")]
    #[schemars(with = "String")]
    pub nick: Nick,
}

/// Read, set or clear the topic of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Topic {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// A string sets the topic, `null` clears it. Leave the field out to read the topic.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    pub text: Option<Option<Text>>,
}

/// You are typing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Typing {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
}

/// Stop receiving the messages of a person, or start again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ignore {
    /// The nick of the person: ignored from now on, or no longer if you ignore this person already. Leave the field
    /// out to read the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub nick: Option<Nick>,
}

/// End your session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bye {}

fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_first(page: &u32) -> bool {
    *page == 1
}

#[expect(clippy::option_option, reason = "absent, null and a string are three things")]
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<Text>>, D::Error> {
    Option::deserialize(from).map(Some)
}
