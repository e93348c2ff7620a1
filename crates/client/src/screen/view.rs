//! Draws a model. It decides nothing: the layout comes from [`super::areas`] and the model, the colours from the
//! theme.

mod answer;
mod charset;
mod help;
mod line;
mod list;
mod members;
mod messages;
mod pen;
mod rooms;
mod status;
pub(super) mod theme;
mod topic;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::model::{Mode, Model};
pub(super) use answer::top as panel_top;
pub use charset::Charset;
pub(super) use help::last_top as help_last_top;
use pen::Pen;
pub(super) use theme::{Palette, Theme};

/// Draws the model into the buffer, which is as large as its screen. Returns the position of the caret; `None` when
/// the screen is empty.
pub fn draw(model: &Model, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let screen = *buffer.area();
    let areas = model.areas();
    // The buffer may have another size than the model knows yet: the pen clips.
    let mut pen = Pen::new(buffer, theme);
    rooms::draw(model, areas.rooms, &mut pen);
    topic::draw(model, areas.topic, &mut pen);
    members::draw(model, areas.members, &mut pen);
    let chosen = match &model.mode {
        Mode::List(_) | Mode::Help { .. } if areas.messages.is_empty() => None,
        Mode::List(list) => Some(list::draw(model, list, areas.messages, &mut pen)),
        Mode::Help { top, .. } => Some(help::draw(*top, areas.messages, &mut pen)),
        Mode::Line | Mode::Find { .. } | Mode::SendPaste { .. } => {
            messages::draw(model, areas.messages, &mut pen);
            answer::draw(model, &areas, &mut pen);
            None
        }
    };
    draw_rules(&areas, &mut pen);
    status::draw(model, &areas, &mut pen);
    let caret = line::draw(model, areas.line, &mut pen);
    within(chosen.unwrap_or(caret), screen)
}

/// Draws the rule under the messages, which carries the status, and those beside the rooms and the members.
fn draw_rules(areas: &super::areas::Areas, pen: &mut Pen<'_>) {
    let rule = pen.theme.rule;
    pen.fill(areas.status, "─", rule);
    let mut draw_at = |x: u16, part: Rect| {
        for y in part.top()..part.bottom() {
            pen.put(x, y, 1, "│", rule);
        }
        if !areas.status.is_empty() {
            pen.put(x, areas.status.y, 1, "┴", rule);
        }
    };
    if !areas.rooms.is_empty() {
        draw_at(areas.rooms.right(), areas.rooms);
    }
    if !areas.members.is_empty() {
        draw_at(areas.members.x.saturating_sub(1), areas.members);
    }
}

fn within(point: Position, screen: Rect) -> Option<Position> {
    if screen.is_empty() {
        return None;
    }
    Some(Position::new(point.x.min(screen.right() - 1), point.y.min(screen.bottom() - 1)))
}
