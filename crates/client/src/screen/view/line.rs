//! Draws the user's line, with its prompt and the caret.

use ratatui::layout::{Position, Rect};

use super::pen::Pen;
use crate::screen::model::{Mode, Model};

/// Draws the line. Returns the position of the caret.
pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen<'_>) -> Position {
    let theme = pen.theme;
    let prompt_columns = model.prompt_columns();
    let layout = model.line_layout();
    let prompt = match &model.mode {
        Mode::Find { .. } => "/ ",
        Mode::Line | Mode::List(_) | Mode::Help { .. } | Mode::SendPaste { .. } => "› ",
    };
    let x = area.x + prompt_columns;
    let columns = area.width.saturating_sub(prompt_columns);
    let is_first = layout.top() == 0;
    for (y, (number, row)) in (area.top()..area.bottom()).zip(layout.rows().iter().enumerate()) {
        let sign = if number == 0 && is_first { prompt } else { "  " };
        pen.put(area.x, y, prompt_columns, sign, theme.accent);
        pen.put(x, y, columns, row.text, theme.text);
    }
    let caret = layout.caret();
    let right = u16::try_from(caret.column).unwrap_or(u16::MAX);
    let down = u16::try_from(caret.row).unwrap_or(u16::MAX);
    Position::new(
        x.saturating_add(right).min(area.right().saturating_sub(1)),
        area.y.saturating_add(down).min(area.bottom().saturating_sub(1)),
    )
}
