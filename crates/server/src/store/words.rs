//! Words for the index. Chinese is written without spaces, so every character of such scripts becomes a
//! word of its own, and what people search for becomes a phrase of them: that finds words of one and two
//! characters, which most Chinese words are.

use std::fmt::Write as _;

use teahouse_core::RoomId;

/// Whether a character is a word by itself: Han, kana, bopomofo, Hangul syllables, and symbols such as
/// emoji.
fn is_word(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11FF            // Hangul jamo
        | 0x2600..=0x27BF          // symbols, dingbats
        | 0x2E80..=0x2FDF          // CJK radicals
        | 0x3005..=0x3007          // iteration mark, closing mark, ideographic zero
        | 0x3040..=0x30FF          // hiragana, katakana
        | 0x3100..=0x312F          // bopomofo
        | 0x31A0..=0x31BF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF          // CJK extension A
        | 0x4E00..=0x9FFF          // CJK
        | 0xAC00..=0xD7A3          // Hangul syllables
        | 0xF900..=0xFAFF          // CJK compatibility
        | 0xFF66..=0xFF9F          // halfwidth katakana
        | 0x1F000..=0x1FAFF        // emoji
        | 0x2_0000..=0x3_FFFF      // CJK extensions
    )
}

/// The text with a space around each character that is a word by itself. Text that has none is given back
/// as it is; `buffer` keeps its memory from call to call.
pub(super) fn spaced<'a>(text: &'a str, buffer: &'a mut String) -> &'a str {
    if text.is_ascii() || !text.chars().any(is_word) {
        return text;
    }
    buffer.clear();
    for c in text.chars() {
        if is_word(c) {
            buffer.push(' ');
            buffer.push(c);
            buffer.push(' ');
        } else {
            buffer.push(c);
        }
    }
    buffer
}

/// The word that stands for a room.
pub(super) fn room(room: RoomId) -> String {
    format!("r{}", room.0)
}

/// What FTS5 is asked for words as typed, in these rooms or (`None`) in all: each word a phrase, all of them wanted, a `*` at
/// the end of one meaning "begins so". `None` when there is nothing to search for or nowhere to.
pub(super) fn query(rooms: Option<&[RoomId]>, typed: &str) -> Option<String> {
    let mut buffer = String::new();
    let phrases: Vec<String> = typed
        .split_whitespace()
        .filter_map(|word| {
            let (word, begins) = match word.strip_suffix('*') {
                Some(word) => (word, "*"),
                None => (word, ""),
            };
            let is_searchable = word.chars().any(|c| c.is_alphanumeric() || is_word(c));
            // A quote would end the phrase, and a NUL the whole query.
            let phrase = spaced(word, &mut buffer).replace(['"', '\0'], " ");
            is_searchable.then(|| format!("\"{}\"{begins}", phrase.trim()))
        })
        .collect();
    if phrases.is_empty() || rooms.is_some_and(<[RoomId]>::is_empty) {
        return None;
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
    Some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_chinese_character_is_a_word_and_other_text_stays() {
        let mut buffer = String::new();
        assert_eq!(spaced("green tea", &mut buffer), "green tea");
        assert_eq!(spaced("café", &mut buffer), "café");
        assert_eq!(spaced("喝tea吗", &mut buffer), " 喝 tea 吗 ");
    }

    #[test]
    fn what_people_type_becomes_phrases_and_never_syntax() {
        let rooms = [RoomId(1), RoomId(7)];
        assert_eq!(
            query(Some(&rooms), "火锅 TEA").as_deref(),
            Some("room : (r1 OR r7) AND text : (\"火  锅\" AND \"TEA\")")
        );
        assert_eq!(
            query(Some(&[RoomId(1)]), "a\"b NEAR( buil* * - AND").as_deref(),
            Some("room : (r1) AND text : (\"a b\" AND \"NEAR(\" AND \"buil\"* AND \"AND\")")
        );
        assert_eq!(query(Some(&rooms), "\" * -"), None);
        assert_eq!(query(Some(&[]), "tea"), None);
        assert_eq!(query(None, "tea").as_deref(), Some("text : (\"tea\")"));
    }
}
