//! What a line means that a person enters: something to say, or a command. One table, [`VERBS`], gives parsing,
//! help, completion and what an unknown command is compared with, to the server's line protocol and to our client
//! alike.
//!
//! Pure, and the same wherever a line is entered: which room is current, and what comes of a command, is for
//! the one who executes it.

mod arguments;
mod error;

use std::fmt;

use teahouse_core::harmless::{self, harmless};
use teahouse_core::{Nick, Refusal, RoomName, Text};

pub use crate::moment::{Clock, Moment};
pub use error::CommandError;
use error::Wrong;

/// How alike a known command must be to be suggested, 0 to 1 (Jaro–Winkler).
const LIKENESS_MIN: f64 = 0.7;
/// Columns of how a command is used, before what it does.
const USAGE_COLUMNS: usize = 28;
/// Messages that `/history` shows without a number.
const HISTORY_COUNT: u32 = 20;

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

/// Every command there is, in the order of the help.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "help",
        arguments: "[COMMAND]",
        help: "show the commands, or one of them",
        parse: arguments::help,
    },
    Verb { name: "nick", arguments: "NAME", help: "be called NAME", parse: arguments::nick },
    Verb {
        name: "join",
        arguments: "ROOM",
        help: "enter a room, or make it; what you say goes there",
        parse: arguments::join,
    },
    Verb {
        name: "leave",
        arguments: "[ROOM]",
        help: "leave this room, or ROOM",
        parse: arguments::leave,
    },
    Verb {
        name: "room",
        arguments: "[ROOM]",
        help: "say where you are, or turn to another room you are in",
        parse: arguments::room,
    },
    Verb { name: "rooms", arguments: "[PAGE]", help: "list the rooms", parse: arguments::rooms },
    Verb {
        name: "who",
        arguments: "[ROOM] [PAGE]",
        help: "list who is in this room, or in ROOM",
        parse: arguments::who,
    },
    Verb {
        name: "topic",
        arguments: "[WORDS | -clear]",
        help: "show, set or clear what this room is about",
        parse: arguments::topic,
    },
    Verb {
        name: "me",
        arguments: "WORDS",
        help: "say what you do: * you WORDS",
        parse: arguments::me,
    },
    Verb {
        name: "msg",
        arguments: "NAME WORDS",
        help: "tell one person only",
        parse: arguments::msg,
    },
    Verb {
        name: "history",
        arguments: "[N | before TIME]",
        help: "show the last N messages, or those before 10:32, 2026-11-24 or both",
        parse: arguments::history,
    },
    Verb {
        name: "search",
        arguments: "[WORDS]",
        help: "find messages in your rooms, newest first; word* finds what begins so; alone: older ones",
        parse: arguments::search,
    },
    Verb {
        name: "ignore",
        arguments: "[NAME]",
        help: "stop or go on hearing NAME; alone: list whom you ignore",
        parse: arguments::ignore,
    },
    Verb { name: "quit", arguments: "", help: "go", parse: arguments::quit },
];

/// Takes a line as it was entered. `//` at the beginning says what begins with `/`. For a pasted text of
/// several lines see [`say`].
///
/// # Errors
/// When it cannot be understood: nothing of it is to be done.
pub fn parse(line: &str) -> Result<Command, CommandError> {
    // A line without words is no message; one whose words do not show is refused as one.
    if line.chars().all(|c| c.is_whitespace() || c == '\0') {
        return Ok(Command::Nothing);
    }
    let line = harmless(line);
    let command = match slash(&line).map(|at| &line[at + 1..]) {
        Some(rest) if rest.starts_with('/') => return say(rest),
        Some(command) => command,
        None => return say(&line),
    };
    let (name, arguments) = arguments::split(command);
    let verb = Verb::named(name).ok_or_else(|| unknown(name))?;
    (verb.parse)(arguments).map_err(|wrong| match wrong {
        Wrong::Usage => CommandError::Usage { verb },
        Wrong::Said(error) => error,
    })
}

/// Where the slash stands that makes a line a command: first, or behind what does not show.
#[must_use]
pub fn slash(line: &str) -> Option<usize> {
    let bare = harmless::from_first_seen(line);
    bare.starts_with('/').then(|| line.len() - bare.len())
}

/// Takes words that are to be said whatever they begin with.
///
/// # Errors
/// When they cannot be a message.
pub fn say(words: &str) -> Result<Command, CommandError> {
    arguments::parse_text(words).map(Command::Say)
}

impl Verb {
    /// The command of that name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        VERBS.iter().find(|verb| verb.name.eq_ignore_ascii_case(name))
    }

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

/// The lines of `/help`: how each command is used and what it does.
#[must_use]
pub fn help(verb: Option<&'static Verb>) -> Vec<String> {
    let line = |usage: &str, help: &str| format!("{usage:<USAGE_COLUMNS$} {help}");
    let wanted = VERBS.iter().filter(|row| verb.is_none_or(|verb| verb == *row));
    let mut lines: Vec<String> = wanted.map(|row| line(&row.usage(), row.help)).collect();
    if verb.is_none() {
        lines.push(line("//WORDS", "say /WORDS"));
    }
    lines
}

/// There is no such command: which one is most like it.
fn unknown(name: &str) -> CommandError {
    let lower = name.to_lowercase();
    let likeness = |verb: &&Verb| strsim::jaro_winkler(&lower, verb.name);
    let nearest = VERBS
        .iter()
        .filter(|verb| likeness(verb) >= LIKENESS_MIN)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    CommandError::Unknown { typed: harmless::echoed(name), nearest }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

#[cfg(test)]
mod tests;
