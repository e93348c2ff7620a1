//! What a connection of a shard is called: its place, and a number that tells it from a later one there.

/// A connection of one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Its place among the shard's connections.
    pub(crate) index: usize,
    /// How many connections and visits the shard had had when it came.
    pub(crate) serial: u64,
}

#[cfg(test)]
impl Key {
    pub(crate) fn new(index: usize, serial: u64) -> Self {
        Self { index, serial }
    }
}
