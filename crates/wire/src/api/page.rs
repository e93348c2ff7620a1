//! Requests for history and the pages that answer them, the same over the WebSocket and over HTTP.

use teahouse_core::{
    Event, Excerpt, HistorySpan, Position, Question, ReadGrant, RoomName, Scope, Time,
};

use super::message::{HistoryPage, Message};
use super::request::Part;
use super::value::Epoch;
use super::value::ValueError;
use super::{failure, render};
use crate::limits::{HISTORY_COUNT_MAX, SEARCH_BYTES_MAX, SEARCH_COUNT, SEARCH_COUNT_MAX};

/// The number of events in one page of history, when the request has no `limit`.
const HISTORY_COUNT: u32 = 50;

/// The message for events that were read from history.
pub(super) fn page(granted: &ReadGrant, excerpt: &Excerpt, epoch: Epoch) -> Message {
    match &granted.question {
        Question::Search { words, .. } => Message::Found {
            words: words.clone(),
            events: render_found(granted, &excerpt.events, epoch),
            more: excerpt.more.map(|more| more.0),
        },
        Question::Latest { .. }
        | Question::Before { .. }
        | Question::Earlier { .. }
        | Question::Later { .. }
        | Question::Around { .. } => match history(granted, excerpt, epoch) {
            Some(page) => Message::History(page),
            None => Message::Error(failure::unreadable()),
        },
    }
}

/// The page for a question about one room; `None` when the question was about all rooms.
#[must_use]
pub fn history(granted: &ReadGrant, excerpt: &Excerpt, epoch: Epoch) -> Option<HistoryPage> {
    let HistorySpan { name, upto, .. } = spans(granted).first()?;
    let events = render_found(granted, &excerpt.events, epoch);
    let first = excerpt.first.unwrap_or(upto.next());
    Some(HistoryPage { room: name.clone(), epoch, first: first.0, head: upto.0, events })
}

/// The events that were read, each with the name of its room.
#[must_use]
pub fn render_found(granted: &ReadGrant, events: &[Event], epoch: Epoch) -> Vec<super::Event> {
    let span_of = |event: &Event| spans(granted).iter().find(|span| span.room == event.room);
    let shown = |event| Some(render::event(event, &span_of(event)?.name, epoch));
    events.iter().filter_map(shown).collect()
}

fn spans(granted: &ReadGrant) -> &[HistorySpan] {
    match &granted.scope {
        Scope::Rooms(spans) => spans,
        Scope::Everywhere => &[],
    }
}

/// The number of events to read from history: the `limit` of the request, or 50.
///
/// # Errors
/// When the limit is not from 1 to 200.
pub fn history_count(limit: Option<u32>) -> Result<u32, ValueError> {
    count(limit, HISTORY_COUNT, HISTORY_COUNT_MAX)
}

/// The number of messages to search for: the `limit` of the request, or 20.
///
/// # Errors
/// When the limit is not from 1 to 100.
pub fn search_count(limit: Option<u32>) -> Result<u32, ValueError> {
    count(limit, SEARCH_COUNT, SEARCH_COUNT_MAX)
}

fn count(limit: Option<u32>, default: u32, max: u32) -> Result<u32, ValueError> {
    match limit {
        None => Ok(default),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(found) => Err(ValueError::Range { found, max }),
    }
}

/// The question to history that reads a part of a room's history.
///
/// # Errors
/// When the request names more than one part.
pub fn question(room: RoomName, part: Part, count: u32) -> Result<Question, ValueError> {
    match (part.before, part.after, part.around, part.before_time_ms) {
        (None, None, None, None) => Ok(Question::Latest { room, count }),
        (Some(before), None, None, None) => {
            Ok(Question::Earlier { room, position: Position(before), count })
        }
        (None, Some(after), None, None) => {
            Ok(Question::Later { room, position: Position(after), count })
        }
        (None, None, Some(around), None) => {
            Ok(Question::Around { room, position: Position(around), count })
        }
        (None, None, None, Some(time_ms)) => {
            Ok(Question::Before { room, time: Time(time_ms), count })
        }
        _ => Err(ValueError::Parts),
    }
}

/// Returns the words of a search if they are short enough.
///
/// # Errors
/// When they have too many bytes.
pub fn validate_search(words: String) -> Result<String, ValueError> {
    if words.len() > SEARCH_BYTES_MAX {
        return Err(ValueError::TooLong { bytes: words.len(), max: SEARCH_BYTES_MAX });
    }
    Ok(words)
}
