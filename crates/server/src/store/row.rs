//! Reads rows. A row that another program or a later version wrote must not make a room unusable: the event keeps its
//! position, and a field that cannot be read is left out or replaced by a placeholder.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use teahouse_core::{
    Author, Event, EventKind, MessageId, Nick, Position, RoomId, RoomName, SessionId, Text, Time,
};
use tracing::warn;

/// The columns of an event, in the order in which [`event`] reads them.
pub(super) const COLUMNS: &str =
    "event.room, position, time_ms, session, nick, kind, event.text, message_id, author";
pub(super) const COLUMN_COUNT: usize = 9;

/// Replaces a nick or a text that is not valid, such as one that was edited by hand.
const UNREADABLE: &str = "unreadable";
const KINDS: [EventKind; 4] =
    [EventKind::Said, EventKind::Acted, EventKind::Topic, EventKind::Unknown];

/// The stored name of a kind.
pub(super) fn name_of_kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Said => "said",
        EventKind::Acted => "acted",
        EventKind::Topic => "topic",
        EventKind::Unknown => "unknown",
    }
}

pub(super) fn kind(row: &Row<'_>, column: usize) -> EventKind {
    let written = string(row, column);
    let is_it = |kind: &EventKind| Some(name_of_kind(*kind)) == written;
    KINDS.into_iter().find(is_it).unwrap_or(EventKind::Unknown)
}

pub(super) fn text(row: &Row<'_>, column: usize) -> Option<Text> {
    string(row, column).and_then(|text| Text::from_stored(text).ok())
}

/// The name of a room, if it is valid.
pub(super) fn name(row: &Row<'_>, column: usize) -> Option<RoomName> {
    string(row, column).and_then(|name| RoomName::parse(name).ok())
}

/// The content of a column, as text for people.
pub(super) fn display(row: &Row<'_>, column: usize) -> String {
    match row.get_ref(column) {
        Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        Ok(ValueRef::Integer(number)) => number.to_string(),
        Ok(ValueRef::Real(number)) => number.to_string(),
        Ok(ValueRef::Null) | Err(_) => String::new(),
    }
}

pub(super) fn event(row: &Row<'_>) -> Result<Event, rusqlite::Error> {
    let room = RoomId(row.get(0)?);
    let position = Position(row.get::<_, i64>(1)?.cast_unsigned());
    let nick = string(row, 4).and_then(|nick| Nick::from_stored(nick).ok());
    let (kind, text) = (kind(row, 5), text(row, 6));
    let is_speech = matches!(kind, EventKind::Said | EventKind::Acted);
    if nick.is_none() || kind == EventKind::Unknown || is_speech && text.is_none() {
        warn!(room = room.0, %position, "an event in the database is not valid; part of it is replaced");
    }
    let unreadable = |column, why: &str| {
        let why = why.to_owned().into();
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why)
    };
    Ok(Event {
        room,
        position,
        time: Time(number(row, 2)),
        session: SessionId(number(row, 3).cast_unsigned()),
        nick: match nick {
            Some(nick) => nick,
            None => Nick::parse(UNREADABLE).map_err(|_| unreadable(4, "no nick"))?,
        },
        kind,
        text: match text {
            None if is_speech => {
                Some(Text::parse(UNREADABLE).map_err(|_| unreadable(6, "no text"))?)
            }
            text => text,
        },
        id: bytes(row, 7).map(MessageId),
        author: bytes(row, 8).map(Author),
    })
}

fn string<'a>(row: &'a Row<'_>, column: usize) -> Option<&'a str> {
    row.get_ref(column).ok()?.as_str().ok()
}

fn number(row: &Row<'_>, column: usize) -> i64 {
    row.get_ref(column).ok().and_then(|value| value.as_i64().ok()).unwrap_or_default()
}

fn bytes(row: &Row<'_>, column: usize) -> Option<[u8; 16]> {
    row.get_ref(column).ok()?.as_blob().ok()?.try_into().ok()
}
