//! The query parameters and bodies of the api over HTTP. A field that is not listed here is refused by name
//! ([`super::query`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::{Nick, RoomName, Text};

use super::super::message::Event;
use super::super::request::Part;
use super::super::value::{self, Epoch, Id};
use super::schemas::{nick_schema, room_schema, text_schema, words_schema};
use crate::limits::{HISTORY_COUNT_MAX, SEARCH_COUNT_MAX};

/// The parameters of a page of the list of rooms.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomsQuery {
    /// The number of the page, from 1.
    #[serde(default = "first")]
    #[schemars(range(min = 1, max = 4_294_967_295_u64))]
    pub page: u32,
}

fn first() -> u32 {
    1
}

/// The parameters of a page of history.
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
    /// The last events before this time: Unix time in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64", range(min = 0, max = 253_402_300_799_999_i64))]
    pub before_time_ms: Option<i64>,
    /// The most events on the page: 1 to 200, 50 by default. A page also ends at 64 KiB of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = HISTORY_COUNT_MAX))]
    pub limit: Option<u32>,
}

impl MessagesQuery {
    /// The part of the history that the request asks for.
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

/// The parameters of a search.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// The words, at most 8 and 256 bytes; a message has to contain all of them. `word*` finds all words that begin
    /// with `word`.
    #[schemars(schema_with = "words_schema")]
    pub words: String,
    /// Search in this room only. Without it, in all rooms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "room_schema")]
    pub room: Option<RoomName>,
    /// For older results: the `more` of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(max = 18_446_744_073_709_551_615_u64))]
    pub before: Option<u64>,
    /// The most messages to find: 1 to 100, 20 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = SEARCH_COUNT_MAX))]
    pub limit: Option<u32>,
}

/// The parameters of following a room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// The id of the last event that you have, as in the header `Last-Event-ID`. If both are sent, the header counts.
    pub after: Option<String>,
    /// Whether to create the room if it does not exist.
    #[serde(default)]
    pub create: bool,
}

/// The parameters of sending a message as plain text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostQuery {
    /// The nick of the sender; it must not be in use. Without it, a guest nick.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::optional_new_nick"
    )]
    #[schemars(schema_with = "nick_schema")]
    pub nick: Option<Nick>,
}

/// A message to send.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The text: at most 16 KiB and 200 lines.
    #[schemars(schema_with = "text_schema")]
    pub text: Text,
    /// The nick of the sender; it must not be in use. Without it, a guest nick.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::optional_new_nick"
    )]
    #[schemars(schema_with = "nick_schema")]
    pub nick: Option<Nick>,
    /// An id that you draw at random for this message. With it you may send the message again after a timeout: it is
    /// stored and shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// A message that is stored.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Posted {
    /// The room.
    #[schemars(with = "String")]
    pub room: RoomName,
    /// The epoch of the history that the position belongs to.
    pub epoch: Epoch,
    /// The position of the message in its room.
    pub position: u64,
    /// The nick of the sender. Absent when a message with this id was stored before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub nick: Option<Nick>,
}

/// The result of a search.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The words of the search, as you sent them.
    pub words: String,
    /// The messages found, newest first.
    pub events: Vec<Event>,
    /// For older results, search again with this number as `before`. Absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<u64>,
}
