//! The table of commands: the name, arguments, help and parser of each. A parser gets the arguments without white space
//! around them.

use teahouse_core::harmless::{self, harmless};
use teahouse_core::{NameError, Nick, Refusal, RoomName, Text};

use super::{Command, CommandError, Moment, Topic, Verb, Wrong};
use crate::limits::{HISTORY_COUNT_MAX, SEARCH_BYTES_MAX};

/// The similarity from which a known command is suggested for an unknown one, 0 to 1 (Jaro–Winkler).
const LIKENESS_MIN: f64 = 0.7;
/// The width of the usage in the help, in columns.
const USAGE_COLUMNS: usize = 28;
/// The number of messages that `/history` shows without a number.
const HISTORY_COUNT: u32 = 20;

/// All commands, in the order of the help.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "help",
        arguments: "[COMMAND]",
        help: "show the commands, or one of them",
        parse: one_command,
    },
    Verb { name: "nick", arguments: "NAME", help: "be called NAME", parse: nick },
    Verb {
        name: "join",
        arguments: "ROOM",
        help: "enter a room, or make it; what you say goes there",
        parse: join,
    },
    Verb { name: "leave", arguments: "[ROOM]", help: "leave this room, or ROOM", parse: leave },
    Verb {
        name: "room",
        arguments: "[ROOM]",
        help: "say where you are, or turn to another room you are in",
        parse: room,
    },
    Verb { name: "rooms", arguments: "[PAGE]", help: "list the rooms", parse: rooms },
    Verb {
        name: "who",
        arguments: "[ROOM] [PAGE]",
        help: "list who is in this room, or in ROOM",
        parse: who,
    },
    Verb {
        name: "topic",
        arguments: "[WORDS | -clear]",
        help: "show, set or clear what this room is about",
        parse: topic,
    },
    Verb { name: "me", arguments: "WORDS", help: "say what you do: * you WORDS", parse: me },
    Verb { name: "msg", arguments: "NAME WORDS", help: "tell one person only", parse: msg },
    Verb {
        name: "history",
        arguments: "[N | before TIME]",
        help: "show the last N messages, or those before 10:32, 2026-11-24 or both",
        parse: history,
    },
    Verb {
        name: "search",
        arguments: "[WORDS]",
        help: "find messages in your rooms, newest first; word* finds what begins so; alone: older ones",
        parse: search,
    },
    Verb {
        name: "ignore",
        arguments: "[NAME]",
        help: "stop or go on hearing NAME; alone: list whom you ignore",
        parse: ignore,
    },
    Verb { name: "quit", arguments: "", help: "go", parse: quit },
];

/// Parses a line as it was entered. `//` at the beginning makes a message that begins with `/`. For a pasted text of
/// several lines use [`say`].
///
/// # Errors
/// When the line is not a valid command or message.
pub fn parse(line: &str) -> Result<Command, CommandError> {
    // A line of white space is ignored. One of invisible characters is refused as an empty message.
    if line.chars().all(|c| c.is_whitespace() || c == '\0') {
        return Ok(Command::Nothing);
    }
    let line = harmless(line);
    let command = match slash(&line).map(|at| &line[at + 1..]) {
        Some(rest) if rest.starts_with('/') => return say(rest),
        Some(command) => command,
        None => return say(&line),
    };
    let (name, arguments) = split(command);
    let verb = Verb::named(name).ok_or_else(|| unknown(name))?;
    (verb.parse)(arguments).map_err(|wrong| match wrong {
        Wrong::Usage => CommandError::Usage { verb },
        Wrong::Other(error) => error,
    })
}

/// The index of the slash that makes a line a command: the first character, except for invisible ones before it.
#[must_use]
pub fn slash(line: &str) -> Option<usize> {
    let bare = harmless::from_first_seen(line);
    bare.starts_with('/').then(|| line.len() - bare.len())
}

/// Parses a text as a message, whatever it begins with.
///
/// # Errors
/// When the text is not valid as a message.
pub fn say(words: &str) -> Result<Command, CommandError> {
    parse_text(words).map(Command::Say)
}

impl Verb {
    /// Finds the command of this name, in upper or lower case.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        VERBS.iter().find(|verb| verb.name.eq_ignore_ascii_case(name))
    }
}

/// The lines of `/help`, for one command or all: usage and description.
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

/// The error for an unknown command, with the command of the most similar name.
fn unknown(name: &str) -> CommandError {
    let lower = name.to_lowercase();
    let likeness = |verb: &&Verb| strsim::jaro_winkler(&lower, verb.name);
    let nearest = VERBS
        .iter()
        .filter(|verb| likeness(verb) >= LIKENESS_MIN)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    CommandError::Unknown { typed: harmless::echoed(name), nearest }
}

type Parsed = Result<Command, Wrong>;

/// Splits a text into its first word and the rest.
fn split(words: &str) -> (&str, &str) {
    let words = words.trim();
    words.split_once(char::is_whitespace).map_or((words, ""), |(first, rest)| (first, rest.trim()))
}

fn parse_text(words: &str) -> Result<Text, CommandError> {
    Text::parse(words).map_err(|error| Refusal::BadText { error }.into())
}

fn name<T>(input: &str, parse: impl Fn(&str) -> Result<T, NameError>) -> Result<T, Wrong> {
    if input.is_empty() {
        return Err(Wrong::Usage);
    }
    parse(input).map_err(|error| Refusal::BadName { input: input.to_owned(), error }.into())
}

fn text(words: &str) -> Result<Text, Wrong> {
    if words.is_empty() {
        return Err(Wrong::Usage);
    }
    Ok(parse_text(words)?)
}

fn page(input: &str) -> Result<u32, Wrong> {
    match input.parse() {
        Ok(0) | Err(_) => Err(Wrong::Usage),
        Ok(page) => Ok(page),
    }
}

fn maybe_room(arguments: &str) -> Result<Option<RoomName>, Wrong> {
    if arguments.is_empty() { Ok(None) } else { name(arguments, RoomName::parse).map(Some) }
}

fn one_command(arguments: &str) -> Parsed {
    match arguments.trim_start_matches('/') {
        "" => Ok(Command::Help(None)),
        name => Ok(Command::Help(Some(Verb::named(name).ok_or_else(|| unknown(name))?))),
    }
}

fn nick(arguments: &str) -> Parsed {
    name(arguments, Nick::parse).map(Command::Nick)
}

fn join(arguments: &str) -> Parsed {
    name(arguments, RoomName::parse).map(Command::Join)
}

fn leave(arguments: &str) -> Parsed {
    maybe_room(arguments).map(Command::Leave)
}

fn room(arguments: &str) -> Parsed {
    maybe_room(arguments).map(Command::Room)
}

fn rooms(arguments: &str) -> Parsed {
    let page = if arguments.is_empty() { 1 } else { page(arguments)? };
    Ok(Command::Rooms { page })
}

fn who(arguments: &str) -> Parsed {
    let (first, second) = split(arguments);
    let (room, page) = match (first, second) {
        ("", _) => (None, 1),
        (number, "") if number.parse::<u32>().is_ok() => (None, page(number)?),
        (room, "") => (maybe_room(room)?, 1),
        (room, number) => (maybe_room(room)?, page(number)?),
    };
    Ok(Command::Who { room, page })
}

fn topic(arguments: &str) -> Parsed {
    Ok(Command::Topic(match arguments {
        "" => Topic::Ask,
        "-clear" => Topic::Clear,
        words => Topic::Set(text(words)?),
    }))
}

fn me(arguments: &str) -> Parsed {
    text(arguments).map(Command::Act)
}

fn msg(arguments: &str) -> Parsed {
    let (whom, words) = split(arguments);
    if words.is_empty() {
        return Err(Wrong::Usage);
    }
    let (nick, text) = (name(whom, Nick::parse)?, text(words)?);
    Ok(Command::Tell { nick, text })
}

fn history(arguments: &str) -> Parsed {
    let count = match split(arguments) {
        ("", _) => HISTORY_COUNT,
        ("before", time) => {
            let before = Moment::parse(time).ok_or(Wrong::Usage)?;
            return Ok(Command::History { count: HISTORY_COUNT, before: Some(before) });
        }
        (count, "") => count.parse().map_err(|_| Wrong::Usage)?,
        (_, _) => return Err(Wrong::Usage),
    };
    if !(1..=HISTORY_COUNT_MAX).contains(&count) {
        return Err(CommandError::HistoryCount { max: HISTORY_COUNT_MAX }.into());
    }
    Ok(Command::History { count, before: None })
}

fn search(arguments: &str) -> Parsed {
    if arguments.is_empty() {
        return Ok(Command::Search { words: None });
    }
    let words = text(arguments)?.as_str().to_owned();
    if words.len() > SEARCH_BYTES_MAX {
        let (bytes, max) = (words.len(), SEARCH_BYTES_MAX);
        return Err(CommandError::SearchTooLong { bytes, max }.into());
    }
    Ok(Command::Search { words: Some(words) })
}

fn ignore(arguments: &str) -> Parsed {
    let nick = if arguments.is_empty() { None } else { Some(name(arguments, Nick::parse)?) };
    Ok(Command::Ignore(nick))
}

fn quit(arguments: &str) -> Parsed {
    if arguments.is_empty() { Ok(Command::Quit) } else { Err(Wrong::Usage) }
}
