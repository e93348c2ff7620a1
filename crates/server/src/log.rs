//! The log: it gives the proposals of all shards one order and one time. On one node it is this bounded queue in
//! memory; a replacement for many nodes gives the hub the same batches.
//!
//! A shard hands in everything that it gathered in one round as one chunk, so a round wakes the hub once, however many
//! sessions sent requests. When the queue is full, the shard keeps its chunk and stops reading from its sockets:
//! back-pressure reaches the senders through TCP. The bound counts entries and their delivery work, not chunks, so many
//! small chunks become one batch with one sync.
//!
//! Queries and signals use the same queue, so each is handled after the earlier proposals of its session. They concern
//! this node only: they are not published, have no position, and do not advance time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use teahouse_core::{
    Asker, LogPosition, Moment, Proposal, Query, RequestId, SessionId, Signal, SteadyTime,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::clock;
use crate::credits::Work;

/// Entries in one chunk: a round of a busy shard. Small in tests, whose histories are short.
pub(crate) const CHUNK_ENTRIES_MAX: usize = if cfg!(test) { 24 } else { 1024 };
/// Bytes of text in one chunk; above this a shard stops reading until the chunk is handed in.
pub(crate) const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// Slots of the log, over all shards: queued entries delay every later message. The hub takes all of them as one batch,
/// which is one transaction: enough slots to carry any load in few syncs, few enough that a commit takes milliseconds.
const SLOTS: u32 = 6 * 1024;
/// Delivery work that takes one slot, as one entry does: 60 ms of work fills the log.
const SLOT_WORK: Work = Work::from_us(10);
/// Slots that one chunk takes at most, so that a second chunk can queue while the hub handles the first.
const CHUNK_SLOTS_MAX: u32 = SLOTS / 2;

/// One request in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A change of the chat. It is published: every node applies it at the same place in the order.
    Proposal(Proposal),
    /// A read. The hub of this node answers it.
    Query { asker: Asker, request: RequestId, query: Query },
    /// A notice that changes nothing, for the present members of a room.
    Signal { session: SessionId, signal: Signal },
}

/// The entries that a shard hands in at once, in the order of the requests.
pub(crate) type Chunk = Vec<Entry>;

/// The end of the log at which shards hand in chunks.
#[derive(Clone, Debug)]
pub(crate) struct LogSender {
    chunks: mpsc::UnboundedSender<Queued>,
    /// The free slots.
    slots: Arc<Semaphore>,
}

/// A chunk in the log.
#[derive(Debug)]
struct Queued {
    chunk: Chunk,
    /// The slots that the chunk occupies until the hub takes it.
    slots: OwnedSemaphorePermit,
}

/// The hub has dropped its end of the log.
#[derive(Debug)]
pub(crate) struct LogClosed;

impl LogSender {
    /// Hands in the first chunk of a log that was just opened and therefore has free slots.
    pub(crate) fn begin(&self, chunk: Chunk) {
        let count = slots_of(chunk.len(), Work::default());
        let slots = Arc::clone(&self.slots).try_acquire_many_owned(count);
        let slots = slots.expect("a log that was just opened has room");
        self.chunks.send(Queued { chunk, slots }).expect("the hub's end was just made");
    }

    /// Hands in a chunk that causes this much delivery work. Waits until the log has enough free slots.
    pub(crate) async fn send(&self, chunk: Chunk, work: Work) -> Result<(), LogClosed> {
        let count = slots_of(chunk.len(), work);
        let slots = Arc::clone(&self.slots).acquire_many_owned(count).await;
        let slots = slots.map_err(|_closed| LogClosed)?;
        self.chunks.send(Queued { chunk, slots }).map_err(|_closed| LogClosed)
    }
}

fn slots_of(entries: usize, work: Work) -> u32 {
    let slots = u64::max(entries as u64, work.divided_by(SLOT_WORK));
    u32::try_from(slots).unwrap_or(CHUNK_SLOTS_MAX).clamp(1, CHUNK_SLOTS_MAX)
}

/// The entries that the hub takes at once.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The last position in the batch; if it has no proposal, the last position before it.
    pub(crate) position: LogPosition,
    /// The time of everything in the batch.
    pub(crate) moment: Moment,
    /// The entries, in log order.
    pub(crate) entries: Vec<Entry>,
}

/// Assigns positions and times to chunks.
#[derive(Debug)]
pub(crate) struct Order {
    position: LogPosition,
    moment: Moment,
}

impl Order {
    /// Continues after `position`, the last recorded one, and after `moment`, the chat's current time.
    pub(crate) fn after(position: LogPosition, moment: Moment) -> Self {
        Self { position, moment }
    }

    /// Makes these chunks the next batch, at the moment `now`. If a deadline was `due` by then and the chunks have no
    /// proposal, the batch still takes a position, which publishes the time.
    pub(crate) fn batch(
        &mut self,
        chunks: impl IntoIterator<Item = Chunk>,
        now: Moment,
        due: Option<SteadyTime>,
    ) -> Batch {
        let before = self.position;
        let mut entries = Vec::new();
        for chunk in chunks {
            if chunk.iter().any(|entry| matches!(entry, Entry::Proposal(_))) {
                self.position = self.position.next();
            }
            if entries.is_empty() {
                entries = chunk;
            } else {
                entries.extend(chunk);
            }
        }
        if self.position == before && due.is_some_and(|due| due <= now.steady) {
            self.position = self.position.next();
        }
        if self.position > before {
            self.moment = Moment { steady: now.steady.max(self.moment.steady), ..now };
        }
        Batch { position: self.position, moment: self.moment, entries }
    }
}

/// The hub's end of the log.
pub(crate) struct Log {
    chunks: mpsc::UnboundedReceiver<Queued>,
    slots: Arc<Semaphore>,
    order: Order,
    opened: Instant,
    /// The steady time at which the log was opened.
    began: SteadyTime,
}

/// Opens a log that continues after `position` and `moment` ([`Order::after`]); returns both ends.
pub(crate) fn open(position: LogPosition, moment: Moment) -> (LogSender, Log) {
    let (sender, chunks) = mpsc::unbounded_channel();
    let slots = Arc::new(Semaphore::new(SLOTS as usize));
    let sender = LogSender { chunks: sender, slots: Arc::clone(&slots) };
    let order = Order::after(position, moment);
    (sender, Log { chunks, slots, order, opened: Instant::now(), began: moment.steady })
}

impl Drop for Log {
    fn drop(&mut self) {
        // Senders that wait for slots get an error instead of waiting forever.
        self.slots.close();
    }
}

impl Log {
    /// The number of queued chunks.
    pub(crate) fn queued(&self) -> usize {
        self.chunks.len()
    }

    /// Waits for chunks and takes all of them as one batch. If the deadline `due` passes first, the batch is empty.
    /// Returns `None` when every sender is dropped and the queue is empty.
    pub(crate) async fn next_batch(&mut self, due: Option<SteadyTime>) -> Option<Batch> {
        let first = match due {
            None => self.chunks.recv().await?,
            Some(due) => {
                let wait = Duration::from_millis(due.ms_since(self.steady_now()));
                match tokio::time::timeout(wait, self.chunks.recv()).await {
                    Ok(first) => first?,
                    Err(_elapsed) => {
                        // Not earlier than `due`: otherwise the chat would ask for the same deadline again.
                        let steady = self.steady_now().max(due);
                        let now = Moment { time: clock::now(), steady };
                        return Some(self.order.batch([], now, Some(due)));
                    }
                }
            }
        };
        let Queued { chunk, mut slots } = first;
        let mut chunks = vec![chunk];
        while let Ok(queued) = self.chunks.try_recv() {
            chunks.push(queued.chunk);
            slots.merge(queued.slots);
        }
        // The slots become free only after the loop: otherwise new chunks could keep the hub in it.
        drop(slots);
        let now = Moment { time: clock::now(), steady: self.steady_now() };
        Some(self.order.batch(chunks, now, due))
    }

    fn steady_now(&self) -> SteadyTime {
        let elapsed_ms = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        SteadyTime(self.began.0.saturating_add(elapsed_ms))
    }
}

#[cfg(test)]
mod tests;
