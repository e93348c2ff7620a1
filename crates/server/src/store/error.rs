//! The errors of a history, and what to do about each.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why a history cannot be opened or closed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The directory cannot be made or written.
    #[error("cannot keep data in {}: {}", path.display(), teahouse_wire::io_text::without_os_code(why))]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        why: std::io::Error,
    },
    /// Another server has the directory open.
    #[error("{} is in use by another server", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The file is not a database, or is damaged.
    #[error("{} is damaged: {what}", path.display())]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// The damage.
        what: String,
    },
    /// The file is a database of another program.
    #[error("{} is a database of another program", path.display())]
    NotOurs {
        /// The database file.
        path: PathBuf,
    },
    /// The file was made by a later version.
    #[error("{} was made by a later version (schema {found}, this one knows {known})", path.display())]
    TooNew {
        /// The database file.
        path: PathBuf,
        /// The schema version of the file.
        found: u32,
        /// The newest schema version that this program knows.
        known: u32,
    },
    /// The database does not exist.
    #[error("there is no history in {}", path.display())]
    NoHistory {
        /// The expected database file.
        path: PathBuf,
    },
    /// The file to be created exists.
    #[error("{} exists already", path.display())]
    Exists {
        /// The existing file.
        path: PathBuf,
    },
    /// SQLite could not open the history.
    #[error("cannot open the history in {}", path.display())]
    Sqlite {
        /// The directory.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// SQLite could not close the history.
    #[error("cannot close the history")]
    Close(#[source] rusqlite::Error),
}

impl StoreError {
    /// The error for a history that cannot be opened: damage if SQLite reports damage or the content of `database` is
    /// not what this program writes; otherwise a failure at `place`.
    pub(super) fn unusable(place: &Path, database: &Path, source: rusqlite::Error) -> Self {
        let is_ours_to_judge = source.sqlite_error().is_none();
        if is_ours_to_judge || is_damage(&source) {
            return Self::Corrupt { path: database.to_owned(), what: source.to_string() };
        }
        Self::Sqlite { path: place.to_owned(), source }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Directory { .. } => "choose a directory you may write to with --data",
            Self::InUse { .. } => "stop the other server or choose another directory with --data",
            Self::Corrupt { .. } => {
                "move the file away and restore a copy; `sqlite3 FILE .recover` may save the rest"
            }
            Self::NotOurs { .. } => "choose another directory with --data",
            Self::TooNew { .. } => "run the version that made it, or a later one",
            Self::NoHistory { .. } => {
                "name its directory with --data, or pass the server's --config"
            }
            Self::Exists { .. } => "choose a name that is free: nothing is overwritten",
            Self::Sqlite { .. } => "check the disk and the permissions of the directory",
            Self::Close(_) => "every message that was shown is stored; start the server again",
        }
    }
}

/// Why a batch was not stored. It has been rolled back as a whole.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The disk is full, or another program is writing. The same batch may be retried later.
    #[error("not at the moment")]
    Later(#[source] rusqlite::Error),
    /// Any other error: the state of the disk is unknown.
    #[error("the disk failed")]
    Fault(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for CommitError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite reports a short write or an exceeded quota as SQLITE_IOERR_WRITE, and a lack of space for the index
        // of its log as SQLITE_IOERR_SHMSIZE.
        const SQLITE_IOERR_WRITE: i32 = 10 | (3 << 8);
        const SQLITE_IOERR_SHMSIZE: i32 = 10 | (19 << 8);
        let may_pass = error.sqlite_error().is_some_and(|failure| {
            matches!(failure.code, ErrorCode::DiskFull | ErrorCode::DatabaseBusy)
                || [SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMSIZE].contains(&failure.extended_code)
        });
        if may_pass { Self::Later(error) } else { Self::Fault(error) }
    }
}

/// Whether SQLite says that a file is not a database, or is damaged.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}
