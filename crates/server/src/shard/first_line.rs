//! What a connection has said while it is not certain what it speaks.

use teahouse_core::SteadyTime;
use teahouse_wire::sniff;

/// Blank bytes at the front that are kept; what is beyond them was passed over.
const BLANK_BYTES_KEPT: usize = 64;

/// The beginning of a connection of which it is not certain yet what it speaks.
pub(super) struct FirstLine {
    pub(super) arrived: SteadyTime,
    /// What it has said: at most twice [`sniff::FIRST_BYTES_MAX`] and what one read adds.
    pub(super) first: Vec<u8>,
    /// When a whole line is a person's that could go on as something else, once it has come.
    pub(super) line_due: Option<SteadyTime>,
}

impl FirstLine {
    pub(super) fn new(arrived: SteadyTime) -> Self {
        Self { arrived, first: Vec::new(), line_due: None }
    }

    /// What it has said that is not blank.
    pub(super) fn words(&self) -> &[u8] {
        &self.first[sniff::blank_bytes(&self.first)..]
    }

    /// Takes more of it.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.first.extend_from_slice(bytes);
        let spent = sniff::spent_bytes(&self.first);
        if spent > BLANK_BYTES_KEPT {
            self.first.drain(..spent);
        }
    }

    /// Whether a line of it has ended.
    pub(super) fn has_line(&self) -> bool {
        self.words().iter().any(|byte| matches!(byte, b'\r' | b'\n'))
    }
}
