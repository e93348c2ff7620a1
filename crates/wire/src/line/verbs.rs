//! The commands of a line: one table gives parsing, help, and what an unknown one is compared with.

use teahouse_core::harmless::echoed;
use teahouse_core::{Action, Nick, Question, Refusal, RoomName, Text, TopicChange};

use crate::Heard;

use super::{Clock, Rooms, error, moment, refused, render_notice, say};

/// Messages shown by `/history` without a number.
const HISTORY_COUNT: u32 = 20;
/// Messages shown by one `/history`: what fits in a scrollback, and well within a queue.
const HISTORY_COUNT_MAX: u32 = 200;
/// Messages shown by one `/search`.
const SEARCH_COUNT: u32 = 20;
/// Bytes in the words of a search; more is a paste, not a search.
const SEARCH_BYTES_MAX: usize = 256;
/// How alike a known command must be to be suggested, 0 to 1 (Jaro–Winkler).
const LIKENESS_MIN: f64 = 0.7;

/// One command.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&mut Asked<'_>) -> Result<(), Wrong>,
}

/// A command as it was typed.
struct Asked<'a> {
    rooms: &'a mut Rooms,
    arguments: &'a str,
    clock: &'a Clock,
    heard: &'a mut Vec<Heard>,
}

/// Why a command was not understood.
enum Wrong {
    /// It needs other arguments: show its usage.
    Usage,
    /// Said in full.
    Said(Heard),
}

const VERBS: &[Verb] = &[
    Verb {
        name: "help",
        arguments: "[COMMAND]",
        help: "show the commands, or one of them",
        run: help,
    },
    Verb { name: "nick", arguments: "NAME", help: "be called NAME", run: nick },
    Verb {
        name: "join",
        arguments: "ROOM",
        help: "enter a room, or make it; what you say goes there",
        run: join,
    },
    Verb { name: "leave", arguments: "[ROOM]", help: "leave this room, or ROOM", run: leave },
    Verb {
        name: "room",
        arguments: "[ROOM]",
        help: "say where you are, or turn to another room you are in",
        run: room,
    },
    Verb { name: "rooms", arguments: "[PAGE]", help: "list the rooms", run: rooms },
    Verb {
        name: "who",
        arguments: "[ROOM] [PAGE]",
        help: "list who is in this room, or in ROOM",
        run: who,
    },
    Verb {
        name: "topic",
        arguments: "[WORDS | -clear]",
        help: "show, set or clear what this room is about",
        run: topic,
    },
    Verb { name: "me", arguments: "WORDS", help: "say what you do: * you WORDS", run: me },
    Verb { name: "msg", arguments: "NAME WORDS", help: "tell one person only", run: msg },
    Verb {
        name: "history",
        arguments: "[N | before TIME]",
        help: "show the last N messages, or those before 10:32, 2026-11-24 or both",
        run: history,
    },
    Verb {
        name: "search",
        arguments: "[WORDS]",
        help: "find messages in your rooms, newest first; word* finds what begins so; alone: older ones",
        run: search,
    },
    Verb {
        name: "ignore",
        arguments: "[NAME]",
        help: "stop or go on hearing NAME; alone: list whom you ignore",
        run: ignore,
    },
    Verb { name: "quit", arguments: "", help: "go", run: quit },
];

pub(super) fn handle_command(
    rooms: &mut Rooms,
    command: &str,
    clock: &Clock,
    heard: &mut Vec<Heard>,
) {
    let (name, arguments) = split(command);
    let Some(verb) = VERBS.iter().find(|verb| verb.name.eq_ignore_ascii_case(name)) else {
        return heard.push(unknown(name));
    };
    let mut asked = Asked { rooms, arguments, clock, heard };
    match (verb.run)(&mut asked) {
        Ok(()) => {}
        Err(Wrong::Usage) => heard.push(error(&format!("usage: {}", usage(verb)))),
        Err(Wrong::Said(said)) => heard.push(said),
    }
}

/// The first word and the rest.
fn split(words: &str) -> (&str, &str) {
    let words = words.trim();
    words.split_once(char::is_whitespace).map_or((words, ""), |(first, rest)| (first, rest.trim()))
}

fn usage(verb: &Verb) -> String {
    format!("/{} {}", verb.name, verb.arguments).trim_end().to_owned()
}

fn unknown(name: &str) -> Heard {
    let lower = name.to_lowercase();
    let likeness = |verb: &&Verb| strsim::jaro_winkler(&lower, verb.name);
    let nearest = VERBS
        .iter()
        .filter(|verb| likeness(verb) >= LIKENESS_MIN)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let shown = echoed(name);
    error(&match nearest {
        Some(verb) => {
            format!("there is no /{shown}; did you mean /{}? (to say it, begin with //)", verb.name)
        }
        None => {
            format!("there is no /{shown}; /help lists what there is (to say it, begin with //)")
        }
    })
}

fn help(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    let wanted = asked.arguments.trim_start_matches('/');
    let mut reply = Vec::new();
    for verb in VERBS.iter().filter(|verb| wanted.is_empty() || verb.name == wanted) {
        render_notice(&format!("{:<28} {}", usage(verb), verb.help), &mut reply);
    }
    if reply.is_empty() {
        return Err(Wrong::Said(unknown(wanted)));
    }
    if wanted.is_empty() {
        render_notice(&format!("{:<28} {}", "//WORDS", "say /WORDS"), &mut reply);
    }
    asked.heard.push(Heard::Reply(reply));
    Ok(())
}

impl Asked<'_> {
    fn ask(&mut self, action: Action) {
        self.heard.push(Heard::ask(action));
    }

    fn target(&self) -> Result<RoomName, Wrong> {
        let none = || Wrong::Said(error("you are in no room; /join one first"));
        self.rooms.target.clone().ok_or_else(none)
    }
}

fn parsed<T, E>(
    input: &str,
    parse: impl Fn(&str) -> Result<T, E>,
    wrong: impl Fn(E) -> Refusal,
) -> Result<T, Wrong> {
    parse(input).map_err(|error| Wrong::Said(refused(&wrong(error))))
}

fn parse_nick(input: &str) -> Result<Nick, Wrong> {
    parsed(input, Nick::parse, |error| Refusal::BadName { input: input.to_owned(), error })
}

fn parse_room(input: &str) -> Result<RoomName, Wrong> {
    parsed(input, RoomName::parse, |error| Refusal::BadName { input: input.to_owned(), error })
}

fn parse_text(input: &str) -> Result<Text, Wrong> {
    parsed(input, Text::parse, |error| Refusal::BadText { error })
}

fn parse_page(input: &str) -> Result<u32, Wrong> {
    input.parse().map_err(|_| Wrong::Usage)
}

fn nick(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    if asked.arguments.is_empty() {
        return Err(Wrong::Usage);
    }
    let nick = parse_nick(asked.arguments)?;
    asked.ask(Action::Rename { nick });
    Ok(())
}

fn join(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    if asked.arguments.is_empty() {
        return Err(Wrong::Usage);
    }
    let room = parse_room(asked.arguments)?;
    asked.rooms.target = Some(room.clone());
    asked.rooms.asked.push(room.clone());
    asked.ask(Action::Join { room });
    Ok(())
}

fn leave(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    let room =
        if asked.arguments.is_empty() { asked.target()? } else { parse_room(asked.arguments)? };
    if asked.rooms.target.as_ref() == Some(&room) {
        let others = asked.rooms.joined.iter().rev().find(|(_, name)| *name != room);
        asked.rooms.target = others.map(|(_, name)| name.clone());
    }
    asked.ask(Action::Leave { room });
    Ok(())
}

fn room(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    if !asked.arguments.is_empty() {
        let room = parse_room(asked.arguments)?;
        if !asked.rooms.joined.iter().any(|(_, name)| *name == room) {
            return Err(Wrong::Said(refused(&Refusal::NotInRoom { room })));
        }
        return join(asked);
    }
    let mut reply = Vec::new();
    let target = asked.target()?;
    let others = asked.rooms.joined.iter().map(|(_, name)| name).filter(|name| **name != target);
    let others: Vec<String> = others.map(ToString::to_string).collect();
    let also =
        if others.is_empty() { String::new() } else { format!("; also in {}", others.join(", ")) };
    render_notice(&format!("you speak in {target}{also}"), &mut reply);
    asked.heard.push(Heard::Reply(reply));
    Ok(())
}

fn rooms(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    let page = if asked.arguments.is_empty() { 1 } else { parse_page(asked.arguments)? };
    asked.ask(Action::Rooms { page });
    Ok(())
}

fn who(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    let (first, second) = split(asked.arguments);
    let (room, page) = match (first, second) {
        ("", _) => (asked.target()?, 1),
        (page, "") if page.parse::<u32>().is_ok() => (asked.target()?, parse_page(page)?),
        (room, "") => (parse_room(room)?, 1),
        (room, page) => (parse_room(room)?, parse_page(page)?),
    };
    asked.ask(Action::Who { room, page });
    Ok(())
}

fn topic(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    let room = asked.target()?;
    let change = match asked.arguments {
        "" => TopicChange::Ask,
        "-clear" => TopicChange::Clear,
        words => TopicChange::Set(parse_text(words)?),
    };
    asked.ask(Action::Topic { room, change });
    Ok(())
}

fn me(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    if asked.arguments.is_empty() {
        return Err(Wrong::Usage);
    }
    say(asked.rooms, asked.arguments, true, asked.heard);
    Ok(())
}

fn msg(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    let (nick, words) = split(asked.arguments);
    if words.is_empty() {
        return Err(Wrong::Usage);
    }
    let (nick, text) = (parse_nick(nick)?, parse_text(words)?);
    asked.ask(Action::Tell { nick, text });
    Ok(())
}

fn history(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    let room = asked.target()?;
    let question = match split(asked.arguments) {
        ("", _) => Question::Latest { room, count: HISTORY_COUNT },
        ("before", time) => {
            let Some(time) = moment::parse(time, asked.clock) else { return Err(Wrong::Usage) };
            Question::Before { room, time, count: HISTORY_COUNT }
        }
        (count, "") => match count.parse() {
            Ok(count @ 1..=HISTORY_COUNT_MAX) => Question::Latest { room, count },
            Ok(_) => {
                let what = format!("/history shows 1 to {HISTORY_COUNT_MAX} messages at once");
                return Err(Wrong::Said(error(&what)));
            }
            Err(_) => return Err(Wrong::Usage),
        },
        _ => return Err(Wrong::Usage),
    };
    asked.ask(Action::Read { question });
    Ok(())
}

fn search(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    if asked.arguments.is_empty() {
        let Some(question) = asked.rooms.rest.as_deref().cloned() else {
            let what = "the last search has nothing older; /search WORDS finds messages";
            return Err(Wrong::Said(error(what)));
        };
        asked.ask(Action::Read { question });
        return Ok(());
    }
    let words = parse_text(asked.arguments)?.as_str().to_owned();
    if words.len() > SEARCH_BYTES_MAX {
        let what =
            format!("a search has at most {SEARCH_BYTES_MAX} bytes; yours has {}", words.len());
        return Err(Wrong::Said(error(&what)));
    }
    let question = Question::Search { words, room: None, before: None, count: SEARCH_COUNT };
    asked.ask(Action::Read { question });
    Ok(())
}

fn ignore(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    let nick = match asked.arguments {
        "" => None,
        name => Some(parse_nick(name)?),
    };
    asked.ask(Action::Ignore { nick });
    Ok(())
}

fn quit(asked: &mut Asked<'_>) -> Result<(), Wrong> {
    asked.heard.push(Heard::Quit);
    Ok(())
}

/// What was typed to ask this, for giving it back when it is refused.
#[must_use]
pub fn typed(action: &Action) -> String {
    match action {
        Action::Say { text, acted: true, .. } => format!("/me {}", text.as_str()),
        Action::Say { text, .. } if text.as_str().starts_with('/') => format!("/{}", text.as_str()),
        Action::Say { text, .. } => text.as_str().to_owned(),
        Action::Tell { nick, text } => format!("/msg {nick} {}", text.as_str()),
        Action::Join { room } => format!("/join {room}"),
        Action::Leave { room } => format!("/leave {room}"),
        Action::Rename { nick } => format!("/nick {nick}"),
        Action::Topic { change, .. } => match change {
            TopicChange::Ask => "/topic".to_owned(),
            TopicChange::Set(text) => format!("/topic {}", text.as_str()),
            TopicChange::Clear => "/topic -clear".to_owned(),
        },
        Action::Who { room, page } => format!("/who {room} {page}"),
        Action::Rooms { page } => format!("/rooms {page}"),
        Action::Ignore { nick: Some(nick) } => format!("/ignore {nick}"),
        Action::Ignore { nick: None } => "/ignore".to_owned(),
        Action::Read { question } => match question {
            Question::Latest { count, .. } => format!("/history {count}"),
            Question::Before { .. }
            | Question::Earlier { .. }
            | Question::Later { .. }
            | Question::Around { .. } => "/history before …".to_owned(),
            Question::Search { before: Some(_), .. } => "/search".to_owned(),
            Question::Search { words, .. } => format!("/search {words}"),
        },
        Action::Exit { .. } => "/quit".to_owned(),
        Action::Enter { .. }
        | Action::EnterUnseen { .. }
        | Action::Appear
        | Action::Typing { .. }
        | Action::Visit(_)
        | Action::Configure { .. } => String::new(),
    }
}

#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    VERBS.iter().map(|verb| (verb.name, verb.arguments))
}
