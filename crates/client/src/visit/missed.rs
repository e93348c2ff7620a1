//! Why there is no answer.

use std::time::Duration;

use teahouse_wire::api::Failure;

use crate::link::display;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Missed {
    /// Nobody is there, or somebody who speaks something else: nothing was asked.
    Unreached(String),
    /// There is no answer, or it broke off. What was asked may have been done.
    Broken(String),
    /// The server does not do it just now.
    Busy {
        /// Why, as it says.
        why: String,
        /// How long it wants us to wait.
        wait: Duration,
    },
    /// The server says no.
    Refused(Failure),
}

/// The answer broke off, or is none.
pub(super) fn broken(what: impl ToString) -> Missed {
    Missed::Broken(display(&what.to_string()))
}
