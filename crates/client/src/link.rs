//! The connection that resumes. Our own clients are built on it, and so are bots.
//!
//! [`Link::open`] starts to connect. [`Link::next`] returns one [`Happening`] after the other; call it in a
//! loop, because the link works only while `next` is awaited. All other methods return at once: [`Link::say`]
//! puts a message into the outbox, and [`Link::ask`] sends a request whose answer arrives as a happening with
//! the same reference.
//!
//! The link reconnects by itself, joins its rooms again from the last event it received, and sends
//! unacknowledged messages again under the same id. So the server stores each message once, and each event
//! arrives once. [`Exchange`] is the link without sockets; `examples/echo_bot.rs` is a whole program.

mod exchange;
mod happening;
pub mod limits;
mod server;
mod shell;

pub(crate) use exchange::Retry;
pub use exchange::{Exchange, Output, Start, Unsent};
pub use happening::{Happening, Outgoing, Stage, State};
pub use server::{AddressError, PORT, Protocol, Server};
pub use shell::{Config, Link};
pub(crate) use shell::{new_id, random_bytes};

use teahouse_core::harmless::excerpt;
use teahouse_core::{Refusal, RoomName};
use teahouse_wire::api::Code;
use teahouse_wire::refusal::{Reader, words};
use thiserror::Error;

/// The server's own words (a notice, an error, a reason) as one line that is safe to print on a terminal, cut at
/// [`limits::WORDS_CHARS_MAX`].
pub(crate) fn display(words: &str) -> String {
    excerpt(words, limits::WORDS_CHARS_MAX)
}

/// Why [`Link::say`] did not accept a message. The message is not in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SayError {
    /// The link has not joined the room.
    #[error("{}", words(&Refusal::NotInRoom { room: room.clone() }, Reader::Program))]
    NotInRoom {
        /// The room.
        room: RoomName,
    },
    /// The outbox is full: it holds the maximum number of messages.
    #[error("{max} messages wait to be sent, the limit; wait until some are")]
    TooManyWaiting {
        /// The maximum, in messages.
        max: usize,
    },
    /// The outbox is full: it holds the maximum amount of text.
    #[error("{max} bytes wait to be sent, the limit; wait until some are")]
    TooMuchWaiting {
        /// The maximum, in bytes.
        max: usize,
    },
    /// The link has ended and does not connect again.
    #[error("the connection has ended; open another one")]
    Ended,
}

impl SayError {
    /// The error code that the server would use for this error.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotInRoom { .. } => Code::NotInRoom,
            Self::TooManyWaiting { .. } | Self::TooMuchWaiting { .. } => Code::TooFast,
            Self::Ended => Code::NotInTheHouse,
        }
    }
}

/// Why [`Link::ask`] did not accept a request. The request is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AskError {
    /// The request has a method of its own.
    #[error("{op} is not asked; use {way}")]
    Otherwise {
        /// The name of the request.
        op: &'static str,
        /// The method to call.
        way: &'static str,
    },
    /// The maximum number of requests wait for an answer or for a connection.
    #[error("{max} questions wait for answers, the limit; wait until some have come")]
    TooManyWaiting {
        /// The maximum, in requests.
        max: usize,
    },
    /// The link has ended and does not connect again.
    #[error("the connection has ended; open another one")]
    Ended,
}

impl AskError {
    /// The error code that the server would use for this error.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Otherwise { .. } => Code::BadRequest,
            Self::TooManyWaiting { .. } => Code::TooFast,
            Self::Ended => Code::NotInTheHouse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_the_link_has_the_code_that_a_server_would_use() {
        let room = RoomName::parse("tea").unwrap();
        let say_errors = [
            (SayError::NotInRoom { room }, Code::NotInRoom, "you are not in #tea; join #tea first"),
            (
                SayError::TooManyWaiting { max: 2 },
                Code::TooFast,
                "2 messages wait to be sent, the limit; wait until some are",
            ),
            (
                SayError::TooMuchWaiting { max: 3 },
                Code::TooFast,
                "3 bytes wait to be sent, the limit; wait until some are",
            ),
            (SayError::Ended, Code::NotInTheHouse, "the connection has ended; open another one"),
        ];
        for (error, code, words) in say_errors {
            assert_eq!((error.code(), error.to_string().as_str()), (code, words));
        }
        let ask_errors = [
            (
                AskError::Otherwise { op: "say", way: "Link::say" },
                Code::BadRequest,
                "say is not asked; use Link::say",
            ),
            (
                AskError::TooManyWaiting { max: 2 },
                Code::TooFast,
                "2 questions wait for answers, the limit; wait until some have come",
            ),
            (AskError::Ended, Code::NotInTheHouse, "the connection has ended; open another one"),
        ];
        for (error, code, words) in ask_errors {
            assert_eq!((error.code(), error.to_string().as_str()), (code, words));
        }
    }
}
