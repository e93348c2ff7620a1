//! The write-ahead log, kept small. SQLite begins it anew only when nobody is in the middle of reading it, and
//! in a busy server somebody always is: then it is ended by force, which waits for those who read at the moment
//! and for nobody who comes later.

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use tracing::{debug, warn};

/// Pages in the log after which SQLite moves them to the database: 16 MiB, so that a busy server moves pages
/// that changed often once instead of many times.
const CHECKPOINT_PAGES: u32 = 4096;
/// Bytes that the log's file keeps when it begins anew.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of the log past which it is ended by force: four times what it has when it is left to itself.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Watches the log's size.
#[derive(Debug)]
pub(super) struct Wal {
    /// Open, because in memory its name is gone.
    file: Option<File>,
    /// Where the log is ended next.
    limit_bytes: u64,
}

/// Tells SQLite what it can do about it by itself.
pub(super) fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", KEPT_BYTES.cast_signed())
}

impl Wal {
    pub(super) fn of(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        let file = File::open(&path)
            .inspect_err(|error| warn!(%error, "the size of the write-ahead log is not watched"))
            .ok();
        Self { file, limit_bytes: BYTES_MAX }
    }

    /// After a commit: ends the log where it is too long.
    pub(super) fn keep_small(&mut self, connection: &Connection) {
        let Some(bytes) = self.file.as_ref().and_then(|file| file.metadata().ok()) else { return };
        let bytes = bytes.len();
        if bytes <= self.limit_bytes {
            return;
        }
        let is_busy: Result<bool, _> =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        // Not with every commit: each waits for whoever reads.
        self.limit_bytes = bytes + KEPT_BYTES;
        match is_busy {
            Ok(false) => {
                debug!(bytes, "the write-ahead log begins anew");
                self.limit_bytes = BYTES_MAX;
            }
            Ok(true) => {
                warn!(
                    bytes,
                    "the write-ahead log grows: another program has been reading for long"
                );
            }
            // What was committed is in the log all the same.
            Err(error) => {
                warn!(bytes, %error, "the write-ahead log grows: it cannot be moved to the database");
            }
        }
    }
}
