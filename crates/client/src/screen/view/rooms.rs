//! Draws the rooms at the left, with the counts of unread messages.

use ratatui::layout::Rect;
use teahouse_editor::shorten_middle;

use super::pen::Pen;
use crate::screen::model::Model;
use crate::screen::model::talk::{Talk, With};

pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen<'_>) {
    if area.is_empty() {
        return;
    }
    pen.put(area.x + 1, area.y, area.width, "茶馆 teahouse", pen.theme.dim);
    let first = model.first_visible_room(usize::from(area.height));
    let rows = area.top() + 1..area.bottom();
    for (y, (index, talk)) in rows.zip(model.talks.iter().enumerate().skip(first)) {
        draw_talk(talk, index == model.current, Rect { y, height: 1, ..area }, pen);
    }
}

fn draw_talk(talk: &Talk, is_current: bool, row: Rect, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let sign = match &talk.with {
        With::Room(_) => "#",
        With::Person(_) => "@",
        With::Api | With::Server(_) => " ",
    };
    let name = match (is_current, talk.unread > 0, talk.is_joined || talk.with.room().is_none()) {
        (true, _, _) | (false, true, _) => theme.strong,
        (false, false, true) => theme.text,
        (false, false, false) => theme.dim,
    };
    let end = draw_counts(talk, row, pen);
    pen.put(row.x, row.y, 1, if is_current { "▌" } else { " " }, theme.accent);
    pen.put(row.x + 1, row.y, 1, sign, theme.dim);
    let columns = end.saturating_sub(row.x + 3);
    let shown = shorten_middle(talk.with.name(), usize::from(columns));
    pen.put(row.x + 2, row.y, columns, &shown, name);
}

/// Draws `@1 23` at the right. Returns the column where it begins.
fn draw_counts(talk: &Talk, row: Rect, pen: &mut Pen<'_>) -> u16 {
    let theme = pen.theme;
    let mut end = row.right().saturating_sub(1);
    if talk.unread > 0 {
        end = pen.put_before(end, row.y, 5, &count(talk.unread), theme.dim).saturating_sub(1);
    }
    if talk.mentions > 0 {
        let mentions = format!("@{}", count(talk.mentions));
        end = pen.put_before(end, row.y, 5, &mentions, theme.mention).saturating_sub(1);
    }
    end + 1
}

/// A number in at most four columns.
fn count(number: usize) -> String {
    if number > 999 { "999+".to_owned() } else { number.to_string() }
}
