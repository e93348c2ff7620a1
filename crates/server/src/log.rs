//! The log: where proposals from every shard get their one order. On one node it is this bounded queue
//! in memory; what takes its place on many nodes gives the hub the same batches.
//!
//! A shard hands in everything it gathered in one round as one chunk, so a round costs one wake-up of
//! the hub however many people spoke. When the queue is full the shard keeps its chunk and reads no
//! more from its sockets: back-pressure reaches the senders through TCP.

use std::time::Duration;

use teahouse_core::{Action, Proposal, Time};
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
}

/// A log and the end to propose at.
pub(crate) fn open() -> (LogSender, Log) {
    let (sender, chunks) = mpsc::channel(LOG_CHUNKS_MAX);
    (sender, Log { chunks })
}

impl Log {
    /// Chunks that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.chunks.len()
    }

    /// Waits for proposals and takes all there are, up to a bound; proposes a tick itself when one is
    /// due. `false` when every proposer is gone and everything has been taken.
    pub(crate) async fn next_batch(&mut self, due: Option<Time>, batch: &mut Chunk) -> bool {
        let first = match due {
            None => self.chunks.recv().await,
            Some(due) => {
                let wait_ms = u64::try_from(due.0 - clock::now().0).unwrap_or(0);
                match tokio::time::timeout(Duration::from_millis(wait_ms), self.chunks.recv()).await
                {
                    Ok(first) => first,
                    Err(_elapsed) => {
                        // Never earlier than what was due: the chat would ask for the same tick.
                        let time = clock::now().max(due);
                        batch.push(Proposal::of_house(time, Action::Tick));
                        return true;
                    }
                }
            }
        };
        let Some(first) = first else { return false };
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
        // A busy log must not keep a due tick waiting for ever.
        let time = clock::now();
        if due.is_some_and(|due| due <= time) {
            batch.push(Proposal::of_house(time, Action::Tick));
        }
        true
    }
}
