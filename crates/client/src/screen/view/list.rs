//! Draws a list in place of the messages. An item has one row; on a narrow screen it has two: sender and time, and
//! the text below.

use std::ops::Range;

use jiff::Timestamp;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use teahouse_editor::{index_at, shorten_middle, truncate, width};

use super::messages::{lead_columns, mark_found};
use super::pen::Pen;
use crate::screen::found;
use crate::screen::model::{Item, List, Model};

/// The most columns of the sender or the room.
const LEAD_COLUMNS: usize = 24;
/// Columns before the text on a row of its own.
const INDENT: u16 = 3;
/// The possible keys; the longest that fits is shown.
const HINTS: &[&str] = &["Enter goes there, Esc closes", "Enter, Esc closes", "Esc closes"];

/// Draws the list. Returns the position of the selected item.
pub(super) fn draw(model: &Model, list: &List, area: Rect, pen: &mut Pen<'_>) -> Position {
    draw_title(list, area, pen);
    let widest = list.items.iter().map(|item| lead_columns(&item.lead, LEAD_COLUMNS)).max();
    let height = u16::try_from(list.item_rows(area.width)).unwrap_or(1);
    let drawing = Drawing { model, list, lead: widest.unwrap_or(0), area };
    let mut chosen = Position::new(area.x, area.y);
    let items = list.items.iter().enumerate().skip(list.first_visible(area));
    let tops = (area.top().saturating_add(1)..area.bottom()).step_by(usize::from(height));
    for (y, (index, item)) in tops.zip(items) {
        let rows = Rect { y, height, ..area }.intersection(area);
        let is_chosen = index == list.index;
        if is_chosen {
            chosen = Position::new(rows.x, rows.y);
            pen.restyle(rows, pen.theme.chosen);
        }
        drawing.draw_item(item, is_chosen, rows, pen);
    }
    chosen
}

fn draw_title(list: &List, area: Rect, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let most = area.width.saturating_sub(2);
    let x = pen.put_short(area.x + 1, area.y, most, &list.title, theme.strong);
    let columns = area.right().saturating_sub(x + 3);
    let hints = if list.items.is_empty() { &HINTS[HINTS.len() - 1..] } else { HINTS };
    let hint = hints.iter().find(|hint| width(hint) <= usize::from(columns));
    pen.put_short(x + 2, area.y, columns, hint.unwrap_or(&"Esc"), theme.dim);
}

struct Drawing<'a> {
    model: &'a Model,
    list: &'a List,
    lead: usize,
    area: Rect,
}

impl Drawing<'_> {
    fn draw_item(&self, item: &Item, is_chosen: bool, rows: Rect, pen: &mut Pen<'_>) {
        let theme = pen.theme;
        let base = if is_chosen { theme.chosen } else { Style::new() };
        let (right, y) = (rows.right(), rows.y);
        let mut x = rows.x + 1;
        if let Some(time_ms) = item.time_ms {
            let at = Timestamp::from_millisecond(time_ms).unwrap_or_default();
            let local = self.model.setup.zone.to_datetime(at);
            let words = local.strftime("%Y-%m-%d %H:%M").to_string();
            let style = theme.dim.patch(base);
            x = pen.put(x, y, right.saturating_sub(x), &words, style) + 2;
        }
        let has_row = self.list.item_rows(self.area.width) > 1;
        let left = usize::from(right.saturating_sub(x + 1));
        let lead = if has_row { left } else { self.lead.min(left) };
        let shown = shorten_middle(&item.lead, lead);
        pen.put(x, y, right.saturating_sub(x), &shown, theme.strong.patch(base));
        if has_row {
            self.draw_text(item, is_chosen, (rows.x + INDENT, y + 1), rows, pen);
        } else {
            let x = x.saturating_add(u16::try_from(lead + 2).unwrap_or(u16::MAX));
            self.draw_text(item, is_chosen, (x, y), rows, pen);
        }
    }

    /// Draws the part of the item's text around the words that were searched for.
    fn draw_text(
        &self,
        item: &Item,
        is_chosen: bool,
        at: (u16, u16),
        rows: Rect,
        pen: &mut Pen<'_>,
    ) {
        let (mut x, y) = at;
        let theme = pen.theme;
        let columns = usize::from(rows.right().saturating_sub(x + 1));
        if y >= rows.bottom() || columns == 0 {
            return;
        }
        let (base, mark) = match is_chosen {
            true => (theme.text.patch(theme.chosen), theme.found_chosen),
            false => (theme.text, theme.found),
        };
        let text = &item.text;
        let first = found::ranges(text, &self.list.words).into_iter().next();
        let (shown, is_cut) = snippet(text, columns, first);
        if shown.start > 0 {
            x = pen.put(x, y, 1, "…", base);
        }
        let parts = mark_found(vec![(shown, base)], text, &self.list.words, mark);
        for (range, style) in parts {
            x = pen.put(x, y, rows.right().saturating_sub(x), &text[range], style);
        }
        if is_cut {
            pen.put(x, y, 1, "…", base);
        }
    }
}

/// The part of a text that contains `first` and fits in these columns, with `…` for what is left out on either side;
/// and whether the end is left out.
fn snippet(text: &str, columns: usize, first: Option<Range<usize>>) -> (Range<usize>, bool) {
    let fits = |end: usize, columns: usize| width(&text[..end]) <= columns;
    let mut start = 0;
    if let Some(first) = first.filter(|first| !fits(first.end, columns.saturating_sub(1))) {
        // A third of the row shows the text before; more near the end of the text. (A wide cluster may add a column.)
        let most = columns.saturating_sub(3 + width(&text[first.clone()]));
        let before = width(&text[..first.start]).saturating_sub(most.min(columns / 3));
        let last = (width(text) + 1).saturating_sub(columns);
        start = index_at(text, before.min(last));
    }
    let columns = columns - usize::from(start > 0);
    if width(&text[start..]) <= columns {
        return (start..text.len(), false);
    }
    let end = start + truncate(&text[start..], columns.saturating_sub(1)).trim_end().len();
    (start..end, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, columns: usize, word: &str) -> String {
        let first = found::ranges(text, word).into_iter().next();
        let (range, is_cut) = snippet(text, columns, first);
        let (before, after) =
            (if range.start > 0 { "…" } else { "" }, if is_cut { "…" } else { "" });
        format!("{before}{}{after}", &text[range])
    }

    #[test]
    fn the_snippet_contains_the_searched_word() {
        let text = "a long message that says a lot before it comes to the tea and then goes on";
        assert_eq!(cut(text, 30, "tea"), "…es to the tea and then goes…");
        assert_eq!(cut(text, 30, "long"), "a long message that says a lo…");
        assert_eq!(cut(text, 30, "on"), "…s to the tea and then goes on");
        assert_eq!(cut("tea", 30, "tea"), "tea");
        for columns in 2..40 {
            let shown =
                cut("茶室里大家都在喝茶，今天的龙井很好 👩\u{200D}👩\u{200D}👧", columns, "龙井");
            assert!(width(&shown) <= columns, "{shown:?} in {columns}");
            assert!(columns < 9 || shown.contains("龙井"), "{shown:?} in {columns}");
        }
    }
}
