//! Texts that more than one module needs.

use teahouse_wire::api::Cause;

/// Why the connection ended for good.
#[must_use]
pub(super) fn describe_end(cause: Cause) -> &'static str {
    match cause {
        Cause::Quit => "you left the house",
        Cause::Lost => "the connection broke",
        Cause::Idle => "the house closed the connection: nothing was heard from you for too long",
        Cause::Unread => "the house closed the connection: what it sent was not read",
        Cause::Protocol => "the house does not understand this client",
        Cause::Closing => "the house closes",
        Cause::Replaced => "you came back on another connection",
        Cause::Unknown => "the house closed the connection",
    }
}
