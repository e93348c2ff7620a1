//! What may be asked of history at once, in every protocol.

/// Events of history in one answer: what fits in a scrollback, and well within a queue.
pub const HISTORY_COUNT_MAX: u32 = 200;
/// Messages that one search finds, when nothing else is asked for.
pub const SEARCH_COUNT: u32 = 20;
/// Messages that one search finds.
pub const SEARCH_COUNT_MAX: u32 = 100;
/// Bytes in the words of a search; more is a paste, not a search.
pub const SEARCH_BYTES_MAX: usize = 256;
