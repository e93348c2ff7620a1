//! Handles the mouse: what it points at, and what a press there does.

use ratatui::layout::{Position, Rect};
use teahouse_editor::{Command, Point, index_at};

use super::{Mode, Model, links};
use crate::screen::input::{Mouse, MouseDoes};
use crate::screen::keys::{ListMove, Scroll};

impl Model {
    pub(super) fn handle_mouse(&mut self, mouse: Mouse) {
        let is_listing = matches!(self.mode, Mode::List(_) | Mode::Help { .. });
        match (mouse.does, is_listing) {
            (MouseDoes::WheelUp, true) => self.step_list(ListMove::Up),
            (MouseDoes::WheelDown, true) => self.step_list(ListMove::Down),
            (MouseDoes::WheelUp, false) => self.scroll(Scroll::Up),
            (MouseDoes::WheelDown, false) => self.scroll(Scroll::Down),
            (MouseDoes::Press, _) => self.click(Position::new(mouse.column, mouse.row)),
        }
    }

    fn click(&mut self, at: Position) {
        let areas = self.areas();
        if areas.rooms.contains(at) {
            let row = usize::from(at.y - areas.rooms.y);
            if let Some(index) = self.room_at(row, usize::from(areas.rooms.height)) {
                self.show_talk(index);
            }
        } else if areas.line.contains(at) {
            self.click_line(at, areas.line);
        } else if areas.messages.contains(at) {
            self.click_messages(at, areas.messages);
        }
    }

    /// The first visible conversation of the list, chosen so that the current one is visible.
    pub(in crate::screen) fn first_visible_room(&self, height: usize) -> usize {
        let rows = height.saturating_sub(1).max(1);
        (self.current + 1).saturating_sub(rows)
    }

    /// The conversation in this row of the list; the first row is its title.
    fn room_at(&self, row: usize, height: usize) -> Option<usize> {
        let index = row.checked_sub(1)? + self.first_visible_room(height);
        (index < self.talks.len()).then_some(index)
    }

    fn click_line(&mut self, at: Position, line: Rect) {
        let point = Point {
            row: usize::from(at.y - line.y),
            column: usize::from((at.x - line.x).saturating_sub(self.prompt_columns())),
        };
        let index = self.line_layout().index_at(point);
        self.edit(Command::MoveTo(index));
    }

    fn click_messages(&mut self, at: Position, area: Rect) {
        let row = usize::from(at.y - area.y);
        if let Mode::List(list) = &mut self.mode {
            if let Some(index) = list.item_at(row, area) {
                list.index = index;
                self.step_list(ListMove::Choose);
            }
            return;
        }
        let is_covered = at.y >= crate::screen::view::panel_top(self);
        if is_covered || matches!(self.mode, Mode::Help { .. }) {
            return;
        }
        if let Some(link) = self.link_at(row, usize::from(at.x - area.x), usize::from(area.height))
        {
            self.open(link);
        }
    }

    /// The link in this cell of the messages.
    fn link_at(&self, row: usize, column: usize, height: usize) -> Option<String> {
        let flow = self.flow();
        let shown = flow.screen(height);
        let number = (row + shown.len()).checked_sub(height)?;
        if number == 0 && flow.replaces_top_row(&shown) {
            return None;
        }
        let (index, row) = shown.get(number)?;
        let text = self.talk().entry(*index)?.what.display();
        let within = &text[row.range.clone()];
        let at = column.checked_sub(row.column)?;
        if at >= teahouse_editor::width(within) {
            return None;
        }
        let byte = row.range.start + index_at(within, at);
        links::find(&text)
            .into_iter()
            .find(|link| link.contains(&byte))
            .map(|link| text[link].to_owned())
    }
}
