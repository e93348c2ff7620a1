//! Questions that wait for their answers, or for a connection.

use std::time::Duration;

use teahouse_core::RoomName;
use teahouse_wire::api::{Request, Topic};

use crate::link::AskError;
use crate::link::limits::ASKS_MAX;

/// A question that was asked and has no answer.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) reference: u64,
    pub(super) request: Request,
    /// When the answer is due; `None` before it is sent.
    due: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct Asks {
    list: Vec<Ask>,
}

impl Asks {
    pub(super) fn push(&mut self, reference: u64, request: Request) -> Result<(), AskError> {
        if self.list.len() >= ASKS_MAX {
            return Err(AskError::TooManyWaiting { max: ASKS_MAX });
        }
        self.list.push(Ask { reference, request, due: None });
        Ok(())
    }

    /// What has not been sent, in order; from now on it is.
    pub(super) fn send(&mut self, due: Duration) -> Vec<Ask> {
        let waiting = self.list.iter_mut().filter(|ask| ask.due.is_none());
        waiting
            .map(|ask| {
                ask.due = Some(due);
                ask.clone()
            })
            .collect()
    }

    /// This one is answered.
    pub(super) fn answered(&mut self, reference: u64) {
        self.list.retain(|ask| ask.reference != reference);
    }

    /// A room's topic changed: whoever wanted to change it is answered, which no reference says.
    pub(super) fn topic_changed(&mut self, name: &RoomName) {
        let is_it = |ask: &Ask| {
            matches!(&ask.request, Request::Topic(Topic { room, text: Some(_) }) if room == name)
                && ask.due.is_some()
        };
        if let Some(index) = self.list.iter().position(is_it) {
            self.list.remove(index);
        }
    }

    /// The connection is gone. What can be asked twice without harm waits for the next one; the rest is
    /// returned: it may have been done or not.
    pub(super) fn lose(&mut self) -> Vec<Ask> {
        let is_lost = |ask: &Ask| ask.due.is_some() && Manner::of(&ask.request) != Manner::Again;
        let lost = self.list.iter().filter(|ask| is_lost(ask)).cloned().collect();
        self.list.retain(|ask| !is_lost(ask));
        for ask in &mut self.list {
            ask.due = None;
        }
        lost
    }

    pub(super) fn due(&self) -> Option<Duration> {
        self.list.iter().filter_map(|ask| ask.due).min()
    }
}

/// How something is asked over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// With a method of the link that is named here.
    Otherwise { op: &'static str, way: &'static str },
    /// Now or never.
    Passing,
    /// Once: when the connection breaks it may have been done or not.
    Once,
    /// Again after a break: asking again changes nothing but the answer.
    Again,
}

impl Manner {
    pub(super) fn of(request: &Request) -> Self {
        match request {
            Request::Hello(_) => Self::Otherwise { op: "hello", way: "Link::open" },
            Request::Say(_) => Self::Otherwise { op: "say", way: "Link::say" },
            Request::Bye(_) => Self::Otherwise { op: "bye", way: "Link::bye" },
            Request::Typing(_) => Self::Passing,
            Request::History(_) | Request::Search(_) | Request::Who(_) | Request::Rooms(_) => {
                Self::Again
            }
            Request::Topic(topic) if topic.text.is_none() => Self::Again,
            Request::Ignore(ignore) if ignore.nick.is_none() => Self::Again,
            Request::Join(_)
            | Request::Leave(_)
            | Request::Topic(_)
            | Request::Ignore(_)
            | Request::Tell(_)
            | Request::Nick(_) => Self::Once,
        }
    }
}
