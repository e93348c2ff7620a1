//! Faults: what goes wrong with our disk, our network or our configuration, each with a hint.

use std::io::ErrorKind;
use std::net::SocketAddr;

use teahouse_wire::io_text::without_os_code;
use thiserror::Error;

use crate::settings::{NoDataDirectory, SettingsError};
use crate::store::StoreError;

/// Why the server cannot start or go on.
#[derive(Debug, Error)]
pub enum Fault {
    /// A setting cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {}", without_os_code(why))]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        why: std::io::Error,
    },
    /// The platform names no place for data.
    #[error(transparent)]
    NoDataDirectory(#[from] NoDataDirectory),
    /// The database cannot be opened, read or closed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A transaction failed for a reason that does not pass.
    #[error("cannot store messages")]
    Commit(#[source] rusqlite::Error),
    /// The server closed while nothing could be stored.
    #[error("closed with {effects} changes not stored, none of them shown to anyone")]
    Unstored {
        /// How many.
        effects: usize,
        /// Why.
        source: rusqlite::Error,
    },
    /// That the server starts could not be recorded in time.
    #[error("cannot record in the database that the server starts")]
    NotOpened(#[source] Option<rusqlite::Error>),
    /// A thread or a runtime cannot be started.
    #[error("cannot start the {what}")]
    Start {
        /// Which part.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The history has been opened as often as session numbers allow.
    #[error("this history has been opened a million times, which is the limit")]
    OpenedTooOften,
    /// Closing took too long.
    #[error("not everything could be closed in time; what was shown is kept")]
    Late,
    /// Part of the server ended by itself.
    #[error("the {0} ended unexpectedly")]
    Ended(&'static str),
}

impl Fault {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Settings(error) => error.hint().to_owned(),
            Self::Listen { why, .. } if why.kind() == ErrorKind::AddrInUse => {
                "stop the other server or choose another address with --listen".to_owned()
            }
            Self::Listen { why, .. } if why.kind() == ErrorKind::PermissionDenied => {
                "ports below 1024 need privileges; choose another with --listen".to_owned()
            }
            Self::Listen { .. } => "choose an address of this machine with --listen".to_owned(),
            Self::NoDataDirectory(_) => "name a directory with --data".to_owned(),
            Self::Store(error) => error.hint().to_string(),
            Self::Commit(_) => "check the disk; everything that was shown is kept".to_owned(),
            Self::Unstored { .. } | Self::NotOpened(Some(_)) => {
                "make room on the disk, end what else writes to the database, and start again"
                    .to_owned()
            }
            Self::NotOpened(None) => {
                "look for a disk that does not answer, and start again".to_owned()
            }
            Self::Start { .. } => "check the limits of this user (ulimit -a)".to_owned(),
            Self::OpenedTooOften => "begin a new history with --data".to_owned(),
            Self::Late => {
                "look for a slow disk; the next start repairs nothing and loses nothing".to_owned()
            }
            Self::Ended(_) => "this is a defect; please report it with the log".to_owned(),
        }
    }
}
