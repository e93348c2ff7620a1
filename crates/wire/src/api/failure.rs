//! Reasons to say no: codes for programs, with the words of [`crate::refusal`].

use std::fmt::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use teahouse_core::harmless::excerpt;
use teahouse_core::{Refusal, RoomName};

use super::value::Id;
use crate::refusal::{ROOMS_HINT, Reader, WHO_HINT, words};

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
    /// The server has as many rooms as it may have.
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
    /// There is no place for this connection: the server is full, or your address has as many as it may.
    TooManyConnections,
    /// The server cannot do that just now: nothing can be stored, or it closes.
    Unavailable,
    /// No such address.
    NotFound,
    /// A reason that this version does not know; the message for people says it.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

impl Failure {
    /// What our client tells a person who enters commands: the message, and the command that helps where the message
    /// does not say what does.
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

/// Characters of an explanation that repeats what was sent.
const EXPLAINED_CHARS_MAX: usize = 300;

/// Bytes of an explanation that are looked at for that.
const EXPLAINED_BYTES_MAX: usize = 4 * 4 * EXPLAINED_CHARS_MAX;

/// What is wrong with what was sent, as one short line.
pub(super) fn explained(error: &impl fmt::Display) -> String {
    let mut start = Start(String::new());
    // It fails where it is full.
    write!(start, "{error}").ok();
    excerpt(&start.0, EXPLAINED_CHARS_MAX)
}

/// The start of what is written: an error repeats what was sent, however long that is.
struct Start(String);

impl fmt::Write for Start {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        let room = EXPLAINED_BYTES_MAX - self.0.len();
        self.0.push_str(&words[..words.floor_char_boundary(room)]);
        if words.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}

/// Why something was not done.
#[must_use]
pub fn of(refusal: &Refusal) -> Failure {
    let id = if let Refusal::Conflict { id, .. } = refusal { Some((*id).into()) } else { None };
    Failure { code: code_of(refusal), message: words(refusal, Reader::Program), field: None, id }
}

/// What programs tell refusals apart by.
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

/// Entering a room one is in.
#[must_use]
pub fn already_in(room: &RoomName) -> Failure {
    failure(Code::AlreadyIn, format!("you are in {room} already"))
}

/// Too much from one network address.
#[must_use]
pub fn too_fast(why: &str) -> Failure {
    failure(Code::TooFast, why.to_owned())
}

/// There is no place for this connection.
#[must_use]
pub fn too_many_connections(why: &str) -> Failure {
    failure(Code::TooManyConnections, why.to_owned())
}

/// The server cannot do that just now.
#[must_use]
pub fn unavailable(why: &str) -> Failure {
    failure(Code::Unavailable, why.to_owned())
}

/// History could not be read.
#[must_use]
pub fn unreadable() -> Failure {
    failure(Code::Unreadable, "history cannot be read just now; try again".to_owned())
}
