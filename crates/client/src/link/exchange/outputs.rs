//! What the exchange wants done: gathered in order, with a number for each request.

use std::collections::VecDeque;

use teahouse_wire::api::{ClientMessage, Ref, Request};

use super::Unsent;
use crate::link::{Happening, Stage};

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Try to open a connection; then call `handle_opened` or `handle_closed`.
    Dial,
    /// Give up the connection, or the try; nothing of it is handled any more.
    Hangup,
    /// Send this as one text message.
    Send(String),
    /// Tell whoever uses the link.
    Happened(Happening),
}

/// See the module above.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    queue: VecDeque<Output>,
    /// Requests that have a number.
    references: u64,
    /// Our own questions on this connection, whose answers nobody waits for.
    quiet: Vec<u64>,
}

impl Outputs {
    /// The next one.
    pub(super) fn poll(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    pub(super) fn dial(&mut self) {
        self.queue.push_back(Output::Dial);
    }

    pub(super) fn hang_up(&mut self) {
        self.queue.push_back(Output::Hangup);
    }

    pub(super) fn happened(&mut self, happening: Happening) {
        self.queue.push_back(Output::Happened(happening));
    }

    pub(super) fn outgoing(&mut self, unsent: &Unsent, stage: Stage) {
        self.happened(Happening::Outgoing(unsent.at(stage)));
    }

    /// The number of the next request.
    pub(super) fn next_reference(&self) -> u64 {
        self.references + 1
    }

    /// A number for a request.
    pub(super) fn refer(&mut self) -> u64 {
        self.references += 1;
        self.references
    }

    pub(super) fn send(&mut self, reference: u64, request: Request) {
        let asked = ClientMessage { reference: Some(Ref::Number(reference)), request };
        // Names, numbers and text always have a JSON form.
        if let Ok(json) = serde_json::to_string(&asked) {
            self.queue.push_back(Output::Send(json));
        }
    }

    /// Asks something for ourselves.
    pub(super) fn ask_quietly(&mut self, request: Request) {
        let reference = self.refer();
        self.quiet.push(reference);
        self.send(reference, request);
    }

    /// Whether we asked this for ourselves.
    pub(super) fn is_quiet(&self, reference: u64) -> bool {
        self.quiet.contains(&reference)
    }

    /// The connection is gone, and what was asked on it.
    pub(super) fn forget_quiet(&mut self) {
        self.quiet.clear();
    }
}
