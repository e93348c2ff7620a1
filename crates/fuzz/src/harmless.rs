//! What may stand on another person's screen.

use teahouse_core::harmless::harmless;

/// Sees that words hold nothing that acts on a terminal or turns the direction of what stands around them.
///
/// # Panics
/// When they do.
pub(crate) fn assert_harmless(words: &str) {
    assert_eq!(words, harmless(words), "not as it must be shown");
}

/// The same of bytes that are to be words.
///
/// # Panics
/// When they are not, or are harmful.
pub(crate) fn assert_harmless_bytes(bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(words) => assert_harmless(words),
        Err(error) => panic!("{error}: {}", bytes.escape_ascii()),
    }
}
