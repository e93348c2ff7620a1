//! Texts that people write, made harmless where they enter ([`crate::harmless`]): nothing in a [`Text`] can move
//! another person's cursor, change a colour, ring a bell, forge a line or reorder what stands around it (promise
//! P6).

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::harmless::{self, harmless};

/// The text of a message or a topic. It has a visible character, at most [`Text::BYTES_MAX`] bytes, at most
/// [`Text::LINES_MAX`] lines separated by `\n`, no other control character but tab, no bidi override or isolate, and
/// at most [`harmless::MARKS_MAX`] marks on one character. It is composed (NFC).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(Box<str>);

/// Why a string is not a text, with the limit that it broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum TextError {
    /// Nothing is visible: it has only white space, controls and invisible characters.
    #[error("there is nothing in it")]
    Empty,
    /// Too many bytes of UTF-8.
    #[error("it has {bytes} bytes; the limit is {max}")]
    TooLong {
        /// The bytes it has.
        bytes: usize,
        /// The most bytes.
        max: usize,
    },
    /// Too many lines.
    #[error("it has {lines} lines; the limit is {max}")]
    TooManyLines {
        /// The lines it has.
        lines: usize,
        /// The most lines.
        max: usize,
    },
}

impl Text {
    /// The most bytes of UTF-8 in one message: enough for a long paste, small compared with every queue.
    pub const BYTES_MAX: usize = 16 * 1024;
    /// The most lines in one message: more belong in a file.
    pub const LINES_MAX: usize = 200;

    /// Parses what a person typed. Every end of a line becomes a line feed, characters that only format are dropped,
    /// and other characters that could act on a terminal become U+FFFD. A tab stays; white space at the end is
    /// dropped.
    ///
    /// # Errors
    /// When nothing visible is left, or a limit is exceeded.
    pub fn parse(input: &str) -> Result<Self, TextError> {
        if !harmless::is_visible(input) {
            return Err(TextError::Empty);
        }
        let clean = harmless(input);
        let clean = composed(&clean);
        let text = clean.trim_end();
        if text.len() > Self::BYTES_MAX {
            return Err(TextError::TooLong { bytes: text.len(), max: Self::BYTES_MAX });
        }
        let lines = text.split('\n').count();
        if lines > Self::LINES_MAX {
            return Err(TextError::TooManyLines { lines, max: Self::LINES_MAX });
        }
        Ok(Self(text.into()))
    }

    /// Parses a text that was stored. If nothing of it is visible, as an older version allowed, it becomes an
    /// ellipsis.
    ///
    /// # Errors
    /// When a limit is exceeded.
    pub fn from_stored(input: &str) -> Result<Self, TextError> {
        match Self::parse(input) {
            Err(TextError::Empty) => Self::parse("…"),
            parsed => parsed,
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;
    fn try_from(value: String) -> Result<Self, TextError> {
        Self::parse(&value)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0.into()
    }
}

impl FromStr for Text {
    type Err = TextError;
    fn from_str(words: &str) -> Result<Self, TextError> {
        Self::parse(words)
    }
}

/// The text in composed form (NFC), without the marks past the limit on one character.
fn composed(words: &str) -> Cow<'_, str> {
    if words.is_ascii() {
        return Cow::Borrowed(words);
    }
    let composed = match unicode_normalization::is_nfc(words) {
        true => Cow::Borrowed(words),
        false => Cow::Owned(words.nfc().collect()),
    };
    if harmless::has_too_many_marks(&composed) {
        Cow::Owned(harmless::with_few_marks(&composed))
    } else {
        composed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(input: &str) -> String {
        Text::parse(input).unwrap().as_str().to_owned()
    }

    #[test]
    fn ordinary_text_in_any_script_stays_unchanged() {
        for words in ["hello", "你好，茶馆", "がぎ", "👩‍👩‍👧 ok", "مرحبا", "a\tb", "x\ny"]
        {
            assert_eq!(parsed(words), words);
        }
    }

    #[test]
    fn a_character_that_could_act_on_a_terminal_becomes_a_replacement_character() {
        assert_eq!(parsed("\u{1b}[31mred"), "\u{fffd}[31mred");
        assert_eq!(parsed("erased\u{8}\u{7f}!"), "erased\u{fffd}\u{fffd}!");
        assert_eq!(parsed("bell\u{7}!"), "bell\u{fffd}!");
        assert_eq!(parsed("csi\u{9b}2J"), "csi\u{fffd}2J");
    }

    #[test]
    fn every_end_of_a_line_becomes_a_line_feed_and_the_last_ones_are_dropped() {
        assert_eq!(parsed("a\r\nb\rc\u{2028}d\u{C}e\r\n\r\n"), "a\nb\nc\nd\ne");
    }

    #[test]
    fn characters_that_only_format_are_dropped() {
        assert_eq!(parsed("\u{202e}evil"), "evil");
        assert_eq!(parsed("\u{feff}/nick x\u{2066}"), "/nick x");
    }

    #[test]
    fn an_invisible_text_is_empty() {
        for words in [
            "\u{200B}",
            "\u{2800}\u{2800}",
            "\u{3164}",
            "\u{AD}",
            "\u{FE0F}",
            "\u{301}\u{302}",
            "\u{7}\u{1b}\0",
            "\u{fffd}",
            "\u{feff}",
            "\u{202e}",
            "\u{3000}\u{200D}\u{2060}",
            "\u{E0067}\u{E007F}",
            "\u{1160} \u{FFA0}",
            "\u{13430}\u{180E}\u{2065}",
            "\u{FFFF}\u{1FFFE}\u{FDD0}",
            "\r\n\t",
        ] {
            assert_eq!(Text::parse(words), Err(TextError::Empty), "{words:?}");
            assert_eq!(Text::from_stored(words).unwrap().as_str(), "…", "{words:?}");
        }
        assert_eq!(parsed("\u{2800}\u{28ff}"), "\u{2800}\u{28ff}", "a drawing in braille");
    }

    #[test]
    fn marks_on_one_character_are_bounded() {
        let painted = parsed(&format!("x{}y\u{200D}\u{35f}", "\u{35c}".repeat(5_399)));
        assert_eq!(painted, format!("x{}y\u{200D}\u{35f}", "\u{35c}".repeat(8)));
        let syllable = parsed(&format!("ᄒ{}ab", "ᅡ".repeat(5_000)));
        assert_eq!(syllable, format!("하{}ab", "ᅡ".repeat(8)), "one cell of a terminal");
        let longest = "ཧྐྵྨླྺྼྻྂ";
        assert_eq!(longest.chars().count(), 9, "the longest stack that is written");
        assert_eq!(parsed(longest), longest);
    }

    #[test]
    fn combining_marks_are_composed_so_that_search_finds_them() {
        assert_eq!(parsed("e\u{301}"), "é");
        assert_eq!(parsed("か\u{3099}"), "が");
    }

    #[test]
    fn limits_are_named() {
        assert_eq!(Text::parse(" \t "), Err(TextError::Empty));
        assert_eq!(
            Text::parse(&"x".repeat(16_385)),
            Err(TextError::TooLong { bytes: 16_385, max: 16_384 })
        );
        assert_eq!(
            Text::parse(&"x\n".repeat(201)),
            Err(TextError::TooManyLines { lines: 201, max: 200 })
        );
    }

    proptest! {
        #[test]
        fn the_marks_on_a_character_are_bounded(marks in "(a|क़|\\PL|\\p{M}|\\p{Cf}|[ᄀ-ᇿ]){0,60}") {
            if let Ok(text) = Text::parse(&marks) {
                prop_assert!(!harmless::has_too_many_marks(text.as_str()));
                prop_assert_eq!(Text::parse(text.as_str()), Ok(text.clone()));
            }
        }

        #[test]
        fn nothing_harmful_survives_and_parsing_again_changes_nothing(
            input in "(\\PC|\\p{C}|\\p{Z}|\\p{M}|[\\r\\n\0-\u{9F}]|🏴|[\u{E0020}-\u{E007F}]|[\u{2000}-\u{206F}]|[ᄀ-ᇿ]|[a가क]){0,16}"
        ) {
            if let Ok(text) = Text::parse(&input) {
                prop_assert!(harmless::is_visible(text.as_str()));
                prop_assert!(text.as_str().len() <= Text::BYTES_MAX);
                prop_assert_eq!(text.as_str().trim_end(), text.as_str());
                prop_assert_eq!(Text::from_stored(text.as_str()), Ok(text.clone()));
                prop_assert!(text.as_str().chars().all(|c| c == '\t' || c == '\n' || !c.is_control()));
                let acts = |c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
                prop_assert!(!text.as_str().contains(acts), "nothing is left open at its end");
                prop_assert_eq!(Text::parse(text.as_str()), Ok(text.clone()));
            }
        }
    }
}
