//! A completion under way.

use crate::command::Candidate;

/// A walk through candidates under way: the one at `index` stands in the line.
#[derive(Clone, Debug)]
pub(super) struct Completion {
    pub(super) candidates: Vec<Candidate>,
    pub(super) index: usize,
}

/// The candidates of the completion under way, to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices<'a> {
    /// All of them, in order.
    pub candidates: &'a [Candidate],
    /// The one that stands in the line.
    pub index: usize,
}
