//! What the interface has said outside of the rooms.

use super::entry::Notice;

/// A short word in the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::screen) struct Flash {
    /// The word.
    pub text: String,
    /// Until when, milliseconds since the start.
    pub(super) until_ms: u64,
}

/// What the interface has said outside of the rooms.
#[derive(Debug, Default)]
pub(in crate::screen) struct Told {
    pub flash: Option<Flash>,
    /// What was said to us while older messages are read, newest last.
    pub answers: Vec<Notice>,
    /// When it rang last, milliseconds since the start.
    pub(super) notified_ms: Option<u64>,
}
