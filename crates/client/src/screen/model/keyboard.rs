//! The timing of the user's keys.

use crate::screen::limits::BURST_GAP_MS;

/// Detects pastes by keys faster than typing, where the terminal does not report pastes.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// The characters so far that came close together.
    pub(super) keys: usize,
    /// When the last one came, milliseconds since the start.
    pub(super) last_ms: u64,
    /// When a held return came, milliseconds since the start. It is part of the paste if another key follows at once,
    /// else it sends the line.
    pub(super) held_ms: Option<u64>,
}

/// The timing of the user's keys.
#[derive(Debug, Default)]
pub(super) struct Keyboard {
    pub(super) burst: Burst,
    /// When the draft first changed since it was saved, milliseconds since the start.
    pub(super) draft_changed_ms: Option<u64>,
    /// When typing was last announced, milliseconds since the start.
    pub(super) typing_sent_ms: Option<u64>,
    /// When Ctrl-C was last pressed on an empty line, milliseconds since the start.
    pub(super) quit_pressed_ms: Option<u64>,
}

impl Burst {
    /// When a held return is decided, milliseconds since the start.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.held_ms.map(|at| at + BURST_GAP_MS + 1)
    }
}
