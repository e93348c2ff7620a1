//! The key of a connection within its shard: an index, and a serial number that tells it from a later connection at the
//! same index.

/// Names a connection of one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The index among the shard's connections.
    pub(crate) index: usize,
    /// The number of connections and visits that the shard had had before this connection.
    pub(crate) serial: u64,
}

#[cfg(test)]
impl Key {
    pub(crate) fn new(index: usize, serial: u64) -> Self {
        Self { index, serial }
    }
}
