//! A list to choose from, and which of its items are visible.

use ratatui::layout::Rect;
use teahouse_core::RoomName;

/// From this width on, in columns, an item has one row.
const ITEM_COLUMNS_MIN: u16 = 64;

/// A list to choose from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct List {
    /// The kind of its items.
    pub kind: ListKind,
    /// The title above it.
    pub title: String,
    /// The words that were searched for.
    pub words: String,
    /// Whether an answer is still to come.
    pub is_waiting: bool,
    /// The items.
    pub items: Vec<Item>,
    /// The index of the selected item.
    pub index: usize,
}

/// The kind of a list's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// Found messages.
    Found,
    /// Links of a room.
    Links,
    /// Rooms of the server.
    Rooms,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// Unix time in milliseconds, if it has a time.
    pub time_ms: Option<i64>,
    /// The sender or the room, shown first.
    pub lead: String,
    /// The text.
    pub text: String,
    /// What choosing it does.
    pub target: Target,
}

/// What choosing an item does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Shows a message.
    Message {
        /// The room.
        room: RoomName,
        /// The position.
        position: u64,
    },
    /// Opens a web page.
    Link(String),
    /// Joins a room.
    Room(RoomName),
    /// Searches for older messages.
    Older {
        /// The room that is searched; `None`: all rooms.
        room: Option<RoomName>,
        /// The server's mark of where to continue.
        before: u64,
    },
}

impl List {
    /// Rows of each item in a list of this width: two where one would be too short.
    #[must_use]
    pub(crate) fn item_rows(&self, columns: u16) -> usize {
        if columns < ITEM_COLUMNS_MIN { 2 } else { 1 }
    }

    /// How many items are visible under the title.
    #[must_use]
    pub(super) fn visible_count(&self, area: Rect) -> usize {
        (usize::from(area.height).saturating_sub(1) / self.item_rows(area.width)).max(1)
    }

    /// The first visible item, chosen so that the selected one is visible.
    #[must_use]
    pub(crate) fn first_visible(&self, area: Rect) -> usize {
        (self.index + 1).saturating_sub(self.visible_count(area))
    }

    /// The item in this row of the list.
    #[must_use]
    pub(super) fn item_at(&self, row: usize, area: Rect) -> Option<usize> {
        let index = row.checked_sub(1)? / self.item_rows(area.width) + self.first_visible(area);
        (index < self.items.len()).then_some(index)
    }
}
