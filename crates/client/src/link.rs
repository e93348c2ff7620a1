//! The connection that resumes: what our own clients are built on, and how bots are written.
//!
//! [`Link::open`] begins to connect; [`Link::next`] tells what happens, one [`Happening`] after the other,
//! and has to be called again and again, because the link works while it is awaited. Everything else
//! returns at once: [`Link::say`] puts a message into the outbox, [`Link::ask`] asks something whose answer
//! arrives as a happening with the same reference.
//!
//! The link reconnects by itself, joins its rooms again from where it was, and sends what was not
//! acknowledged once more under the same id, so that each message is kept once and each event arrives
//! once. [`Exchange`] is the same without sockets; `examples/echo_bot.rs` shows the whole in use.

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
pub(crate) use shell::{drawn, drawn_id};

use teahouse_core::harmless::excerpt;
use teahouse_core::{Refusal, RoomName};
use teahouse_wire::api::Code;
use teahouse_wire::refusal::{Reader, words};
use thiserror::Error;

/// What a server says itself, as one line with nothing in it that acts on a terminal, cut where it is too long.
pub(crate) fn shown(words: &str) -> String {
    excerpt(words, limits::WORDS_CHARS_MAX)
}

/// Why something could not be said. It is not in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SayError {
    /// The room is not one of the link's.
    #[error("{}", words(&Refusal::NotInRoom { room: room.clone() }, Reader::Program))]
    NotInRoom {
        /// Which.
        room: RoomName,
    },
    /// The outbox has as many messages as it may have.
    #[error("{max} messages wait to be sent, the limit; wait until some are")]
    TooManyWaiting {
        /// How many that is.
        max: usize,
    },
    /// The outbox has as much text as it may have.
    #[error("{max} bytes wait to be sent, the limit; wait until some are")]
    TooMuchWaiting {
        /// How much that is, bytes.
        max: usize,
    },
    /// The link is over for good.
    #[error("the connection has ended; open another one")]
    Ended,
}

impl SayError {
    /// The same for programs, as if the server had said it.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotInRoom { .. } => Code::NotInRoom,
            Self::TooManyWaiting { .. } | Self::TooMuchWaiting { .. } => Code::TooFast,
            Self::Ended => Code::NotInTheHouse,
        }
    }
}

/// Why something could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AskError {
    /// It is not asked but done in another way.
    #[error("{op} is not asked; use {way}")]
    Otherwise {
        /// What was asked.
        op: &'static str,
        /// How it is done.
        way: &'static str,
    },
    /// As many questions wait as may.
    #[error("{max} questions wait for answers, the limit; wait until some have come")]
    TooManyWaiting {
        /// How many that is.
        max: usize,
    },
    /// The link is over for good.
    #[error("the connection has ended; open another one")]
    Ended,
}

impl AskError {
    /// The same for programs, as if the server had said it.
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
    fn what_the_link_would_not_do_has_the_code_of_what_it_is() {
        let room = RoomName::parse("tea").unwrap();
        let says = [
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
        for (error, code, words) in says {
            assert_eq!((error.code(), error.to_string().as_str()), (code, words));
        }
        let asks = [
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
        for (error, code, words) in asks {
            assert_eq!((error.code(), error.to_string().as_str()), (code, words));
        }
    }
}
