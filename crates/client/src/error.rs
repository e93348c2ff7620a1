//! Why a client failed, and the exit code for scripts.

use std::io;

use thiserror::Error;

use crate::link::AddressError;

/// The kinds of results of a client, for the program that started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success: 0.
    Done,
    /// The network, the disk or the server failed; another try may succeed: 1.
    Fault,
    /// The command line is not valid: 2.
    Usage,
    /// The server refused the request: 3.
    Refused,
}

impl Exit {
    /// The exit code of the process.
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

/// Why a client failed.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The address of the server is not valid.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The command line is not valid.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
    },
    /// The name of the server cannot be resolved, or no server answers at its address.
    #[error("Unable to connect to {server}: {what}")]
    Unreachable {
        /// The host and the port, as given.
        server: String,
        /// The reason.
        what: String,
    },
    /// The connection ended for good, or was lost for too long.
    #[error("Disconnected from chat server")]
    Disconnected,
    /// The connection is lost before the server confirmed all messages.
    #[error("Disconnected from chat server; {count} messages are not known to be kept: {why}")]
    NotKept {
        /// The number of unconfirmed messages.
        count: usize,
        /// The reason.
        why: String,
    },
    /// The server, or a limit of this client, refused the request.
    #[error("refused: {what}")]
    Refused {
        /// What was refused, and why.
        what: String,
    },
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    /// The output cannot be written.
    #[error("cannot print what arrives: {0}")]
    Output(io::Error),
    /// The operating system did not give what the client needs to start.
    #[error("cannot start: {0}")]
    Start(io::Error),
}

impl ClientError {
    /// What the person can do about it.
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

    /// The kind of the error, for scripts.
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
