//! Why a request has no answer.

use std::time::Duration;

use teahouse_wire::api::Failure;

use crate::link::display;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// No server answers at the address, or one of another protocol. The request was not executed.
    Unreachable(String),
    /// No answer came, or it was cut off. The server may have executed the request.
    Broken(String),
    /// The server is too busy.
    Busy {
        /// The reason, in the server's words.
        why: String,
        /// The pause that the server demands.
        wait: Duration,
    },
    /// The server refused the request.
    Refused(Failure),
}

/// An error for an answer that was cut off or is not valid.
pub(super) fn broken_error(what: impl ToString) -> RequestError {
    RequestError::Broken(display(&what.to_string()))
}
