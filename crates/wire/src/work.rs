//! What taking a peer's input costs, so that one turn of it is bounded in work and not only in bytes: the smallest
//! line has one byte, and a compressed message may say a thousand times what it has.

/// Bytes that cost as much as one thing that is said.
const BYTES_PER_TOKEN: usize = 1024;

/// What one turn may take of a peer's input, and what it has taken of it. Every line, frame and telnet command costs a
/// token, whatever becomes of it, and so does each whole KiB that a compressed message says.
#[derive(Debug)]
pub struct Work {
    left: u32,
    spent: u32,
    /// A compressed message has been taken: nothing more in this turn.
    has_inflated: bool,
}

/// Tokens for so many bytes.
#[must_use]
pub fn tokens_of(bytes: usize) -> u32 {
    u32::try_from(bytes / BYTES_PER_TOKEN).unwrap_or(u32::MAX)
}

impl Work {
    /// A turn of so many tokens. What is begun with the last of them is done, and may cost more.
    #[must_use]
    pub fn new(tokens: u32) -> Self {
        Self { left: tokens, spent: 0, has_inflated: false }
    }

    /// As much as there is.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::new(u32::MAX)
    }

    /// Tokens that were spent.
    #[must_use]
    pub fn spent(&self) -> u32 {
        self.spent
    }

    /// Whether nothing more is to be begun in this turn.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left == 0 || self.has_inflated
    }

    /// Takes one line, frame or command.
    pub fn take_one(&mut self) {
        self.take(1);
    }

    /// So many bytes were made of a compressed message. One such message is all that a turn takes.
    pub(crate) fn take_inflated(&mut self, bytes: usize) {
        self.take(tokens_of(bytes));
        self.has_inflated = true;
    }

    /// Leaves no more than one token; gives what is to be put back later.
    pub(crate) fn set_aside(&mut self) -> u32 {
        let aside = self.left.saturating_sub(1);
        self.left -= aside;
        aside
    }

    pub(crate) fn put_back(&mut self, aside: u32) {
        self.left += aside;
    }

    fn take(&mut self, tokens: u32) {
        self.left = self.left.saturating_sub(tokens);
        self.spent = self.spent.saturating_add(tokens);
    }
}
