//! A request of the api, as JSON.

use teahouse_wire::api::ClientMessage;

use crate::harmless::assert_harmless;

/// Checks that every request that can be read is written and read again unchanged, and that errors are harmless.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    let Ok(json) = std::str::from_utf8(bytes) else { return };
    match ClientMessage::parse(json) {
        Err(error) => assert_harmless(&error.to_string()),
        Ok(message) => {
            let written = serde_json::to_string(&message).expect("what was read can be written");
            assert_eq!(ClientMessage::parse(&written), Ok(message), "{written}");
        }
    }
}
