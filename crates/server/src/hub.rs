//! The hub: the one thread that owns the chat state. It takes a batch from the log, applies its proposals and answers
//! its queries in log order, commits the durable effects in one transaction with one sync, and only then hands the
//! effects to the shards (promises P1 and P2). It does nothing else: no sockets, no encoding, no history reads.
//!
//! When the disk is full, or another program is writing to the database, the hub keeps the batch and retries until
//! the commit succeeds. No effect is shown before it is stored, no accepted request is dropped, and the log's bound
//! makes senders wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use teahouse_core::{Chat, Effect, LogPosition, Proposal};
use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use crate::boot::BootSender;
use crate::delivery::{Delivery, work_of};
use crate::error::Fault;
use crate::inbox::Inbox;
use crate::log::{Batch, Entry, Log};
use crate::metrics::HubMetrics;
use crate::store::{CommitError, Store};

/// Pause before a failed commit is retried.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// If the last commit took longer than this, the hub hands out all held effects before it starts the next commit:
/// waiting for the disk would cost more than larger rounds save.
const SLOW_COMMIT: Duration = Duration::from_millis(5);

/// What the hub thread owns.
pub(crate) struct Hub {
    pub(crate) chat: Chat,
    pub(crate) store: Store,
    pub(crate) log: Log,
    pub(crate) delivery: Delivery,
    pub(crate) metrics: HubMetrics,
    /// `Some` until the hub has sent the boot of this server.
    pub(crate) boot: Option<BootSender>,
    /// Becomes true when the server closes.
    pub(crate) closing: watch::Receiver<bool>,
}

impl Hub {
    /// Runs until every log sender is dropped, then closes the store.
    pub(crate) async fn run(mut self) -> Result<(), Fault> {
        let result = self.serve().await;
        if result.is_err() {
            let notice =
                "the house has to close: messages cannot be stored; what was shown is kept";
            self.delivery.broadcast(|| Inbox::Notice(notice.into())).await;
        }
        self.delivery.broadcast(|| Inbox::Finished).await;
        let closed = self.store.close().map_err(Fault::from);
        // The error that stopped the server explains more than an error while closing.
        result.and(closed)
    }

    async fn serve(&mut self) -> Result<(), Fault> {
        let mut commit_time = Duration::ZERO;
        loop {
            let due = self.chat.next_due();
            let batch = tokio::select! {
                // The log comes first: a shard hands in its requests before it reports progress.
                biased;
                batch = self.log.next_batch(due), if self.delivery.may_take() => batch,
                () = self.delivery.changed() => {
                    self.delivery.hand_out();
                    continue;
                }
            };
            let Some(batch) = batch else { return Ok(()) };
            let begun = Instant::now();
            let Batch { position, moment, entries } = batch;
            self.metrics.batch_requests.observe(entries.len() as f64);
            self.metrics.log_chunks.set(i64::try_from(self.log.queued()).unwrap_or(i64::MAX));
            let mut effects = Vec::with_capacity(entries.len() + 8);
            self.chat.advance(moment, &mut effects);
            for entry in entries {
                if let Entry::Proposal(proposal) = &entry {
                    self.recall(proposal).await?;
                }
                decide(&mut self.chat, entry, &mut effects);
            }
            if commit_time > SLOW_COMMIT {
                self.delivery.hand_out_all();
            }
            let committing = Instant::now();
            self.commit(position, &effects).await?;
            commit_time = committing.elapsed();
            self.chat.mark_committed();
            if self.boot.as_ref().is_some_and(|boot| boot.send(&effects)) {
                self.boot = None;
            }
            // Every shard receives every effect, because all sessions belong to this node.
            let work = work_of(&self.chat, &effects);
            self.delivery.push(effects, work);
            self.delivery.hand_out();
            let sessions = i64::try_from(self.chat.session_count()).unwrap_or(i64::MAX);
            self.metrics.sessions.set(sessions);
            self.metrics.busy_seconds.inc_by(begun.elapsed().as_secs_f64());
        }
    }

    /// Looks up whether a message was stored before, however long ago (promise P3), and gives the result to the chat.
    async fn recall(&mut self, proposal: &Proposal) -> Result<(), Fault> {
        let Some(key) = self.chat.to_recall(proposal) else { return Ok(()) };
        loop {
            match self.store.find(&key) {
                Ok(Some(said)) => self.chat.recall(key, said),
                Ok(None) => {}
                Err(CommitError::Later(source)) if *self.closing.borrow() => {
                    return Err(Fault::Unstored { source, effects: 1 });
                }
                Err(CommitError::Later(source)) => {
                    warn!(%source, "cannot look up a message id; retrying");
                    tokio::time::sleep(RETRY_AFTER).await;
                    continue;
                }
                Err(CommitError::Fault(source)) => return Err(Fault::Commit(source)),
            }
            return Ok(());
        }
    }

    async fn commit(&mut self, position: LogPosition, effects: &[Effect]) -> Result<(), Fault> {
        let mut tries = 0_u32;
        let begun = Instant::now();
        loop {
            match self.store.commit(position, effects) {
                Ok(events) => {
                    if tries > 0 {
                        info!(events, tries, "messages are being stored again");
                        self.metrics.not_storing.set(None);
                        self.delivery.broadcast(|| Inbox::NotStoring(None)).await;
                    }
                    if events > 0 {
                        self.metrics.events.inc_by(events as u64);
                        self.metrics.commit_seconds.observe(begun.elapsed().as_secs_f64());
                    }
                    debug!(effects = effects.len(), events, "committed");
                    return Ok(());
                }
                Err(CommitError::Later(source)) => {
                    if tries == 0 {
                        error!(%source, "cannot store messages; new messages wait until storing succeeds");
                        let why = format!("messages cannot be stored at the moment ({source})");
                        let why: Arc<str> = why.into();
                        self.metrics.not_storing.set(Some(Arc::clone(&why)));
                        let stalled = || Inbox::NotStoring(Some(Arc::clone(&why)));
                        self.delivery.broadcast(stalled).await;
                    }
                    if *self.closing.borrow() {
                        return Err(Fault::Unstored { source, effects: effects.len() });
                    }
                    tries = tries.saturating_add(1);
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                Err(CommitError::Fault(source)) => return Err(Fault::Commit(source)),
            }
        }
    }
}

/// Applies one log entry to the chat and appends its effects.
pub(crate) fn decide(chat: &mut Chat, entry: Entry, effects: &mut Vec<Effect>) {
    match entry {
        Entry::Proposal(proposal) => chat.apply(proposal, effects),
        Entry::Query { asker, request, query } => chat.ask(asker, request, query, effects),
        Entry::Signal { session, signal } => chat.signal(session, signal, effects),
    }
}
