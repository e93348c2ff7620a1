//! Words for the search index. Chinese, Thai, Lao and Khmer are written without spaces, so every character of such
//! scripts becomes a word of its own, and a search for several of them becomes a phrase. That finds words of one and
//! two characters, which most Chinese words are.
//!
//! Texts that look the same to people are the same here: composed or not, full width or half width (NFKC), with or
//! without the marks that a language often omits. The stored message itself is not changed.

use std::fmt::Write as _;

use teahouse_core::{RoomId, TooWide};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Words of one search: enough for a remembered sentence. Each word costs a walk through all messages that have it.
const WORDS_MAX: usize = 8;
/// Characters of a prefix (`te*`). A prefix of one character would match most messages.
const PREFIX_CHARS_MIN: usize = 2;

/// Whether a character, with its marks, is a word by itself: Han, kana, bopomofo, Hangul syllables, the letters of
/// South-East Asia, and symbols such as emoji.
fn is_word(c: char) -> bool {
    matches!(u32::from(c),
        0x0E01..=0x0EFF            // Thai, Lao
        | 0x1000..=0x109F          // Myanmar
        | 0x1100..=0x11FF          // Hangul jamo
        | 0x1780..=0x17FF          // Khmer
        | 0x1950..=0x19DF          // Tai Le, New Tai Lue
        | 0x1A20..=0x1AAF          // Tai Tham
        | 0x231A..=0x231B | 0x2328 | 0x23CF | 0x23E9..=0x23FA // clocks, keys of players
        | 0x25A0..=0x25B6 | 0x25C0 // squares, triangles
        | 0x2600..=0x27BF          // symbols, dingbats
        | 0x2B00..=0x2B2F | 0x2B50..=0x2B73 // arrows, stars
        | 0x2E80..=0x2FDF          // CJK radicals
        | 0x3005..=0x3007          // iteration mark, closing mark, ideographic zero
        | 0x3040..=0x30FF          // hiragana, katakana
        | 0x3100..=0x312F          // bopomofo
        | 0x31A0..=0x31BF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF          // CJK extension A
        | 0x4E00..=0x9FFF          // CJK
        | 0xAA60..=0xAADF          // Myanmar extension, Tai Viet
        | 0xAC00..=0xD7A3          // Hangul syllables
        | 0xF900..=0xFAFF          // CJK compatibility
        | 0x1F000..=0x1FAFF        // emoji
        | 0x2_0000..=0x3_FFFF      // CJK extensions
    )
}

/// Whether a character is ignored: accents that do not compose, the vowel marks of Hebrew and Arabic, and characters
/// that only control how others are drawn.
fn is_left_out(c: char) -> bool {
    matches!(u32::from(c),
        0x00AD
        | 0x0300..=0x036F
        | 0x0591..=0x05BD | 0x05BF | 0x05C1..=0x05C2 | 0x05C4..=0x05C5 | 0x05C7
        | 0x0610..=0x061A | 0x0640 | 0x064B..=0x065F | 0x0670 | 0x06D6..=0x06DC
        | 0x200B..=0x200F | 0x2060
        | 0x20D0..=0x20F0
        | 0xFE00..=0xFE0F
        | 0xE_0020..=0xE_007F | 0xE_0100..=0xE_01EF
    )
}

/// A letter without an accent that people omit: in Greek for capitals, in Russian nearly always, in Arabic often. (The
/// tokenizer itself removes the accents of Latin letters.)
fn bare(c: char) -> char {
    match c {
        'Ё' => 'Е',
        'ё' => 'е',
        '\u{386}'..='\u{3CE}' | '\u{1F00}'..='\u{1FFF}' | '\u{622}'..='\u{626}' => {
            std::iter::once(c).nfd().next().unwrap_or(c)
        }
        other => other,
    }
}

/// The text for the index: texts that look the same give the same, and each character that is a word by itself has a
/// space on both sides. ASCII text is returned unchanged; `buffer` is reused from call to call.
pub(super) fn indexed<'a>(text: &'a str, buffer: &'a mut String) -> &'a str {
    if text.is_ascii() {
        return text;
    }
    buffer.clear();
    let mut is_in_word = false;
    for c in text.nfkc().filter(|c| !is_left_out(*c)).map(bare) {
        let is_mark = !c.is_ascii() && is_combining_mark(c);
        if is_mark {
            buffer.push(c);
            continue;
        }
        let is_word = is_word(c);
        if is_word || is_in_word {
            buffer.push(' ');
        }
        buffer.push(c);
        is_in_word = is_word;
    }
    buffer
}

/// The index word of a room.
pub(super) fn room(room: RoomId) -> String {
    format!("r{}", room.0)
}

/// The FTS5 query for words as typed, in these rooms or (`None`) in all. Each word becomes a phrase, all phrases must
/// match, and a word that ends in `*` is a prefix. Returns `None` when there is no word or no room to search.
///
/// # Errors
/// When there are too many words, or a prefix is too short.
pub(super) fn query(rooms: Option<&[RoomId]>, typed: &str) -> Result<Option<String>, TooWide> {
    let mut buffer = String::new();
    let typed = indexed_typed(typed);
    let mut phrases = Vec::new();
    for word in typed.split_whitespace() {
        phrases.extend(phrase(word, &mut buffer)?);
    }
    if phrases.len() > WORDS_MAX {
        return Err(TooWide::Words { max: WORDS_MAX });
    }
    if phrases.is_empty() || rooms.is_some_and(<[RoomId]>::is_empty) {
        return Ok(None);
    }
    let mut query = String::new();
    for (index, room) in rooms.unwrap_or_default().iter().enumerate() {
        let before = if index > 0 { " OR " } else { "room : (" };
        // Writing to a String cannot fail.
        write!(query, "{before}r{}", room.0).ok();
    }
    query.push_str(if rooms.is_some() { ") AND text : (" } else { "text : (" });
    query.push_str(&phrases.join(" AND "));
    query.push(')');
    Ok(Some(query))
}

/// The typed text, with full-width spaces and stars as plain ones.
fn indexed_typed(typed: &str) -> String {
    typed.nfkc().filter(|c| !is_left_out(*c)).collect()
}

/// Whether the tokenizer indexes a character (`categories` in store/schema.rs). A phrase without an indexed character
/// matches nothing, and with it the whole query.
fn is_indexed(c: char) -> bool {
    match c.general_category_group() {
        GeneralCategoryGroup::Letter
        | GeneralCategoryGroup::Mark
        | GeneralCategoryGroup::Number => true,
        GeneralCategoryGroup::Symbol | GeneralCategoryGroup::Other => matches!(
            c.general_category(),
            GeneralCategory::OtherSymbol | GeneralCategory::PrivateUse
        ),
        GeneralCategoryGroup::Punctuation | GeneralCategoryGroup::Separator => false,
    }
}

/// The FTS5 phrase of one typed word; `None` if no character of it is indexed.
fn phrase(word: &str, buffer: &mut String) -> Result<Option<String>, TooWide> {
    let (word, begins) = match word.strip_suffix('*') {
        Some(word) => (word, true),
        None => (word, false),
    };
    if !word.chars().any(is_indexed) {
        return Ok(None);
    }
    let is_letter = |c: &char| (c.is_alphanumeric() || is_combining_mark(*c)) && !is_word(*c);
    let begun = word.chars().rev().take_while(is_letter).count();
    // A character that is a word by itself cannot be a prefix.
    let star = if begins && begun > 0 { "*" } else { "" };
    if !star.is_empty() && begun < PREFIX_CHARS_MIN {
        return Err(TooWide::Prefix { chars_min: PREFIX_CHARS_MIN });
    }
    // A quote would end the phrase, and a NUL would end the query.
    let phrase = indexed(word, buffer).replace(['"', '\0'], " ");
    Ok(Some(format!("\"{}\"{star}", phrase.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut buffer = String::new();
        assert_eq!(indexed(text, &mut buffer), expected);
    }

    #[test]
    fn each_character_of_a_script_without_spaces_is_a_word_and_other_text_is_unchanged() {
        check("green tea", "green tea");
        check("café", "café");
        check("喝tea吗", " 喝 tea 吗");
        check("กินชา", " กิ น ช า");
        check("ດື່ມ", " ດື່ ມ");
        check("តែ", " តែ");
        check("☕\u{fe0f}ok⭐⏰", " ☕ ok ⭐ ⏰");
    }

    #[test]
    fn texts_that_look_the_same_are_indexed_the_same() {
        check("cafe\u{301}", "café");
        check("ＡＢＣ　１２", "ABC 12");
        check("ﾃｽﾄ", " テ ス ト");
        check("か\u{3099}", " が");
        check("مُحَمَّد", "محمد");
        check("q\u{30c}", "q");
        check("Ἀρχή, Νίκος", "Αρχη, Νικος");
        check("Ёж и йод", "Еж и йод");
        check("أحمد", "احمد");
    }

    #[test]
    fn typed_words_become_phrases_and_never_syntax() {
        let rooms = [RoomId(1), RoomId(7)];
        let asked = |rooms: Option<&[RoomId]>, typed| query(rooms, typed).unwrap();
        assert_eq!(
            asked(Some(&rooms), "火锅 TEA").as_deref(),
            Some("room : (r1 OR r7) AND text : (\"火 锅\" AND \"TEA\")")
        );
        assert_eq!(
            asked(Some(&[RoomId(1)]), "a\"b NEAR( buil* * - AND").as_deref(),
            Some("room : (r1) AND text : (\"a b\" AND \"NEAR(\" AND \"buil\"* AND \"AND\")")
        );
        assert_eq!(asked(Some(&rooms), "\" * -"), None);
        assert_eq!(asked(Some(&[]), "tea"), None);
        assert_eq!(asked(None, "tea").as_deref(), Some("text : (\"tea\")"));
        assert_eq!(
            asked(None, "茶* te* ＴＥＡ＊").as_deref(),
            Some("text : (\"茶\" AND \"te\"* AND \"TEA\"*)")
        );
    }

    #[test]
    fn a_search_has_at_most_8_words_and_no_prefix_of_one_letter() {
        assert_eq!(query(None, "a b c d e f g h i"), Err(TooWide::Words { max: 8 }));
        assert!(query(None, "a b c d e f g h - *").is_ok());
        for short in ["t*", "green t*", "x-a*", "é*"] {
            assert_eq!(query(None, short), Err(TooWide::Prefix { chars_min: 2 }), "{short}");
        }
    }
}
