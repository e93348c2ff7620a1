//! The questions that one connection has asked of history and that are not answered, in order.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use teahouse_core::{ReadGrant, RequestId};

/// Questions to history of one connection. It allocates nothing while there is none, as for most connections at any
/// time.
#[derive(Default)]
pub(super) struct Questions {
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 32")]
    queue: Option<Box<VecDeque<Question>>>,
    /// Whether a page is in flight for this connection: for a question, or for a member that is behind.
    pub(super) is_reading: bool,
}

/// One question to history.
pub(super) struct Question {
    pub(super) request: RequestId,
    pub(super) granted: ReadGrant,
    /// Dropped when the question is answered or the connection is gone. Then history is not read for it.
    waits: Arc<()>,
}

impl Question {
    /// A reference that expires when nobody waits for the answer.
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

    /// Removes the first question, which is answered.
    pub(super) fn pop(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.pop_front();
            if queue.is_empty() {
                self.queue = None;
            }
        }
    }
}
