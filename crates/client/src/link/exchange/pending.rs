//! Requests that wait for an answer or for a connection.

use std::time::Duration;

use teahouse_core::RoomName;
use teahouse_wire::api::{Request, Topic};

use crate::link::AskError;
use crate::link::limits::ASKS_MAX;

/// A request without an answer.
#[derive(Clone, Debug)]
pub(super) struct PendingRequest {
    pub(super) reference: u64,
    pub(super) request: Request,
    /// When the answer is due; `None` while the request is not sent.
    due: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct PendingRequests {
    list: Vec<PendingRequest>,
}

impl PendingRequests {
    pub(super) fn push(&mut self, reference: u64, request: Request) -> Result<(), AskError> {
        if self.list.len() >= ASKS_MAX {
            return Err(AskError::TooManyWaiting { max: ASKS_MAX });
        }
        self.list.push(PendingRequest { reference, request, due: None });
        Ok(())
    }

    /// Returns the unsent requests, in order, and marks them as sent.
    pub(super) fn send(&mut self, due: Duration) -> Vec<PendingRequest> {
        let waiting = self.list.iter_mut().filter(|ask| ask.due.is_none());
        waiting
            .map(|ask| {
                ask.due = Some(due);
                ask.clone()
            })
            .collect()
    }

    /// Removes the request that was answered.
    pub(super) fn resolve(&mut self, reference: u64) {
        self.list.retain(|ask| ask.reference != reference);
    }

    /// A room's topic changed. This answers our request to change it: the event carries no reference.
    pub(super) fn resolve_topic_change(&mut self, name: &RoomName) {
        let is_match = |ask: &PendingRequest| {
            matches!(&ask.request, Request::Topic(Topic { room, text: Some(_) }) if room == name)
                && ask.due.is_some()
        };
        if let Some(index) = self.list.iter().position(is_match) {
            self.list.remove(index);
        }
    }

    /// The connection is closed. Requests that are safe to repeat wait for the next connection. The others are
    /// removed and returned: the server may have executed them or not.
    pub(super) fn on_disconnect(&mut self) -> Vec<PendingRequest> {
        let is_lost = |ask: &PendingRequest| {
            ask.due.is_some() && OnBreak::of(&ask.request) != OnBreak::Repeat
        };
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

/// What happens to a request when the connection breaks before its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnBreak {
    /// The request is not accepted: the link has the method `way` for it.
    OwnMethod { op: &'static str, way: &'static str },
    /// The request is dropped. It is never sent later, and its answer is not awaited.
    Drop,
    /// The request is reported as unanswered: the server may have executed it, so repeating it is unsafe.
    Report,
    /// The request is sent again: it only reads.
    Repeat,
}

impl OnBreak {
    pub(super) fn of(request: &Request) -> Self {
        match request {
            Request::Hello(_) => Self::OwnMethod { op: "hello", way: "Link::open" },
            Request::Say(_) => Self::OwnMethod { op: "say", way: "Link::say" },
            Request::Bye(_) => Self::OwnMethod { op: "bye", way: "Link::bye" },
            Request::Typing(_) => Self::Drop,
            Request::History(_) | Request::Search(_) | Request::Who(_) | Request::Rooms(_) => {
                Self::Repeat
            }
            Request::Topic(topic) if topic.text.is_none() => Self::Repeat,
            Request::Ignore(ignore) if ignore.nick.is_none() => Self::Repeat,
            Request::Join(_)
            | Request::Leave(_)
            | Request::Topic(_)
            | Request::Ignore(_)
            | Request::Tell(_)
            | Request::Nick(_) => Self::Report,
        }
    }
}
