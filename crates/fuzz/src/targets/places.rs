//! Where a stream goes on: a `Last-Event-ID`, or the place in a `join`.

use teahouse_wire::api::Cursor;
use teahouse_wire::stream::{parse_id, render_id};

/// Takes any bytes.
///
/// # Panics
/// When what must hold does not.
pub fn run(bytes: &[u8]) {
    let Ok(words) = std::str::from_utf8(bytes) else { return };
    if let Some(place) = parse_id(words) {
        assert_eq!(parse_id(&render_id(&place)), Some(place), "{words}");
        assert_travels(place);
    }
    if let Ok(place) = serde_json::from_str(words) {
        assert_travels(place);
    }
}

fn assert_travels(place: Cursor) {
    let written = serde_json::to_string(&place).expect("what was read can be written");
    let read: Option<Cursor> = serde_json::from_str(&written).ok();
    assert_eq!(read, Some(place), "{written}");
    assert_eq!(parse_id(&render_id(&place)), Some(place), "{written}");
}
