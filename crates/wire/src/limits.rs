//! Limits of one request to history, the same in every protocol.

/// The most events of history in one answer: they fit in a scrollback, and well within a connection's queue.
pub const HISTORY_COUNT_MAX: u32 = 200;
/// The number of messages that a search returns by default.
pub const SEARCH_COUNT: u32 = 20;
/// The most messages that a search returns.
pub const SEARCH_COUNT_MAX: u32 = 100;
/// The most bytes in the words of a search. A longer text is a paste, not a search.
pub const SEARCH_BYTES_MAX: usize = 256;
