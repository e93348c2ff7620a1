//! Draws the members of the room, at the right.

use ratatui::layout::Rect;
use teahouse_editor::{width, wrap};

use super::pen::Pen;
use crate::screen::model::Model;

/// Columns before the rest of a nick that is too wide for one row.
const INDENT: u16 = 2;

pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen<'_>) {
    if area.is_empty() {
        return;
    }
    let theme = pen.theme;
    let members = &model.talk().members;
    let total = members.total.max(members.known_count());
    let columns = area.width.saturating_sub(1);
    pen.put(area.x + 1, area.y, columns, &format!("{total} here"), theme.dim);
    let bottom = area.bottom();
    let mut y = area.y + 1;
    let mut shown = 0;
    for nick in members.nicks() {
        let rows = rows_of(nick.as_str(), usize::from(columns));
        let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        // The last row counts the members that are not shown.
        let left = u16::from(shown + 1 < total);
        if y.saturating_add(height).saturating_add(left) > bottom {
            break;
        }
        let is_me = model.me.is(nick);
        let style = if is_me { theme.accent } else { theme.nick(nick.as_str()) };
        for (number, row) in rows.into_iter().enumerate() {
            let x = area.x + 1 + if number == 0 { 0 } else { INDENT };
            pen.put(x, y, area.right().saturating_sub(x), row, style);
            y += 1;
        }
        shown += 1;
    }
    let more = total - shown;
    if more > 0 && y < bottom && members.known_count() > 0 {
        pen.put(area.x + 1, y, columns, &format!("… {more} more"), theme.dim);
    }
}

/// A nick in as many rows as it needs: a shortened nick could be another person's.
fn rows_of(nick: &str, columns: usize) -> Vec<&str> {
    if width(nick) <= columns {
        return vec![nick];
    }
    let columns = columns.saturating_sub(usize::from(INDENT)).max(1);
    wrap(nick, columns, columns).into_iter().map(|row| &nick[row]).collect()
}
