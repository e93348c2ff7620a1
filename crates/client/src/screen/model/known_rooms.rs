//! The rooms of the server, for completing their names.

use teahouse_core::RoomName;
use teahouse_editor::Direction;

/// The rooms of the server, as far as the client knows them.
#[derive(Debug, Default)]
pub(super) struct KnownRooms {
    pub(super) names: Vec<RoomName>,
    /// When they were requested, milliseconds since the start.
    pub(super) asked_ms: Option<u64>,
    /// The word that waits for them.
    pub(super) waiting: Option<Waiting>,
}

/// A line whose word before the caret is completed when the rooms arrive.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) text: String,
    pub(super) caret: usize,
    pub(super) direction: Direction,
}
