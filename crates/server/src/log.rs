//! The log: where proposals from every shard get their one order and their time. On one node it is this bounded queue
//! in memory; what takes its place on many nodes gives the hub the same batches.
//!
//! A shard hands in everything it gathered in one round as one chunk, so a round costs one wake-up of
//! the hub however many people spoke. When the queue is full the shard keeps its chunk and reads no
//! more from its sockets: back-pressure reaches the senders through TCP. What is full is counted in entries and in the
//! work that they are, not in chunks: many shards' small chunks become one batch, with one sync.
//!
//! Queries and signals go the same way, so that each has its place behind what its session proposed before. They are
//! of this node only: they are not published, have no position, and move no time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use teahouse_core::{
    Asker, LogPosition, Moment, Proposal, Query, RequestId, SessionId, Signal, SteadyTime,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::clock;
use crate::credits::Work;

/// Entries in one chunk: a round of a busy shard. Few in tests, whose histories are short.
pub(crate) const CHUNK_ENTRIES_MAX: usize = if cfg!(test) { 24 } else { 1024 };
/// Bytes of text in one chunk, beyond which a shard reads no more until it is handed in.
pub(crate) const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// Places of the log, over all shards: what waits here stands before everybody's words. The hub takes all of it in one
/// batch, which is one transaction: enough to carry any load in few syncs, few enough that a commit takes milliseconds.
const PLACES: u32 = 6 * 1024;
/// Work of a chunk for those who hear it that takes one place, as an entry does: 60 ms of it fill the log.
const PLACE_WORK: Work = Work::from_us(10);
/// Places that one chunk takes at most: while the hub takes one, another waits.
const CHUNK_PLACES_MAX: u32 = PLACES / 2;

/// One thing that a session asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Published: every node makes this change at this place in the order.
    Proposal(Proposal),
    /// Answered by the hub of this node.
    Query { asker: Asker, request: RequestId, query: Query },
    /// Told to those who are there.
    Signal { session: SessionId, signal: Signal },
}

/// What a shard hands in, in the order in which it was asked for.
pub(crate) type Chunk = Vec<Entry>;

/// Where a shard hands it in.
#[derive(Clone, Debug)]
pub(crate) struct LogSender {
    chunks: mpsc::UnboundedSender<Waiting>,
    /// Places that are free.
    places: Arc<Semaphore>,
}

/// A chunk in the log.
#[derive(Debug)]
struct Waiting {
    chunk: Chunk,
    /// The places that it takes until the hub takes it.
    places: OwnedSemaphorePermit,
}

/// The hub is gone.
#[derive(Debug)]
pub(crate) struct LogClosed;

impl LogSender {
    /// Hands in the first chunk of a log that was just opened: there is room for it.
    pub(crate) fn begin(&self, chunk: Chunk) {
        let count = places_of(chunk.len(), Work::default());
        let places = Arc::clone(&self.places).try_acquire_many_owned(count);
        let places = places.expect("a log that was just opened has room");
        self.chunks.send(Waiting { chunk, places }).expect("the hub's end was just made");
    }

    /// Hands in a chunk, which is so much work for those who hear it, once there is room for it.
    pub(crate) async fn send(&self, chunk: Chunk, work: Work) -> Result<(), LogClosed> {
        let count = places_of(chunk.len(), work);
        let places = Arc::clone(&self.places).acquire_many_owned(count).await;
        let places = places.map_err(|_closed| LogClosed)?;
        self.chunks.send(Waiting { chunk, places }).map_err(|_closed| LogClosed)
    }
}

fn places_of(entries: usize, work: Work) -> u32 {
    let places = u64::max(entries as u64, work.divided_by(PLACE_WORK));
    u32::try_from(places).unwrap_or(CHUNK_PLACES_MAX).clamp(1, CHUNK_PLACES_MAX)
}

/// What the hub takes at once.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The last position in it, or the last before it, if nothing in it is published.
    pub(crate) position: LogPosition,
    /// What time it is from here on.
    pub(crate) moment: Moment,
    /// In their order.
    pub(crate) entries: Vec<Entry>,
}

/// Gives chunks their positions and their time.
#[derive(Debug)]
pub(crate) struct Order {
    position: LogPosition,
    moment: Moment,
}

impl Order {
    /// The order that goes on after `position`, the last one that was recorded, and after `moment`, the one that the
    /// chat has come to.
    pub(crate) fn after(position: LogPosition, moment: Moment) -> Self {
        Self { position, moment }
    }

    /// Puts these chunks next, at the moment `now`; where something was `due` by then and nothing is published, time
    /// alone is.
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

/// The hub's end.
pub(crate) struct Log {
    chunks: mpsc::UnboundedReceiver<Waiting>,
    places: Arc<Semaphore>,
    order: Order,
    opened: Instant,
    /// The steady time at which it was opened.
    began: SteadyTime,
}

/// A log that goes on after `position` and `moment` ([`Order::after`]), and the end to propose at.
pub(crate) fn open(position: LogPosition, moment: Moment) -> (LogSender, Log) {
    let (sender, chunks) = mpsc::unbounded_channel();
    let places = Arc::new(Semaphore::new(PLACES as usize));
    let sender = LogSender { chunks: sender, places: Arc::clone(&places) };
    let order = Order::after(position, moment);
    (sender, Log { chunks, places, order, opened: Instant::now(), began: moment.steady })
}

impl Drop for Log {
    fn drop(&mut self) {
        // Those who wait for places learn that nobody takes anything any more.
        self.places.close();
    }
}

impl Log {
    /// Chunks that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.chunks.len()
    }

    /// Waits for chunks and takes all there are, or none when something is `due` before there are
    /// any. `None` when everyone who hands in is gone and everything has been taken.
    pub(crate) async fn next_batch(&mut self, due: Option<SteadyTime>) -> Option<Batch> {
        let first = match due {
            None => self.chunks.recv().await?,
            Some(due) => {
                let wait = Duration::from_millis(due.ms_since(self.steady_now()));
                match tokio::time::timeout(wait, self.chunks.recv()).await {
                    Ok(first) => first?,
                    Err(_elapsed) => {
                        // Never earlier than what was due: the chat would ask for the same moment.
                        let steady = self.steady_now().max(due);
                        let now = Moment { time: clock::now(), steady };
                        return Some(self.order.batch([], now, Some(due)));
                    }
                }
            }
        };
        let Waiting { chunk, mut places } = first;
        let mut chunks = vec![chunk];
        while let Ok(waiting) = self.chunks.try_recv() {
            chunks.push(waiting.chunk);
            places.merge(waiting.places);
        }
        // Not before all have been taken: what comes meanwhile would keep the hub here.
        drop(places);
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
