//! The log: where proposals from every shard get their one order and their time. On one node it is this bounded queue
//! in memory; what takes its place on many nodes gives the hub the same batches.
//!
//! A shard hands in everything it gathered in one round as one chunk, so a round costs one wake-up of
//! the hub however many people spoke. When the queue is full the shard keeps its chunk and reads no
//! more from its sockets: back-pressure reaches the senders through TCP.

use std::time::{Duration, Instant};

use teahouse_core::{Moment, Proposal, SteadyTime};
use tokio::sync::mpsc;

use crate::clock;

/// Proposals in one chunk: a round of a busy shard.
pub(crate) const CHUNK_PROPOSALS_MAX: usize = 1024;
/// Bytes of text in one chunk, beyond which a shard reads no more until it is handed in.
pub(crate) const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// Chunks waiting for the hub, over all shards: a few commits' worth.
const LOG_CHUNKS_MAX: usize = 16;
/// Proposals in one batch, which is one transaction: enough to carry any load in few syncs, few
/// enough that a commit takes milliseconds.
const BATCH_PROPOSALS_MAX: usize = 4096;

/// What a shard hands in.
pub(crate) type Chunk = Vec<Proposal>;
/// Where a shard hands it in.
pub(crate) type LogSender = mpsc::Sender<Chunk>;

/// The hub's end.
pub(crate) struct Log {
    chunks: mpsc::Receiver<Chunk>,
    /// The beginning of its steady time.
    opened: Instant,
}

/// A log and the end to propose at.
pub(crate) fn open() -> (LogSender, Log) {
    let (sender, chunks) = mpsc::channel(LOG_CHUNKS_MAX);
    (sender, Log { chunks, opened: Instant::now() })
}

impl Log {
    /// Chunks that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.chunks.len()
    }

    /// Waits for proposals and takes all there are, up to a bound, or none when something is `due` before
    /// there are any. Gives the moment at which they have their place in the order; `None` when every
    /// proposer is gone and everything has been taken.
    pub(crate) async fn next_batch(
        &mut self,
        due: Option<SteadyTime>,
        batch: &mut Chunk,
    ) -> Option<Moment> {
        let first = match due {
            None => self.chunks.recv().await?,
            Some(due) => {
                let wait = Duration::from_millis(due.ms_since(self.steady_now()));
                match tokio::time::timeout(wait, self.chunks.recv()).await {
                    Ok(first) => first?,
                    Err(_elapsed) => {
                        // Never earlier than what was due: the chat would ask for the same moment.
                        let steady = self.steady_now().max(due);
                        return Some(Moment { time: clock::now(), steady });
                    }
                }
            }
        };
        batch.extend(first);
        for _ in 1..LOG_CHUNKS_MAX {
            match self.chunks.try_recv() {
                Ok(chunk) if batch.len() < BATCH_PROPOSALS_MAX => batch.extend(chunk),
                Ok(chunk) => {
                    batch.extend(chunk);
                    break;
                }
                Err(_) => break,
            }
        }
        Some(Moment { time: clock::now(), steady: self.steady_now() })
    }

    fn steady_now(&self) -> SteadyTime {
        SteadyTime(u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
