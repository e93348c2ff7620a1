//! The hub's way to the shards: what was decided goes to each as its credit allows ([`crate::credits`]), and shards
//! report how far they have come. The hub waits for one only where what is under way is at its bound.

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

/// How long a shard may keep the hub waiting before the log says so.
const SLOW_SHARD: Duration = Duration::from_secs(1);

/// How far shards have come.
#[derive(Debug)]
pub(crate) struct Progress {
    /// What each has worked off since the start.
    worked_off: Vec<AtomicU64>,
    /// Told when one of them has come further.
    hub: Notify,
}

/// Where one shard reports.
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
    /// So much of what it was handed has been worked off since the start, and its sockets have had a turn.
    pub(crate) fn worked_off(&self, count: u64) {
        self.progress.worked_off[self.shard].store(count, Ordering::Release);
        self.progress.hub.notify_one();
    }
}

/// The hub's end.
pub(crate) struct Delivery {
    inboxes: Vec<mpsc::Sender<Inbox>>,
    progress: Arc<Progress>,
    credits: Credits,
    began: Instant,
    metrics: HubMetrics,
    /// Since when the hub takes nothing, and because of which shard.
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

    /// Something was decided and committed.
    pub(crate) fn push(&mut self, effects: Vec<Effect>, work: Work) {
        if !effects.is_empty() {
            self.credits.push(Arc::new(effects), work, self.began.elapsed());
        }
    }

    /// Hands out what may be handed out.
    pub(crate) fn hand_out(&mut self) {
        self.look();
        self.credits.release(self.began.elapsed());
        self.hand();
        self.note_stop();
    }

    /// Hands out everything, whoever is busy: the hub is about to be busy itself for a while.
    pub(crate) fn hand_out_all(&mut self) {
        self.look();
        self.credits.release_all();
        self.hand();
    }

    fn look(&mut self) {
        for (shard, inbox) in self.inboxes.iter().enumerate() {
            let count = match inbox.is_closed() {
                // It has ended for a reason that is reported where it ran.
                true => u64::MAX,
                false => self.progress.worked_off[shard].load(Ordering::Acquire),
            };
            self.credits.worked_off(shard, count);
        }
    }

    fn hand(&mut self) {
        for (shard, inbox) in self.inboxes.iter().enumerate() {
            if !self.credits.has_next(shard) {
                continue;
            }
            match inbox.try_reserve() {
                Ok(permit) => permit.send(Inbox::Batches(self.credits.take(shard))),
                // It takes out what is in there, reports, and is looked at again.
                Err(TrySendError::Full(())) => {}
                Err(TrySendError::Closed(())) => drop(self.credits.take(shard)),
            }
        }
    }

    /// Whether more may be taken from the log.
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
                    warn!(shard, ?waited, "a shard is slow: everybody waited for it");
                }
                self.stopped = None;
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// Waits until there may be something to hand out, or more may be taken.
    pub(crate) async fn changed(&self) {
        match self.credits.due() {
            None if self.may_take() && !self.credits.keeps_something() => {
                std::future::pending().await
            }
            None => self.progress.hub.notified().await,
            Some(due) => tokio::select! {
                () = self.progress.hub.notified() => {}
                () = tokio::time::sleep_until((self.began + due).into()) => {}
            },
        }
    }

    /// Tells every shard something, after everything that was decided. Waits for those that have much before them.
    pub(crate) async fn tell(&mut self, message: impl Fn() -> Inbox) {
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

/// The work that shards have with what was decided: for each room one write to everyone who hears it, and its
/// messages; for each person one write.
pub(crate) fn work_of(chat: &Chat, effects: &[Effect]) -> Work {
    let mut rooms = Listeners { chat, last: None, rooms: Vec::new() };
    let mut work = Work::default();
    for effect in effects {
        match effect {
            Effect::Event(event) => {
                work += Work::of_message(event.weight(), rooms.of(event.room));
            }
            Effect::Presence { rooms: told, .. } => {
                for InRoom { room, .. } in told.iter().filter(|room| room.is_announced) {
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

/// How many hear the rooms of a batch. Most that follow each other are of one room.
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

    /// That everyone who hears one of them is written to.
    fn writes(mut self) -> Work {
        self.rooms.sort_unstable();
        self.rooms.dedup();
        self.rooms.iter().map(|room| Work::of_writes(self.chat.listeners(*room))).sum()
    }
}
