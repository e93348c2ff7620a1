//! Renders facts and answers as lines. Each line begins with a mark (see [`super`]). Every line of a text of several
//! lines has the mark, so that none of them can look like a line of another person.

use std::fmt::Write as _;

use teahouse_core::{
    Answer, Event, Excerpt, ExitCause, IgnoreChange, Nick, Presence, Question, ReadGrant, Refusal,
    RoomId, RoomName, Scope, Text,
};

use super::pieces::{counted, push, render_notice, some_of};
use super::view::{EventView, HistoryTitle, PresenceView, render_history};
use crate::command::Clock;
use crate::moment;
use crate::refusal::{Reader, words};

/// Appends an event as it happens. `room` is the room's name, for readers whose current room is another one.
pub fn render_event(event: &Event, room: Option<&RoomName>, out: &mut Vec<u8>) {
    EventView::of(event, room).render(out);
}

/// Appends a change of who is in a room, for the other members. `room` is the room's name, for readers whose current
/// room is another one.
pub fn render_presence(
    presence: &Presence,
    name: &RoomName,
    room: Option<&RoomName>,
    out: &mut Vec<u8>,
) {
    if let Some(view) = PresenceView::of(presence) {
        view.render(name, room.is_some(), out);
    }
}

/// Appends the line for a person who has just joined a room.
pub fn render_joined(name: &RoomName, members: usize, topic: Option<&Text>, out: &mut Vec<u8>) {
    let others = match members {
        0 | 1 => "nobody else is here".to_owned(),
        _ => format!("{} here", counted(members - 1, "other is", "others are")),
    };
    let about = topic.map(|topic| format!(" — {}", topic.as_str())).unwrap_or_default();
    render_notice(&format!("you are in {name}{about} ({others})"), out);
}

/// The line that names the current room and the other rooms that a person is in.
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

/// Appends the line for a person who has just left a room and stays on the server.
pub fn render_left(name: &RoomName, current: Option<&RoomName>, out: &mut Vec<u8>) {
    let then = match current {
        Some(current) => format!("you speak in {current}"),
        None => "you are in no room; /join one".to_owned(),
    };
    render_notice(&format!("you left {name}; {then}"), out);
}

/// Appends the last line of a session.
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

/// Appends a private message. Each of its lines has the mark of private messages.
pub fn render_private(from: &Nick, text: &Text, out: &mut Vec<u8>) {
    let from = from.as_str().as_bytes();
    for line in text.as_str().split('\n') {
        push(out, &[b"[private] <", from, b"> ", line.as_bytes(), b"\n"]);
    }
}

/// Appends an answer of the hub. The permission to read history, and answers to questions of the server itself, render
/// as nothing.
pub fn render_answer(answer: &Answer, out: &mut Vec<u8>) {
    match answer {
        Answer::Room { .. } | Answer::ReadGranted(_) => {}
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
        Answer::Private(message) => render_private(&message.from, &message.text, out),
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

/// Appends why a request was refused and what to do instead.
pub fn render_refusal(refusal: &Refusal, out: &mut Vec<u8>) {
    render_notice(&format!("error: {}", words(refusal, Reader::Person)), out);
}

/// Appends a page of history or the result of a search.
pub fn render_page(granted: &ReadGrant, excerpt: &Excerpt, clock: &Clock, out: &mut Vec<u8>) {
    let spans = match &granted.scope {
        Scope::Rooms(spans) => spans.as_slice(),
        Scope::Everywhere => &[],
    };
    let Some(first) = spans.first() else {
        return render_notice("you are in no room; /join one", out);
    };
    let title = match &granted.question {
        Question::Latest { .. } => HistoryTitle::Latest(&first.name),
        Question::Before { .. }
        | Question::Earlier { .. }
        | Question::Later { .. }
        | Question::Around { .. } => HistoryTitle::Before(&first.name),
        Question::Search { words, .. } => {
            HistoryTitle::Found { words, is_cut: excerpt.more.is_some() }
        }
    };
    let is_named = matches!(title, HistoryTitle::Found { .. });
    let name_of = |id: RoomId| spans.iter().find(|span| span.room == id).map(|span| &span.name);
    let shown = |event| EventView::of(event, if is_named { name_of(event.room) } else { None });
    let gone = excerpt.gone_upto();
    render_history((title, gone), excerpt.events.iter().map(shown), clock, out);
    match &granted.question {
        Question::Latest { count, .. } | Question::Before { count, .. } => {
            if let Some(first) = excerpt.events.first()
                && (excerpt.events.len() as u64) < u64::from(*count)
                && excerpt.first.is_none_or(|begin| begin < first.position)
            {
                let time = moment::display(first.time, clock);
                render_notice(&format!("a page is full; /history before {time} goes on"), out);
            }
        }
        Question::Earlier { .. }
        | Question::Later { .. }
        | Question::Around { .. }
        | Question::Search { .. } => {}
    }
}
