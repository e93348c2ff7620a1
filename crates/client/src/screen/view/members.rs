//! Who is here, at the right.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::screen::model::Model;

pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen<'_>) {
    if area.is_empty() {
        return;
    }
    let theme = pen.theme;
    let members = &model.talk().members;
    let total = members.total.max(members.known());
    let columns = area.width.saturating_sub(1);
    pen.put(area.x + 1, area.y, columns, &format!("{total} here"), theme.dim);
    let rows = usize::from(area.height.saturating_sub(1));
    // The last row says how many more there are.
    let shown = if total > rows { rows.saturating_sub(1) } else { rows };
    let mut y = area.y + 1;
    for nick in members.nicks().take(shown) {
        let is_me = model.me.as_ref() == Some(nick);
        let style = if is_me { theme.accent } else { theme.nick(nick.as_str()) };
        pen.put_short(area.x + 1, y, columns, nick.as_str(), style);
        y += 1;
    }
    let more = total - members.known().min(shown).min(total);
    if more > 0 && y < area.bottom() && members.known() > 0 {
        pen.put(area.x + 1, y, columns, &format!("… {more} more"), theme.dim);
    }
}
