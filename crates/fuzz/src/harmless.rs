//! Checks that a text may be shown on a person's screen.

use teahouse_core::harmless::harmless;

/// Checks that a text has no characters that control a terminal or change the direction of the text around it.
///
/// # Panics
/// When it has.
pub(crate) fn assert_harmless(words: &str) {
    assert_eq!(words, harmless(words), "not as it must be shown");
}

/// Checks that bytes are a text and harmless.
///
/// # Panics
/// When they are not.
pub(crate) fn assert_harmless_bytes(bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(words) => assert_harmless(words),
        Err(error) => panic!("{error}: {}", bytes.escape_ascii()),
    }
}
