//! A request of the api, as JSON.

use teahouse_wire::api::ClientMessage;

use crate::harmless::assert_harmless;

/// Takes any bytes.
///
/// # Panics
/// When what must hold does not.
pub fn run(bytes: &[u8]) {
    let Ok(json) = std::str::from_utf8(bytes) else { return };
    match ClientMessage::parse(json) {
        Err(error) => assert_harmless(&error.to_string()),
        Ok(asked) => {
            let written = serde_json::to_string(&asked).expect("what was read can be written");
            assert_eq!(ClientMessage::parse(&written), Ok(asked), "{written}");
        }
    }
}
