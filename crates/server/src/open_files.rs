//! Raises the limit of open files as far as the system allows.

/// Files reserved for uses besides connections: the database and its readers, listeners, runtimes, and SQLite's
/// temporary files.
const RESERVED: usize = 64;
/// Files reserved for a shard's runtime, which has four or five.
const PER_SHARD: usize = 8;

/// Raises the soft limit to the hard limit. Returns the number of connections that the limit leaves.
#[cfg(unix)]
pub(crate) fn connections_possible(shards: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "cannot raise the limit of open files");
            limit.current
        }
    };
    let files = now.and_then(|files| usize::try_from(files).ok()).unwrap_or(1 << 20);
    files.saturating_sub(RESERVED + shards * PER_SHARD).max(1)
}

/// A fixed bound, for systems without such a limit.
#[cfg(not(unix))]
pub(crate) fn connections_possible(shards: usize) -> usize {
    16_384 - RESERVED - shards * PER_SHARD
}
