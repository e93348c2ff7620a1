//! Failed requests: codes for programs, with the sentences of [`crate::refusal`] for people.

use std::fmt::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::harmless::excerpt;
use teahouse_core::{Refusal, RoomName};

use super::value::Id;
use crate::refusal::{ROOMS_HINT, Reader, WHO_HINT, words};

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The reason, for programs. `docs/api.md` lists all codes.
    pub code: Code,
    /// The reason, for people: what happened and what to do next. The wording may change.
    pub message: String,
    /// The field of the request that is wrong, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The id of the message, if the request was a message with an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// The reason why a request failed, for programs. Treat a code that you do not know as a failure for an unknown reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request was not understood.
    BadRequest,
    /// The request has too many bytes.
    TooBig,
    /// The first request of a connection has to be `hello`, and only the first.
    NotInTheHouse,
    /// You are not in this room; `join` it first.
    NotInRoom,
    /// There is no room of this name.
    NoSuchRoom,
    /// A room exists whose name looks like this one.
    RoomLooksLike,
    /// The server has reached its limit of rooms.
    TooManyRooms,
    /// You have reached the limit of rooms that one session may be in.
    InTooManyRooms,
    /// Another person has this nick or one that looks like it.
    NickTaken,
    /// No person on the server has this nick.
    NoSuchNick,
    /// The recipient's connection is broken at the moment; try again in a minute.
    Away,
    /// You are in this room already.
    AlreadyIn,
    /// The recipient ignores you.
    Ignored,
    /// You have reached the limit of people to ignore.
    IgnoringTooMany,
    /// You sent a message with this id and another text before. Draw a new id for each message.
    Conflict,
    /// The search would take too long; use longer or rarer words.
    SearchTooWide,
    /// The server is busy with other searches; try again in a moment.
    SearchesWait,
    /// The request names yourself.
    Yourself,
    /// The topic has more than one line or too many bytes.
    TopicTooLong,
    /// The list has no page of this number.
    NoSuchPage,
    /// You reached a rate limit; try again later.
    TooFast,
    /// This is not a valid name.
    BadName,
    /// This is not a valid text for a message.
    BadText,
    /// A web page of another origin may not use this server.
    Forbidden,
    /// The `Host` of the request is not a name of this server that it knows.
    WrongHost,
    /// The `Content-Type` of the body is not accepted here.
    WrongMedia,
    /// History cannot be read at the moment; try again.
    Unreadable,
    /// The server has reached its limit of connections, or of connections from your address.
    TooManyConnections,
    /// The server cannot do this at the moment, because it cannot store anything or is stopping; try again later.
    Unavailable,
    /// Nothing is at this path.
    NotFound,
    /// A reason that this version does not know; `message` tells it.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

impl Failure {
    /// The message for a person who types commands into our client: `message`, with the command that helps next.
    #[must_use]
    pub fn for_person(&self) -> String {
        let hint = if self.code == Code::NoSuchRoom {
            ROOMS_HINT
        } else if self.code == Code::NoSuchNick {
            WHO_HINT
        } else {
            ""
        };
        format!("{}{hint}", self.message)
    }
}

fn failure(code: Code, message: String) -> Failure {
    Failure { code, message, field: None, id: None }
}

/// The most characters of an explanation: it may repeat what the peer sent.
const EXPLAINED_CHARS_MAX: usize = 300;

/// The most bytes of an error that are rendered to make an explanation of it.
const EXPLAINED_BYTES_MAX: usize = 4 * 4 * EXPLAINED_CHARS_MAX;

/// An error in the peer's input as one short harmless line.
pub(super) fn explained(error: &impl fmt::Display) -> String {
    let mut start = Start(String::new());
    // Fails when the buffer is full: the rest of the error is not needed.
    write!(start, "{error}").ok();
    excerpt(&start.0, EXPLAINED_CHARS_MAX)
}

/// A buffer that keeps only the start of what is written to it: an error may repeat very long input.
struct Start(String);

impl fmt::Write for Start {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        let room = EXPLAINED_BYTES_MAX - self.0.len();
        self.0.push_str(&words[..words.floor_char_boundary(room)]);
        if words.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}

/// The failure that tells a client of a refusal.
#[must_use]
pub fn of(refusal: &Refusal) -> Failure {
    let id = if let Refusal::Conflict { id, .. } = refusal { Some((*id).into()) } else { None };
    Failure { code: code_of(refusal), message: words(refusal, Reader::Program), field: None, id }
}

/// The code of a refusal.
fn code_of(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::NotInRoom { .. } => Code::NotInRoom,
        Refusal::NoSuchRoom { .. } => Code::NoSuchRoom,
        Refusal::RoomLooksLike { .. } => Code::RoomLooksLike,
        Refusal::RoomMixesScripts { .. } | Refusal::BadName { .. } => Code::BadName,
        Refusal::TooManyRooms { .. } => Code::TooManyRooms,
        Refusal::TooManyNewRooms { .. }
        | Refusal::TooFast { .. }
        | Refusal::AddressTooFast { .. } => Code::TooFast,
        Refusal::InTooManyRooms { .. } => Code::InTooManyRooms,
        Refusal::NickTaken { .. } => Code::NickTaken,
        Refusal::NoSuchNick { .. } => Code::NoSuchNick,
        Refusal::Away { .. } => Code::Away,
        Refusal::Ignored { .. } => Code::Ignored,
        Refusal::IgnoringTooMany { .. } => Code::IgnoringTooMany,
        Refusal::Yourself => Code::Yourself,
        Refusal::TopicTooLong { .. } => Code::TopicTooLong,
        Refusal::NoSuchPage { .. } => Code::NoSuchPage,
        Refusal::SearchTooWide { .. } => Code::SearchTooWide,
        Refusal::SearchesWait => Code::SearchesWait,
        Refusal::NoSpace { .. } => Code::Unavailable,
        Refusal::Conflict { .. } => Code::Conflict,
        Refusal::BadText { .. } => Code::BadText,
    }
}

/// The client joins a room that it is in already.
#[must_use]
pub fn already_in(room: &RoomName) -> Failure {
    failure(Code::AlreadyIn, format!("you are in {room} already"))
}

/// A network address has reached its rate limit.
#[must_use]
pub fn too_fast(why: &str) -> Failure {
    failure(Code::TooFast, why.to_owned())
}

/// The limit of connections is reached.
#[must_use]
pub fn too_many_connections(why: &str) -> Failure {
    failure(Code::TooManyConnections, why.to_owned())
}

/// The server cannot do this now.
#[must_use]
pub fn unavailable(why: &str) -> Failure {
    failure(Code::Unavailable, why.to_owned())
}

/// History cannot be read now.
#[must_use]
pub fn unreadable() -> Failure {
    failure(Code::Unreadable, "history cannot be read just now; try again".to_owned())
}
