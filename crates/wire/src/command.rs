//! What a line means that a person enters: something to say, or a command. One table, [`VERBS`], gives parsing,
//! help, completion and what an unknown command is compared with, to the server's line protocol and to our client
//! alike.
//!
//! Pure, and the same wherever a line is entered: which room is current, and what comes of a command, is for
//! the one who executes it.

mod table;

use std::fmt;

use teahouse_core::{Nick, Refusal, RoomName, Text};
use thiserror::Error;

use crate::refusal::{Reader, words};

pub use crate::moment::{Clock, Moment};
pub use table::{VERBS, help, parse, say, slash};

/// What a line means. Where no room is named it is the current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Only white space.
    Nothing,
    /// To be said.
    Say(Text),
    /// `/me`: to be said as something one does.
    Act(Text),
    /// `/help`, for one command or all.
    Help(Option<&'static Verb>),
    /// `/nick`.
    Nick(Nick),
    /// `/join`.
    Join(RoomName),
    /// `/leave`.
    Leave(Option<RoomName>),
    /// `/room`: which room is current, or make this one so, where one is.
    Room(Option<RoomName>),
    /// `/rooms`.
    Rooms {
        /// Which page, from 1.
        page: u32,
    },
    /// `/who`.
    Who {
        /// Where.
        room: Option<RoomName>,
        /// Which page, from 1.
        page: u32,
    },
    /// `/topic`.
    Topic(Topic),
    /// `/msg`.
    Tell {
        /// Whom.
        nick: Nick,
        /// What.
        text: Text,
    },
    /// `/history`.
    History {
        /// How many messages.
        count: u32,
        /// Those before this moment, instead of the newest.
        before: Option<Moment>,
    },
    /// `/search`.
    Search {
        /// The words; `None` for what the last search found that is older.
        words: Option<String>,
    },
    /// `/ignore` somebody, or ask who is ignored.
    Ignore(Option<Nick>),
    /// `/quit`.
    Quit,
}

/// What is wanted of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// To know it.
    Ask,
    /// To set it.
    Set(Text),
    /// To have none.
    Clear,
}

/// One command: its row of the table.
pub struct Verb {
    /// What it is called, without `/`.
    pub name: &'static str,
    /// What comes after it.
    pub arguments: &'static str,
    /// What it does, in half a sentence.
    pub help: &'static str,
    parse: fn(&str) -> Result<Command, Wrong>,
}

impl Verb {
    /// How it is used: `/join ROOM`.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("/{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    /// Whether a room's name may come right after it.
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

/// Why a line is not done. Nothing of it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// There is no such command.
    #[error("there is no /{typed}; {} (to say it, begin with //)", advice(*nearest))]
    Unknown {
        /// As typed, short and harmless.
        typed: String,
        /// The command that is most like it.
        nearest: Option<&'static Verb>,
    },
    /// It needs other arguments.
    #[error("usage: {}", verb.usage())]
    Usage {
        /// Which command.
        verb: &'static Verb,
    },
    /// It would be refused whoever asks it: a name that is none, words that cannot be said, a room that one is
    /// not in.
    #[error("{}", words(.0, Reader::Person))]
    Refused(Refusal),
    /// There is no room that it could be about.
    #[error("you are in no room; /join one first")]
    InNoRoom,
    /// A number of messages that is out of its range.
    #[error("/history shows 1 to {max} messages at once")]
    HistoryCount {
        /// The most.
        max: u32,
    },
    /// A search for too much.
    #[error("a search has at most {max} bytes; yours has {bytes}")]
    SearchTooLong {
        /// What it has.
        bytes: usize,
        /// What it may have.
        max: usize,
    },
    /// There was no search, or it found nothing older.
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
    /// They are others: its usage says which.
    Usage,
    /// Something about them.
    Said(CommandError),
}

impl From<CommandError> for Wrong {
    fn from(error: CommandError) -> Self {
        Self::Said(error)
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self::Said(refusal.into())
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

#[cfg(test)]
mod tests;
