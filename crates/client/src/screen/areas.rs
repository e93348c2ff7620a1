//! The layout of the screen. The model needs it to scroll and to know what the mouse points at, the view to draw.

use ratatui::layout::Rect;

use super::input::Size;
use super::limits::LINE_ROWS_MAX;

/// The rooms are shown from this width on, in columns, unless the user hides them.
const ROOMS_FROM: u16 = 72;
/// The members are shown from this width on, in columns, unless the user hides them.
const MEMBERS_FROM: u16 = 100;
/// The fewest columns that the messages keep when something is shown beside them.
const MESSAGES_MIN: u16 = 24;
/// The width of the member list, in columns.
const MEMBERS_COLUMNS: u16 = 16;
/// The same on a narrower screen, where the user asked for it: at 80 columns nicks keep their column before messages.
const MEMBERS_COLUMNS_NARROW: u16 = 10;
/// The topic has a row from this height on, in rows.
const TOPIC_FROM: u16 = 6;
/// The status has a row from this height on, in rows.
const STATUS_FROM: u16 = 3;

/// What the layout should contain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Whether the rooms are shown; `None`: if they fit.
    pub rooms: Option<bool>,
    /// The preferred width of the rooms, in columns.
    pub rooms_columns: u16,
    /// Whether the members are shown; `None`: if they fit.
    pub members: Option<bool>,
    /// The preferred height of the line, in rows.
    pub line_rows: u16,
}

/// The parts of the screen. A hidden part is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Areas {
    /// The rooms at the left, without the vertical rule beside them.
    pub rooms: Rect,
    /// The room's name and topic.
    pub topic: Rect,
    /// The messages.
    pub messages: Rect,
    /// The members at the right, without the vertical rule beside them.
    pub members: Rect,
    /// The status.
    pub status: Rect,
    /// The user's line.
    pub line: Rect,
}

impl Areas {
    /// Divides a screen of this size.
    #[must_use]
    pub(super) fn of(size: Size, wanted: &Wanted) -> Self {
        let Size { columns, rows } = size;
        let most = (rows / 3).max(1).min(u16::try_from(LINE_ROWS_MAX).unwrap_or(u16::MAX));
        let line_rows = wanted.line_rows.clamp(1, most).min(rows);
        let status_rows = u16::from(rows >= STATUS_FROM);
        let body_rows = rows.saturating_sub(line_rows + status_rows);
        let topic_rows = u16::from(rows >= TOPIC_FROM).min(body_rows);

        let mut middle = Rect::new(0, 0, columns, body_rows);
        let mut areas = Self::default();
        let has_rooms = wanted.rooms.unwrap_or(columns >= ROOMS_FROM);
        if has_rooms && middle.width > wanted.rooms_columns + MESSAGES_MIN {
            areas.rooms = Rect { width: wanted.rooms_columns, ..middle };
            middle.x = wanted.rooms_columns + 1;
            middle.width -= wanted.rooms_columns + 1;
        }
        let has_members = wanted.members.unwrap_or(columns >= MEMBERS_FROM);
        let is_wide = columns >= MEMBERS_FROM;
        let members = if is_wide { MEMBERS_COLUMNS } else { MEMBERS_COLUMNS_NARROW };
        if has_members && middle.width > members + MESSAGES_MIN {
            middle.width -= members + 1;
            areas.members = Rect { x: middle.right() + 1, width: members, ..middle };
        }
        areas.topic = Rect { height: topic_rows, ..middle };
        areas.messages = Rect { y: topic_rows, height: body_rows - topic_rows, ..middle };
        areas.status = Rect::new(0, body_rows, columns, status_rows);
        areas.line = Rect::new(0, body_rows + status_rows, columns, line_rows);
        areas
    }

    /// The same areas with the messages, or what replaces them, as the only part above the status.
    #[must_use]
    pub(super) fn single_page(self) -> Self {
        let Rect { y: height, width, .. } = self.status;
        let (width, height) = (width.max(self.line.width), height.max(self.messages.bottom()));
        let messages = Rect { x: 0, y: 0, width, height: height.min(self.line.y) };
        let hidden = Rect::default();
        Self { rooms: hidden, topic: hidden, members: hidden, messages, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_inside_the_screen_and_the_line_is_always_shown() {
        for columns in 0..140 {
            for rows in 0..40 {
                let wanted = Wanted {
                    rooms: Some(columns % 2 == 0),
                    rooms_columns: 20,
                    members: Some(true),
                    line_rows: 12,
                };
                let areas = Areas::of(Size { columns, rows }, &wanted);
                let screen = Rect::new(0, 0, columns, rows);
                for part in [areas.rooms, areas.topic, areas.messages, areas.members] {
                    assert!(part.is_empty() || screen.union(part) == screen, "{areas:?}");
                }
                assert_eq!(screen.union(areas.line), screen, "{areas:?}");
                assert!(rows == 0 || areas.line.height >= 1);
            }
        }
    }
}
