//! Everything in one history, and what happens in it, one turn at a time.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use teahouse_core::SteadyTime;

use super::dice::Dice;
use super::hub::{DrivenShard, Hub, Outcome, time_at};
use super::peer::{Kind, Outside};
use super::socket::VirtualSocket;
use crate::credits::Decided;
use crate::gate::Gate;
use crate::history::{Asker, Job, Page};
use crate::inbox::Inbox;
use crate::settings::LimitSettings;
use crate::shard::{Now, Shard, ShardSetup};

/// The most turns of a history in which anything may happen.
const TURNS_MAX: usize = 400;
/// On average, everything is let through once in this many turns.
const TURNS_BETWEEN_RESTS: usize = 600;
/// The most turns until everything has come to rest. More are an endless loop.
const SETTLING_TURNS_MAX: usize = 20_000;
/// Everything has come to rest when nothing has happened for this many moments of [`MOMENT_MS`].
const MOMENTS: usize = 10;
const MOMENT_MS: u64 = 3000;

/// The character of a history.
pub(super) struct Mood {
    /// On average, something goes wrong with a connection once in this many turns.
    pub(super) turns_between_troubles: usize,
    /// Whether people often change rooms.
    pub(super) is_restless: bool,
    /// The factor by which decisions cost more work than for these few peers.
    pub(super) work: usize,
    /// Whether pages of history come late.
    pub(super) are_pages_late: bool,
    /// Whether a restart of the server restores the history from a backup.
    pub(super) has_backups: bool,
    /// Whether no room is evicted and none is restored.
    pub(super) has_permanent_rooms: bool,
    /// The names of the peers.
    pub(super) names: Vec<String>,
}

pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) mood: Mood,
    pub(super) now: u64,
    /// What each shard is created with.
    pub(super) setup: ShardSetup,
    pub(super) hub: Hub,
    pub(super) shards: Vec<DrivenShard>,
    pub(super) gate: Arc<Gate>,
    pub(super) outside: Outside,
}

impl World {
    /// Lets anything happen, and then lets everything through; `check` runs after each time that everything was let
    /// through.
    pub(super) fn run(&mut self, check: impl Fn(&Self)) {
        for _ in 0..self.dice.below(TURNS_MAX) {
            self.turn();
            if self.dice.once_in(TURNS_BETWEEN_RESTS) {
                self.let_through();
                check(self);
            }
        }
        self.let_through();
        check(self);
    }

    /// Lets everything through: every peer reads, and none hangs.
    fn let_through(&mut self) {
        for wire in self.outside.wires() {
            wire.socket.set_room(usize::MAX / 2);
            wire.is_asleep = false;
            let is_reachable =
                wire.is_served && self.shards[wire.shard].shard.is_reachable(wire.key);
            wire.is_let_through = is_reachable && !wire.socket.is_broken();
        }
        self.settle();
    }

    /// Every peer disconnects, in one way or another, and none comes back.
    pub(super) fn disconnect_all(&mut self) {
        for peer in &mut self.outside.peers {
            let is_pinged = matches!(peer.kind, Kind::Api(_));
            let Some(wire) = &mut peer.wire else { continue };
            match self.dice.below(4) {
                0 => wire.socket.break_off(),
                1 if is_pinged => {
                    wire.is_asleep = true;
                    continue;
                }
                // A follower that closes its side is not gone.
                _ if wire.body.is_some() => wire.socket.break_off(),
                2 => {
                    // It takes no more of its output.
                    wire.socket.set_room(0);
                    wire.socket.close();
                }
                _ => wire.socket.close(),
            }
            wire.is_closed = true;
        }
        self.settle();
        // First silent peers are given up, then their suspended sessions are forgotten.
        self.settle();
        self.advance(u64::from(LimitSettings::default().seats.grace_s) * 1000 + MOMENT_MS);
        self.settle();
    }

    /// One random thing happens.
    fn turn(&mut self) {
        let peer = self.dice.below(self.outside.peers.len());
        let shard = self.dice.below(self.shards.len());
        if self.dice.once_in(self.mood.turns_between_troubles) {
            self.disturb(peer);
        }
        match self.dice.below(30) {
            0 | 1 => self.connect(peer),
            2..=7 => {
                self.outside.message_count += 1;
                let Mood { is_restless, names, .. } = &self.mood;
                let Outside { peers, message_count, .. } = &mut self.outside;
                peers[peer].act(names, *message_count, &mut self.dice, *is_restless);
            }
            8 | 9 => self.hub.store.is_full = self.dice.once_in(3),
            10 => {
                let ms = *self.dice.pick(&[1, 50, 400, 1500, 12_000, 21_000]);
                self.advance(ms);
            }
            11 | 12 => drop(self.pump(shard)),
            13 | 14 => drop(self.take_batch()),
            15..=17 => drop(self.handle_inbox(shard)),
            22 => drop(self.report(shard)),
            23 => drop(self.deliver()),
            18 | 19 if self.mood.are_pages_late && !self.dice.once_in(8) => {}
            18 | 19 => drop(self.read_history(shard)),
            20 => drop(self.serve_abandoned()),
            28 => self.visit(),
            29 => match self.dice.below(12) {
                0 => self.restart(),
                5 => self.hub.store.back_up(),
                1..=4 => self.abandon(),
                _ => drop(self.check_visits()),
            },
            21 => self.hub.store.is_unreadable = self.dice.once_in(8),
            _ => drop(self.serve(peer)),
        }
    }

    pub(super) fn step<R>(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut Shard<VirtualSocket>) -> R,
    ) -> R {
        let driven = &mut self.shards[index];
        driven.shard.begin_step(Now { steady: SteadyTime(self.now), time: time_at(self.now) });
        let result = act(&mut driven.shard);
        driven.shard.finish_step();
        for job in driven.shard.take_jobs() {
            if let Asker::Connection(key) = job.asker {
                let is_its = |job: &Job| matches!(job.asker, Asker::Connection(of) if of == key);
                let has_one = driven.jobs.iter().any(is_its);
                assert!(!has_one, "one page at a time is read for a connection");
                assert!(!driven.shard.is_queued(key), "P5: what is queued is taken first");
            }
            driven.jobs.push_back(job);
        }
        if let Err(what) = driven.shard.check() {
            panic!("{what}");
        }
        result
    }

    /// Time passes; each shard handles its deadlines.
    fn advance(&mut self, ms: u64) {
        self.now += ms;
        for shard in 0..self.shards.len() {
            let due = self.shards[shard].shard.next_due();
            if due.is_some_and(|due| due.0 <= self.now) {
                self.step(shard, Shard::handle_time);
            }
        }
    }

    /// The chunk of a shard goes to the log, if the log has room.
    fn pump(&mut self, shard: usize) -> bool {
        if !self.hub.has_room() {
            return false;
        }
        let context = Context::from_waker(Waker::noop());
        let Poll::Ready(Some((chunk, _work))) = self.shards[shard].shard.poll_chunk(&context)
        else {
            return false;
        };
        self.hub.log.push_back(chunk);
        self.step(shard, Shard::handle_chunk_taken);
        true
    }

    /// The hub handles a batch, and delivers what the shards' credit permits.
    fn take_batch(&mut self) -> bool {
        // No two batches have the same time, because a client tells an event from another at its position by the time.
        self.now += 1;
        match self.hub.take_batch(self.now, self.mood.work, &mut self.dice) {
            Outcome::Nothing => false,
            Outcome::NotStored => {
                let why: Arc<str> = "the disk is full".into();
                self.hub.broadcast(&mut self.shards, || Inbox::NotStoring(Some(Arc::clone(&why))));
                false
            }
            Outcome::Stored => {
                self.deliver();
                true
            }
        }
    }

    fn deliver(&mut self) -> bool {
        self.hub.deliver(self.now, &mut self.shards)
    }

    /// The sockets of a shard have had a turn: it reports its progress, which wakes the hub.
    fn report(&mut self, shard: usize) -> bool {
        self.hub.credits.worked_off(shard, self.shards[shard].worked_off);
        self.deliver()
    }

    /// A shard handles some messages of its inbox; batches are handled as one round.
    fn handle_inbox(&mut self, shard: usize) -> bool {
        let mut round = Vec::new();
        for _ in 0..=self.dice.below(4) {
            match self.shards[shard].inbox.pop_front() {
                Some(Inbox::Batches(batches)) => {
                    self.shards[shard].worked_off += batches.len() as u64;
                    round.extend(batches);
                }
                Some(Inbox::NotStoring(why)) => {
                    self.handle_round(shard, &round);
                    self.step(shard, |shard| shard.set_not_storing(why));
                    return true;
                }
                Some(_) | None => break,
            }
        }
        let has_some = !round.is_empty();
        self.handle_round(shard, &round);
        has_some
    }

    fn handle_round(&mut self, shard: usize, round: &[Decided]) {
        let mut behind = self.shards[shard].shard.behind();
        self.step(shard, |shard| shard.handle_batches(round));
        let driven = &mut self.shards[shard];
        behind.extend(driven.shard.behind());
        driven.answers.note(round, &behind);
    }

    /// A history thread does the next job of a shard.
    fn read_history(&mut self, shard: usize) -> bool {
        let Some(job) = self.shards[shard].jobs.pop_front() else { return false };
        let found = self.hub.store.read(&job.wanted);
        let page = Page { asker: job.asker, wanted: job.wanted, found };
        self.step(shard, |shard| shard.handle_page(page));
        true
    }

    /// Runs every part until nothing moves any more.
    fn settle(&mut self) {
        (self.hub.store.is_full, self.hub.store.is_unreadable) = (false, false);
        let mut moments = 0;
        for _ in 0..SETTLING_TURNS_MAX {
            let mut has_moved = self.take_batch();
            for shard in 0..self.shards.len() {
                has_moved |= self.pump(shard);
                has_moved |= self.handle_inbox(shard);
                has_moved |= self.report(shard);
                has_moved |= self.read_history(shard);
            }
            for peer in 0..self.outside.peers.len() {
                has_moved |= self.serve(peer);
            }
            has_moved |= self.serve_abandoned();
            if !has_moved {
                if moments == MOMENTS {
                    assert_eq!(self.check_visits(), 0, "a visit is not answered");
                    return;
                }
                moments += 1;
                self.advance(MOMENT_MS);
            }
        }
        panic!("it never comes to rest");
    }
}
