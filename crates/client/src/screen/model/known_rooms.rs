//! The rooms of the server, for completing their names.

use teahouse_core::RoomName;
use teahouse_editor::Direction;

/// The rooms there are in the server, as far as we were told.
#[derive(Debug, Default)]
pub(super) struct KnownRooms {
    pub(super) names: Vec<RoomName>,
    /// When they were asked for, milliseconds since the start.
    pub(super) asked_ms: Option<u64>,
    /// What waits for them to be completed.
    pub(super) waiting: Option<Waiting>,
}

/// A word that is to be completed when the rooms have come.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) text: String,
    pub(super) caret: usize,
    pub(super) direction: Direction,
}
