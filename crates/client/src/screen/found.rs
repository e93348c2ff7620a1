//! Finds the words of a search in a text, as the server compares them: case, width, composition and accents make no
//! difference; a word matches whole words, `word*` matches their beginning.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// Bytes of a text that are searched: no screen shows more.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// A character as it is compared, and its byte range in the text.
struct Folded {
    c: char,
    at: usize,
    end: usize,
}

/// The byte ranges of these words, in order, without overlaps.
#[must_use]
pub(super) fn ranges(text: &str, words: &str) -> Vec<Range<usize>> {
    let folded = fold(&text[..text.floor_char_boundary(TEXT_BYTES_MAX)]);
    let mut found: Vec<Range<usize>> = Vec::new();
    for word in words.split_whitespace() {
        let (word, is_open) = match word.strip_suffix('*') {
            Some(word) => (word, true),
            None => (word, false),
        };
        // Characters that are not letters separate words and are not searched for.
        let parts = word.split(|c: char| !is_searchable(c)).filter(|part| !part.is_empty());
        let count = parts.clone().count();
        for (number, part) in parts.enumerate() {
            let part: Vec<char> = fold(part).into_iter().map(|folded| folded.c).collect();
            find(&folded, &part, is_open && number + 1 == count, &mut found);
        }
    }
    found.sort_by_key(|range| (range.start, range.end));
    found.dedup_by(|later, earlier| {
        let is_joined = later.start <= earlier.end;
        if is_joined {
            earlier.end = earlier.end.max(later.end);
        }
        is_joined
    });
    found
}

fn find(text: &[Folded], word: &[char], is_open: bool, found: &mut Vec<Range<usize>>) {
    if word.is_empty() {
        return;
    }
    for (start, window) in text.windows(word.len()).enumerate() {
        let is_same = window.iter().zip(word).all(|(folded, c)| folded.c == *c);
        let before = start.checked_sub(1).map(|before| text[before].c);
        let after = text.get(start + word.len()).map(|after| after.c);
        let is_whole =
            !joins_word(before, word[0]) && (is_open || !joins_word(after, word[word.len() - 1]));
        if is_same && is_whole {
            found.push(window[0].at..window[word.len() - 1].end);
        }
    }
}

/// The text without differences of case, width, composition and accents.
fn fold(text: &str) -> Vec<Folded> {
    let mut folded: Vec<Folded> = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        for c in std::iter::once(c).nfkd().flat_map(char::to_lowercase) {
            match folded.last_mut() {
                Some(before) if is_accent(c) => before.end = end,
                Some(_) | None => folded.push(Folded { c, at, end }),
            }
        }
    }
    folded
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}')
}

fn is_searchable(c: char) -> bool {
    c.is_alphanumeric() || is_accent(c) || stands_alone(c)
}

/// Characters that are words by themselves.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{2600}'..='\u{27BF}' | '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{1F000}'..='\u{1FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a neighbour belongs to the same word as the first or last character of the searched word.
fn joins_word(neighbour: Option<char>, edge: char) -> bool {
    neighbour.is_some_and(|c| c.is_alphanumeric() && !stands_alone(c) && !stands_alone(edge))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_in<'a>(text: &'a str, words: &str) -> Vec<&'a str> {
        ranges(text, words).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_are_found_as_the_server_finds_them() {
        assert_eq!(words_in("Tea, steam, TEA!", "tea"), ["Tea", "TEA"]);
        assert_eq!(
            words_in("build builder rebuild", "buil*"),
            ["build", "builder"].map(|_| "buil")
        );
        assert_eq!(words_in("今天喝茶吗", "喝茶"), ["喝茶"]);
        assert_eq!(words_in("Cafe\u{301} CAFÉ cafe", "café"), ["Cafe\u{301}", "CAFÉ", "cafe"]);
        assert_eq!(words_in("ＡＢＣ abc", "abc"), ["ＡＢＣ", "abc"]);
        assert_eq!(words_in("green (tea)", "\"tea\" green"), ["green", "tea"]);
        assert_eq!(words_in("か\u{3099}き", "が"), ["か\u{3099}"]);
        assert!(words_in("anything", "\" * -").is_empty());
        assert!(words_in("", "tea").is_empty());
    }
}
