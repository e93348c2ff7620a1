//! What the interface shows outside of the conversations.

use super::entry::Notice;

/// A notice in the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::screen) struct Flash {
    /// The text.
    pub text: String,
    /// When it expires, milliseconds since the start.
    pub(super) until_ms: u64,
}

/// What the interface shows outside of the conversations.
#[derive(Debug, Default)]
pub(in crate::screen) struct Feedback {
    pub flash: Option<Flash>,
    /// The answers that arrived while the user reads older messages, newest last.
    pub answers: Vec<Notice>,
    /// When the last notification was sent, milliseconds since the start.
    pub(super) notified_ms: Option<u64>,
}
