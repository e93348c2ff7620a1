//! Making text harmless for its readers: one table of characters ([`fate`]), and the functions that apply it.
//!
//! A text is harmless when nothing in it moves a cursor, changes a colour, rings a bell, ends a line that is not
//! its own, or reorders what stands around it (promise P6). Bidi embeddings, overrides and isolates (UAX #9, sections
//! 2.1 to 2.3) are dropped: no text has one, so none is left open at its end. The implicit marks (section 2.6) stay:
//! they do no more than a letter of their direction.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// The most marks and other characters without a width of their own that stay on one character. The longest stack
/// in real use, in Tibetan, has eight; more paint over the lines above and below.
pub const MARKS_MAX: usize = 8;
/// Characters of a refused text that are repeated to its author: enough to recognize it.
const ECHOED_CHARS_MAX: usize = 40;

const BLACK_FLAG: char = '\u{1F3F4}';
const CANCEL_TAG: char = '\u{E007F}';
/// The number of tags between a black flag and its end: a country and a part of it (UTS #51, `gbeng`).
const FLAG_TAGS: std::ops::RangeInclusive<usize> = 3..=6;

/// What happens to a character in a text that other people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Kept,
    /// It ends a line and becomes a line feed (CR LF becomes one).
    LineEnd,
    /// It only formats and is dropped.
    Dropped,
    /// It would act on a terminal and becomes U+FFFD, which shows that something was there.
    Replaced,
    /// It is a tag: it stays in the flag of a part of a country and is dropped everywhere else.
    Tag,
}

/// The fate of a character.
#[must_use]
pub fn fate(c: char) -> Fate {
    match c {
        '\t' | '\n' | ' '..='~' => Fate::Kept,
        // The mandatory breaks of UAX #14.
        '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::LineEnd,
        '\u{1}'..='\u{1F}' | '\u{7F}'..='\u{9F}' => Fate::Replaced,
        // Padding (RFC 854); soft hyphen; bidi embeddings, overrides and isolates; deprecated format characters; the byte-order
        // mark; the anchors of interlinear annotation.
        '\0' | '\u{AD}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' => Fate::Dropped,
        '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' => Fate::Dropped,
        '\u{E0000}'..='\u{E007F}' => Fate::Tag,
        _ => Fate::Kept,
    }
}

/// The text as other people may see it: of the control characters only line feeds and tabs stay, and every end of a
/// line becomes one line feed. A harmless text is returned unchanged.
#[must_use]
pub fn harmless(words: &str) -> Cow<'_, str> {
    if words.chars().all(|c| fate(c) == Fate::Kept) {
        return Cow::Borrowed(words);
    }
    let mut output = String::with_capacity(words.len());
    let mut rest = words.chars();
    let mut after_return = false;
    while let Some(c) = rest.next() {
        match fate(c) {
            Fate::Kept if c == '\n' && after_return => {}
            Fate::Kept => {
                output.push(c);
                if c == BLACK_FLAG {
                    let tags = flag_tags(rest.as_str());
                    output.push_str(tags);
                    rest = rest.as_str()[tags.len()..].chars();
                }
            }
            Fate::LineEnd => output.push('\n'),
            Fate::Dropped | Fate::Tag => {}
            Fate::Replaced => output.push(char::REPLACEMENT_CHARACTER),
        }
        after_return = c == '\r';
    }
    Cow::Owned(output)
}

/// The tags after a black flag that make it the flag of a part of a country; empty if there are none.
fn flag_tags(after_flag: &str) -> &str {
    let is_letter = |c: &char| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let count = after_flag.chars().take_while(is_letter).count();
    let end = count * CANCEL_TAG.len_utf8();
    let is_flag = FLAG_TAGS.contains(&count) && after_flag[end..].starts_with(CANCEL_TAG);
    if is_flag { &after_flag[..end + CANCEL_TAG.len_utf8()] } else { "" }
}

/// The harmless text on one line, with a space for each end of a line.
#[must_use]
pub fn harmless_line(words: &str) -> Cow<'_, str> {
    let clean = harmless(words);
    if clean.contains('\n') { Cow::Owned(clean.replace('\n', " ")) } else { clean }
}

/// A refused input as it is repeated to its author: one harmless line, cut if it is long.
#[must_use]
pub fn echoed(words: &str) -> String {
    excerpt(words, ECHOED_CHARS_MAX)
}

/// The beginning of a text as one harmless line of at most `chars_max` characters, and `…` if it was cut.
#[must_use]
pub fn excerpt(words: &str, chars_max: usize) -> String {
    // Bounds the work, also when most characters are dropped.
    let end = words.char_indices().nth(4 * chars_max).map_or(words.len(), |(at, _)| at);
    let line = harmless_line(&words[..end]);
    match line.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if end < words.len() => format!("{line}…"),
        None => line.into_owned(),
    }
}

/// Whether anything in the text is visible: not only white space, controls, blanks, and marks without a base.
#[must_use]
pub fn is_visible(words: &str) -> bool {
    words.chars().any(|c| fate(c) == Fate::Kept && !c.is_whitespace() && !is_unseen(c))
}

/// The text from its first visible character: invisible characters before a command must not make it a message.
#[must_use]
pub fn from_first_seen(words: &str) -> &str {
    words.trim_start_matches(|c| fate(c) == Fate::Dropped || is_unseen(c))
}

/// Whether a character that stays is invisible when it stands alone: default ignorable characters (UAX #44), marks,
/// blank letters and symbols, and the replacements for lost characters.
pub(crate) fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    let is_blank = matches!(
        c,
        '\u{115F}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{FFA0}'
            | '\u{2800}'
            | '\u{1D159}'
            | '\u{FFFC}'
            | '\u{FFFD}'
    );
    // Ignorable and not assigned yet.
    let is_reserved = matches!(c, '\u{2065}' | '\u{FFF0}'..='\u{FFF8}' | '\u{E0000}'..='\u{E0FFF}');
    // Noncharacters (section 23.7 of the standard): the last two of each plane, and a block.
    let is_none = u32::from(c) & 0xFFFE == 0xFFFE || matches!(c, '\u{FDD0}'..='\u{FDEF}');
    // Format characters that are visible: signs before numbers and names.
    let is_sign =
        matches!(c, '\u{600}'..='\u{605}' | '\u{6DD}' | '\u{70F}' | '\u{890}' | '\u{891}')
            || matches!(c, '\u{8E2}' | '\u{110BD}' | '\u{110CD}');
    let is_format = c.general_category() == GeneralCategory::Format && !is_sign;
    is_blank || is_reserved || is_none || is_format || is_mark(c)
}

/// Whether a character stands on the one before it (Unicode general category M).
#[must_use]
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Whether a character has more than [`MARKS_MAX`] marks.
pub(crate) fn has_too_many_marks(words: &str) -> bool {
    let mut marks = 0;
    words.chars().any(|c| {
        marks = if is_on_another(c) { marks + 1 } else { 0 };
        marks > MARKS_MAX
    })
}

/// Drops the marks past [`MARKS_MAX`] on each character.
pub(crate) fn with_few_marks(words: &str) -> String {
    let mut marks = 0;
    let is_kept = |c: &char| {
        marks = if is_on_another(*c) { marks + 1 } else { 0 };
        marks <= MARKS_MAX
    };
    words.chars().filter(is_kept).collect()
}

/// Whether a character belongs to the one before it: a mark, or an invisible joiner or selector.
fn is_on_another(c: char) -> bool {
    // A fast path for most text; and the tags of a flag have their own bound.
    let is_letter = c.is_ascii() || matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}');
    if is_letter || fate(c) == Fate::Tag {
        return false;
    }
    // Korean vowels and final consonants are letters, but are drawn into the syllable before them.
    let is_in_syllable = matches!(c, '\u{1160}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FF}');
    is_in_syllable
        || matches!(
            c.general_category(),
            GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark
                | GeneralCategory::Format
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ENGLAND: &str = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";

    #[test]
    fn marks_that_belong_to_a_script_or_an_emoji_stay_as_they_are() {
        for words in [
            ENGLAND,
            "שלום\u{200F}!",
            "می\u{200C}خواهم",
            "👩\u{200D}👩\u{200D}👧",
            "❤\u{FE0F}",
            "葛\u{E0100}",
            "ភាសា\u{200B}ខ្មែរ",
        ] {
            assert!(
                matches!(harmless(words), Cow::Borrowed(same) if same == words) || words == ENGLAND
            );
            assert_eq!(harmless(words), words);
        }
    }

    #[test]
    fn characters_that_only_format_are_dropped() {
        assert_eq!(harmless("\u{202A}+49 30 1234\u{202C}"), "+49 30 1234");
        assert_eq!(harmless("\u{202D}+1 555\u{202C}, \u{2067}אב\u{2069}"), "+1 555, אב");
        assert_eq!(harmless("\u{FEFF}hi\u{202E}evil\u{2066}"), "hievil");
        assert_eq!(harmless("Donau\u{AD}dampf"), "Donaudampf");
        assert_eq!(harmless("a\u{E0068}\u{E0069}b"), "ab", "tags carry what nobody sees");
        assert_eq!(harmless("\u{1F3F4}\u{E0067}\u{E0062}"), "\u{1F3F4}", "a flag without its end");
    }

    #[test]
    fn every_end_of_a_line_becomes_a_line_feed_and_other_controls_are_replaced() {
        assert_eq!(harmless("a\r\nb\rc\n\rd\u{B}e\u{C}f\u{85}g\u{2028}h\u{2029}i"), {
            "a\nb\nc\n\nd\ne\nf\ng\nh\ni"
        });
        assert_eq!(harmless("\u{1b}[31m\u{7}\0\u{9b}2J"), "\u{fffd}[31m\u{fffd}\u{fffd}2J");
        assert_eq!(harmless_line("a\r\nb\tc"), "a b\tc");
    }

    #[test]
    fn a_repeated_input_is_one_short_line() {
        assert_eq!(echoed("xy\u{202e}zzy\r\n"), "xyzzy ");
        assert_eq!(echoed(&"x".repeat(41)), format!("{}…", "x".repeat(40)));
        assert_eq!(echoed(&"\u{202e}".repeat(500)), "…");
    }

    proptest! {
        #[test]
        fn a_harmless_text_stays_unchanged(words in any::<String>()) {
            let once = harmless(&words).into_owned();
            prop_assert_eq!(harmless(&once), once.as_str());
            prop_assert!(!once.chars().any(|c| c.is_control() && c != '\t' && c != '\n'));
            let few = with_few_marks(&once);
            prop_assert!(!has_too_many_marks(&few));
        }
    }
}
