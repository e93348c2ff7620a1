//! Boundaries in a text, as byte positions: of grapheme clusters, words and lines. Every result is a boundary of
//! clusters.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// The next boundary after the boundary `at`.
pub(crate) fn next(text: &str, at: usize) -> usize {
    let found = GraphemeCursor::new(at, text.len(), true).next_boundary(text, 0);
    found.ok().flatten().unwrap_or(text.len())
}

/// The last boundary before the boundary `at`.
pub(crate) fn previous(text: &str, at: usize) -> usize {
    let found = GraphemeCursor::new(at, text.len(), true).prev_boundary(text, 0);
    found.ok().flatten().unwrap_or(0)
}

/// `at` if it is a boundary, else the next boundary.
pub(crate) fn ceil(text: &str, at: usize) -> usize {
    let at = text.ceil_char_boundary(at);
    if is_boundary(text, at) { at } else { next(text, at) }
}

fn floor(text: &str, at: usize) -> usize {
    if is_boundary(text, at) { at } else { previous(text, at) }
}

fn is_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap_or(false)
}

/// The line of text around `at`, without its line feed.
pub(crate) fn line(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |more| at + more);
    start..end
}

/// Where the word at or before `at` starts.
pub(crate) fn word_left(text: &str, at: usize) -> usize {
    floor(text, at - word_bytes(text[..at].split_word_bounds().rev()))
}

/// Where the word at or after `at` ends.
pub(crate) fn word_right(text: &str, at: usize) -> usize {
    ceil(text, at + word_bytes(text[at..].split_word_bounds()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Word,
    Mark,
}

/// The bytes of the leading spaces and of the word, or the run of marks, after them.
fn word_bytes<'a>(segments: impl Iterator<Item = &'a str>) -> usize {
    let mut bytes = 0;
    let mut before = Class::Space;
    for segment in segments {
        let class = classify(segment);
        let continues = before == Class::Space || (before == Class::Mark && class == Class::Mark);
        if !continues {
            break;
        }
        bytes += segment.len();
        before = class;
    }
    bytes
}

fn classify(segment: &str) -> Class {
    if segment.chars().any(char::is_alphanumeric) {
        Class::Word
    } else if segment.chars().all(char::is_whitespace) {
        Class::Space
    } else {
        Class::Mark
    }
}

/// The start of the line of text; if `at` is there, the line feed before it.
pub(crate) fn start_or_line_before(text: &str, at: usize) -> usize {
    let start = line(text, at).start;
    if start == at { at.saturating_sub(1) } else { start }
}

/// The end of the line of text; if `at` is there, after the line feed.
pub(crate) fn end_or_line_after(text: &str, at: usize) -> usize {
    let end = line(text, at).end;
    if end == at { text.len().min(at + 1) } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_a_flag_and_a_decomposed_kana_are_one_step_each() {
        let text = "👩\u{200D}👩\u{200D}👧🇩🇪か\u{3099}";
        assert_eq!(next(text, 0), 18);
        assert_eq!(next(text, 18), 26);
        assert_eq!(next(text, 26), text.len());
        assert_eq!(previous(text, text.len()), 26);
        assert_eq!(previous(text, 26), 18);
        assert_eq!(previous(text, 18), 0);
    }

    #[test]
    fn a_position_inside_a_cluster_becomes_the_boundary_after_it() {
        assert_eq!(ceil("é", 1), 2);
        assert_eq!(ceil("e\u{301}x", 1), 3);
        assert_eq!(ceil("ab", 99), 2);
    }

    #[test]
    fn moves_by_word_stop_after_words_marks_and_emoji_and_not_after_spaces() {
        let text = "don't stop... 👍🏽 ok";
        let mut stops = vec![0];
        while stops.last() != Some(&text.len()) {
            stops.push(word_right(text, *stops.last().unwrap()));
        }
        let words: Vec<_> = stops.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
        assert_eq!(words, ["don't", " stop", "...", " 👍🏽", " ok"]);
        assert_eq!(word_left(text, text.len()), text.len() - 2);
        assert_eq!(word_left(text, 6), 0);
        assert_eq!(word_left(text, 0), 0);
    }

    #[test]
    fn a_word_that_ends_inside_a_cluster_takes_the_whole_cluster() {
        let text = "a\u{600}你";
        assert_eq!(word_right(text, 0), text.len());
        assert_eq!(word_left(text, text.len()), 1);
    }
}
