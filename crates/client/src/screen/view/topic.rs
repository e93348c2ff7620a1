//! Draws the name and the topic of the conversation, in one row.

use ratatui::layout::Rect;
use teahouse_core::Text;

use super::pen::Pen;
use crate::screen::model::Model;
use crate::screen::model::talk::With;

pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen<'_>) {
    if area.is_empty() {
        return;
    }
    let theme = pen.theme;
    let talk = model.talk();
    let sign = match &talk.with {
        With::Room(_) => "#",
        With::Person(_) => "@",
        With::Api | With::Server(_) => "",
    };
    let about = match &talk.with {
        With::Room(_) => talk.topic.as_ref().map_or("", Text::as_str),
        With::Person(_) => "in private; not kept by the house",
        With::Api => "",
        With::Server(_) => "plain lines",
    };
    let name = format!("{sign}{}", talk.with.name());
    let x = pen.put_short(area.x + 1, area.y, area.width.saturating_sub(2), &name, theme.strong);
    let columns = area.right().saturating_sub(x + 3);
    pen.put_short(x + 2, area.y, columns, about, theme.dim);
}
