//! A shard: one thread that owns its connections outright, from reading a request to writing what
//! everyone says. Nothing here is locked and nothing is shared with another thread but what the
//! inbox brings.
//!
//! - Reading: one small task a connection ([`intake`]); requests are gathered into a chunk and handed
//!   to the log once a round ([`Shard::pump`]).
//! - Writing: what the hub decided is encoded once per room ([`room`]) and written directly to each
//!   socket ([`deliver`]); only what a socket does not take is queued ([`outbox`]).
//! - A connection that reads too slowly is left behind and refilled from history ([`refill`]); coming
//!   into a room with its history takes the same way, so history and live events meet in one place.
//!
//! Invariants: a member that is live has been sent, or has queued, every event of its room up to the
//! room's `head`; a member that is not has a cursor, and will be given everything after it. Nobody is
//! behind and forgotten: whoever is behind has a job under way, or bytes queued whose draining asks.

mod connection;
mod counts;
mod deliver;
mod flow;
mod http;
mod intake;
mod opening;
mod outbox;
mod pings;
mod refill;
mod room;
mod seat;
mod space;
mod speaker;
mod visitor;
mod watch;

use std::cell::RefCell;
use std::collections::{BinaryHeap, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use jiff::tz::TimeZone;
use slab::Slab;
use teahouse_core::{
    Action, Effect, Origin, Proposal, RequestId, RoomId, SessionId, SteadyTime, Visit,
};
use teahouse_wire::Heard;
use teahouse_wire::api::House;
use teahouse_wire::line::Clock;
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tracing::debug;

use crate::browsers::Browsers;
use crate::clock;
use crate::gate::Permit;
use crate::history::Jobs;
use crate::inbox::Inbox;
use crate::log::{CHUNK_BYTES_MAX, CHUNK_PROPOSALS_MAX, Chunk, LogSender};
use crate::settings::Settings;
use crate::space::LowSpace;
pub(crate) use counts::{Figures, PROTOCOLS};
pub(crate) use pings::PING_S;

use connection::Connection;
use counts::Counts;
use opening::Look;
use room::{Pending, RoomHere};
use speaker::Encoder;
use visitor::Visitors;
use watch::Panicked;

/// Bytes read from a socket at once, into one buffer that the whole shard shares.
const READ_BYTES: usize = 16 * 1024;
/// Inbox messages handled in one round: their room messages leave in one write per member.
const ROUND_MESSAGES_MAX: usize = 64;
/// How long a shard that always has something to write may keep its other tasks (reading, draining, deadlines)
/// waiting; one round more at most.
const TURN_TIME: Duration = Duration::from_millis(200);
/// How long members have, when the house closes, to take what is queued for them.
const FLUSH_DEADLINE: Duration = Duration::from_secs(2);
/// Buffers for encoded room messages kept for the next round.
const SPARE_PENDING_MAX: usize = 64;

/// A connection of this shard; the serial number tells it from a later one in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    index: usize,
    serial: u64,
}

#[cfg(test)]
impl Key {
    pub(crate) fn for_test() -> Self {
        Self { index: 0, serial: 0 }
    }
}

/// What a shard is made of.
pub(crate) struct Parts {
    pub(crate) index: usize,
    /// How often the history has been opened: makes session ids unique for its life.
    pub(crate) boot: u32,
    pub(crate) house: Arc<House>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) browsers: Arc<Browsers>,
    pub(crate) inbox: mpsc::Receiver<Inbox>,
    pub(crate) log: LogSender,
    pub(crate) jobs: Jobs,
}

/// The state of one shard. Borrowed for the length of one step, never across an await.
struct Shard {
    index: usize,
    boot: u32,
    /// What the house tells of itself.
    house: Arc<House>,
    settings: Arc<Settings>,
    zone: TimeZone,
    started: Instant,
    me: Weak<RefCell<Shard>>,
    jobs: Jobs,
    connections: Slab<Connection>,
    serial: u64,
    sessions: HashMap<SessionId, usize>,
    visitors: Visitors,
    /// What suspended sessions of this shard go on holding: a seat that is kept costs its address a connection.
    suspended: HashMap<SessionId, Permit>,
    rooms: HashMap<RoomId, RoomHere>,
    /// The batches of the round under way.
    round: Vec<Arc<Vec<Effect>>>,
    /// Rooms with encoded messages not yet written.
    dirty: Vec<RoomId>,
    spare: Vec<Pending>,
    /// Requests gathered for the log.
    chunk: Chunk,
    chunk_bytes: usize,
    pump: Option<Waker>,
    /// Connections that may read again when the chunk has been handed in.
    waiting: Vec<Key>,
    /// Told when the chunk has been handed in: visits may go on.
    visitors_turn: Rc<Notify>,
    /// Connections whose first line is awaited, and when each is next looked at.
    silent: BinaryHeap<Look>,
    silent_timer: Option<AbortHandle>,
    /// Where browsers are.
    browsers: Arc<Browsers>,
    /// Connections whose protocol asks whether the peer is there, and when each is next looked at.
    pings: VecDeque<(Instant, Key)>,
    /// Why nothing is stored just now: told to those who come in meanwhile as well.
    not_storing: Option<Arc<str>>,
    /// Why nothing can be said just now.
    low_space: Option<LowSpace>,
    /// Bytes held of what is half said, by all connections together.
    half_said_bytes: usize,
    /// The house closes: nothing more is read.
    is_closing: bool,
    /// Whether the idle sweep runs.
    is_sweeping: bool,
    read_buffer: Box<[u8]>,
    scratch: Vec<u8>,
    heard: Vec<Heard>,
    encoder: Encoder,
    counts: Counts,
    panicked: Panicked,
}

type Handle = Rc<RefCell<Shard>>;

/// Runs a shard until the hub has finished.
pub(crate) async fn run(parts: Parts) {
    let Parts { index, boot, house, settings, browsers, mut inbox, log, jobs } = parts;
    let panicked = Panicked::default();
    let shard = Rc::new_cyclic(|me| {
        RefCell::new(Shard {
            index,
            boot,
            encoder: Encoder::new(house.epoch),
            house,
            settings,
            zone: TimeZone::system(),
            started: Instant::now(),
            me: me.clone(),
            jobs,
            connections: Slab::new(),
            serial: 0,
            sessions: HashMap::new(),
            visitors: Visitors::default(),
            suspended: HashMap::new(),
            rooms: HashMap::new(),
            round: Vec::new(),
            dirty: Vec::new(),
            spare: Vec::new(),
            chunk: Chunk::new(),
            chunk_bytes: 0,
            pump: None,
            waiting: Vec::new(),
            visitors_turn: Rc::default(),
            silent: BinaryHeap::new(),
            silent_timer: None,
            browsers,
            pings: VecDeque::new(),
            not_storing: None,
            low_space: None,
            half_said_bytes: 0,
            is_closing: false,
            is_sweeping: false,
            read_buffer: vec![0; READ_BYTES].into_boxed_slice(),
            scratch: Vec::new(),
            heard: Vec::new(),
            counts: Counts::default(),
            panicked: panicked.clone(),
        })
    });
    shard.borrow_mut().start_sweep();
    let pumped = Rc::clone(&shard);
    panicked.watch(move || Shard::pump(pumped, log));
    let mut round = Vec::with_capacity(ROUND_MESSAGES_MAX);
    let mut is_finished = false;
    let mut turn: Option<Instant> = None;
    while !is_finished {
        let count = tokio::select! {
            count = inbox.recv_many(&mut round, ROUND_MESSAGES_MAX) => count,
            // Ends this thread, and so the house, which says so.
            () = panicked.wait() => panic!("a task of this shard has panicked"),
        };
        if count == 0 {
            break;
        }
        is_finished = shard.borrow_mut().handle_round(&mut round);
        // Reading between any two rounds would keep what is under way in two halves for ever, each in writes of
        // its own; an inbox that is never empty would keep this thread's tasks waiting without a bound.
        if inbox.is_empty() {
            // Waiting for more is a turn for everything else.
            turn = None;
        } else if turn.get_or_insert_with(Instant::now).elapsed() >= TURN_TIME {
            tokio::task::yield_now().await;
            turn = None;
        }
    }
    shard.borrow_mut().say_goodbye();
    let flushed = tokio::time::timeout(FLUSH_DEADLINE, Shard::flushed(&shard)).await;
    debug!(shard = index, all = flushed.is_ok(), "flushed");
    Shard::close_all(&shard).await;
}

impl Shard {
    /// Handles what has come; whether it is the last there is.
    fn handle_round(&mut self, messages: &mut Vec<Inbox>) -> bool {
        let mut is_finished = false;
        for message in messages.drain(..) {
            is_finished |= matches!(message, Inbox::Finished);
            self.handle(message);
        }
        self.flush_all();
        self.round.clear();
        is_finished
    }

    fn handle(&mut self, message: Inbox) {
        match message {
            Inbox::Batch(effects) => {
                let (batch, count) = (self.round.len(), effects.len());
                self.round.push(effects);
                for effect in 0..count {
                    self.handle_effect(batch, effect);
                }
            }
            Inbox::Accepted(accepted) => self.accept(accepted),
            Inbox::Page(page) => self.handle_page(page),
            Inbox::Reload(settings) => {
                self.house = Arc::new(House {
                    first_room: settings.first_room.clone(),
                    grace_s: settings.limits.grace_s,
                    ..House::clone(&self.house)
                });
                self.settings = settings;
                self.start_sweep();
            }
            Inbox::Notice(text) => self.notice(&text),
            Inbox::Space(low) => self.set_space(low),
            Inbox::NotStoring(why) => {
                self.not_storing = why;
                match self.waiting_notice() {
                    Some(notice) => self.notice(&notice),
                    None => self.notice("messages are being stored again"),
                }
            }
            // Whoever asked may have gone.
            Inbox::Measure(sender) => drop(sender.send(Box::new(self.figures()))),
            Inbox::Close => self.close(),
            Inbox::Finished => {}
        }
    }

    /// Hands gathered requests to the log: once a round, because this task runs after the reading
    /// tasks that woke it.
    async fn pump(shard: Handle, log: LogSender) {
        loop {
            let chunk = std::future::poll_fn(|context| {
                let mut shard = shard.borrow_mut();
                if !shard.chunk.is_empty() {
                    shard.chunk_bytes = 0;
                    return Poll::Ready(Some(std::mem::take(&mut shard.chunk)));
                }
                if shard.is_closing {
                    return Poll::Ready(None);
                }
                shard.pump = Some(context.waker().clone());
                Poll::Pending
            });
            let Some(chunk) = chunk.await else { return };
            if log.send(chunk).await.is_err() {
                debug!("the log is closed");
                return;
            }
            shard.borrow_mut().wake_waiting();
        }
    }

    /// Puts a connection's request in the chunk for the log.
    fn propose(&mut self, index: usize, request: RequestId, action: Action) {
        let Connection { session, origin, .. } = self.connections[index];
        self.propose_as((session, origin), request, action);
    }

    /// Puts a request in the chunk for the log.
    fn propose_as(
        &mut self,
        (session, origin): (SessionId, Origin),
        request: RequestId,
        action: Action,
    ) {
        self.chunk_bytes += bytes_of(&action);
        self.chunk.push(Proposal { session, origin, request, action });
        if let Some(pump) = self.pump.take() {
            pump.wake();
        }
    }

    fn is_chunk_full(&self) -> bool {
        self.chunk.len() >= CHUNK_PROPOSALS_MAX || self.chunk_bytes >= CHUNK_BYTES_MAX
    }

    /// What those who are in, and those who come in meanwhile, are told while nothing is stored.
    fn waiting_notice(&self) -> Option<String> {
        let why = self.not_storing.as_ref()?;
        Some(format!("{why}: what you say or ask waits until they can"))
    }

    /// A clock that no administrator sets, for rates.
    fn steady_now(&self) -> SteadyTime {
        SteadyTime(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn clock(&self) -> Clock {
        Clock { now: clock::now(), zone: self.zone.clone() }
    }

    /// The connection, if it is still the same one.
    fn connection(&mut self, key: Key) -> Option<&mut Connection> {
        self.connections.get_mut(key.index).filter(|connection| connection.serial == key.serial)
    }

    fn key(&self, index: usize) -> Key {
        Key { index, serial: self.connections[index].serial }
    }

    /// The session number for a connection or a visit.
    fn session_id(&self, serial: u64) -> SessionId {
        session_id(self.boot, self.index, serial)
    }
}

/// Bits of a session number: how often the history was opened, which shard, and the how manieth there. Never one
/// twice: a shard that makes a thousand a second does so for nine years without a restart, and a house that is
/// opened every hour does so for a century.
const BOOT_BITS: u32 = 20;
const SHARD_BITS: u32 = 6;
const SERIAL_BITS: u32 = 38;
const _: () = assert!(BOOT_BITS + SHARD_BITS + SERIAL_BITS == u64::BITS);
const _: () = assert!(crate::SHARDS_MAX <= 1 << SHARD_BITS);
/// Times that one history may be opened.
pub(crate) const BOOTS_MAX: u32 = (1 << BOOT_BITS) - 1;

fn session_id(boot: u32, shard: usize, serial: u64) -> SessionId {
    // The house says so and ends; the next start has numbers again.
    assert!(serial < 1 << SERIAL_BITS, "this shard has used up its session numbers: start again");
    let boot = u64::from(boot) << (SHARD_BITS + SERIAL_BITS);
    SessionId(boot | ((shard as u64) << SERIAL_BITS) | serial)
}

/// What a request weighs in the log's queue.
fn bytes_of(action: &Action) -> usize {
    match action {
        Action::Say { text, .. }
        | Action::Tell { text, .. }
        | Action::Visit(Visit::Post { text, .. }) => text.as_str().len(),
        Action::Read { .. } | Action::Topic { .. } | Action::Visit(_) => 512,
        Action::Enter { .. }
        | Action::EnterUnseen { .. }
        | Action::Appear
        | Action::Exit { .. }
        | Action::Join { .. }
        | Action::Leave { .. }
        | Action::Rename { .. }
        | Action::Who { .. }
        | Action::Rooms { .. }
        | Action::Ignore { .. }
        | Action::Typing { .. }
        | Action::Configure { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_number_is_never_handed_out_twice() {
        let beyond_32_bits = (1_u64 << 32) + 5;
        assert_ne!(session_id(1, 0, 5), session_id(1, 0, beyond_32_bits));
        // The largest of each is smaller than the smallest of the next.
        let last = (1_u64 << SERIAL_BITS) - 1;
        assert!(session_id(1, 0, last) < session_id(1, 1, 0));
        assert!(session_id(1, crate::SHARDS_MAX - 1, last) < session_id(2, 0, 0));
        assert_eq!(session_id(BOOTS_MAX, (1 << SHARD_BITS) - 1, last), SessionId(u64::MAX));
    }
}
