//! The layout of the edited text on a screen: wrapped into rows by clusters, scrolled so that the caret is visible.
//! The caret after a full row is at the start of the next, because there is no cell for it at the right edge.

use crate::{cluster, columns};

/// The window in which the text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Columns of the window; at least two are used, because wide characters need them.
    pub columns: usize,
    /// The most rows of the window; at least one is used.
    pub rows_max: usize,
    /// Columns before the text on the first row, for a prompt.
    pub prompt_columns: usize,
    /// The topmost row of the previous layout ([`Layout::top`]), 0 at first: the window does not scroll while the
    /// caret stays inside it.
    pub top: usize,
}

/// A part of the text on one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The text of the row, without a line feed.
    pub text: &'a str,
    /// The byte of the whole text where the row starts.
    pub start: usize,
    /// The column where the text starts: after the prompt on the first row, else 0.
    pub column: usize,
    /// Whether a line feed follows.
    pub ends_line: bool,
}

/// A cell of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The row, from 0 at the top of the window.
    pub row: usize,
    /// The column, from 0 at the left of the window.
    pub column: usize,
}

/// The rows of a text and the window on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout<'a> {
    rows: Vec<Row<'a>>,
    top: usize,
    rows_max: usize,
    caret: Point,
}

impl<'a> Layout<'a> {
    /// Lays out a text. A caret inside a cluster is moved to the next boundary.
    #[must_use]
    pub fn new(text: &'a str, caret: usize, frame: &Frame) -> Self {
        let columns = frame.columns.max(2);
        let rows_max = frame.rows_max.max(1);
        let rows = rows(text, columns, frame.prompt_columns.min(columns));
        let caret = point_of(&rows, cluster::ceil(text, caret));
        let top = scroll(frame.top, caret.row, rows.len(), rows_max);
        Self { rows, top, rows_max, caret: Point { row: caret.row - top, ..caret } }
    }

    /// The rows of the window, topmost first; at least one.
    #[must_use]
    pub fn rows(&self) -> &[Row<'a>] {
        let end = self.rows.len().min(self.top + self.rows_max);
        &self.rows[self.top..end]
    }

    /// All rows, also those outside the window.
    #[must_use]
    pub fn all_rows(&self) -> &[Row<'a>] {
        &self.rows
    }

    /// The cell of the caret; always inside the window.
    #[must_use]
    pub fn caret(&self) -> Point {
        self.caret
    }

    /// The number of rows above the window.
    #[must_use]
    pub fn top(&self) -> usize {
        self.top
    }

    /// The number of rows below the window.
    #[must_use]
    pub fn rows_below(&self) -> usize {
        self.rows.len() - self.top - self.rows().len()
    }

    /// The byte of the text at a cell of the window, or the nearest: for a pointer, and for moves by rows.
    #[must_use]
    pub fn index_at(&self, point: Point) -> usize {
        let rows = self.rows();
        let row = rows[point.row.min(rows.len() - 1)];
        row.start + columns::index_at(row.text, point.column.saturating_sub(row.column))
    }
}

fn rows(text: &str, columns: usize, prompt_columns: usize) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut line_start = 0;
    for line in text.split('\n') {
        let line_end = line_start + line.len();
        let mut row = RowStart { start: line_start, column: 0 };
        if line_start == 0 {
            row.column = prompt_columns;
        }
        let mut column = row.column;
        for piece in columns::pieces(line, columns) {
            // A piece of width 0 also needs a cell for the caret.
            if column + piece.columns.max(1) > columns {
                rows.push(row.end_at(text, line_start + piece.start, false));
                row = RowStart { start: line_start + piece.start, column: 0 };
                column = 0;
            }
            column += piece.columns;
        }
        if column >= columns {
            rows.push(row.end_at(text, line_end, false));
            row = RowStart { start: line_end, column: 0 };
        }
        rows.push(row.end_at(text, line_end, line_end < text.len()));
        line_start = line_end + 1;
    }
    rows
}

struct RowStart {
    start: usize,
    column: usize,
}

impl RowStart {
    fn end_at(self, text: &str, end: usize, ends_line: bool) -> Row<'_> {
        let Self { start, column } = self;
        Row { text: &text[start..end], start, column, ends_line }
    }
}

/// The cell of a byte of the text, with the row counted from the first of all rows.
fn point_of(rows: &[Row<'_>], at: usize) -> Point {
    let row = rows.partition_point(|row| row.start <= at).saturating_sub(1);
    let before = &rows[row].text[..at - rows[row].start];
    Point { row, column: rows[row].column + columns::width(before) }
}

/// The topmost row: as before if the caret is in the window then, else scrolled as little as possible, without empty
/// rows at the bottom.
fn scroll(top: usize, caret_row: usize, rows: usize, rows_max: usize) -> usize {
    let lowest = caret_row.min(rows.saturating_sub(rows_max));
    let highest = (caret_row + 1).saturating_sub(rows_max);
    top.clamp(highest, lowest)
}
