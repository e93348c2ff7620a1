//! A list to choose from, in the place of the messages.

use jiff::Timestamp;
use ratatui::layout::{Position, Rect};

use super::messages::lead_columns;
use super::pen::Pen;
use crate::screen::model::{Item, List, Model};

/// Columns of who or where, at most.
const LEAD_COLUMNS: usize = 24;

/// Draws it, and says where the chosen row is.
pub(super) fn draw(model: &Model, list: &List, area: Rect, pen: &mut Pen<'_>) -> Position {
    let theme = pen.theme;
    let hint = if list.items.is_empty() { "Esc closes" } else { "Enter goes there, Esc closes" };
    let x =
        pen.put_short(area.x + 1, area.y, area.width.saturating_sub(2), &list.title, theme.strong);
    let columns = area.right().saturating_sub(x + 3);
    pen.put_short(x + 2, area.y, columns, hint, theme.dim);

    let widest = list.items.iter().map(|item| lead_columns(&item.lead, LEAD_COLUMNS)).max();
    let lead = u16::try_from(widest.unwrap_or(0)).unwrap_or(u16::MAX);
    let first = list.first_shown(usize::from(area.height));
    let mut chosen = Position::new(area.x, area.y);
    let rows = area.top().saturating_add(1)..area.bottom();
    for (y, (index, item)) in rows.zip(list.items.iter().enumerate().skip(first)) {
        let row = Rect { y, height: 1, ..area };
        draw_item(model, item, lead, row, pen);
        if index == list.index {
            pen.restyle(row, theme.chosen);
            chosen = Position::new(row.x, row.y);
        }
    }
    chosen
}

fn draw_item(model: &Model, item: &Item, lead: u16, row: Rect, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let mut x = row.x + 1;
    if let Some(time_ms) = item.time_ms {
        let at = Timestamp::from_millisecond(time_ms).unwrap_or_default();
        let local = model.setup.zone.to_datetime(at);
        let words = local.strftime("%Y-%m-%d %H:%M").to_string();
        x = pen.put(x, row.y, row.right().saturating_sub(x), &words, theme.dim) + 2;
    }
    let columns = lead.min(row.right().saturating_sub(x));
    pen.put_short(x, row.y, columns, &item.lead, theme.strong);
    x += lead + 2;
    let columns = row.right().saturating_sub(x + 1);
    let text = item.text.replace('\n', " ⏎ ");
    pen.put_short(x, row.y, columns, &text, theme.text);
}
