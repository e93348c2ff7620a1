//! The state of the connection.

use crate::link::State;
use crate::screen::input::Now;

/// The state of the connection.
#[derive(Debug)]
pub(in crate::screen) struct Connection {
    /// The state of the link.
    pub state: State,
    /// When the state began, milliseconds since the start.
    pub since_ms: u64,
    /// When the link last came online, Unix time in milliseconds, by our clock.
    pub online_at_ms: i64,
    /// Whether a line server is connected.
    pub is_line_open: bool,
}

impl Connection {
    /// The first connection, being made.
    pub(super) fn connecting(now: Now) -> Self {
        Self {
            state: State::Connecting { attempt: 1 },
            since_ms: now.since_start_ms,
            online_at_ms: now.time_ms,
            is_line_open: false,
        }
    }
}
