//! How a text being edited stands on a screen: wrapped into rows by clusters, scrolled so that the caret
//! is visible. The caret of a full row stands at the start of the next, because at a terminal's right
//! edge there is no place for it.

use crate::{cluster, columns};

/// The window the text is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Columns of the window. Fewer than two are taken as two: wide characters need them.
    pub columns: usize,
    /// Rows that may be shown; none is taken as one.
    pub rows_max: usize,
    /// Columns before the text on the first row, for a prompt.
    pub prompt_columns: usize,
    /// The row that was topmost before ([`Layout::top`]), 0 at first: what was visible stays as it is
    /// while the caret is within.
    pub top: usize,
}

/// A part of the text on one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// What it shows, without a line feed.
    pub text: &'a str,
    /// The byte of the whole text where it starts.
    pub start: usize,
    /// The column where it starts: after the prompt on the first row, else 0.
    pub column: usize,
    /// A line feed follows.
    pub ends_line: bool,
}

/// A cell of the window, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From the top of the window.
    pub row: usize,
    /// From its left.
    pub column: usize,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout<'a> {
    rows: Vec<Row<'a>>,
    top: usize,
    rows_max: usize,
    caret: Place,
}

impl<'a> Layout<'a> {
    /// Lays out a text. A caret that is on no boundary of clusters is taken as at the next one.
    #[must_use]
    pub fn new(text: &'a str, caret: usize, frame: &Frame) -> Self {
        let columns = frame.columns.max(2);
        let rows_max = frame.rows_max.max(1);
        let rows = rows(text, columns, frame.prompt_columns.min(columns));
        let caret = place(&rows, cluster::ceil(text, caret));
        let top = scroll(frame.top, caret.row, rows.len(), rows_max);
        Self { rows, top, rows_max, caret: Place { row: caret.row - top, ..caret } }
    }

    /// The rows of the window, topmost first; at least one.
    #[must_use]
    pub fn rows(&self) -> &[Row<'a>] {
        let end = self.rows.len().min(self.top + self.rows_max);
        &self.rows[self.top..end]
    }

    /// All rows, also those that are scrolled away.
    #[must_use]
    pub fn all_rows(&self) -> &[Row<'a>] {
        &self.rows
    }

    /// Where the caret is in the window: always inside.
    #[must_use]
    pub fn caret(&self) -> Place {
        self.caret
    }

    /// How many rows are scrolled away above the window.
    #[must_use]
    pub fn top(&self) -> usize {
        self.top
    }

    /// How many rows are below the window.
    #[must_use]
    pub fn rows_below(&self) -> usize {
        self.rows.len() - self.top - self.rows().len()
    }

    /// The byte of the text at a place in the window, or the nearest: for a pointer, and for moving by
    /// rows.
    #[must_use]
    pub fn index_at(&self, place: Place) -> usize {
        let rows = self.rows();
        let row = rows[place.row.min(rows.len() - 1)];
        row.start + columns::index_at(row.text, place.column.saturating_sub(row.column))
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
            // A piece without columns of its own also needs a place where the caret can be.
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

/// Where a byte of the text is, rows counted from the first.
fn place(rows: &[Row<'_>], at: usize) -> Place {
    let row = rows.partition_point(|row| row.start <= at).saturating_sub(1);
    let before = &rows[row].text[..at - rows[row].start];
    Place { row, column: rows[row].column + columns::width(before) }
}

/// The topmost row: as before if the caret is in the window then, else as little away as possible; no
/// empty rows at the bottom.
fn scroll(top: usize, caret_row: usize, rows: usize, rows_max: usize) -> usize {
    let lowest = caret_row.min(rows.saturating_sub(rows_max));
    let highest = (caret_row + 1).saturating_sub(rows_max);
    top.clamp(highest, lowest)
}
