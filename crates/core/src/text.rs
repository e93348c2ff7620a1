//! What people say, made harmless where it enters: nothing in a [`Text`] can move another person's
//! cursor, change a colour, ring a bell, forge a line or reorder what stands around it (promise P6).

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// The words of a message or a topic: 1 byte to [`Text::BYTES_MAX`], at most [`Text::LINES_MAX`] lines
/// separated by `\n`, no other control character, no bidi override.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(Box<str>);

/// Why a string is no text. Each names its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum TextError {
    /// Nothing but white space.
    #[error("there is nothing in it")]
    Empty,
    /// Too many bytes of UTF-8.
    #[error("it has {bytes} bytes; the limit is {max}")]
    TooLong {
        /// What it has.
        bytes: usize,
        /// What it may have.
        max: usize,
    },
    /// Too many lines.
    #[error("it has {lines} lines; the limit is {max}")]
    TooManyLines {
        /// What it has.
        lines: usize,
        /// What it may have.
        max: usize,
    },
}

impl Text {
    /// Bytes of UTF-8 in one message: room for a long paste, small beside every queue.
    pub const BYTES_MAX: usize = 16 * 1024;
    /// Lines in one message: more belongs in a file.
    pub const LINES_MAX: usize = 200;

    /// Takes what a person typed. Characters that could act on a terminal become U+FFFD, so that it
    /// shows that something stood there; a tab stays; white space at the end goes.
    ///
    /// # Errors
    /// When nothing is left or a limit is passed.
    pub fn parse(input: &str) -> Result<Self, TextError> {
        let input = input.trim_end();
        if input.trim_start().is_empty() {
            return Err(TextError::Empty);
        }
        let text: Box<str> = if input.chars().all(is_harmless) && is_nfc(input) {
            input.into()
        } else {
            input
                .nfc()
                .map(|c| if is_harmless(c) { c } else { char::REPLACEMENT_CHARACTER })
                .collect()
        };
        if text.len() > Self::BYTES_MAX {
            return Err(TextError::TooLong { bytes: text.len(), max: Self::BYTES_MAX });
        }
        let lines = text.split('\n').count();
        if lines > Self::LINES_MAX {
            return Err(TextError::TooManyLines { lines, max: Self::LINES_MAX });
        }
        Ok(Self(text))
    }

    /// The text as it stands.
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

fn is_nfc(input: &str) -> bool {
    input.is_ascii() || unicode_normalization::is_nfc(input)
}

/// Whether a character may stand in what others see. Refused: C0 and C1 controls except tab and line
/// feed, DEL, line and paragraph separators, the bidi embeddings, overrides and isolates (UAX #9),
/// interlinear annotation marks, the byte-order mark, and the invisible tag characters.
fn is_harmless(c: char) -> bool {
    match c {
        '\t' | '\n' => true,
        ' '..='~' => true,
        '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}' => false,
        '\u{061C}' | '\u{200E}' | '\u{200F}' => false,
        '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{206F}' => false,
        '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' => false,
        _ => true,
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
    fn ordinary_words_in_any_script_stay_as_they_are() {
        for words in ["hello", "你好，茶馆", "がぎ", "👩‍👩‍👧 ok", "مرحبا", "a\tb", "x\ny"]
        {
            assert_eq!(parsed(words), words);
        }
    }

    #[test]
    fn what_could_act_on_a_terminal_shows_as_a_replacement_character() {
        assert_eq!(parsed("\u{1b}[31mred"), "\u{fffd}[31mred");
        assert_eq!(parsed("a\rforged"), "a\u{fffd}forged");
        assert_eq!(parsed("bell\u{7}!"), "bell\u{fffd}!");
        assert_eq!(parsed("csi\u{9b}2J"), "csi\u{fffd}2J");
        assert_eq!(parsed("\u{202e}evil"), "\u{fffd}evil");
        assert_eq!(parsed("a\u{2028}b"), "a\u{fffd}b");
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
        fn nothing_harmful_survives_and_parsing_again_changes_nothing(input in any::<String>()) {
            if let Ok(text) = Text::parse(&input) {
                prop_assert!(text.as_str().chars().all(|c| c == '\t' || c == '\n' || !c.is_control()));
                prop_assert_eq!(Text::parse(text.as_str()), Ok(text.clone()));
            }
        }
    }
}
