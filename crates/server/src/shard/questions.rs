//! What one connection has asked of history and has not been given yet, in the order it asked.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use teahouse_core::{ReadGrant, RequestId};

/// Questions to history of one connection; no memory where there is none, as with most connections at any time.
#[derive(Default)]
pub(super) struct Questions {
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 32")]
    queue: Option<Box<VecDeque<Question>>>,
    /// Something is being read for this connection: one of these, or what a room has that it missed.
    pub(super) is_reading: bool,
}

/// One question to history.
pub(super) struct Question {
    pub(super) request: RequestId,
    pub(super) granted: ReadGrant,
    /// Goes when it is answered or the connection is gone: what is read for nobody is not read.
    waits: Arc<()>,
}

impl Question {
    /// Something that is gone when nobody waits for the answer.
    pub(super) fn waits(&self) -> Weak<()> {
        Arc::downgrade(&self.waits)
    }
}

impl Questions {
    pub(super) fn len(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.len())
    }

    pub(super) fn front(&self) -> Option<&Question> {
        self.queue.as_ref()?.front()
    }

    pub(super) fn push(&mut self, request: RequestId, granted: ReadGrant) {
        let question = Question { request, granted, waits: Arc::new(()) };
        self.queue.get_or_insert_default().push_back(question);
    }

    /// The first is answered.
    pub(super) fn pop(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.pop_front();
            if queue.is_empty() {
                self.queue = None;
            }
        }
    }
}
