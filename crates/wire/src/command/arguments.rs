//! How the arguments of each command are read. White space around them is gone.

use teahouse_core::{NameError, Nick, Refusal, RoomName, Text};

use super::error::Wrong;
use super::{Command, CommandError, HISTORY_COUNT, Moment, Topic, Verb, unknown};
use crate::limits::{HISTORY_COUNT_MAX, SEARCH_BYTES_MAX};

type Parsed = Result<Command, Wrong>;

/// The first word and the rest.
pub(super) fn split(words: &str) -> (&str, &str) {
    let words = words.trim();
    words.split_once(char::is_whitespace).map_or((words, ""), |(first, rest)| (first, rest.trim()))
}

pub(super) fn parse_text(words: &str) -> Result<Text, CommandError> {
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

pub(super) fn help(arguments: &str) -> Parsed {
    match arguments.trim_start_matches('/') {
        "" => Ok(Command::Help(None)),
        name => Ok(Command::Help(Some(Verb::named(name).ok_or_else(|| unknown(name))?))),
    }
}

pub(super) fn nick(arguments: &str) -> Parsed {
    name(arguments, Nick::parse).map(Command::Nick)
}

pub(super) fn join(arguments: &str) -> Parsed {
    name(arguments, RoomName::parse).map(Command::Join)
}

pub(super) fn leave(arguments: &str) -> Parsed {
    maybe_room(arguments).map(Command::Leave)
}

pub(super) fn room(arguments: &str) -> Parsed {
    maybe_room(arguments).map(Command::Room)
}

pub(super) fn rooms(arguments: &str) -> Parsed {
    let page = if arguments.is_empty() { 1 } else { page(arguments)? };
    Ok(Command::Rooms { page })
}

pub(super) fn who(arguments: &str) -> Parsed {
    let (first, second) = split(arguments);
    let (room, page) = match (first, second) {
        ("", _) => (None, 1),
        (number, "") if number.parse::<u32>().is_ok() => (None, page(number)?),
        (room, "") => (maybe_room(room)?, 1),
        (room, number) => (maybe_room(room)?, page(number)?),
    };
    Ok(Command::Who { room, page })
}

pub(super) fn topic(arguments: &str) -> Parsed {
    Ok(Command::Topic(match arguments {
        "" => Topic::Ask,
        "-clear" => Topic::Clear,
        words => Topic::Set(text(words)?),
    }))
}

pub(super) fn me(arguments: &str) -> Parsed {
    text(arguments).map(Command::Act)
}

pub(super) fn msg(arguments: &str) -> Parsed {
    let (whom, words) = split(arguments);
    if words.is_empty() {
        return Err(Wrong::Usage);
    }
    let (nick, text) = (name(whom, Nick::parse)?, text(words)?);
    Ok(Command::Tell { nick, text })
}

pub(super) fn history(arguments: &str) -> Parsed {
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

pub(super) fn search(arguments: &str) -> Parsed {
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

pub(super) fn ignore(arguments: &str) -> Parsed {
    let nick = if arguments.is_empty() { None } else { Some(name(arguments, Nick::parse)?) };
    Ok(Command::Ignore(nick))
}

pub(super) fn quit(arguments: &str) -> Parsed {
    if arguments.is_empty() { Ok(Command::Quit) } else { Err(Wrong::Usage) }
}
