//! What a client may ask, one row of [`Request`] each: `{"op": "say", "ref": 4, "room": "lobby", …}`.
//!
//! A request that is not understood is answered with an error that names the field, and the connection
//! lives on. Unknown fields are passed over, so that newer clients can talk to older servers; over HTTP they are
//! refused ([`super::http::query`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{Nick, RoomName, Text, Time};

use super::value::{self, Epoch, Id, Ref, ResumeKey};

/// A request and what the client calls it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ClientMessage {
    /// Repeated by the answer.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// What is asked.
    #[serde(flatten)]
    pub request: Request,
}

/// What a client may ask.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Come in. The first request of a connection; answered with `welcome`.
    Hello(Hello),
    /// Enter a room, or make it; answered with `joined`, then its events follow.
    Join(Join),
    /// Leave a room; answered with `left`.
    Leave(Leave),
    /// Say something in a room one is in; answered by the message itself, as an `event` with its `id`, or
    /// with `duplicate` when it is there already.
    Say(Say),
    /// Say something to one person; answered with `delivered`.
    Tell(Tell),
    /// A page of a room's history; answered with `history`.
    History(History),
    /// Messages with certain words, newest first; answered with `found`.
    Search(Search),
    /// A page of who is in a room; answered with `members`.
    Who(Who),
    /// A page of the rooms there are; answered with `rooms`.
    Rooms(Rooms),
    /// Be called otherwise; answered with `renamed`.
    Nick(Rename),
    /// Ask for, set or clear a room's topic. Asking is answered with `topic`, a change by its `event`.
    Topic(Topic),
    /// Tell the others in a small room that one is typing; not answered.
    Typing(Typing),
    /// Hear somebody no more, or again; answered with `ignoring`.
    Ignore(Ignore),
    /// Go; answered with `bye` and a close.
    Bye(Bye),
}

/// Come in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// The wish; without one, or when it is taken, a guest nick is given.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::maybe_wished"
    )]
    #[schemars(with = "Option<String>")]
    pub nick: Option<Nick>,
    /// With the same seat as before, one is who one was, nobody is told of the break, and an older
    /// connection with that seat ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "seat")]
    pub resume_key: Option<ResumeKey>,
}

/// Enter a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Join {
    /// Which.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The last event one has: what follows begins right after it. Without it the last few events are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// A place in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cursor {
    /// Of which history.
    pub epoch: Epoch,
    /// The position of the last event one has; 0 before the first.
    pub position: u64,
    /// The `time_ms` of that event. With it the server sees whether its history still has that event: one
    /// that was brought back from a copy has the same epoch, and other events at the same positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<i64>,
}

impl Cursor {
    /// When the event there happened; `None` before the first, or when that was not said.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        self.time_ms.map(Time).filter(|_| self.position > 0)
    }
}

/// Leave a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leave {
    /// Which.
    #[schemars(with = "String")]
    pub room: RoomName,
}

/// Say something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Say {
    /// Where.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// What: at most 16 KiB and 200 lines.
    #[schemars(with = "String")]
    pub text: Text,
    /// Whether it is something one does (`/me`) rather than says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acted: bool,
    /// The sender's own id for it; with one, sending it again is harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Say something to one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tell {
    /// To whom.
    #[schemars(with = "String")]
    pub nick: Nick,
    /// What.
    #[schemars(with = "String")]
    pub text: Text,
}

/// A page of history: the newest events, or those before, after or around a position, or before a moment.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct History {
    /// Of which room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// Which part of it; without one, the newest.
    #[serde(flatten)]
    pub part: Part,
    /// How many events at most, 1 to 200; a page also ends at 64 KiB of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which part of a history. At most one of the four.
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
    /// The last events before this moment, milliseconds since 1970, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_time_ms: Option<i64>,
}

impl<'de> Deserialize<'de> for History {
    /// Without `flatten`, which keeps everything it does not know until the end.
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

/// Find messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Search {
    /// All of these words, at most 8; `word*` finds what begins so. At most 256 bytes.
    pub words: String,
    /// Only in this room; otherwise in every room one is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub room: Option<RoomName>,
    /// Only what is older: the `more` of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// How many at most, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Who is in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Who {
    /// Which.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// Which page of the list, from 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub page: u32,
}

/// Which rooms there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rooms {
    /// Which page of the list, from 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub page: u32,
}

/// Be called otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rename {
    /// What.
    #[serde(deserialize_with = "value::wished")]
    #[schemars(with = "String")]
    pub nick: Nick,
}

/// A room's topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Topic {
    /// Of which room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// Left out: ask; a string: set it; `null`: clear it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    pub text: Option<Option<Text>>,
}

/// One is typing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Typing {
    /// Where.
    #[schemars(with = "String")]
    pub room: RoomName,
}

/// Hear somebody no more, or again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ignore {
    /// Whom; left out, only the list is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub nick: Option<Nick>,
}

/// Go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bye {}

fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_first(page: &u32) -> bool {
    *page == 1
}

#[expect(clippy::option_option, reason = "absent, null and a string are three things")]
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<Text>>, D::Error> {
    Option::deserialize(from).map(Some)
}
