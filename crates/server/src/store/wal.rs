//! Keeps the write-ahead log small. SQLite resets the log only when no reader is using it, and on a busy server some
//! reader always is. Then this module truncates the log with a checkpoint that waits for the current readers, but not
//! for later ones.

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use tracing::{debug, warn};

/// Pages in the log after which SQLite moves them to the database: 16 MiB, so that a page that changes often is moved
/// once instead of many times.
const CHECKPOINT_PAGES: u32 = 4096;
/// Size to which SQLite truncates the log's file after a reset, bytes.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;
/// Size of the log above which it is truncated: four times its usual size, bytes.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Watches the size of the log.
#[derive(Debug)]
pub(super) struct Wal {
    /// Kept open, because the file of a history in memory has no name.
    file: Option<File>,
    /// Size at which the log is truncated next, bytes.
    limit_bytes: u64,
}

/// Sets the limits that SQLite applies by itself.
pub(super) fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", KEPT_BYTES.cast_signed())
}

impl Wal {
    pub(super) fn of(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        let file = File::open(&path)
            .inspect_err(|error| warn!(%error, "cannot watch the size of the write-ahead log"))
            .ok();
        Self { file, limit_bytes: BYTES_MAX }
    }

    /// Truncates the log if it is too long. Called after each commit.
    pub(super) fn keep_small(&mut self, connection: &Connection) {
        let Some(bytes) = self.file.as_ref().and_then(|file| file.metadata().ok()) else { return };
        let bytes = bytes.len();
        if bytes <= self.limit_bytes {
            return;
        }
        let is_busy: Result<bool, _> =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        // The limit is raised, because each attempt waits for the current readers.
        self.limit_bytes = bytes + KEPT_BYTES;
        match is_busy {
            Ok(false) => {
                debug!(bytes, "the write-ahead log was truncated");
                self.limit_bytes = BYTES_MAX;
            }
            Ok(true) => {
                warn!(
                    bytes,
                    "the write-ahead log grows: another program reads the database for long"
                );
            }
            // Committed batches are safe in the log.
            Err(error) => {
                warn!(bytes, %error, "the write-ahead log grows: it cannot be moved to the database");
            }
        }
    }
}
