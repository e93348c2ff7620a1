//! Why a client could not do what it was started for, and what that means to a script.

use std::io;

use thiserror::Error;

use crate::link::AddressError;

/// What a program that ran a client may conclude from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done: 0.
    Done,
    /// Something failed that may succeed another time: the network, the disk, the server: 1.
    Fault,
    /// It was asked in a way that cannot be understood: 2.
    Usage,
    /// The server does not allow it, or not as it was asked: 3.
    Refused,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Fault => 1,
            Self::Usage => 2,
            Self::Refused => 3,
        }
    }
}

/// Why a conversation could not begin, go on or end well.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The server's address makes no sense.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// What was asked for cannot be understood.
    #[error("{what}")]
    Usage {
        /// What is wrong with it.
        what: String,
    },
    /// The name means nothing, or nobody answers there.
    #[error("Unable to connect to {server}: {what}")]
    Unreachable {
        /// Host and port as given.
        server: String,
        /// Why.
        what: String,
    },
    /// The server went away, for good or for too long.
    #[error("Disconnected from chat server")]
    Disconnected,
    /// The server went away before everything said was known to be kept.
    #[error("Disconnected from chat server; {count} messages are not known to be kept: {why}")]
    NotKept {
        /// How many.
        count: usize,
        /// Why.
        why: String,
    },
    /// The server said no.
    #[error("refused: {what}")]
    Refused {
        /// What, and why.
        what: String,
    },
    /// Our own input cannot be read.
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    /// Our own output is closed.
    #[error("cannot print what arrives: {0}")]
    Output(io::Error),
    /// The system does not let us work.
    #[error("cannot start: {0}")]
    Start(io::Error),
}

impl ClientError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Address(error) => error.hint(),
            Self::Usage { .. } => "see --help".to_owned(),
            Self::Unreachable { .. } => {
                "check the host and port, and that the server runs; a server of plain lines is \
                 tcp://HOST:PORT"
                    .to_owned()
            }
            Self::Disconnected => "join again; what was shown is kept by the server".to_owned(),
            Self::NotKept { .. } => "look what has arrived before you say them again".to_owned(),
            Self::Refused { .. } => "change what the house objects to, then try again".to_owned(),
            Self::Input(_) => "keep standard input open".to_owned(),
            Self::Output(_) => "keep standard output open".to_owned(),
            Self::Start(_) => "free some memory or open files, then try again".to_owned(),
        }
    }

    /// What it means to a script.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Address(_) | Self::Usage { .. } => Exit::Usage,
            Self::Refused { .. } => Exit::Refused,
            Self::Unreachable { .. }
            | Self::Disconnected
            | Self::NotKept { .. }
            | Self::Input(_)
            | Self::Output(_)
            | Self::Start(_) => Exit::Fault,
        }
    }
}
