//! Everything there is in one history, and what happens in it, one turn at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use jiff::tz::TimeZone;
use teahouse_core::{
    Chat, Effect, LogPosition, Moment, Position, RoomId, RoomName, SessionId, SteadyTime, Time,
};
use teahouse_wire::ProtocolSession;
use teahouse_wire::api::{ApiSession, Epoch};
use teahouse_wire::protocol::ServerFacts;

use super::dice::Dice;
use super::editor::EditorSession;
use super::peer::{Kind, Peer, Wire};
use super::socket::VirtualSocket;
use super::store::ListStore;
use crate::browsers::Browsers;
use crate::gate::Gate;
use crate::history::{Job, Page};
use crate::hub;
use crate::inbox::Inbox;
use crate::log::{Batch, Chunk, Entry, Order};
use crate::settings::{LimitSettings, Settings};
use crate::shard::{Interest, Now, PING_S, Place, ReadOutcome, Shard};

/// Turns of a history in which anything may happen, at most.
const TURNS_MAX: usize = 400;
/// Turns after that in which everything is let through: more are an endless loop.
const SETTLING_TURNS_MAX: usize = 20_000;
/// Chunks that wait for the hub.
const LOG_CHUNKS_MAX: usize = 3;
/// How long nothing may have happened before everything has come to rest: so many times so many milliseconds.
const MOMENTS: usize = 10;
const MOMENT_MS: u64 = 3000;

/// What a history is like.
struct Mood {
    /// So often something goes wrong with a connection.
    turns_between_troubles: usize,
    /// People go from room to room.
    is_restless: bool,
}

/// A shard, and what is on its way to and from it.
pub(super) struct Driven {
    pub(super) shard: Shard<VirtualSocket>,
    inbox: VecDeque<Inbox>,
    jobs: VecDeque<Job>,
}

pub(super) struct World {
    dice: Dice,
    mood: Mood,
    now: u64,
    pub(super) chat: Chat,
    pub(super) store: ListStore,
    pub(super) log: VecDeque<Chunk>,
    order: Order,
    /// Applied and not stored, because the disk is full.
    pub(super) unstored: Option<(LogPosition, Vec<Effect>)>,
    pub(super) shards: Vec<Driven>,
    pub(super) gate: Arc<Gate>,
    pub(super) peers: Vec<Peer>,
    /// Connections that their peers have given up, and the server has not.
    given_up: Vec<Wire>,
    /// Messages said so far, which have these numbers.
    said: u32,
    /// The rooms of each session, and the last position before it came into each.
    pub(super) joined: BTreeMap<SessionId, BTreeMap<RoomId, Position>>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let settings = Arc::new(settings(&mut dice));
        let chat = Chat::from_history(settings.chat_limits(), RoomId(0), []);
        let server = Arc::new(ServerFacts {
            epoch: Epoch::of([7; 16]),
            server: "simulated".to_owned(),
            first_room: settings.first_room.clone(),
            ping_s: PING_S,
            grace_s: settings.limits.seats.grace_s,
        });
        let shards = (0..1 + dice.below(8)).map(|index| Driven {
            shard: Shard::new(Place {
                index,
                boot: 1,
                server: Arc::clone(&server),
                settings: Arc::clone(&settings),
                browsers: Arc::new(Browsers::default()),
                zone: TimeZone::UTC,
            }),
            inbox: VecDeque::new(),
            jobs: VecDeque::new(),
        });
        let shards = shards.collect();
        let peers = (1..=2 + dice.below(6)).map(|number| match dice.below(5) {
            0 | 1 => Peer::line(number),
            2 | 3 => Peer::api(number),
            _ => Peer::editor(number),
        });
        let peers = peers.collect();
        let mood = Mood {
            turns_between_troubles: *dice.pick(&[8, 30, 200]),
            is_restless: dice.once_in(3),
        };
        Self {
            dice,
            mood,
            now: 0,
            chat,
            store: ListStore::default(),
            log: VecDeque::new(),
            order: Order::after(LogPosition::START, Moment::default()),
            unstored: None,
            shards,
            gate: Gate::new(&settings.limits, 1000),
            peers,
            given_up: Vec::new(),
            said: 0,
            joined: BTreeMap::new(),
        }
    }

    /// Anything happens, then everything is let through.
    pub(super) fn live(&mut self) {
        for _ in 0..self.dice.below(TURNS_MAX) {
            self.turn();
        }
        self.settle();
    }

    /// Everyone goes, one way or the other, and nobody comes back.
    pub(super) fn end(&mut self) {
        for peer in &mut self.peers {
            if let Some(wire) = &mut peer.wire {
                match self.dice.once_in(2) {
                    true => wire.socket.close(),
                    false => wire.socket.break_off(),
                }
                wire.is_closed = true;
            }
        }
        self.settle();
        self.pass(u64::from(LimitSettings::default().seats.grace_s) * 1000 + MOMENT_MS);
        self.settle();
    }

    /// Something happens.
    fn turn(&mut self) {
        let peer = self.dice.below(self.peers.len());
        let shard = self.dice.below(self.shards.len());
        if self.dice.once_in(self.mood.turns_between_troubles) {
            self.trouble(peer);
        }
        match self.dice.below(24) {
            0 | 1 => self.connect(peer),
            2..=7 => {
                self.said += 1;
                let is_restless = self.mood.is_restless;
                self.peers[peer].act(&mut self.dice, self.said, is_restless);
            }
            8 | 9 => self.store.is_full = self.dice.once_in(3),
            10 => {
                let ms = *self.dice.pick(&[1, 50, 400, 1500, 12_000]);
                self.pass(ms);
            }
            11 | 12 => drop(self.pump(shard)),
            13 | 14 => drop(self.hub()),
            15..=17 => drop(self.handle_inbox(shard)),
            18 | 19 => drop(self.read_history(shard)),
            20 => drop(self.serve_given_up()),
            _ => drop(self.serve(peer)),
        }
    }

    /// Something goes wrong with a peer's connection.
    fn trouble(&mut self, peer: usize) {
        let Some(wire) = &mut self.peers[peer].wire else { return };
        match self.dice.below(6) {
            0 => {
                wire.socket.close();
                wire.is_closed = true;
            }
            1 => {
                wire.socket.break_off();
                wire.is_closed = true;
            }
            2 => wire.socket.set_room(usize::MAX / 2),
            _ => {
                let room = self.dice.below(300);
                wire.socket.set_room(room);
            }
        }
    }

    /// A peer connects, or comes back.
    fn connect(&mut self, peer: usize) {
        let is_gone = |wire: &Wire| wire.is_closed || !wire.is_served;
        if self.peers[peer].wire.as_ref().is_some_and(|wire| !is_gone(wire)) {
            return;
        }
        let shard = self.dice.below(self.shards.len());
        let socket = VirtualSocket::new(usize::MAX / 2);
        let permit = self.gate.admit([10, 0, 0, 1].into()).expect("nothing limits these");
        let ours = socket.clone();
        let is_line = matches!(self.peers[peer].kind, Kind::Line(_));
        let session: Box<dyn ProtocolSession> = match self.peers[peer].kind {
            Kind::Api(_) => Box::new(ApiSession::new(false)),
            Kind::Line(_) | Kind::Editor(_) => Box::new(EditorSession::new(first_room(), 0)),
        };
        let key = self.step(shard, |shard| match is_line {
            true => shard.accept(ours, permit),
            false => shard.accept_as(session, ours, (permit.origin(), Some(permit)), &[]),
        });
        let wire = Wire { socket, shard, key, is_closed: false, is_served: true };
        let earlier = self.peers[peer].connect(wire);
        self.given_up.extend(earlier);
    }

    fn step<R>(&mut self, index: usize, act: impl FnOnce(&mut Shard<VirtualSocket>) -> R) -> R {
        let driven = &mut self.shards[index];
        driven.shard.begin_step(Now { steady: SteadyTime(self.now), time: time_at(self.now) });
        let result = act(&mut driven.shard);
        driven.shard.finish_step();
        driven.jobs.extend(driven.shard.take_jobs());
        result
    }

    /// Time passes; each shard does what is due in it.
    fn pass(&mut self, ms: u64) {
        self.now += ms;
        for shard in 0..self.shards.len() {
            let due = self.shards[shard].shard.next_due();
            if due.is_some_and(|due| due.0 <= self.now) {
                self.step(shard, Shard::handle_time);
            }
        }
    }

    /// What a shard has gathered goes to the log, if there is room.
    fn pump(&mut self, shard: usize) -> bool {
        if self.log.len() >= LOG_CHUNKS_MAX {
            return false;
        }
        let context = Context::from_waker(Waker::noop());
        let Poll::Ready(Some(chunk)) = self.shards[shard].shard.poll_chunk(&context) else {
            return false;
        };
        self.log.push_back(chunk);
        self.step(shard, Shard::handed_in);
        true
    }

    /// The hub takes a batch.
    fn hub(&mut self) -> bool {
        let (position, effects) = match self.unstored.take() {
            Some(unstored) => unstored,
            None => match self.decide() {
                Some(decided) => decided,
                None => return false,
            },
        };
        if !self.store.commit(position, &effects) {
            let why: Arc<str> = "the disk is full".into();
            self.tell(|| Inbox::NotStoring(Some(Arc::clone(&why))));
            self.unstored = Some((position, effects));
            return false;
        }
        self.chat.settled();
        effects.iter().for_each(|effect| self.note(effect));
        let effects = Arc::new(effects);
        self.tell(|| Inbox::Batch(Arc::clone(&effects)));
        true
    }

    /// What follows from the next batch, if there is one.
    fn decide(&mut self) -> Option<(LogPosition, Vec<Effect>)> {
        let due = self.chat.next_due();
        if self.log.is_empty() && due.is_none_or(|due| due.0 > self.now) {
            return None;
        }
        let count = 1 + self.dice.below(LOG_CHUNKS_MAX);
        let count = count.min(self.log.len());
        let now = Moment { time: time_at(self.now), steady: SteadyTime(self.now) };
        let batch = self.order.batch(self.log.drain(..count), now, due);
        let Batch { position, moment, entries } = batch;
        let mut effects = Vec::new();
        self.chat.advance(moment, &mut effects);
        for entry in entries {
            if let Entry::Proposal(proposal) = &entry
                && let Some(key) = self.chat.to_recall(proposal)
                && let Some(said) = self.store.find(&key)
            {
                self.chat.recall(key, said);
            }
            hub::decide(&mut self.chat, entry, &mut effects);
        }
        self.chat.check().expect("the chat's invariants hold");
        Some((position, effects))
    }

    fn tell(&mut self, message: impl Fn() -> Inbox) {
        self.shards.iter_mut().for_each(|driven| driven.inbox.push_back(message()));
    }

    fn note(&mut self, effect: &Effect) {
        match effect {
            Effect::Joined { session, room, at, .. } => {
                self.joined.entry(*session).or_default().insert(*room, *at);
            }
            Effect::Parted { session, room, .. } => {
                self.joined.entry(*session).or_default().remove(room);
            }
            Effect::Ended { session, .. } => drop(self.joined.remove(session)),
            Effect::Founded { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Event(_)
            | Effect::Presence { .. }
            | Effect::Ignores { .. }
            | Effect::Answer { .. }
            | Effect::SessionForgotten { .. } => {}
        }
    }

    /// A shard handles some of what it is told, as one round where that is all batches.
    fn handle_inbox(&mut self, shard: usize) -> bool {
        let mut round = Vec::new();
        for _ in 0..=self.dice.below(4) {
            match self.shards[shard].inbox.pop_front() {
                Some(Inbox::Batch(effects)) => round.push(effects),
                Some(Inbox::NotStoring(why)) => {
                    self.step(shard, |shard| {
                        shard.handle_batches(&round);
                        shard.set_not_storing(why);
                    });
                    return true;
                }
                Some(_) | None => break,
            }
        }
        let has_some = !round.is_empty();
        self.step(shard, |shard| shard.handle_batches(&round));
        has_some
    }

    /// A reading thread does a shard's next job.
    fn read_history(&mut self, shard: usize) -> bool {
        let Some(job) = self.shards[shard].jobs.pop_front() else { return false };
        let found = self.store.read(&job.wanted);
        let page = Page { asker: job.asker, wanted: job.wanted, found };
        self.step(shard, |shard| shard.handle_page(page));
        true
    }

    /// A connection's task has its turn; its peer takes what has come.
    fn serve(&mut self, peer: usize) -> bool {
        let Some(mut wire) = self.peers[peer].wire.take() else { return false };
        let has_run = self.run_task(&mut wire);
        self.peers[peer].wire = Some(wire);
        self.peers[peer].receive();
        has_run
    }

    /// Connections that nobody is at have their turns.
    fn serve_given_up(&mut self) -> bool {
        let mut has_run = false;
        for mut wire in std::mem::take(&mut self.given_up) {
            has_run |= self.run_task(&mut wire);
            self.given_up.extend(wire.is_served.then_some(wire));
        }
        has_run
    }

    /// The task of a connection runs, if it was woken, until it has to wait.
    fn run_task(&mut self, wire: &mut Wire) -> bool {
        let Wire { socket, shard, key, is_served, .. } = wire;
        let (shard, key) = (*shard, *key);
        if !*is_served || !socket.take_woken() {
            return false;
        }
        loop {
            let interest = self.shards[shard].shard.interest(key, &socket.waker());
            let (read, write) = match interest {
                Interest::Ready { read, write } => (read, write),
                Interest::Closed => {
                    self.step(shard, |shard| shard.remove(key));
                    *is_served = false;
                    return true;
                }
                Interest::Http => panic!("nobody here speaks HTTP"),
            };
            if write && socket.is_writable() {
                self.step(shard, |shard| shard.handle_writable(key));
            } else if read && socket.is_readable() {
                let outcome = self.step(shard, |shard| shard.handle_readable(key));
                if outcome == ReadOutcome::Full {
                    socket.waker().wake();
                    return true;
                }
            } else {
                socket.wait(read, write);
                return true;
            }
        }
    }

    /// Everything is let through.
    fn settle(&mut self) {
        self.store.is_full = false;
        let wires = self.peers.iter().filter_map(|peer| peer.wire.as_ref());
        let wires = wires.chain(&self.given_up);
        wires.for_each(|wire| wire.socket.set_room(usize::MAX / 2));
        let mut moments = 0;
        for _ in 0..SETTLING_TURNS_MAX {
            let mut has_moved = self.hub();
            for shard in 0..self.shards.len() {
                has_moved |= self.pump(shard);
                has_moved |= self.handle_inbox(shard);
                has_moved |= self.read_history(shard);
            }
            for peer in 0..self.peers.len() {
                has_moved |= self.serve(peer);
            }
            has_moved |= self.serve_given_up();
            if !has_moved {
                if moments == MOMENTS {
                    return;
                }
                moments += 1;
                self.pass(MOMENT_MS);
            }
        }
        panic!("it never comes to rest");
    }
}

fn settings(dice: &mut Dice) -> Settings {
    let mut limits = LimitSettings::default();
    for rate in [
        &mut limits.addresses.address_requests_burst,
        &mut limits.addresses.address_kept_bytes_burst,
        &mut limits.rooms.new_rooms_burst,
        &mut limits.presence.brief_stays_burst,
    ] {
        *rate = 0;
    }
    limits.connections.connections_per_address_max = 0;
    limits.connections.newcomers_per_address_max = 0;
    limits.seats.suspended_per_address_max = 1000;
    limits.flood.flood_burst = *dice.pick(&[0, 0, 3]);
    limits.flood.flood_held_max = *dice.pick(&[1, 4, 8]);
    limits.connections.idle_s = *dice.pick(&[0, 0, 60]);
    limits.presence.announce_each_max = *dice.pick(&[1, 50]);
    // Small, so that peers who do not read are behind, and let go, early.
    (limits.queues.queue_soft_bytes, limits.queues.queue_hard_bytes) =
        *dice.pick(&[(200, 20_000), (2000, 3000)]);
    let first_room = first_room();
    let history_shown = *dice.pick(&[0, 2, 20]);
    Settings { first_room, history_shown, limits, ..Settings::default() }
}

fn first_room() -> RoomName {
    RoomName::parse("lobby").expect("it is a name")
}

fn time_at(ms: u64) -> Time {
    Time(1_795_559_400_000 + i64::try_from(ms).expect("histories are short"))
}
