//! How we stand with the server.

use crate::link::State;
use crate::screen::input::Now;

/// How we stand with the server.
#[derive(Debug)]
pub(in crate::screen) struct Connection {
    /// With a server.
    pub state: State,
    /// When the state came, milliseconds since the start.
    pub since_ms: u64,
    /// When we came online last, milliseconds since 1970, UTC, by our clock.
    pub online_at_ms: i64,
    /// A line server is there.
    pub is_line_open: bool,
}

impl Connection {
    /// It is being made for the first time.
    pub(super) fn begun(now: Now) -> Self {
        Self {
            state: State::Connecting { attempt: 1 },
            since_ms: now.since_start_ms,
            online_at_ms: now.time_ms,
            is_line_open: false,
        }
    }
}
