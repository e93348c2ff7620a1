//! The work that a peer's input costs. One turn is bounded in work and not only in bytes, because the smallest line has
//! one byte, and a compressed message may inflate to a thousand times its size.

/// The number of inflated bytes that cost as much as one line, frame or command.
const BYTES_PER_TOKEN: usize = 1024;

/// The work that one turn may spend on a peer's input, and what it has spent. Every line, frame and telnet command costs
/// one token, and so does each whole KiB that a compressed message inflates to.
#[derive(Debug)]
pub struct Work {
    left: u32,
    spent: u32,
    /// Whether a compressed message was read, which ends the turn.
    has_inflated: bool,
}

/// The number of tokens for so many inflated bytes.
#[must_use]
pub fn tokens_of(bytes: usize) -> u32 {
    u32::try_from(bytes / BYTES_PER_TOKEN).unwrap_or(u32::MAX)
}

impl Work {
    /// A turn of so many tokens. Input that is begun with the last token is read to its end, and may cost more.
    #[must_use]
    pub fn new(tokens: u32) -> Self {
        Self { left: tokens, spent: 0, has_inflated: false }
    }

    /// A turn without a bound.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::new(u32::MAX)
    }

    /// The number of tokens spent.
    #[must_use]
    pub fn spent(&self) -> u32 {
        self.spent
    }

    /// Whether the turn is used up: nothing more may be begun in it.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.left == 0 || self.has_inflated
    }

    /// Spends the token of one line, frame or command.
    pub fn spend_one(&mut self) {
        self.spend(1);
    }

    /// Spends the tokens of a compressed message that was inflated to so many bytes. It ends the turn.
    pub(crate) fn spend_inflated(&mut self, bytes: usize) {
        self.spend(tokens_of(bytes));
        self.has_inflated = true;
    }

    /// Sets all tokens but one aside. Returns their number, for [`Work::put_back`].
    pub(crate) fn set_aside(&mut self) -> u32 {
        let aside = self.left.saturating_sub(1);
        self.left -= aside;
        aside
    }

    pub(crate) fn put_back(&mut self, aside: u32) {
        self.left += aside;
    }

    fn spend(&mut self, tokens: u32) {
        self.left = self.left.saturating_sub(tokens);
        self.spent = self.spent.saturating_add(tokens);
    }
}
