//! The bounds of one editing line. Together they bound the memory that one person can use on a server: with the
//! defaults about 700 KiB in the worst case and a few hundred bytes in the ordinary case.

/// How much one editor may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of UTF-8 in the text: as many as one message may have.
    pub text_bytes_max: usize,
    /// Lines in the text: as many as one message may have.
    pub text_lines_max: usize,
    /// Killed texts that can be yanked: more than a person steps through.
    pub kill_entries_max: usize,
    /// Bytes in all killed texts together; the newest is kept at any size.
    pub kill_bytes_max: usize,
    /// Bytes of edits that can be undone and redone: a few times the longest text.
    pub undo_bytes_max: usize,
    /// Sent lines that can be recalled: more than a person steps through.
    pub history_entries_max: usize,
    /// Bytes in all sent lines together: a month of ordinary talk.
    pub history_bytes_max: usize,
    /// Recalled lines whose changes are remembered until the next line is sent. Each costs a text and its undo.
    pub changed_lines_max: usize,
}

impl Limits {
    /// Bytes in the pattern of a search in the history: more than a person searches for.
    pub const SEARCH_BYTES_MAX: usize = 256;
    /// Candidates of one completion: more than a person steps through, also in a large room.
    pub const CANDIDATES_MAX: usize = 256;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes_max: 16 * 1024,
            text_lines_max: 200,
            kill_entries_max: 16,
            kill_bytes_max: 64 * 1024,
            undo_bytes_max: 64 * 1024,
            history_entries_max: 500,
            history_bytes_max: 256 * 1024,
            changed_lines_max: 3,
        }
    }
}
