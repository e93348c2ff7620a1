//! The outputs of the exchange, in order, with a reference number for each request.

use std::collections::VecDeque;

use teahouse_wire::api::{ClientMessage, Ref, Request};

use super::Unsent;
use crate::link::{Happening, Stage};

/// What the shell has to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open a connection; then call `handle_opened`, `handle_closed` or `handle_rejected`.
    Dial,
    /// Close the connection or stop the try. Pass nothing of it to the exchange afterwards.
    Hangup,
    /// Send this JSON as one text message.
    Send(String),
    /// Return this to the user of the link.
    Happened(Happening),
}

/// See the comment of this file.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    queue: VecDeque<Output>,
    /// The last reference number.
    references: u64,
    /// References of the link's own requests on this connection, whose answers are not returned to the user.
    internal: Vec<u64>,
}

impl Outputs {
    /// The next output.
    pub(super) fn poll(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    pub(super) fn push_dial(&mut self) {
        self.queue.push_back(Output::Dial);
    }

    pub(super) fn push_hangup(&mut self) {
        self.queue.push_back(Output::Hangup);
    }

    pub(super) fn push_happening(&mut self, happening: Happening) {
        self.queue.push_back(Output::Happened(happening));
    }

    pub(super) fn push_outgoing(&mut self, unsent: &Unsent, stage: Stage) {
        self.push_happening(Happening::Outgoing(unsent.with_stage(stage)));
    }

    /// The reference that the next call of [`Outputs::new_reference`] returns.
    pub(super) fn next_reference(&self) -> u64 {
        self.references + 1
    }

    /// A new reference.
    pub(super) fn new_reference(&mut self) -> u64 {
        self.references += 1;
        self.references
    }

    pub(super) fn send(&mut self, reference: u64, request: Request) {
        let message = ClientMessage { reference: Some(Ref::Number(reference)), request };
        // It never fails: names, numbers and text always have a JSON form.
        if let Ok(json) = serde_json::to_string(&message) {
            self.queue.push_back(Output::Send(json));
        }
    }

    /// Sends a request of the link itself.
    pub(super) fn ask_internally(&mut self, request: Request) {
        let reference = self.new_reference();
        self.internal.push(reference);
        self.send(reference, request);
    }

    /// Whether this is a request of the link itself.
    pub(super) fn is_internal(&self, reference: u64) -> bool {
        self.internal.contains(&reference)
    }

    /// Forgets the link's own requests: the connection is closed.
    pub(super) fn forget_internal(&mut self) {
        self.internal.clear();
    }
}
