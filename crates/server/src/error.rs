//! Faults: failures of the disk, the network or the configuration, each with a hint.

use std::io::ErrorKind;
use std::net::SocketAddr;

use teahouse_wire::io_text::without_os_code;
use thiserror::Error;

use crate::settings::{NoDataDirectory, SettingsError};
use crate::store::StoreError;

/// Why the server cannot start or continue.
#[derive(Debug, Error)]
pub enum Fault {
    /// A setting cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {}", without_os_code(why))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        why: std::io::Error,
    },
    /// The platform has no default data directory.
    #[error(transparent)]
    NoDataDirectory(#[from] NoDataDirectory),
    /// The database cannot be opened, read or closed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A transaction failed, and retrying does not help.
    #[error("cannot store messages")]
    Commit(#[source] rusqlite::Error),
    /// The server closed while nothing could be stored.
    #[error("closed with {effects} changes that could not be stored; nobody has seen them")]
    Unstored {
        /// The number of effects that were not stored.
        effects: usize,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// The start of the server could not be recorded in time.
    #[error("cannot record the start of the server in the database")]
    NotOpened(#[source] Option<rusqlite::Error>),
    /// A thread or a runtime cannot be started.
    #[error("cannot start the {what}")]
    Start {
        /// The part of the server.
        what: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// The history has been opened as often as session numbers allow.
    #[error("this history has been opened a million times, which is the limit")]
    OpenedTooOften,
    /// Closing took too long.
    #[error("the server could not close in time; every message that was shown is stored")]
    Late,
    /// A part of the server ended by itself.
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
            Self::Commit(_) => "check the disk; every message that was shown is stored".to_owned(),
            Self::Unstored { .. } | Self::NotOpened(Some(_)) => {
                "free space on the disk, end other programs that write to the database, and start again"
                    .to_owned()
            }
            Self::NotOpened(None) => "check that the disk responds, and start again".to_owned(),
            Self::Start { .. } => "check the limits of this user (ulimit -a)".to_owned(),
            Self::OpenedTooOften => "choose a new directory with --data".to_owned(),
            Self::Late => "check for a slow disk; the next start needs no repair".to_owned(),
            Self::Ended(_) => "this is a defect; please report it with the log".to_owned(),
        }
    }
}
