//! Cursors from clients: a `Last-Event-ID`, or the `after` of a `join`.

use teahouse_wire::api::Cursor;
use teahouse_wire::stream::{parse_id, render_id};

/// Checks that every cursor that can be read is written and read again unchanged.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    let Ok(words) = std::str::from_utf8(bytes) else { return };
    if let Some(cursor) = parse_id(words) {
        assert_eq!(parse_id(&render_id(&cursor)), Some(cursor), "{words}");
        assert_round_trip(cursor);
    }
    if let Ok(cursor) = serde_json::from_str(words) {
        assert_round_trip(cursor);
    }
}

fn assert_round_trip(cursor: Cursor) {
    let written = serde_json::to_string(&cursor).expect("what was read can be written");
    let read: Option<Cursor> = serde_json::from_str(&written).ok();
    assert_eq!(read, Some(cursor), "{written}");
    assert_eq!(parse_id(&render_id(&cursor)), Some(cursor), "{written}");
}
