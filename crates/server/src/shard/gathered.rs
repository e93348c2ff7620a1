//! What is gathered for the log: handed in as one chunk a round, so that a round costs one wake-up of the hub
//! however many people spoke.

use std::task::{Context, Poll, Waker};

use crate::credits::{CHUNK_MAX, FEW, Work};
use crate::key::Key;
use crate::log::{CHUNK_BYTES_MAX, CHUNK_ENTRIES_MAX, Chunk, Entry};

/// Entries that have not been handed in.
#[derive(Default)]
pub(super) struct Gathered {
    chunk: Chunk,
    /// Bytes of words in them; everything else is small, and bounded by their number.
    bytes: usize,
    /// The work that their words are for those who hear them, writes apart.
    work: Work,
    /// Whoever hands them in, while there are none.
    taker: Option<Waker>,
    /// Connections that may read again when they have been handed in.
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

    /// Bytes of words and how many entries there are: what has come since is charged to who said it.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.bytes, self.chunk.len())
    }

    /// What has been added since it had this size is heard by so many here.
    pub(super) fn charge(&mut self, (bytes, entries): (usize, usize), listeners: usize) {
        for nth in entries..self.chunk.len() {
            let bytes = if nth == entries { self.bytes.saturating_sub(bytes) } else { 0 };
            self.work += Work::of_message(bytes, listeners);
        }
    }

    /// Whether nothing more that so many hear is to be added until these are handed in. Where few hear it, it waits
    /// for no one's busy room.
    pub(super) fn is_full_for(&self, listeners: usize) -> bool {
        self.is_full() || (listeners > FEW && self.work >= CHUNK_MAX)
    }

    pub(super) fn len(&self) -> usize {
        self.chunk.len()
    }

    /// Whether no more is to be added until these are handed in.
    pub(super) fn is_full(&self) -> bool {
        self.chunk.len() >= CHUNK_ENTRIES_MAX || self.bytes >= CHUNK_BYTES_MAX
    }

    /// Takes what there is and the work that it is, once there is something; `None` when there is nothing and nothing
    /// more comes.
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

    /// Takes what there is.
    pub(super) fn take(&mut self) -> (Chunk, Work) {
        self.bytes = 0;
        (std::mem::take(&mut self.chunk), std::mem::take(&mut self.work))
    }

    pub(super) fn wake_taker(&mut self) {
        if let Some(taker) = self.taker.take() {
            taker.wake();
        }
    }

    /// This connection waits until what there is has been handed in.
    pub(super) fn wait(&mut self, key: Key) {
        self.waiting.push(key);
    }

    /// Those that have waited for that.
    pub(super) fn take_waiting(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.waiting)
    }
}
