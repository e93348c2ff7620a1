//! Questions to history, and the pages that answer them: the same over the WebSocket and over HTTP.

use teahouse_core::{
    Event, Excerpt, HistorySpan, Position, Question, ReadGrant, RoomName, Scope, Time,
};

use super::message::{HistoryPage, Message};
use super::request::Part;
use super::value::Epoch;
use super::value::ValueError;
use super::{failure, render};
use crate::limits::{HISTORY_COUNT_MAX, SEARCH_BYTES_MAX, SEARCH_COUNT, SEARCH_COUNT_MAX};

/// Events in one page of history, when nothing else is asked for.
const HISTORY_COUNT: u32 = 50;

/// What was read from history, as a message.
pub(super) fn page(granted: &ReadGrant, excerpt: &Excerpt, epoch: Epoch) -> Message {
    match &granted.question {
        Question::Search { words, .. } => Message::Found {
            words: words.clone(),
            events: found(granted, &excerpt.events, epoch),
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

/// A page of the one room that was asked about; `None` when it was about none.
#[must_use]
pub fn history(granted: &ReadGrant, excerpt: &Excerpt, epoch: Epoch) -> Option<HistoryPage> {
    let HistorySpan { name, upto, .. } = spans(granted).first()?;
    let events = found(granted, &excerpt.events, epoch);
    let first = excerpt.first.unwrap_or(upto.next());
    Some(HistoryPage { room: name.clone(), epoch, first: first.0, head: upto.0, events })
}

/// What was read, each event with the name of its room.
#[must_use]
pub fn found(granted: &ReadGrant, events: &[Event], epoch: Epoch) -> Vec<super::Event> {
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

/// How many events of history are wanted: the wish, or 50.
///
/// # Errors
/// When the wish is not from 1 to 200.
pub fn history_count(wish: Option<u32>) -> Result<u32, ValueError> {
    count(wish, HISTORY_COUNT, HISTORY_COUNT_MAX)
}

/// How many messages a search is to find: the wish, or 20.
///
/// # Errors
/// When the wish is not from 1 to 100.
pub fn search_count(wish: Option<u32>) -> Result<u32, ValueError> {
    count(wish, SEARCH_COUNT, SEARCH_COUNT_MAX)
}

fn count(wish: Option<u32>, usual: u32, max: u32) -> Result<u32, ValueError> {
    match wish {
        None => Ok(usual),
        Some(wish) if (1..=max).contains(&wish) => Ok(wish),
        Some(found) => Err(ValueError::Range { found, max }),
    }
}

/// The question that asks for a part of a room's history.
///
/// # Errors
/// When more than one part is wanted.
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

/// The words of a search, if they are no paste.
///
/// # Errors
/// When they have too many bytes.
pub fn validate_search(words: String) -> Result<String, ValueError> {
    if words.len() > SEARCH_BYTES_MAX {
        return Err(ValueError::TooLong { bytes: words.len(), max: SEARCH_BYTES_MAX });
    }
    Ok(words)
}
