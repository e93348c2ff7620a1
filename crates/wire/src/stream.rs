//! A room as server-sent events (WHATWG HTML, section 9.2), for `EventSource` and `curl`. The id of each event is its
//! epoch, position and time, so that `Last-Event-ID` says where to continue, and the server can check that its history
//! has that event.

mod session;

use teahouse_core::{Position, Time};

use crate::api::{self, Cursor, Epoch};

pub use session::StreamSession;

/// Appends an event of history.
fn render_event(event: &api::Event, out: &mut Vec<u8>) {
    id(event.epoch, event.position, Some(event.time_ms), out);
    field("event", event, out);
}

/// Appends a change of who is in the room. It has no id, because history does not keep it.
fn render_presence(presence: &api::Presence, out: &mut Vec<u8>) {
    field("presence", presence, out);
}

/// With which event the stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    /// The client sent no cursor: with the next event.
    Fresh,
    /// With the event right after the client's cursor.
    Continues,
    /// The event right after the client's cursor is deleted: with the first event that history still has.
    Gap,
    /// The client's cursor is not in this history: with the next event.
    UnknownCursor,
}

/// Appends the first message of the stream: the first event that history still has, the room's last event `at`, and
/// whether the events continue without a gap. `time` is when the event at `at` happened, if it is known.
fn render_begin(
    epoch: Epoch,
    (first, at, time): (Position, Position, Option<Time>),
    begin: Begin,
    out: &mut Vec<u8>,
) {
    if matches!(begin, Begin::Fresh | Begin::UnknownCursor) {
        // If the connection breaks before the first event, the client continues from this id. A client that continues
        // from its own cursor keeps that cursor, because it has not received the events after it yet.
        id(epoch, at.0, time.map(|time| time.0), out);
    }
    let is_complete = matches!(begin, Begin::Fresh | Begin::Continues);
    let begin = serde_json::json!({
        "epoch": epoch, "first": first.0, "position": at.0, "complete": is_complete,
    });
    field("begin", &begin, out);
}

/// Appends why the room cannot be followed. Nothing comes after it.
fn render_error(failure: &api::Failure, out: &mut Vec<u8>) {
    field("error", failure, out);
}

/// Appends a notice.
fn render_notice(text: &str, out: &mut Vec<u8>) {
    field("notice", &serde_json::json!({ "text": text }), out);
}

/// Appends an empty comment, which shows whether the client still reads.
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

/// A cursor as a `Last-Event-ID`: `EPOCH-POSITION-TIME`, or `EPOCH-POSITION` if the time is not known.
#[must_use]
pub fn render_id(Cursor { epoch, position, time_ms }: &Cursor) -> String {
    match time_ms {
        Some(time_ms) => format!("{epoch}-{position}-{time_ms}"),
        None => format!("{epoch}-{position}"),
    }
}

/// The cursor in a `Last-Event-ID`.
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
            let cursor = Cursor { epoch, position: 17, time_ms };
            assert_eq!(parse_id(&render_id(&cursor)), Some(cursor));
        }
        let cursor = Cursor { epoch, position: 17, time_ms: Some(5) };
        assert_eq!(render_id(&cursor), "00010203040506ff-17-5");
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
    fn the_first_message_has_an_id_unless_events_of_history_follow() {
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
        assert_eq!(begin(Begin::Continues), data(true));
        assert_eq!(begin(Begin::Gap), data(false));
        assert_eq!(begin(Begin::UnknownCursor), format!("{id}{}", data(false)));
    }
}
