//! The state of a search in the sent lines.

/// A search that can continue.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) pattern: String,
    pub(super) is_found: bool,
    /// The entry that was shown before the search (`None`: the draft), and the caret in it.
    pub(super) origin: (Option<usize>, usize),
}

/// A search, to be shown beside the line that it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchView<'a> {
    /// The pattern.
    pub pattern: &'a str,
    /// Whether the line shown contains the pattern.
    pub is_found: bool,
}
