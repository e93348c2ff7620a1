//! The proposals and queries gathered for the log. They are handed over as one chunk per round, so that a round wakes
//! the hub once however many people sent something.

use std::task::{Context, Poll, Waker};

use crate::credits::{CHUNK_MAX, FEW, Work};
use crate::key::Key;
use crate::log::{CHUNK_BYTES_MAX, CHUNK_ENTRIES_MAX, Chunk, Entry};

/// The entries that the log has not taken yet.
#[derive(Default)]
pub(super) struct Gathered {
    chunk: Chunk,
    /// Bytes of message text in them. Everything else is small, and bounded by the number of entries.
    bytes: usize,
    /// The work of delivering their text, without the writes to sockets.
    work: Work,
    /// Wakes the task that hands chunks to the log; set while that task waits.
    taker: Option<Waker>,
    /// Connections that may be read again once the log has taken the chunk.
    waiting: Vec<Key>,
}

impl Gathered {
    pub(super) fn push(&mut self, entry: Entry) {
        if let Entry::Proposal(proposal) = &entry {
            self.bytes += proposal.action.text().map_or(0, |text| text.as_str().len());
        }
        self.chunk.push(entry);
        self.wake_taker();
    }

    /// The bytes of text and the number of entries. A caller takes it before a read, to charge what the read adds.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.bytes, self.chunk.len())
    }

    /// Charges the work of what was added since the chunk had this size, for text that `listeners` members here
    /// receive.
    pub(super) fn charge(&mut self, (bytes, entries): (usize, usize), listeners: usize) {
        for nth in entries..self.chunk.len() {
            let bytes = if nth == entries { self.bytes.saturating_sub(bytes) } else { 0 };
            self.work += Work::of_message(bytes, listeners);
        }
    }

    /// Whether text for this many listeners must wait until the log takes the chunk. Text for a few listeners does not
    /// wait for the traffic of a busy room.
    pub(super) fn is_full_for(&self, listeners: usize) -> bool {
        self.is_full() || (listeners > FEW && self.work >= CHUNK_MAX)
    }

    pub(super) fn len(&self) -> usize {
        self.chunk.len()
    }

    /// Whether nothing more may be added until the log takes the chunk.
    pub(super) fn is_full(&self) -> bool {
        self.chunk.len() >= CHUNK_ENTRIES_MAX || self.bytes >= CHUNK_BYTES_MAX
    }

    /// Takes the chunk and its work. Pending while the chunk is empty; `None` when it is empty and the server is
    /// closing.
    pub(super) fn poll_take(
        &mut self,
        context: &Context<'_>,
        is_closing: bool,
    ) -> Poll<Option<(Chunk, Work)>> {
        if !self.chunk.is_empty() {
            return Poll::Ready(Some(self.take()));
        }
        if is_closing {
            return Poll::Ready(None);
        }
        self.taker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Takes the chunk and its work, which may be empty.
    pub(super) fn take(&mut self) -> (Chunk, Work) {
        self.bytes = 0;
        (std::mem::take(&mut self.chunk), std::mem::take(&mut self.work))
    }

    pub(super) fn wake_taker(&mut self) {
        if let Some(taker) = self.taker.take() {
            taker.wake();
        }
    }

    /// Registers a connection that waits until the log takes the chunk.
    pub(super) fn add_waiting(&mut self, key: Key) {
        self.waiting.push(key);
    }

    /// Takes the connections that have waited for it.
    pub(super) fn take_waiting(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.waiting)
    }
}
