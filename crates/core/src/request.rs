//! What a session asks for, whatever becomes of it.

use crate::{Action, Query, Signal, Text};

/// One request. Its kind decides where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Changes the chat: it is proposed to the log, and made where that has put it.
    Action(Action),
    /// Only reads: it is answered at its place among what is asked here, and not kept.
    Query(Query),
    /// Only passes by: it is told to those who are there, and not kept.
    Signal(Signal),
}

impl Request {
    /// The words it brings along for others.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Action(action) => action.text(),
            Self::Query(_) | Self::Signal(_) => None,
        }
    }

    /// Whether it goes into the history.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        match self {
            Self::Action(action) => action.is_kept(),
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
