//! How the arguments of each command are read.

use jiff::tz::TimeZone;
use teahouse_core::harmless::echoed;
use teahouse_core::{NameError, Nick, RoomName, Text};

use super::{
    Command, CommandError, HISTORY_COUNT, HISTORY_COUNT_MAX, SEARCH_BYTES_MAX, Topic, Verb, Wrong,
    moment, split, unknown,
};

type Parsed = Result<Command, Wrong>;

fn name<T>(input: &str, parse: impl Fn(&str) -> Result<T, NameError>) -> Result<T, Wrong> {
    if input.is_empty() {
        return Err(Wrong::Usage);
    }
    parse(input).map_err(|error| Wrong::Said(CommandError::Name { input: echoed(input), error }))
}

fn text(words: &str) -> Result<Text, Wrong> {
    if words.is_empty() {
        return Err(Wrong::Usage);
    }
    Text::parse(words).map_err(|error| Wrong::Said(CommandError::Text(error)))
}

fn page(input: &str) -> Result<u32, Wrong> {
    match input.parse() {
        Ok(0) | Err(_) => Err(Wrong::Usage),
        Ok(page) => Ok(page),
    }
}

pub(super) fn help(arguments: &str) -> Parsed {
    match arguments.trim_start_matches('/') {
        "" => Ok(Command::Help(None)),
        name => match Verb::named(name) {
            Some(verb) => Ok(Command::Help(Some(verb))),
            None => Err(Wrong::Said(unknown(name))),
        },
    }
}

pub(super) fn nick(arguments: &str) -> Parsed {
    name(arguments, Nick::parse).map(Command::Nick)
}

pub(super) fn join(arguments: &str) -> Parsed {
    name(arguments, RoomName::parse).map(Command::Join)
}

fn maybe_room(arguments: &str) -> Result<Option<RoomName>, Wrong> {
    if arguments.is_empty() { Ok(None) } else { name(arguments, RoomName::parse).map(Some) }
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
    let (text, nick) = (text(words)?, name(whom, Nick::parse)?);
    Ok(Command::Tell { nick, text })
}

pub(super) fn history(arguments: &str) -> Parsed {
    let count = match split(arguments) {
        ("", _) => HISTORY_COUNT,
        ("before", time) => {
            // What is a moment does not depend on when it is asked, nor where.
            moment(time, 0, &TimeZone::UTC).ok_or(Wrong::Usage)?;
            return Ok(Command::History { count: HISTORY_COUNT, before: Some(time.to_owned()) });
        }
        (count, "") => count.parse().map_err(|_| Wrong::Usage)?,
        (_, _) => return Err(Wrong::Usage),
    };
    if !(1..=HISTORY_COUNT_MAX).contains(&count) {
        let (what, max) = ("the number of messages", HISTORY_COUNT_MAX);
        return Err(Wrong::Said(CommandError::Range { what, max }));
    }
    Ok(Command::History { count, before: None })
}

pub(super) fn search(arguments: &str) -> Parsed {
    let words = text(arguments)?.as_str().to_owned();
    if words.len() > SEARCH_BYTES_MAX {
        let (bytes, max) = (words.len(), SEARCH_BYTES_MAX);
        return Err(Wrong::Said(CommandError::SearchTooLong { bytes, max }));
    }
    Ok(Command::Search { words })
}

pub(super) fn ignore(arguments: &str) -> Parsed {
    let nick = if arguments.is_empty() { None } else { Some(name(arguments, Nick::parse)?) };
    Ok(Command::Ignore(nick))
}

pub(super) fn quit(arguments: &str) -> Parsed {
    if arguments.is_empty() { Ok(Command::Quit) } else { Err(Wrong::Usage) }
}
