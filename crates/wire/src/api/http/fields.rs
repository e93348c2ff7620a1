//! What stands behind `?` and in the bodies of requests and answers. What a request has beyond that is refused by name
//! ([`super::query`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{Nick, RoomName, Text};

use super::super::message::Event;
use super::super::request::Part;
use super::super::value::{self, Epoch, Id};
use super::asked::{asked_nick, asked_room, asked_text, asked_words};
use crate::limits::{HISTORY_COUNT_MAX, SEARCH_COUNT_MAX};

/// Parameters of a page of rooms.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomsQuery {
    /// Which page of the list, from 1.
    #[serde(default = "first")]
    #[schemars(range(min = 1, max = 4_294_967_295_u64))]
    pub page: u32,
}

fn first() -> u32 {
    1
}

/// Parameters of a page of history.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagesQuery {
    /// The last events before this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(max = 18_446_744_073_709_551_615_u64))]
    pub before: Option<u64>,
    /// The first events after this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(max = 18_446_744_073_709_551_615_u64))]
    pub after: Option<u64>,
    /// The events around this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(max = 18_446_744_073_709_551_615_u64))]
    pub around: Option<u64>,
    /// The last events before this moment, milliseconds since 1970, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64", range(min = 0, max = 253_402_300_799_999_i64))]
    pub before_time_ms: Option<i64>,
    /// How many events at most, 1 to 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = HISTORY_COUNT_MAX))]
    pub limit: Option<u32>,
}

impl MessagesQuery {
    /// Which part of the history it asks for.
    #[must_use]
    pub fn part(&self) -> Part {
        Part {
            before: self.before,
            after: self.after,
            around: self.around,
            before_time_ms: self.before_time_ms,
        }
    }
}

/// Parameters of a search.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// All of these words, at most 8; `word*` finds what begins so. At most 256 bytes.
    #[schemars(schema_with = "asked_words")]
    pub words: String,
    /// Only in this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "asked_room")]
    pub room: Option<RoomName>,
    /// Only what is older: the `more` of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(max = 18_446_744_073_709_551_615_u64))]
    pub before: Option<u64>,
    /// How many at most, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = SEARCH_COUNT_MAX))]
    pub limit: Option<u32>,
}

/// Parameters of following a room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// The id of the last event one has, as `Last-Event-ID`; the header goes before it.
    pub after: Option<String>,
    /// Whether the room is made if there is none of that name.
    #[serde(default)]
    pub create: bool,
}

/// Parameters of saying a body.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostQuery {
    /// Under which nick: one that nobody here has. Without it, under a guest nick.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::maybe_wished"
    )]
    #[schemars(schema_with = "asked_nick")]
    pub nick: Option<Nick>,
}

/// Something to say.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// What: at most 16 KiB and 200 lines.
    #[schemars(schema_with = "asked_text")]
    pub text: Text,
    /// Under which nick: one that nobody here has. Without it, under a guest nick.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::maybe_wished"
    )]
    #[schemars(schema_with = "asked_nick")]
    pub nick: Option<Nick>,
    /// The sender's own id for it; with one, sending it again is harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Something was said and is kept.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Posted {
    /// Where.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// Of which history the position is.
    pub epoch: Epoch,
    /// Its place in the room's one sequence.
    pub position: u64,
    /// Under which nick; left out when it had been said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub nick: Option<Nick>,
}

/// What a search found, newest first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The words as asked.
    pub words: String,
    /// The messages.
    pub events: Vec<Event>,
    /// Older messages may have the words as well: ask for them with this as `before`. Left out when this is
    /// all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<u64>,
}
