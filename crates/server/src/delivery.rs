//! Delivery from the hub to the shards: each shard gets committed batches as its credit allows ([`crate::credits`]) and
//! reports its progress. The hub waits for a shard only when the work in flight to it is at its bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use teahouse_core::{Chat, Effect, InRoom, RoomId};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};
use tracing::{debug, warn};

use crate::credits::{Credits, Work};
use crate::inbox::Inbox;
use crate::metrics::{ByShard, HubMetrics};

/// How long a shard may keep the hub waiting before a warning is logged.
const SLOW_SHARD: Duration = Duration::from_secs(1);

/// The progress of all shards.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Batches that each shard has worked off since the start.
    worked_off: Vec<AtomicU64>,
    /// Notified when a shard reports progress.
    hub: Notify,
}

/// The handle with which one shard reports its progress.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    progress: Arc<Progress>,
    shard: usize,
}

impl Progress {
    pub(crate) fn new(shards: usize) -> Arc<Self> {
        let worked_off = (0..shards).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self { worked_off, hub: Notify::new() })
    }

    pub(crate) fn report_of(self: &Arc<Self>, shard: usize) -> Report {
        Report { progress: Arc::clone(self), shard }
    }
}

impl Report {
    /// Reports that the shard has worked off `count` batches since the start, and that its sockets have had a turn.
    pub(crate) fn worked_off(&self, count: u64) {
        self.progress.worked_off[self.shard].store(count, Ordering::Release);
        self.progress.hub.notify_one();
    }
}

/// The hub's end of the delivery.
pub(crate) struct Delivery {
    inboxes: Vec<mpsc::Sender<Inbox>>,
    progress: Arc<Progress>,
    credits: Credits,
    began: Instant,
    metrics: HubMetrics,
    /// Since when the hub takes nothing from the log, and the shard that is the reason.
    stopped: Option<(Instant, usize)>,
}

impl Delivery {
    pub(crate) fn new(
        inboxes: Vec<mpsc::Sender<Inbox>>,
        progress: Arc<Progress>,
        metrics: HubMetrics,
    ) -> Self {
        let credits = Credits::new(inboxes.len());
        Self { inboxes, progress, credits, began: Instant::now(), metrics, stopped: None }
    }

    /// Queues the effects of a committed batch.
    pub(crate) fn push(&mut self, effects: Vec<Effect>, work: Work) {
        if !effects.is_empty() {
            self.credits.push(Arc::new(effects), work, self.began.elapsed());
        }
    }

    /// Hands out every batch that the credits release.
    pub(crate) fn hand_out(&mut self) {
        self.read_progress();
        self.credits.release(self.began.elapsed());
        self.send_released();
        self.note_stop();
    }

    /// Hands out every batch, even if shards are busy: the hub itself is about to be busy for a while.
    pub(crate) fn hand_out_all(&mut self) {
        self.read_progress();
        self.credits.release_all();
        self.send_released();
    }

    fn read_progress(&mut self) {
        for (shard, inbox) in self.inboxes.iter().enumerate() {
            let count = match inbox.is_closed() {
                // The shard has ended; the server reports why.
                true => u64::MAX,
                false => self.progress.worked_off[shard].load(Ordering::Acquire),
            };
            self.credits.worked_off(shard, count);
        }
    }

    fn send_released(&mut self) {
        for (shard, inbox) in self.inboxes.iter().enumerate() {
            if !self.credits.has_next(shard) {
                continue;
            }
            match inbox.try_reserve() {
                Ok(permit) => permit.send(Inbox::Batches(self.credits.take(shard))),
                // The shard empties its inbox and reports; then the hub tries again.
                Err(TrySendError::Full(())) => {}
                Err(TrySendError::Closed(())) => drop(self.credits.take(shard)),
            }
        }
    }

    /// Whether the hub may take more from the log.
    pub(crate) fn may_take(&self) -> bool {
        self.stopped.is_none()
    }

    fn note_stop(&mut self) {
        match (self.stopped, self.credits.overburdened()) {
            (None, Some(shard)) => self.stopped = Some((Instant::now(), shard)),
            (Some((since, shard)), None) => {
                let waited = since.elapsed();
                let seconds = self.metrics.shard_wait_seconds.get_or_create(&ByShard { shard });
                seconds.inc_by(waited.as_secs_f64());
                if waited >= SLOW_SHARD {
                    warn!(shard, ?waited, "a shard is slow: the whole server waited for it");
                }
                self.stopped = None;
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// Waits until something may be handed out, or the hub may take more from the log.
    pub(crate) async fn changed(&self) {
        match self.credits.due() {
            None if self.may_take() && !self.credits.has_undelivered() => {
                std::future::pending().await
            }
            None => self.progress.hub.notified().await,
            Some(due) => tokio::select! {
                () = self.progress.hub.notified() => {}
                () = tokio::time::sleep_until((self.began + due).into()) => {}
            },
        }
    }

    /// Sends a message to every shard, after all committed batches. Waits for shards whose inbox is full.
    pub(crate) async fn broadcast(&mut self, message: impl Fn() -> Inbox) {
        self.credits.release_all();
        for (shard, inbox) in self.inboxes.iter().enumerate() {
            let waiting = self.credits.take(shard);
            let is_there = (waiting.is_empty()
                || inbox.send(Inbox::Batches(waiting)).await.is_ok())
                && inbox.send(message()).await.is_ok();
            if !is_there {
                debug!(shard, "a shard is gone");
            }
        }
    }
}

/// The work that a batch causes in the shards: for each room one write to each listener, and the room's messages; for
/// each effect for a single session one write.
pub(crate) fn work_of(chat: &Chat, effects: &[Effect]) -> Work {
    let mut rooms = Listeners { chat, last: None, rooms: Vec::new() };
    let mut work = Work::default();
    for effect in effects {
        match effect {
            Effect::Event(event) => {
                work += Work::of_message(event.weight(), rooms.of(event.room));
            }
            Effect::Presence { rooms: affected, .. } => {
                for InRoom { room, .. } in affected.iter().filter(|room| room.is_announced) {
                    work += Work::of_message(0, rooms.of(*room));
                }
            }
            Effect::Joined { .. }
            | Effect::Left { .. }
            | Effect::Ignores { .. }
            | Effect::Answer { .. }
            | Effect::Ended { .. } => work += Work::of_writes(1),
            Effect::RoomCreated { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Opened { .. }
            | Effect::SessionForgotten { .. } => {}
        }
    }
    work += rooms.writes();
    work
}

/// Counts the listeners of the rooms of a batch. Keeps the last count, because most neighbouring events share a room.
struct Listeners<'a> {
    chat: &'a Chat,
    last: Option<(RoomId, usize)>,
    rooms: Vec<RoomId>,
}

impl Listeners<'_> {
    fn of(&mut self, room: RoomId) -> usize {
        match self.last {
            Some((last, listeners)) if last == room => listeners,
            Some(_) | None => {
                let listeners = self.chat.listeners(room);
                self.last = Some((room, listeners));
                self.rooms.push(room);
                listeners
            }
        }
    }

    /// The work of one write to each listener of each room.
    fn writes(mut self) -> Work {
        self.rooms.sort_unstable();
        self.rooms.dedup();
        self.rooms.iter().map(|room| Work::of_writes(self.chat.listeners(*room))).sum()
    }
}
