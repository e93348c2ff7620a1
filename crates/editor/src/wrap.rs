//! A text to be read, in rows of whole words where that is possible. A row is a range of bytes, so that
//! whoever styles parts of the text can tell what stands where.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::columns;

/// Marks that do not begin a row (JIS X 4051 and GB/T 15834, the common ones).
const NOT_FIRST: &str = "、。，．！？：；・ー々…）」』】》〉〕］｝”’";

/// Marks that do not end a row.
const NOT_LAST: &str = "（「『【《〈〔［｛“‘";

/// The rows of a text: each has `columns`, taken as at least two, and the first only `first_columns` (what
/// a time and a nick leave), if those are fewer. Rows break after spaces and around ideographs and emoji, else
/// between clusters when a word is longer than a row. Spaces at the end of a row belong to none; a line
/// feed ends a row. At least one row, which may be empty.
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
    /// Where the row being filled starts.
    start: usize,
}

impl Wrapping<'_> {
    fn handle_line(&mut self, line_start: usize, line: &str) {
        self.start = line_start;
        let mut column = 0;
        // A first row may stay empty when the word would fit on the next.
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
    !is_held && (stands_alone(before) || stands_alone(after))
}

/// Ideographs, kana and emoji: written without spaces. Hangul is wide too, and written with spaces.
fn stands_alone(cluster: &str) -> bool {
    let is_hangul = cluster.starts_with(|c| ('\u{AC00}'..='\u{D7A3}').contains(&c));
    cluster.width() >= 2 && !is_hangul
}

fn is_space(cluster: &str) -> bool {
    cluster.chars().all(is_space_char)
}

/// Spaces at which a row may end; a no-break space is none.
fn is_space_char(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{3000}')
}
