//! What a line means that a person enters in one of our clients: something to say, or a command.
//!
//! One table gives parsing, help and what an unknown command is compared with. Pure: which room is current,
//! and what comes of a command, is for the client.

mod parse;

use std::fmt;

use jiff::tz::TimeZone;
use teahouse_core::harmless::{self, echoed};
use teahouse_core::{NameError, Nick, RoomName, Text, TextError, Time};
use teahouse_wire::line::{Clock, parse_moment};
use thiserror::Error;

/// How alike a known command must be to be suggested, 0 to 1 (Jaro–Winkler).
const LIKENESS_MIN: f64 = 0.7;
/// Messages that `/history` shows without a number.
pub const HISTORY_COUNT: u32 = 20;
/// Messages in one page of history, the most the api gives.
pub const HISTORY_COUNT_MAX: u32 = 200;
/// Bytes in the words of a search, the most the api takes.
pub const SEARCH_BYTES_MAX: usize = 256;

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
    /// `/room`: which room is current, or make this one so.
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
        /// Those before this moment, as typed ([`moment`] reads it), instead of the newest.
        before: Option<String>,
    },
    /// `/search`.
    Search {
        /// The words.
        words: String,
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

/// Why a line cannot be understood. Nothing of it is done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// There is no such command.
    #[error("there is no /{typed}; {} (to say it, begin with //)", advice(*nearest))]
    Unknown {
        /// As typed, at most 32 characters.
        typed: String,
        /// The command that is most like it.
        nearest: Option<&'static str>,
    },
    /// It needs other arguments.
    #[error("usage: {usage}")]
    Usage {
        /// How it is used.
        usage: String,
    },
    /// What should be a name is none.
    #[error("{input:?} is no name: {error}")]
    Name {
        /// As typed, at most 40 characters.
        input: String,
        /// Why.
        error: NameError,
    },
    /// What should be said cannot be.
    #[error("not sent: {0}")]
    Text(TextError),
    /// A number is out of its range.
    #[error("{what} is 1 to {max}")]
    Range {
        /// Of what.
        what: &'static str,
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
}

fn advice(nearest: Option<&'static str>) -> String {
    match nearest {
        Some(name) => format!("did you mean /{name}?"),
        None => "/help lists what there is".to_owned(),
    }
}

/// Why the arguments of a command are wrong.
enum Wrong {
    Usage,
    Said(CommandError),
}

/// Every command there is.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "help",
        arguments: "[COMMAND]",
        help: "show the commands, or one of them",
        parse: parse::help,
    },
    Verb { name: "nick", arguments: "NAME", help: "be called NAME", parse: parse::nick },
    Verb {
        name: "join",
        arguments: "ROOM",
        help: "enter a room, or make it; what you say goes there",
        parse: parse::join,
    },
    Verb {
        name: "leave",
        arguments: "[ROOM]",
        help: "leave this room, or ROOM",
        parse: parse::leave,
    },
    Verb {
        name: "room",
        arguments: "[ROOM]",
        help: "say where you are, or turn to another room you are in",
        parse: parse::room,
    },
    Verb { name: "rooms", arguments: "[PAGE]", help: "list the rooms", parse: parse::rooms },
    Verb {
        name: "who",
        arguments: "[ROOM] [PAGE]",
        help: "list who is in this room, or in ROOM",
        parse: parse::who,
    },
    Verb {
        name: "topic",
        arguments: "[WORDS | -clear]",
        help: "show, set or clear what this room is about",
        parse: parse::topic,
    },
    Verb { name: "me", arguments: "WORDS", help: "say what you do: * you WORDS", parse: parse::me },
    Verb { name: "msg", arguments: "NAME WORDS", help: "tell one person only", parse: parse::msg },
    Verb {
        name: "history",
        arguments: "[N | before TIME]",
        help: "show the last N messages, or those before 10:32, 2026-11-24 or both",
        parse: parse::history,
    },
    Verb {
        name: "search",
        arguments: "WORDS",
        help: "find messages in your rooms, newest first; a word* finds what begins so",
        parse: parse::search,
    },
    Verb {
        name: "ignore",
        arguments: "[NAME]",
        help: "stop or go on hearing NAME; alone: list whom you ignore",
        parse: parse::ignore,
    },
    Verb { name: "quit", arguments: "", help: "go", parse: parse::quit },
];

/// Takes a line as it was entered. `//` at the beginning says what begins with `/`. For a pasted text of
/// several lines see [`say`].
///
/// # Errors
/// When it cannot be understood.
pub fn parse(line: &str) -> Result<Command, CommandError> {
    let line = slash(line).map_or(line, |at| &line[at..]);
    let command = match line.strip_prefix('/') {
        Some(rest) if rest.starts_with('/') => return say(rest),
        Some(command) => command,
        None if line.trim().is_empty() => return Ok(Command::Nothing),
        None => return say(line),
    };
    let (name, arguments) = split(command);
    let verb = Verb::named(name).ok_or_else(|| unknown(name))?;
    (verb.parse)(arguments).map_err(|wrong| match wrong {
        Wrong::Usage => CommandError::Usage { usage: verb.usage() },
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
    Text::parse(words).map(Command::Say).map_err(CommandError::Text)
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

/// A moment as typed: `10:32` (the last time it was so), `2026-11-24`, or both; milliseconds since 1970, UTC.
#[must_use]
pub fn moment(typed: &str, now_ms: i64, zone: &TimeZone) -> Option<i64> {
    let clock = Clock { now: Time(now_ms), zone: zone.clone() };
    parse_moment(typed, &clock).map(|time| time.0)
}

/// The lines of `/help`: how each command is used and what it does.
pub fn help(verb: Option<&'static Verb>) -> Vec<String> {
    let line = |usage: &str, help: &str| format!("{usage:<28} {help}");
    let wanted = VERBS.iter().filter(|row| verb.is_none_or(|verb| verb == *row));
    let mut lines: Vec<String> = wanted.map(|row| line(&row.usage(), row.help)).collect();
    if verb.is_none() {
        lines.push(line("//WORDS", "say /WORDS"));
    }
    lines
}

/// The first word and the rest.
fn split(words: &str) -> (&str, &str) {
    let words = words.trim();
    words.split_once(char::is_whitespace).map_or((words, ""), |(first, rest)| (first, rest.trim()))
}

fn unknown(name: &str) -> CommandError {
    let lower = name.to_lowercase();
    let likeness = |verb: &&Verb| strsim::jaro_winkler(&lower, verb.name);
    let nearest = VERBS
        .iter()
        .filter(|verb| likeness(verb) >= LIKENESS_MIN)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .map(|verb| verb.name);
    CommandError::Unknown { typed: echoed(name), nearest }
}

#[cfg(test)]
mod tests;
