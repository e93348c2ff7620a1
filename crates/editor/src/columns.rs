//! How many columns text takes on a terminal. The width of a cluster is that of its string (`unicode-width`); the
//! width of a text is the sum of its clusters. The caller first removes characters that act on a terminal, with
//! [`crate::harmless`]. A line feed and a tab count as one column here.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns of a text on one row.
#[must_use]
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The byte at this column of a one-row text: a boundary of clusters, before a wide cluster that the column would
/// cut.
#[must_use]
pub fn index_at(text: &str, column: usize) -> usize {
    let mut taken = 0;
    for (index, cluster) in text.grapheme_indices(true) {
        taken += cluster.width();
        if taken > column {
            return index;
        }
    }
    text.len()
}

/// The longest beginning of the text, in whole clusters, that fits in these columns.
#[must_use]
pub fn truncate(text: &str, columns: usize) -> &str {
    &text[..index_at(text, columns)]
}

/// The text if it fits in these columns, else its beginning and `…`.
#[must_use]
pub fn shorten(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        Cow::Borrowed(text)
    } else if columns == 0 {
        Cow::Borrowed("")
    } else {
        Cow::Owned(format!("{}…", truncate(text, columns - 1)))
    }
}

/// The text if it fits in these columns, else its beginning, `…` and its end, so that names with the same beginning
/// remain different.
#[must_use]
pub fn shorten_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns || columns < 3 {
        return shorten(text, columns);
    }
    let front = truncate(text, columns / 2);
    let rest = columns - 1 - width(front);
    let mut end = text.len();
    let mut taken = 0;
    for (at, cluster) in text.grapheme_indices(true).rev() {
        taken += cluster.width();
        if taken > rest {
            break;
        }
        end = at;
    }
    Cow::Owned(format!("{front}…{}", &text[end..]))
}

/// Columns from one tab stop to the next, as on terminals.
const TAB_COLUMNS: usize = 8;

/// Replaces each tab by spaces up to the next tab stop, so that the text is aligned as in its source. `column` is
/// the column where its first line begins.
#[must_use]
pub fn expand_tabs(text: &str, mut column: usize) -> Cow<'_, str> {
    if !text.contains('\t') {
        return Cow::Borrowed(text);
    }
    let mut expanded = String::with_capacity(text.len() + TAB_COLUMNS);
    for cluster in text.graphemes(true) {
        match cluster {
            "\t" => {
                let spaces = TAB_COLUMNS - column % TAB_COLUMNS;
                expanded.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            _ => {
                expanded.push_str(cluster);
                let is_end = cluster.ends_with(['\n', '\r']);
                column = if is_end { 0 } else { column + cluster.width() };
            }
        }
    }
    Cow::Owned(expanded)
}

/// A part of a text that is not broken across rows.
pub(crate) struct Piece<'a> {
    pub(crate) start: usize,
    pub(crate) text: &'a str,
    pub(crate) columns: usize,
}

/// The clusters of a one-row text. A cluster wider than a whole row (a run of Hangul jamo can be) is returned in
/// parts, so that no piece crosses the edge.
pub(crate) fn pieces(text: &str, columns: usize) -> impl Iterator<Item = Piece<'_>> {
    text.grapheme_indices(true).flat_map(move |(mut start, mut rest)| {
        let fits = rest.width() <= columns;
        std::iter::from_fn(move || {
            let bytes = if fits { rest.len() } else { part_bytes(rest, columns) };
            let (part, more) = rest.split_at(bytes);
            let piece = Piece { start, text: part, columns: part.width() };
            (start, rest) = (start + bytes, more);
            (bytes > 0).then_some(piece)
        })
    })
}

/// The bytes at the beginning of a cluster that certainly fit on a row: at least one character, together with its
/// variation selector, which would widen it from the next row as well.
fn part_bytes(cluster: &str, columns: usize) -> usize {
    let mut taken = 0;
    let mut chars = cluster.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let mut has_selector = is_selector(c);
        while chars.next_if(|(_, next)| is_selector(*next)).is_some() {
            has_selector = true;
        }
        let width = c.width().unwrap_or(0);
        taken += if has_selector { width.max(SELECTED_COLUMNS_MAX) } else { width };
        if at > 0 && taken > columns {
            return at;
        }
    }
    cluster.len()
}

/// The most columns of a character with a variation selector: those of an emoji.
const SELECTED_COLUMNS_MAX: usize = 2;

fn is_selector(c: char) -> bool {
    ('\u{FE00}'..='\u{FE0F}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_as_wide_as_on_a_terminal() {
        for (text, columns) in [
            ("abc", 3),
            ("你好", 4),
            ("が", 2),
            ("か\u{3099}", 2),
            ("e\u{301}", 1),
            ("👩\u{200D}👩\u{200D}👧", 2),
            ("🇩🇪", 2),
            ("❤\u{FE0F}", 2),
            ("❤", 1),
            ("👍🏽", 2),
            ("", 0),
        ] {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn text_is_cut_between_clusters_only() {
        assert_eq!(truncate("你好", 3), "你");
        assert_eq!(truncate("ae\u{301}x", 2), "ae\u{301}");
        assert_eq!(truncate("🇩🇪🇫🇷", 3), "🇩🇪");
        assert_eq!(truncate("abc", 9), "abc");
        assert_eq!(truncate("你", 1), "");
    }

    #[test]
    fn a_shortened_text_ends_in_an_ellipsis_and_fits() {
        assert_eq!(shorten("你好吗", 6), "你好吗");
        assert_eq!(shorten("你好吗", 5), "你好…");
        assert_eq!(shorten("你好吗", 4), "你…");
        assert_eq!(shorten("abc", 0), "");
    }

    #[test]
    fn shortening_the_middle_keeps_both_ends() {
        assert_eq!(shorten_middle("christopher_1", 12), "christ…her_1");
        assert_eq!(shorten_middle("一二三四五六七八", 9), "一二…七八");
        assert_eq!(shorten_middle("bob", 3), "bob");
        assert_eq!(shorten_middle("bobby", 2), "b…");
        for columns in 0..20 {
            let cut = shorten_middle("👩\u{200D}👩\u{200D}👧 e\u{301} 你好 family", columns);
            assert!(width(&cut) <= columns, "{cut} in {columns}");
        }
    }

    #[test]
    fn tabs_reach_to_the_next_stop_after_any_text() {
        assert_eq!(expand_tabs("a\tb\n\tc\r\n茶茶\td", 0), "a       b\n        c\r\n茶茶    d");
        assert_eq!(expand_tabs("\tx", 6), "  x");
        assert!(matches!(expand_tabs("no tab", 3), Cow::Borrowed("no tab")));
    }

    #[test]
    fn a_cluster_wider_than_a_row_is_shown_in_parts_that_fit() {
        let parts = |text, columns| {
            pieces(text, columns).map(|piece| (piece.start, piece.columns)).collect::<Vec<_>>()
        };
        assert_eq!(parts("ᄀᄀᄀa", 4), [(0, 4), (6, 2), (9, 1)]);
        assert_eq!(parts("❤\u{FE0F}\u{903}", 2), [(0, 2), (6, 1)]);
        assert_eq!(parts("ᄀᄀᄀa", 6), [(0, 6), (9, 1)]);
    }

    #[test]
    fn a_column_inside_a_wide_cluster_is_the_byte_before_it() {
        assert_eq!(index_at("a你b", 1), 1);
        assert_eq!(index_at("a你b", 2), 1);
        assert_eq!(index_at("a你b", 3), 4);
        assert_eq!(index_at("a你b", 40), 5);
    }
}
