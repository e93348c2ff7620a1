//! What is known of the person at the keys.

use crate::screen::limits::BURST_GAP_MS;

/// Keys that come faster than fingers are a paste, where the terminal says nothing of pastes.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// Characters that came close together.
    pub(super) keys: usize,
    /// When the last of them came, milliseconds since the start.
    pub(super) last_ms: u64,
    /// A return that is part of the paste if another key comes at once, and sends the line if none does.
    pub(super) held_ms: Option<u64>,
}

/// What is known of the person at the keys.
#[derive(Debug, Default)]
pub(super) struct Keyboard {
    pub(super) burst: Burst,
    /// When the draft changed since it was kept, milliseconds since the start.
    pub(super) draft_changed_ms: Option<u64>,
    /// When it was said last that somebody types here.
    pub(super) typing_said_ms: Option<u64>,
    /// When it was asked whether to leave.
    pub(super) quit_asked_ms: Option<u64>,
}

impl Burst {
    /// When a held return is to be decided, milliseconds since the start.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.held_ms.map(|at| at + BURST_GAP_MS + 1)
    }
}
