//! What a session asks for: an action, a query or a signal.

use crate::{Action, Query, Signal, Text};

/// One request. Its kind decides which way it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Changes the chat: it is proposed to the log and applied at the position that the log gives it.
    Action(Action),
    /// Reads: this node answers it, in order with the session's other requests. It is not stored.
    Query(Query),
    /// Is passed on to the people who are present. It is not stored.
    Signal(Signal),
}

impl Request {
    /// The text in it that other people will read.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Action(action) => action.text(),
            Self::Query(_) | Self::Signal(_) => None,
        }
    }

    /// Whether it goes into history.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        match self {
            Self::Action(action) => action.is_durable(),
            Self::Query(_) | Self::Signal(_) => false,
        }
    }
}

impl From<Action> for Request {
    fn from(action: Action) -> Self {
        Self::Action(action)
    }
}

impl From<Query> for Request {
    fn from(query: Query) -> Self {
        Self::Query(query)
    }
}

impl From<Signal> for Request {
    fn from(signal: Signal) -> Self {
        Self::Signal(signal)
    }
}
