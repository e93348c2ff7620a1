//! The meaning of a line that a person enters: a message or a command. One table, [`VERBS`], gives parsing, help,
//! completion and suggestions for unknown commands, for the line protocol and our client alike.
//!
//! This module is pure: the caller knows the current room and executes the command.

mod table;

use std::fmt;

use teahouse_core::{Nick, Refusal, RoomName, Text};
use thiserror::Error;

use crate::refusal::{Reader, words};

pub use crate::moment::{Clock, Moment};
pub use table::{VERBS, help, parse, say, slash};

/// The meaning of a line. A command without a room is about the current room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Only white space.
    Nothing,
    /// A message.
    Say(Text),
    /// `/me`: a message that describes an action.
    Act(Text),
    /// `/help`, for one command or all.
    Help(Option<&'static Verb>),
    /// `/nick`.
    Nick(Nick),
    /// `/join`.
    Join(RoomName),
    /// `/leave`.
    Leave(Option<RoomName>),
    /// `/room`: shows the current room, or makes this room current.
    Room(Option<RoomName>),
    /// `/rooms`.
    Rooms {
        /// The number of the page, from 1.
        page: u32,
    },
    /// `/who`.
    Who {
        /// The room; `None` for the current one.
        room: Option<RoomName>,
        /// The number of the page, from 1.
        page: u32,
    },
    /// `/topic`.
    Topic(Topic),
    /// `/msg`.
    Tell {
        /// The nick of the recipient.
        nick: Nick,
        /// The text of the message.
        text: Text,
    },
    /// `/history`.
    History {
        /// The number of messages.
        count: u32,
        /// Show the messages before this time instead of the newest.
        before: Option<Moment>,
    },
    /// `/search`.
    Search {
        /// The words; `None` for older results of the last search.
        words: Option<String>,
    },
    /// `/ignore`: ignores a person or stops ignoring them; `None` lists the ignored people.
    Ignore(Option<Nick>),
    /// `/quit`.
    Quit,
}

/// What `/topic` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Shows the topic.
    Ask,
    /// Sets the topic.
    Set(Text),
    /// Clears the topic.
    Clear,
}

/// One command: a row of the table.
pub struct Verb {
    /// The name of the command, without `/`.
    pub name: &'static str,
    /// Its arguments, as the help shows them.
    pub arguments: &'static str,
    /// What the command does, in half a sentence.
    pub help: &'static str,
    parse: fn(&str) -> Result<Command, Wrong>,
}

impl Verb {
    /// The command with its arguments: `/join ROOM`.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("/{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    /// Whether the first argument may be a room.
    #[must_use]
    pub fn takes_room(&self) -> bool {
        self.arguments.trim_start_matches('[').starts_with("ROOM")
    }
}

impl PartialEq for Verb {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Verb {}

impl fmt::Debug for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.name)
    }
}

/// Why a line cannot be executed. Nothing of it is executed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// There is no such command.
    #[error("there is no /{typed}; {} (to say it, begin with //)", advice(*nearest))]
    Unknown {
        /// The command as typed, shortened and made harmless.
        typed: String,
        /// The command with the most similar name.
        nearest: Option<&'static Verb>,
    },
    /// The command needs other arguments.
    #[error("usage: {}", verb.usage())]
    Usage {
        /// The command.
        verb: &'static Verb,
    },
    /// The server would refuse the request for certain: a bad name, a bad text, or a room that the person is not in.
    #[error("{}", words(.0, Reader::Person))]
    Refused(Refusal),
    /// The command is about the current room, and there is none.
    #[error("you are in no room; /join one first")]
    InNoRoom,
    /// The number of messages is out of its range.
    #[error("/history shows 1 to {max} messages at once")]
    HistoryCount {
        /// The most messages that may be asked for.
        max: u32,
    },
    /// The words of a search are too long.
    #[error("a search has at most {max} bytes; yours has {bytes}")]
    SearchTooLong {
        /// The number of bytes of the words.
        bytes: usize,
        /// The most bytes allowed.
        max: usize,
    },
    /// There was no search before, or it has no older results.
    #[error("the last search has nothing older; /search WORDS finds messages")]
    NothingOlder,
}

fn advice(nearest: Option<&'static Verb>) -> String {
    match nearest {
        Some(verb) => format!("did you mean /{}?", verb.name),
        None => "/help lists what there is".to_owned(),
    }
}

/// Why the arguments of a command are wrong.
enum Wrong {
    /// Their number or form is wrong; the usage shows the right one.
    Usage,
    /// Another error.
    Other(CommandError),
}

impl From<CommandError> for Wrong {
    fn from(error: CommandError) -> Self {
        Self::Other(error)
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self::Other(refusal.into())
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

#[cfg(test)]
mod tests;
