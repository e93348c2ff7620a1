//! Flow control from the hub to the shards: counts the work in flight, and decides when each shard gets its next
//! effects. Pure: the hub supplies the time and the shards' reports ([`crate::delivery`]), and so does a simulation.
//!
//! Three rules:
//!
//! - **A shard has at most [`MESSAGES_MAX`] messages in flight**: the one it works at and the next. Batches that are
//!   committed meanwhile become one message, so each round of the shard carries as much as possible.
//! - **Expensive work waits until all shards are idle**, so that they take the same large rounds instead of many small
//!   ones, each at its own time. While some shards are idle and others are busy, the work waits at most as long as it
//!   takes itself, so its delay at most doubles. Cheap work never waits.
//! - **When a shard has [`IN_FLIGHT_MAX`] in flight, the hub takes nothing more** from the log. So messages of one room
//!   wait a bounded time for those of other rooms, even when a shard is slow.

use std::collections::VecDeque;
use std::iter::Sum;
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

use teahouse_core::Effect;

/// Messages that a shard may have in flight: one to work at, and one to continue with.
const MESSAGES_MAX: usize = 2;
/// Work in flight to one shard above which the hub takes nothing from the log.
const IN_FLIGHT_MAX: Work = Work::from_ms(100);
/// Work below this is never held back.
const CHEAP: Work = Work::from_ms(1);
/// Longest time that work is held back for busy shards while others are idle.
const GATHER_MAX: Duration = Duration::from_millis(80);

/// Delivery work of one chunk; above this a shard stops reading from members of large rooms until the chunk is sent.
pub(crate) const CHUNK_MAX: Work = Work::from_ms(30);
/// Listeners up to which a room is small: messages to it are cheap and only the size of a chunk bounds them.
pub(crate) const FEW: usize = 50;

/// The system's cost of one write to a socket, whatever its size, nanoseconds.
const WRITE_NS: u64 = 6_000;
/// The cost of each message in a write, nanoseconds.
const ITEM_NS: u64 = 12;
/// The cost of copying each KiB of a write, nanoseconds.
const KIB_NS: u64 = 256;
/// The cost of one effect to a shard without listeners, and of each KiB of it, nanoseconds.
const EFFECT_NS: u64 = 100;
const EFFECT_KIB_NS: u64 = 4_096;

/// Work of shards, measured as the approximate time that it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Work(u64);

impl Work {
    const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }

    pub(crate) const fn from_us(us: u64) -> Self {
        Self(us * 1_000)
    }

    /// How many times `other` fits into this work.
    pub(crate) const fn divided_by(self, other: Self) -> u64 {
        self.0 / other.0
    }

    /// The work of one write to each of these listeners.
    pub(crate) fn of_writes(listeners: usize) -> Self {
        Self(WRITE_NS.saturating_mul(listeners as u64))
    }

    /// The work of one message of this size within the writes to these listeners.
    pub(crate) fn of_message(bytes: usize, listeners: usize) -> Self {
        let (bytes, listeners) = (bytes as u64, listeners as u64);
        let delivered = (ITEM_NS + bytes * KIB_NS / 1024).saturating_mul(listeners);
        Self(delivered + EFFECT_NS + bytes * EFFECT_KIB_NS / 1024)
    }

    /// This work, `count` times.
    #[cfg(test)]
    pub(crate) fn times(self, count: usize) -> Self {
        Self(self.0.saturating_mul(count as u64))
    }

    fn time(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

impl Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, work| {
            sum += work;
            sum
        })
    }
}

/// The effects of one committed batch.
pub(crate) type Decided = Arc<Vec<Effect>>;

/// The work in flight to each shard, and the batches that are held back.
#[derive(Debug)]
pub(crate) struct Credits {
    shards: Vec<Account>,
    /// Batches held back until the shards are idle; their work, and the time since which they are held.
    held: Vec<Decided>,
    held_work: Work,
    held_since: Duration,
    /// All batches so far, including held ones, and their total work.
    count: u64,
    total: Work,
    /// For each batch that some shard has not worked off: the total work up to and including it.
    totals: VecDeque<Work>,
}

/// The state of one shard.
#[derive(Debug, Default)]
struct Account {
    /// Released batches that are not handed to the shard yet.
    waiting: Vec<Decided>,
    /// For each message that the shard has not worked off: the value of `handed` after it.
    messages: VecDeque<u64>,
    /// Batches handed to the shard.
    handed: u64,
    /// Batches that the shard has worked off, and their total work.
    worked_off: u64,
    worked_off_work: Work,
}

impl Account {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.messages.is_empty()
    }
}

impl Credits {
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            shards: (0..shards).map(|_| Account::default()).collect(),
            held: Vec::new(),
            held_work: Work::default(),
            held_since: Duration::ZERO,
            count: 0,
            total: Work::default(),
            totals: VecDeque::new(),
        }
    }

    /// Queues a committed batch for every shard, after all earlier ones.
    pub(crate) fn push(&mut self, decided: Decided, work: Work, now: Duration) {
        if self.held.is_empty() {
            self.held_since = now;
        }
        self.held.push(decided);
        self.held_work += work;
        self.count += 1;
        self.total += work;
        self.totals.push_back(self.total);
    }

    /// Records that a shard has worked off `count` batches since the start.
    pub(crate) fn worked_off(&mut self, shard: usize, count: u64) {
        let first = self.count - self.totals.len() as u64;
        let account = &mut self.shards[shard];
        // A shard that has ended reports the largest number: nothing is in flight to it.
        let count = count.min(account.handed);
        if count <= account.worked_off {
            return;
        }
        account.worked_off = count;
        let nth = usize::try_from(count - first - 1).ok();
        account.worked_off_work = nth.map_or(self.total, |nth| self.totals[nth]);
        while account.messages.front().is_some_and(|handed| *handed <= count) {
            account.messages.pop_front();
        }
        let slowest = self.shards.iter().map(|account| account.worked_off).min();
        for _ in first..slowest.unwrap_or(self.count) {
            self.totals.pop_front();
        }
    }

    /// Releases the held batches if they need not wait, or have waited long enough.
    pub(crate) fn release(&mut self, now: Duration) {
        let idle = self.shards.iter().filter(|account| account.is_idle()).count();
        let is_due = self.held_work < CHEAP
            || idle == self.shards.len()
            || (idle > 0 && now.saturating_sub(self.held_since) >= self.patience());
        if is_due {
            self.release_all();
        }
    }

    /// Releases the held batches, even if shards are busy.
    pub(crate) fn release_all(&mut self) {
        for account in &mut self.shards {
            account.waiting.extend(self.held.iter().map(Arc::clone));
        }
        self.held.clear();
        self.held_work = Work::default();
    }

    fn patience(&self) -> Duration {
        self.held_work.time().min(GATHER_MAX)
    }

    /// Whether some batch is not handed out to every shard yet.
    pub(crate) fn has_undelivered(&self) -> bool {
        !self.held.is_empty() || self.shards.iter().any(|account| !account.waiting.is_empty())
    }

    /// When [`Credits::release`] has to be called, even if no shard reports.
    pub(crate) fn due(&self) -> Option<Duration> {
        let is_some_idle = self.shards.iter().any(Account::is_idle);
        let waits = !self.held.is_empty() && is_some_idle;
        waits.then(|| self.held_since + self.patience())
    }

    /// Whether a shard has batches waiting and may have another message.
    pub(crate) fn has_next(&self, shard: usize) -> bool {
        let account = &self.shards[shard];
        !account.waiting.is_empty() && account.messages.len() < MESSAGES_MAX
    }

    /// Takes all batches that wait for a shard, as one message.
    pub(crate) fn take(&mut self, shard: usize) -> Vec<Decided> {
        let account = &mut self.shards[shard];
        let waiting = std::mem::take(&mut account.waiting);
        if !waiting.is_empty() {
            account.handed += waiting.len() as u64;
            account.messages.push_back(account.handed);
        }
        waiting
    }

    /// The shard with the most work in flight, if that is at the bound; `None` while the hub may take from the log.
    pub(crate) fn overburdened(&self) -> Option<usize> {
        let in_flight = |account: &Account| Work(self.total.0 - account.worked_off_work.0);
        let most = self.shards.iter().enumerate().max_by_key(|(_, account)| in_flight(account));
        most.filter(|(_, account)| in_flight(account) >= IN_FLIGHT_MAX).map(|(shard, _)| shard)
    }
}

#[cfg(test)]
mod tests;
