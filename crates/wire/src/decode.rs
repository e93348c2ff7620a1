//! Decodes bytes to text, in the same way everywhere: for lines, bodies of HTTP requests, WebSocket messages, and the
//! input of our own programs.

use std::fmt;

/// The byte-order mark. At the start of a text it has no meaning and is removed.
const MARK: char = '\u{FEFF}';

/// Why bytes are not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWords {
    /// They are UTF-16, which some programs on Windows write.
    Utf16,
    /// They are not UTF-8.
    NotUtf8,
}

impl fmt::Display for NotWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "this is UTF-16; send UTF-8",
            Self::NotUtf8 => "this is not UTF-8; send UTF-8",
        })
    }
}

impl std::error::Error for NotWords {}

/// Decodes the bytes of one line or one text.
///
/// # Errors
/// When the bytes are not UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str, NotWords> {
    if begins_as_utf16(bytes) || looks_like_utf16(bytes) {
        return Err(NotWords::Utf16);
    }
    std::str::from_utf8(bytes).map(without_mark).map_err(|_| NotWords::NotUtf8)
}

/// Returns a text without the byte-order mark at its start.
#[must_use]
pub fn without_mark(words: &str) -> &str {
    words.strip_prefix(MARK).unwrap_or(words)
}

/// Whether bytes begin with a byte-order mark of UTF-16.
#[must_use]
pub(crate) fn begins_as_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..])
}

/// Whether bytes look like UTF-16 of mostly ASCII letters: zeros only at even or only at odd indexes, and many of them.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let mut zeros = [0, 0];
    for (index, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == 0) {
        zeros[index % 2] += 1;
    }
    let (most, least) = (zeros[0].max(zeros[1]), zeros[0].min(zeros[1]));
    most >= 2 && least == 0 && 3 * most >= bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(words: &str, has_mark: bool) -> (Vec<u8>, Vec<u8>) {
        let mark = has_mark.then_some(0xFEFF);
        let units: Vec<u16> = mark.into_iter().chain(words.encode_utf16()).collect();
        let little = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        (little, units.iter().flat_map(|unit| unit.to_be_bytes()).collect())
    }

    #[test]
    fn a_byte_order_mark_at_the_start_is_removed() {
        assert_eq!(decode(b"\xEF\xBB\xBF/nick x"), Ok("/nick x"));
        assert_eq!(decode("a\u{FEFF}".as_bytes()), Ok("a\u{FEFF}"));
    }

    #[test]
    fn utf16_is_recognized_by_its_mark_or_by_its_zeros() {
        for (little, big) in [utf16("你好", true), utf16("hi", true), utf16("hi", false)] {
            assert_eq!(decode(&little), Err(NotWords::Utf16));
            assert_eq!(decode(&big), Err(NotWords::Utf16));
        }
        assert_eq!(decode(b"caf\xE9"), Err(NotWords::NotUtf8));
        for padded in [&b"\0"[..], b"ok\0", b"\0ok", b"\0\0", b"a\0"] {
            assert!(decode(padded).is_ok(), "{padded:?}");
        }
    }
}
