//! Writes text into cells: never past an edge, never half a wide cluster.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use teahouse_editor::{shorten, truncate, width};

use super::theme::Theme;

/// Columns beside the text of a status line: spaces and the ends of the rule.
const BESIDE_WORDS: u16 = 4;

/// A buffer and the theme it is drawn in.
pub(super) struct Pen<'a> {
    buffer: &'a mut Buffer,
    pub(super) theme: &'a Theme,
}

impl<'a> Pen<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    /// Writes a text of one row, as far as it fits into these columns. Returns the column after it.
    pub(super) fn put(&mut self, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
        let area = *self.buffer.area();
        if y >= area.bottom() || x >= area.right() {
            return x;
        }
        let columns = columns.min(area.right() - x);
        let text = self.theme.charset.render(text);
        let fitting = truncate(&text, usize::from(columns));
        self.buffer.set_stringn(x, y, fitting, usize::from(columns), style).0
    }

    /// Writes a text, shortened with `…` if it does not fit.
    pub(super) fn put_short(
        &mut self,
        x: u16,
        y: u16,
        columns: u16,
        text: &str,
        style: Style,
    ) -> u16 {
        self.put(x, y, columns, &shorten(text, usize::from(columns)), style)
    }

    /// Writes a text so that it ends before this column. Returns the column where it begins.
    pub(super) fn put_before(
        &mut self,
        end: u16,
        y: u16,
        columns: u16,
        text: &str,
        style: Style,
    ) -> u16 {
        let text = shorten(text, usize::from(columns));
        let taken = columns_of(&text);
        let x = end.saturating_sub(taken);
        self.put(x, y, taken, &text, style);
        x
    }

    /// Makes cells empty.
    pub(super) fn clear(&mut self, area: Rect) {
        self.fill(area, " ", Style::reset());
    }

    /// Fills cells with one character of one column.
    pub(super) fn fill(&mut self, area: Rect, with: &str, style: Style) {
        let area = area.intersection(*self.buffer.area());
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.put(x, y, 1, with, style);
            }
        }
    }

    /// Adds a style to written cells.
    pub(super) fn restyle(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area.intersection(*self.buffer.area()), style);
    }
}

/// The width of a text in columns, at most `u16::MAX`.
pub(super) fn columns_of(text: &str) -> u16 {
    u16::try_from(width(text)).unwrap_or(u16::MAX)
}

/// Whether a text fits as a whole into a status line of this area.
pub(super) fn has_room(words: &str, area: Rect) -> bool {
    columns_of(words).saturating_add(BESIDE_WORDS) <= area.width
}
