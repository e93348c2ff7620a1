//! What goes wrong with a history, and what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why a history cannot be opened or closed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The directory cannot be made or written.
    #[error("cannot keep data in {}: {}", path.display(), teahouse_wire::io_text::without_os_code(why))]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// Another server has it open.
    #[error("{} is in use by another server", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The file is no database, or a damaged one.
    #[error("{} is damaged: {what}", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file is somebody else's database.
    #[error("{} is a database of another program", path.display())]
    NotOurs {
        /// Which file.
        path: PathBuf,
    },
    /// The file was made by a later version.
    #[error("{} was made by a later version (schema {found}, this one knows {known})", path.display())]
    TooNew {
        /// Which file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// There is none.
    #[error("there is no history in {}", path.display())]
    NoHistory {
        /// Which file that would be.
        path: PathBuf,
    },
    /// A new file was asked for, and there is one.
    #[error("{} exists already", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// SQLite refused.
    #[error("cannot open the history in {}", path.display())]
    Sqlite {
        /// Which directory.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// SQLite refused at the end.
    #[error("cannot close the history")]
    Close(#[source] rusqlite::Error),
}

impl StoreError {
    /// SQLite refused to open `place`, or what it read from `database` is not what we write.
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
            Self::NoHistory { .. } => "say where it is with --data, or with the server's --config",
            Self::Exists { .. } => "choose a name that is free: nothing is overwritten",
            Self::Sqlite { .. } => "check the disk and who may write to the directory",
            Self::Close(_) => {
                "everything that was shown is kept; the next start goes on from there"
            }
        }
    }
}

/// Why a batch was not kept. It has been rolled back as a whole.
#[derive(Debug, Error)]
pub enum CommitError {
    /// There is no room, or another program is writing. The same batch may be tried again later.
    #[error("not at the moment")]
    Later(#[source] rusqlite::Error),
    /// Anything else: what the disk has is not known any more.
    #[error("the disk failed")]
    Fault(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for CommitError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLITE_IOERR_WRITE is what SQLite makes of a short write or of a quota, SQLITE_IOERR_SHMSIZE
        // of no room for the index of its log.
        const SQLITE_IOERR_WRITE: i32 = 10 | (3 << 8);
        const SQLITE_IOERR_SHMSIZE: i32 = 10 | (19 << 8);
        let may_pass = error.sqlite_error().is_some_and(|failure| {
            matches!(failure.code, ErrorCode::DiskFull | ErrorCode::DatabaseBusy)
                || [SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMSIZE].contains(&failure.extended_code)
        });
        if may_pass { Self::Later(error) } else { Self::Fault(error) }
    }
}

/// Whether SQLite says that a file is no database, or a damaged one.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}
