//! Why a line is not done, in words for the person who entered it.

use teahouse_core::Refusal;
use thiserror::Error;

use super::Verb;
use crate::refusal::{Reader, words};

/// Why a line is not done. Nothing of it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// There is no such command.
    #[error("there is no /{typed}; {} (to say it, begin with //)", advice(*nearest))]
    Unknown {
        /// As typed, short and harmless.
        typed: String,
        /// The command that is most like it.
        nearest: Option<&'static Verb>,
    },
    /// It needs other arguments.
    #[error("usage: {}", verb.usage())]
    Usage {
        /// Which command.
        verb: &'static Verb,
    },
    /// It would be refused whoever asks it: a name that is none, words that cannot be said, a room that one is
    /// not in.
    #[error("{}", words(.0, Reader::Person))]
    Refused(Refusal),
    /// There is no room that it could be about.
    #[error("you are in no room; /join one first")]
    InNoRoom,
    /// A number of messages that is out of its range.
    #[error("/history shows 1 to {max} messages at once")]
    HistoryCount {
        /// The most.
        max: u32,
    },
    /// A search for too much.
    #[error("a search has at most {max} bytes; yours has {bytes}")]
    SearchTooLong {
        /// What it has.
        bytes: usize,
        /// What it may have.
        max: usize,
    },
    /// There was no search, or it found nothing older.
    #[error("the last search has nothing older; /search WORDS finds messages")]
    NothingOlder,
}

fn advice(nearest: Option<&'static Verb>) -> String {
    match nearest {
        Some(verb) => format!("did you mean /{}?", verb.name),
        None => "/help lists what there is".to_owned(),
    }
}

/// Why the arguments of a command are wrong.
pub(super) enum Wrong {
    /// They are others: its usage says which.
    Usage,
    /// Something about them.
    Said(CommandError),
}

impl From<CommandError> for Wrong {
    fn from(error: CommandError) -> Self {
        Self::Said(error)
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self::Said(refusal.into())
    }
}
