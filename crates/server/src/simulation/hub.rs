//! The hub of a simulated server: what it decides, stores and delivers, and the channels to the shards.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use teahouse_core::{Chat, Effect, History, Limits, LogPosition, Moment, SteadyTime, Time};

use super::answers::Answers;
use super::dice::Dice;
use super::reference::Reference;
use super::socket::VirtualSocket;
use super::store::ListStore;
use crate::boot;
use crate::credits::Credits;
use crate::delivery::work_of;
use crate::history::Job;
use crate::hub;
use crate::inbox::{INBOX_MAX, Inbox};
use crate::log::{Batch, Chunk, Entry, Order};
use crate::shard::Shard;

/// The most chunks that wait for the hub.
const LOG_CHUNKS_MAX: usize = 3;

/// A shard, and what is in flight to and from it.
pub(super) struct DrivenShard {
    pub(super) shard: Shard<VirtualSocket>,
    pub(super) inbox: VecDeque<Inbox>,
    pub(super) jobs: VecDeque<Job>,
    /// The number of batches handled so far.
    pub(super) worked_off: u64,
    pub(super) answers: Answers,
}

/// The hub with its chat and store.
pub(super) struct Hub {
    pub(super) chat: Chat,
    pub(super) store: ListStore,
    pub(super) log: VecDeque<Chunk>,
    order: Order,
    /// The effects that are decided and not stored because the disk is full.
    pub(super) unstored: Option<(LogPosition, Vec<Effect>)>,
    pub(super) credits: Credits,
    shards: usize,
    pub(super) reference: Reference,
}

/// The result of a turn of the hub.
pub(super) enum Outcome {
    Nothing,
    NotStored,
    Stored,
}

impl Hub {
    pub(super) fn new(shards: usize) -> Self {
        Self {
            chat: Chat::from_history(History::default()),
            store: ListStore::default(),
            log: VecDeque::new(),
            order: Order::after(LogPosition::START, Moment::default()),
            unstored: None,
            credits: Credits::new(shards),
            shards,
            reference: Reference::default(),
        }
    }

    /// The server is killed and started again: what was not stored is lost.
    ///
    /// If everything was stored, the server may have a snapshot of its state as well. Then the start ends the sessions
    /// in it.
    pub(super) fn restart(&mut self, now: u64, has_state: bool) {
        if self.unstored.take().is_none() && has_state {
            let snapshot = self.chat.snapshot();
            self.chat = Chat::restore(snapshot).expect("a chat is what it says itself");
        } else {
            self.chat = Chat::from_history(self.store.load());
            self.reference.restart();
        }
        self.log.clear();
        let moment = Moment { time: time_at(now), steady: SteadyTime(now) };
        self.order = Order::after(self.store.recorded, moment);
        self.credits = Credits::new(self.shards);
    }

    /// A server proposes its start. Returns its boot number once that is stored and the sessions of earlier boots are
    /// ended.
    pub(super) fn open(&mut self, limits: Limits, now: u64, dice: &mut Dice) -> u32 {
        let before = self.store.last_boot;
        self.log.push_back(boot::proposals(&self.chat, limits));
        self.store.is_full = false;
        while !self.log.is_empty() {
            self.take_batch(now, 1, dice);
        }
        let boot = self.store.last_boot;
        assert!(boot > before, "a boot is given out twice");
        let mut joined = self.reference.joined.values();
        assert!(joined.all(BTreeMap::is_empty), "somebody hears a room without a connection");
        boot
    }

    /// Whether the log takes another chunk.
    pub(super) fn has_room(&self) -> bool {
        self.log.len() < LOG_CHUNKS_MAX
    }

    /// Handles the next batch, or the one that could not be stored. `times` multiplies its work for the credits.
    pub(super) fn take_batch(&mut self, now: u64, times: usize, dice: &mut Dice) -> Outcome {
        let Some((position, effects)) = self.unstored.take().or_else(|| self.decide(now, dice))
        else {
            return Outcome::Nothing;
        };
        if !self.store.commit(position, &effects) {
            self.unstored = Some((position, effects));
            return Outcome::NotStored;
        }
        self.chat.mark_committed();
        effects.iter().for_each(|effect| self.reference.note(effect));
        if !effects.is_empty() {
            let work = work_of(&self.chat, &effects).times(times);
            self.credits.push(Arc::new(effects), work, Duration::from_millis(now));
        }
        Outcome::Stored
    }

    /// Decides the next batch, if there is one.
    fn decide(&mut self, now: u64, dice: &mut Dice) -> Option<(LogPosition, Vec<Effect>)> {
        if self.credits.overburdened().is_some() {
            return None;
        }
        let due = self.chat.next_due();
        if self.log.is_empty() && due.is_none_or(|due| due.0 > now) {
            return None;
        }
        let count = 1 + dice.below(LOG_CHUNKS_MAX);
        let count = count.min(self.log.len());
        let now = Moment { time: time_at(now), steady: SteadyTime(now) };
        let batch = self.order.batch(self.log.drain(..count), now, due);
        let Batch { position, moment, entries } = batch;
        let mut effects = Vec::new();
        self.chat.advance(moment, &mut effects);
        for entry in entries {
            if let Entry::Proposal(proposal) = &entry
                && let Some(key) = self.chat.to_recall(proposal)
                && let Some(stored) = self.store.find(&key)
            {
                self.chat.recall(key, stored);
            }
            hub::decide(&mut self.chat, entry, &mut effects);
        }
        self.chat.check().expect("the chat's invariants hold");
        Some((position, effects))
    }

    /// Delivers what the shards' credit permits.
    pub(super) fn deliver(&mut self, now: u64, shards: &mut [DrivenShard]) -> bool {
        let now = Duration::from_millis(now);
        self.credits.release(now);
        assert!(self.credits.due().is_none_or(|due| due > now), "an idle shard waits too long");
        let mut has_delivered = false;
        for (shard, driven) in shards.iter_mut().enumerate() {
            if self.credits.has_next(shard) && driven.inbox.len() < INBOX_MAX {
                driven.inbox.push_back(Inbox::Batches(self.credits.take(shard)));
                has_delivered = true;
            }
        }
        has_delivered
    }

    /// Sends a message to every shard, after everything decided so far.
    pub(super) fn broadcast(&mut self, shards: &mut [DrivenShard], message: impl Fn() -> Inbox) {
        self.credits.release_all();
        for (shard, driven) in shards.iter_mut().enumerate() {
            driven.inbox.push_back(Inbox::Batches(self.credits.take(shard)));
            driven.inbox.push_back(message());
        }
    }
}

pub(super) fn time_at(ms: u64) -> Time {
    Time(1_795_559_400_000 + i64::try_from(ms).expect("histories are short"))
}
