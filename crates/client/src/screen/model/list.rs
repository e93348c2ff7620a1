//! A list to choose from, and which of its items are seen.

use ratatui::layout::Rect;
use teahouse_core::RoomName;

/// Columns from which on an item has one row.
const ITEM_COLUMNS_MIN: u16 = 64;

/// A list to choose from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct List {
    /// What it is a list of.
    pub kind: ListKind,
    /// Over it.
    pub title: String,
    /// The words that were searched for.
    pub words: String,
    /// The answer has not come yet.
    pub is_waiting: bool,
    /// What can be chosen.
    pub items: Vec<Item>,
    /// Which would be.
    pub index: usize,
}

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// Messages that were found.
    Found,
    /// Links of a room.
    Links,
    /// Rooms of the server.
    Rooms,
}

/// One row of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// When, milliseconds since 1970, UTC, if it has a time.
    pub time_ms: Option<i64>,
    /// Who or where, first.
    pub lead: String,
    /// What.
    pub text: String,
    /// Where it leads.
    pub target: Target,
}

/// Where a row of a list leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// To a message.
    Place {
        /// In which room.
        room: RoomName,
        /// At which position.
        position: u64,
    },
    /// To a page of the web.
    Link(String),
    /// Into a room.
    Room(RoomName),
    /// To what was found that is older.
    Older {
        /// In this room, or in all.
        room: Option<RoomName>,
        /// What the server called the place.
        before: u64,
    },
}

impl List {
    /// Rows that each item takes in a list so wide: two where one is too short to say anything.
    #[must_use]
    pub(crate) fn item_rows(&self, columns: u16) -> usize {
        if columns < ITEM_COLUMNS_MIN { 2 } else { 1 }
    }

    /// How many items are shown under the title.
    #[must_use]
    pub(super) fn shown(&self, area: Rect) -> usize {
        (usize::from(area.height).saturating_sub(1) / self.item_rows(area.width)).max(1)
    }

    /// The first item shown under the title, so that the chosen one is.
    #[must_use]
    pub(crate) fn first_shown(&self, area: Rect) -> usize {
        (self.index + 1).saturating_sub(self.shown(area))
    }

    /// The item in this row of the list.
    #[must_use]
    pub(super) fn item_at(&self, row: usize, area: Rect) -> Option<usize> {
        let index = row.checked_sub(1)? / self.item_rows(area.width) + self.first_shown(area);
        (index < self.items.len()).then_some(index)
    }
}
