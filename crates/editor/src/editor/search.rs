//! A search in the lines that were sent.

/// A search under way.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) pattern: String,
    pub(super) is_found: bool,
    /// What was shown before, and the caret in it.
    pub(super) origin: (Option<usize>, usize),
}

/// What a search is for, to be shown beside the line that it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchView<'a> {
    /// What is searched for.
    pub pattern: &'a str,
    /// Whether the line shown has it.
    pub is_found: bool,
}
