//! Wrapping a text into rows, of whole words where possible. A row is a range of bytes, so that a caller that styles
//! parts of the text can find them.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::columns;

/// Marks that must not begin a row (JIS X 4051 and GB/T 15834, the common ones).
const NOT_FIRST: &str = "、。，．！？：；・ー々…）」』】》〉〕］｝”’";

/// Marks that must not end a row.
const NOT_LAST: &str = "（「『【《〈〔［｛“‘";

/// The rows of a text. A row has `columns`, at least two; the first row has `first_columns` if that is less (the rest
/// of the row has a time and a nick). Rows break after spaces and around ideographs and emoji, and between clusters if
/// a word is longer than a row. Spaces at the end of a row belong to no row; a line feed ends a row. There is at least
/// one row, which may be empty.
#[must_use]
pub fn wrap(text: &str, first_columns: usize, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(2);
    let first_columns = first_columns.min(columns);
    let mut wrapping = Wrapping { text, rows: Vec::new(), first_columns, columns, start: 0 };
    let mut line_start = 0;
    for line in text.split('\n') {
        wrapping.handle_line(line_start, line);
        line_start += line.len() + 1;
    }
    wrapping.rows
}

struct Wrapping<'a> {
    text: &'a str,
    rows: Vec<Range<usize>>,
    first_columns: usize,
    columns: usize,
    /// The start of the row that is being filled.
    start: usize,
}

impl Wrapping<'_> {
    fn handle_line(&mut self, line_start: usize, line: &str) {
        self.start = line_start;
        let mut column = 0;
        // The first row may stay empty if the word fits on the next.
        let mut break_at = (self.row_columns() < self.columns).then_some(line_start);
        let mut before = None;
        for piece in columns::pieces(line, self.columns) {
            let at = line_start + piece.start;
            if before.is_some_and(|before| may_break(before, piece.text)) {
                break_at = Some(at);
            }
            column += piece.columns;
            while column > self.row_columns() && !is_space(piece.text) {
                let fits_nowhere = self.start == at && break_at.is_none();
                if fits_nowhere {
                    break;
                }
                self.end_row(break_at.take().unwrap_or(at));
                column = columns::width(&self.text[self.start..at]) + piece.columns;
            }
            before = Some(piece.text);
        }
        self.end_row(line_start + line.len());
    }

    fn row_columns(&self) -> usize {
        if self.rows.is_empty() { self.first_columns } else { self.columns }
    }

    fn end_row(&mut self, end: usize) {
        let row = self.text[self.start..end].trim_end_matches(is_space_char);
        self.rows.push(self.start..self.start + row.len());
        self.start = end;
    }
}

fn may_break(before: &str, after: &str) -> bool {
    if is_space(before) || is_space(after) {
        return is_space(before) && !is_space(after);
    }
    let is_held = NOT_FIRST.contains(after) || NOT_LAST.contains(before);
    !is_held && (breaks_around(before) || breaks_around(after))
}

/// Whether rows may break before and after the cluster: ideographs, kana and emoji, which are written without spaces.
/// Hangul is also wide, but written with spaces.
fn breaks_around(cluster: &str) -> bool {
    let is_hangul = cluster.starts_with(|c| ('\u{AC00}'..='\u{D7A3}').contains(&c));
    cluster.width() >= 2 && !is_hangul
}

fn is_space(cluster: &str) -> bool {
    cluster.chars().all(is_space_char)
}

/// Whether a row may end at this space; not at a no-break space.
fn is_space_char(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{3000}')
}
