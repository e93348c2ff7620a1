//! What a character may do to those who read it: the one table ([`fate`]), and words made harmless by it.
//!
//! Words are harmless when nothing in them moves a cursor, changes a colour, rings a bell, ends a line that
//! is not theirs, or reorders what stands around them (promise P6). Bidi embeddings, overrides and isolates
//! (UAX #9, sections 2.1 to 2.3) go: no text has one, so none is left open at its end. The implicit marks
//! (section 2.6) stay: they do no more than a letter of their direction.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Marks and other characters without a width of their own that stay on one character. The longest stack
/// that is written, in Tibetan, has eight; more paints over the lines above and below.
pub const MARKS_MAX: usize = 8;
/// Characters of somebody's words that are repeated where they are refused: enough to know them again.
const ECHOED_CHARS_MAX: usize = 40;

const BLACK_FLAG: char = '\u{1F3F4}';
const CANCEL_TAG: char = '\u{E007F}';
/// Tags between a black flag and its end: a country and a part of it (UTS #51, `gbeng`).
const FLAG_TAGS: std::ops::RangeInclusive<usize> = 3..=6;

/// What becomes of a character in words that others read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Kept,
    /// It ends a line: a line feed stands for it (CR LF is one end).
    LineEnd,
    /// It only formats: it goes.
    Dropped,
    /// It would act on a terminal: U+FFFD shows that something stood there.
    Replaced,
    /// A tag: it stays in the flag of a part of a country and goes everywhere else.
    Tag,
}

/// The table of characters.
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

/// Words as they may be shown to others: line feeds and tabs are left of the controls, and every end of a
/// line is one line feed. What is harmless stays as it is.
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

/// The tags that make a black flag, before them, the flag of a part of a country; empty when they do not.
fn flag_tags(after_flag: &str) -> &str {
    let is_letter = |c: &char| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let count = after_flag.chars().take_while(is_letter).count();
    let end = count * CANCEL_TAG.len_utf8();
    let is_flag = FLAG_TAGS.contains(&count) && after_flag[end..].starts_with(CANCEL_TAG);
    if is_flag { &after_flag[..end + CANCEL_TAG.len_utf8()] } else { "" }
}

/// Words for one line: harmless, and with a space for each end of a line.
#[must_use]
pub fn harmless_line(words: &str) -> Cow<'_, str> {
    let clean = harmless(words);
    if clean.contains('\n') { Cow::Owned(clean.replace('\n', " ")) } else { clean }
}

/// Somebody's words as they are repeated to them where they are refused: one harmless line, cut where it is
/// long.
#[must_use]
pub fn echoed(words: &str) -> String {
    excerpt(words, ECHOED_CHARS_MAX)
}

/// The front of words that hold somebody's words, as one harmless line of at most so many characters.
#[must_use]
pub fn excerpt(words: &str, chars_max: usize) -> String {
    // So much is looked at, however much of it goes.
    let end = words.char_indices().nth(4 * chars_max).map_or(words.len(), |(at, _)| at);
    let line = harmless_line(&words[..end]);
    match line.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if end < words.len() => format!("{line}…"),
        None => line.into_owned(),
    }
}

/// Whether anything shows: not only white space, controls, blanks, and marks that stand on nothing.
#[must_use]
pub fn is_visible(words: &str) -> bool {
    words.chars().any(|c| fate(c) == Fate::Kept && !c.is_whitespace() && !is_unseen(c))
}

/// Words from the first character that shows: what is hidden before a command does not make it a message.
#[must_use]
pub fn from_first_seen(words: &str) -> &str {
    words.trim_start_matches(|c| fate(c) == Fate::Dropped || is_unseen(c))
}

/// Whether a character that stays shows as nothing where it stands alone: default ignorable characters
/// (UAX #44), marks, letters and symbols that are blank, and what stands for characters that are lost.
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
    // Ignorable, and not assigned yet.
    let is_reserved = matches!(c, '\u{2065}' | '\u{FFF0}'..='\u{FFF8}' | '\u{E0000}'..='\u{E0FFF}');
    // For no interchange, whatever comes (section 23.7 of the standard): the last two of each plane, and a block.
    let is_none = u32::from(c) & 0xFFFE == 0xFFFE || matches!(c, '\u{FDD0}'..='\u{FDEF}');
    // Signs that stand before numbers and names, and show.
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

/// Whether there are so many marks on one character that some must go.
pub(crate) fn has_too_many_marks(words: &str) -> bool {
    let mut marks = 0;
    words.chars().any(|c| {
        marks = if is_on_another(c) { marks + 1 } else { 0 };
        marks > MARKS_MAX
    })
}

/// Leaves [`MARKS_MAX`] marks on each character.
pub(crate) fn with_few_marks(words: &str) -> String {
    let mut marks = 0;
    let is_kept = |c: &char| {
        marks = if is_on_another(*c) { marks + 1 } else { 0 };
        marks <= MARKS_MAX
    };
    words.chars().filter(is_kept).collect()
}

/// Whether a character belongs to the one before it: a mark, or what joins and selects without being seen.
fn is_on_another(c: char) -> bool {
    // Most of what is said, without looking it up; and a flag's tags are bounded by their own rule.
    let is_letter = c.is_ascii() || matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}');
    if is_letter || fate(c) == Fate::Tag {
        return false;
    }
    // Vowels and final consonants of Korean are letters, and are drawn into the syllable before them.
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
    fn what_only_formats_goes_without_a_trace() {
        assert_eq!(harmless("\u{202A}+49 30 1234\u{202C}"), "+49 30 1234");
        assert_eq!(harmless("\u{202D}+1 555\u{202C}, \u{2067}אב\u{2069}"), "+1 555, אב");
        assert_eq!(harmless("\u{FEFF}hi\u{202E}evil\u{2066}"), "hievil");
        assert_eq!(harmless("Donau\u{AD}dampf"), "Donaudampf");
        assert_eq!(harmless("a\u{E0068}\u{E0069}b"), "ab", "tags carry what nobody sees");
        assert_eq!(harmless("\u{1F3F4}\u{E0067}\u{E0062}"), "\u{1F3F4}", "a flag without its end");
    }

    #[test]
    fn every_end_of_a_line_is_a_line_feed_and_other_controls_show() {
        assert_eq!(harmless("a\r\nb\rc\n\rd\u{B}e\u{C}f\u{85}g\u{2028}h\u{2029}i"), {
            "a\nb\nc\n\nd\ne\nf\ng\nh\ni"
        });
        assert_eq!(harmless("\u{1b}[31m\u{7}\0\u{9b}2J"), "\u{fffd}[31m\u{fffd}\u{fffd}2J");
        assert_eq!(harmless_line("a\r\nb\tc"), "a b\tc");
    }

    #[test]
    fn what_is_repeated_is_one_short_line() {
        assert_eq!(echoed("xy\u{202e}zzy\r\n"), "xyzzy ");
        assert_eq!(echoed(&"x".repeat(41)), format!("{}…", "x".repeat(40)));
        assert_eq!(echoed(&"\u{202e}".repeat(500)), "…");
    }

    proptest! {
        #[test]
        fn what_is_harmless_stays_so(words in any::<String>()) {
            let once = harmless(&words).into_owned();
            prop_assert_eq!(harmless(&once), once.as_str());
            prop_assert!(!once.chars().any(|c| c.is_control() && c != '\t' && c != '\n'));
            let few = with_few_marks(&once);
            prop_assert!(!has_too_many_marks(&few));
        }
    }
}
