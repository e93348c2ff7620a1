//! The state of a completion.

use crate::command::Candidate;

/// A completion that can continue: the candidate at `index` is in the line.
#[derive(Clone, Debug)]
pub(super) struct Completion {
    pub(super) candidates: Vec<Candidate>,
    pub(super) index: usize,
}

/// The candidates of the current completion, to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices<'a> {
    /// All candidates, in order.
    pub candidates: &'a [Candidate],
    /// The candidate that is in the line.
    pub index: usize,
}
