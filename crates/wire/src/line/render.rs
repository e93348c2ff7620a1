//! Facts as lines. Each begins with the mark of who speaks (see the module above); a text of several
//! lines carries the mark on each, so that no line of it can pass for somebody else's.

use std::fmt::Write as _;

use teahouse_core::harmless::harmless_line;
use teahouse_core::{
    Answer, Event, EventKind, Excerpt, ExitCause, Granted, IgnoreChange, Nick, Presence, Question,
    Refusal, RoomId, RoomName, Scope, Text,
};

use crate::command::Clock;
use crate::{moment, refusal};

/// What a page of history is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryTitle {
    /// The last messages of a room.
    Latest(RoomName),
    /// Messages of a room before some moment.
    Before(RoomName),
    /// What a search found; each line names its room.
    Found {
        /// The words as typed.
        words: String,
    },
}

/// Something that happened in a room, as it happens. `room` names it for readers whose current room is
/// another.
pub fn render_event(event: &Event, room: Option<&RoomName>, out: &mut Vec<u8>) {
    let begin = |out: &mut Vec<u8>| {
        if let Some(room) = room {
            begin_with_room(room, out);
        }
    };
    let nick = event.nick.as_str().as_bytes();
    let text = event.text.as_ref().map(Text::as_str);
    match (event.kind, text) {
        (EventKind::Said, Some(text)) => {
            for line in text.split('\n') {
                begin(out);
                push(out, &[b"<", nick, b"> ", line.as_bytes(), b"\n"]);
            }
        }
        (EventKind::Acted, Some(text)) => {
            for line in text.split('\n') {
                begin(out);
                push(out, &[b"* ", nick, b" ", line.as_bytes(), b"\n"]);
            }
        }
        (EventKind::Topic, Some(text)) => {
            begin(out);
            push(out, &[b"-- ", nick, b" set the topic: ", text.as_bytes(), b"\n"]);
        }
        (EventKind::Unknown, _) => {}
        (EventKind::Said | EventKind::Acted | EventKind::Topic, None) => {
            begin(out);
            push(out, &[b"-- ", nick, b" cleared the topic\n"]);
        }
    }
}

fn begin_with_room(room: &RoomName, out: &mut Vec<u8>) {
    push(out, &[b"[#", room.as_str().as_bytes(), b"] "]);
}

fn push(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// One line of the house, harmless whatever it repeats.
pub fn render_notice(text: &str, out: &mut Vec<u8>) {
    push(out, &[b"-- ", harmless_line(text).as_bytes(), b"\n"]);
}

/// Somebody came, went or changed, for the others in the room.
pub fn render_presence(
    presence: &Presence,
    name: &RoomName,
    room: Option<&RoomName>,
    out: &mut Vec<u8>,
) {
    let line = match presence {
        // Between lines there is no place for what passes in seconds.
        Presence::Typing { .. } => return,
        Presence::Entered { nick } => format!("{nick} entered {name}"),
        Presence::Left { nick } => format!("{nick} left {name}"),
        Presence::Offline { nick, cause } => {
            let why = match cause {
                ExitCause::Quit => "",
                ExitCause::Lost => " (connection lost)",
                ExitCause::Idle => " (silent too long)",
                ExitCause::Unread => " (did not read)",
                ExitCause::Closing => " (the house closes)",
                ExitCause::Replaced => " (came back elsewhere)",
            };
            format!("{nick} is offline{why}")
        }
        Presence::Renamed { from, to } => format!("{from} is now known as {to}"),
        Presence::Folded { entered, entered_count, gone, gone_count, members } => {
            let mut parts = Vec::new();
            if *entered_count > 0 {
                parts.push(format!("{} entered", some_of(entered, *entered_count)));
            }
            if *gone_count > 0 {
                parts.push(format!("{} went", some_of(gone, *gone_count)));
            }
            format!("{name}: {}; {members} here", parts.join("; "))
        }
    };
    if let Some(room) = room {
        begin_with_room(room, out);
    }
    render_notice(&line, out);
}

/// `ann, bob and 7 others`, or `9` where nobody is named.
fn some_of(nicks: &[Nick], count: usize) -> String {
    let named: Vec<&str> = nicks.iter().map(Nick::as_str).collect();
    match (named.as_slice(), count - nicks.len().min(count)) {
        ([], others) => others.to_string(),
        ([only], 0) => (*only).to_owned(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, 1) => format!("{} and 1 other", all.join(", ")),
        (all, others) => format!("{} and {others} others", all.join(", ")),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// To someone who has just come into a room.
pub fn render_joined(name: &RoomName, members: usize, topic: Option<&Text>, out: &mut Vec<u8>) {
    let others = match members {
        0 | 1 => "nobody else is here".to_owned(),
        _ => format!("{} here", counted(members - 1, "other is", "others are")),
    };
    let about = topic.map(|topic| format!(" — {}", topic.as_str())).unwrap_or_default();
    render_notice(&format!("you are in {name}{about} ({others})"), out);
}

/// Which room is current, and in which others one is.
pub fn whereabouts<'a>(
    current: &RoomName,
    rooms: impl IntoIterator<Item = &'a RoomName>,
) -> String {
    let others: Vec<String> =
        rooms.into_iter().filter(|room| *room != current).map(ToString::to_string).collect();
    match others.as_slice() {
        [] => format!("you speak in {current}"),
        others => format!("you speak in {current}; also in {}", others.join(", ")),
    }
}

/// To someone who has just left a room and stays in the house.
pub fn render_parted(name: &RoomName, current: Option<&RoomName>, out: &mut Vec<u8>) {
    let then = match current {
        Some(current) => format!("you speak in {current}"),
        None => "you are in no room; /join one".to_owned(),
    };
    render_notice(&format!("you left {name}; {then}"), out);
}

/// The last line someone sees.
pub fn render_goodbye(cause: ExitCause, out: &mut Vec<u8>) {
    let line = match cause {
        ExitCause::Quit => "goodbye",
        ExitCause::Lost => "the connection is lost",
        ExitCause::Idle => "you were silent too long; come back any time",
        ExitCause::Unread => "you did not read what was sent",
        ExitCause::Closing => "the house is closing",
        ExitCause::Replaced => "you came back on another connection",
    };
    render_notice(line, out);
}

/// An answer to one person. Leave to read renders as nothing: what is read follows.
pub fn render_answer(answer: &Answer, out: &mut Vec<u8>) {
    match answer {
        Answer::Granted(_) => {}
        Answer::Refused(refusal) => render_refusal(refusal, out),
        Answer::Welcome { nick, taken, .. } => {
            let sorry = match taken {
                Some(taken) => format!(" ({taken} is taken)"),
                None => String::new(),
            };
            let line =
                format!("welcome; you are {nick}{sorry}. /nick NAME to change, /help for more");
            render_notice(&line, out);
        }
        Answer::AlreadyIn { name, .. } => render_notice(&format!("you speak in {name}"), out),
        Answer::Renamed { from, to } => {
            render_notice(&format!("you are now known as {to} (were {from})"), out);
        }
        Answer::Told(message) => {
            for line in message.text.as_str().split('\n') {
                let from = message.from.as_str().as_bytes();
                push(out, &[b"[private] <", from, b"> ", line.as_bytes(), b"\n"]);
            }
        }
        Answer::Delivered { to } => render_notice(&format!("delivered to {to}"), out),
        Answer::Duplicate { position, .. } => {
            render_notice(&format!("said before, as message {position}"), out);
        }
        Answer::Posted { position, .. } => {
            render_notice(&format!("said, as message {position}"), out);
        }
        Answer::Topic { name, topic } => render_notice(
            &match topic {
                Some(topic) => format!("{name} is about: {}", topic.as_str()),
                None => format!("{name} has no topic; /topic WORDS sets one"),
            },
            out,
        ),
        Answer::Members { name, nicks, total, page, pages } => {
            let names: Vec<&str> = nicks.iter().map(Nick::as_str).collect();
            let here = counted(*total, "is", "are");
            render_notice(&format!("{here} in {name}{}", page_of(*page, *pages)), out);
            for row in names.chunks(8) {
                render_notice(&format!("  {}", row.join("  ")), out);
            }
        }
        Answer::Rooms { rooms, total, page, pages } => {
            let count = counted(*total, "room", "rooms");
            render_notice(&format!("{count}{}", page_of(*page, *pages)), out);
            for room in rooms {
                let mut line = format!("  {} ({})", room.name, room.members);
                if let Some(topic) = &room.topic {
                    // Writing to a String cannot fail.
                    write!(line, " — {}", topic.as_str()).ok();
                }
                render_notice(&line, out);
            }
        }
        Answer::Ignoring { nicks, change } => {
            let line = match change {
                Some(IgnoreChange::Added { nick, is_here: true }) => {
                    format!("you no longer hear {nick}; /ignore {nick} to undo")
                }
                Some(IgnoreChange::Added { nick, is_here: false }) => format!(
                    "nobody here is called {nick}; you will not hear whoever speaks under that name; \
                     /ignore {nick} to undo"
                ),
                Some(IgnoreChange::Removed { nick }) => format!("you hear {nick} again"),
                None if nicks.is_empty() => "you ignore nobody".to_owned(),
                None => format!("you ignore {}", some_of(nicks, nicks.len())),
            };
            render_notice(&line, out);
        }
    }
}

fn page_of(page: u32, pages: u32) -> String {
    if pages > 1 { format!(" (page {page} of {pages})") } else { String::new() }
}

/// Why something was not done, and what to do instead.
pub fn render_refusal(refusal: &Refusal, out: &mut Vec<u8>) {
    render_notice(&format!("error: {}", refusal::words(refusal)), out);
}

/// What somebody asked from history.
pub fn render_page(granted: &Granted, excerpt: &Excerpt, clock: &Clock, out: &mut Vec<u8>) {
    let spans = match &granted.scope {
        Scope::Rooms(spans) => spans.as_slice(),
        Scope::Everywhere => &[],
    };
    let Some(first) = spans.first() else {
        return render_notice("you are in no room; /join one", out);
    };
    let title = match &granted.question {
        Question::Latest { .. } => HistoryTitle::Latest(first.name.clone()),
        Question::Before { .. }
        | Question::Earlier { .. }
        | Question::Later { .. }
        | Question::Around { .. } => HistoryTitle::Before(first.name.clone()),
        Question::Search { words, .. } => HistoryTitle::Found { words: words.clone() },
    };
    let name_of =
        |id: RoomId| spans.iter().find(|span| span.room == id).map(|span| span.name.clone());
    render_history(&title, &excerpt.events, &name_of, clock, out);
    match &granted.question {
        Question::Search { .. } if excerpt.more.is_some() => {
            render_notice("there may be older ones; /search alone shows them", out);
        }
        Question::Latest { count, .. } | Question::Before { count, .. } => {
            if let Some(first) = excerpt.events.first()
                && (excerpt.events.len() as u64) < u64::from(*count)
                && first.position.0 > 1
            {
                let time = moment::shown(first.time, clock);
                render_notice(&format!("a page is full; /history before {time} goes on"), out);
            }
        }
        Question::Earlier { .. }
        | Question::Later { .. }
        | Question::Around { .. }
        | Question::Search { .. } => {}
    }
}

/// A page of history with times, in the order given.
pub fn render_history(
    title: &HistoryTitle,
    events: &[Event],
    room_name: &dyn Fn(RoomId) -> Option<RoomName>,
    clock: &Clock,
    out: &mut Vec<u8>,
) {
    let zone = moment::zone_shown(clock);
    let count = events.len();
    let what = match title {
        HistoryTitle::Latest(name) if count == 0 => format!("nothing has been said in {name} yet"),
        HistoryTitle::Before(name) if count == 0 => {
            format!("nothing was said in {name} before that")
        }
        HistoryTitle::Found { words } if count == 0 => format!("nothing found for {words}"),
        HistoryTitle::Latest(name) => {
            format!("the last {} in {name} (times: {zone})", counted(count, "message", "messages"))
        }
        HistoryTitle::Before(name) => {
            format!(
                "{} in {name} before that (times: {zone})",
                counted(count, "message", "messages")
            )
        }
        HistoryTitle::Found { words } => format!(
            "{} found for {words}, newest first (times: {zone})",
            counted(count, "message", "messages")
        ),
    };
    render_notice(&what, out);
    let names_rooms = matches!(title, HistoryTitle::Found { .. });
    for event in events {
        let room = if names_rooms { room_name(event.room) } else { None };
        render_dated(event, room.as_ref(), clock, out);
    }
}

/// An event of the past, each of its lines with the time, and with the date unless that is today's.
pub fn render_dated(event: &Event, room: Option<&RoomName>, clock: &Clock, out: &mut Vec<u8>) {
    let time = moment::shown(event.time, clock);
    let mut lines = Vec::new();
    render_event(event, room, &mut lines);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        push(out, &[b"[", time.as_bytes(), b"] ", line]);
    }
}
