//! The input of a connection whose protocol is not decided.

use teahouse_core::SteadyTime;
use teahouse_wire::sniff;

/// The most blank bytes at the front that are kept. Blank bytes beyond them are dropped.
const BLANK_BYTES_KEPT: usize = 64;

/// The beginning of a connection whose protocol is not decided.
pub(super) struct FirstLine {
    pub(super) arrived: SteadyTime,
    /// The bytes received: at most twice [`sniff::FIRST_BYTES_MAX`] plus one read.
    pub(super) bytes: Vec<u8>,
    /// Set when a complete line has come that further bytes could make another protocol: the time after which the line
    /// counts as a person's.
    pub(super) line_due: Option<SteadyTime>,
}

impl FirstLine {
    pub(super) fn new(arrived: SteadyTime) -> Self {
        Self { arrived, bytes: Vec::new(), line_due: None }
    }

    /// The bytes received, without the blank ones at the front.
    pub(super) fn nonblank_bytes(&self) -> &[u8] {
        &self.bytes[sniff::blank_bytes(&self.bytes)..]
    }

    /// Adds bytes.
    pub(super) fn push(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
        let spent = sniff::droppable_bytes(&self.bytes);
        if spent > BLANK_BYTES_KEPT {
            self.bytes.drain(..spent);
        }
    }

    /// Whether a line has ended.
    pub(super) fn has_line(&self) -> bool {
        self.nonblank_bytes().iter().any(|byte| matches!(byte, b'\r' | b'\n'))
    }
}
