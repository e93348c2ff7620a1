//! A room as server-sent events (WHATWG HTML, section 9.2): what `EventSource` and `curl` follow. Each event's
//! id is its epoch, position and time, so that `Last-Event-ID` says where to go on, and the server sees whether
//! its history has that event.

mod session;

use teahouse_core::{Position, Time};

use crate::api::{self, Cursor, Epoch};

pub use session::StreamSession;

/// An event of history.
fn render_event(event: &api::Event, out: &mut Vec<u8>) {
    id(event.epoch, event.position, Some(event.time_ms), out);
    field("event", event, out);
}

/// A coming or going. It has no id: it is not history.
fn render_presence(presence: &api::Presence, out: &mut Vec<u8>) {
    field("presence", presence, out);
}

/// Where a client begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    /// It named no place: from now on.
    Fresh,
    /// Right after the place that it named.
    GoesOn,
    /// What came right after the place that it named is gone: with the first event that is kept.
    Gap,
    /// The place that it named is none here: from now on.
    Elsewhere,
}

/// The first words: the room's first event that is kept, where one is, when the event there happened, if that is
/// known, and whether what follows begins right after what one had.
fn render_begin(
    epoch: Epoch,
    (first, at, time): (Position, Position, Option<Time>),
    begin: Begin,
    out: &mut Vec<u8>,
) {
    if matches!(begin, Begin::Fresh | Begin::Elsewhere) {
        // A connection that breaks before the first event goes on from here. Whoever goes on from a place of
        // their own has not been given what lies between yet, and keeps that place.
        id(epoch, at.0, time.map(|time| time.0), out);
    }
    let is_complete = matches!(begin, Begin::Fresh | Begin::GoesOn);
    let begin = serde_json::json!({
        "epoch": epoch, "first": first.0, "position": at.0, "complete": is_complete,
    });
    field("begin", &begin, out);
}

/// Why the room cannot be followed; nothing comes after it.
fn render_error(failure: &api::Failure, out: &mut Vec<u8>) {
    field("error", failure, out);
}

/// The server tells everyone something.
fn render_notice(text: &str, out: &mut Vec<u8>) {
    field("notice", &serde_json::json!({ "text": text }), out);
}

/// Nothing, to see whether somebody is there.
fn render_ping(out: &mut Vec<u8>) {
    out.extend_from_slice(b":\n\n");
}

fn field(name: &str, value: &impl serde::Serialize, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("event: {name}\ndata: ").as_bytes());
    api::json_into(value, out);
    out.extend_from_slice(b"\n\n");
}

fn id(epoch: Epoch, position: u64, time_ms: Option<i64>, out: &mut Vec<u8>) {
    let id = Cursor { epoch, position, time_ms };
    out.extend_from_slice(format!("id: {}\n", render_id(&id)).as_bytes());
}

/// A place as a `Last-Event-ID`: `EPOCH-POSITION-TIME`, or `EPOCH-POSITION` where the time is not known.
#[must_use]
pub fn render_id(Cursor { epoch, position, time_ms }: &Cursor) -> String {
    match time_ms {
        Some(time_ms) => format!("{epoch}-{position}-{time_ms}"),
        None => format!("{epoch}-{position}"),
    }
}

/// The place that a `Last-Event-ID` names.
#[must_use]
pub fn parse_id(id: &str) -> Option<Cursor> {
    let mut parts = id.splitn(3, '-');
    let epoch = parts.next()?.parse().ok()?;
    let position = parts.next()?.parse().ok()?;
    let time_ms = parts.next().map(str::parse).transpose().ok()?;
    Some(Cursor { epoch, position, time_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is() {
        let epoch = Epoch([0, 1, 2, 3, 4, 5, 6, 0xFF]);
        for time_ms in [None, Some(1_795_559_400_000), Some(-1)] {
            let place = Cursor { epoch, position: 17, time_ms };
            assert_eq!(parse_id(&render_id(&place)), Some(place));
        }
        let place = Cursor { epoch, position: 17, time_ms: Some(5) };
        assert_eq!(render_id(&place), "00010203040506ff-17-5");
        for wrong in [
            "",
            "17",
            "00010203040506ff-",
            "00010203040506ff--1",
            "00010203040506ff-1-",
            "00010203040506ff-1-2-3",
            "xx-17",
        ] {
            assert_eq!(parse_id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_first_words_have_an_id_unless_what_follows_is_older_than_where_the_room_is() {
        let epoch = Epoch([0, 1, 2, 3, 4, 5, 6, 0xFF]);
        let begin = |begin| {
            let mut out = Vec::new();
            render_begin(epoch, (Position(3), Position(17), Some(Time(5))), begin, &mut out);
            String::from_utf8(out).unwrap()
        };
        let data = |complete| {
            format!(
                "event: begin\n\
                 data: {{\"complete\":{complete},\"epoch\":\"00010203040506ff\",\"first\":3,\"position\":17}}\n\n"
            )
        };
        let id = "id: 00010203040506ff-17-5\n";
        assert_eq!(begin(Begin::Fresh), format!("{id}{}", data(true)));
        assert_eq!(begin(Begin::GoesOn), data(true));
        assert_eq!(begin(Begin::Gap), data(false));
        assert_eq!(begin(Begin::Elsewhere), format!("{id}{}", data(false)));
    }
}
