//! A message from a server, as JSON.

use teahouse_wire::api::{Message, Misread, ServerMessage};

use crate::harmless::assert_harmless;

/// Checks that every message that can be read is written and read again unchanged, and that errors are harmless.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    let Ok(json) = std::str::from_utf8(bytes) else { return };
    match ServerMessage::parse(json) {
        Err(misread) => {
            assert_harmless(&misread.to_string());
            if let Misread::Fields { outline, .. } = misread {
                assert_harmless(&outline.kind);
                assert!(outline.cursor.is_none() || outline.kind == "event", "{outline:?}");
            }
        }
        Ok(ServerMessage { message: Message::Unknown, .. }) => {}
        Ok(message) => {
            let written = serde_json::to_string(&message).expect("what was read can be written");
            assert_eq!(ServerMessage::parse(&written), Ok(message), "{written}");
        }
    }
}
