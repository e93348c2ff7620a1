//! What is under way from the hub to the shards, counted in work, and when what was decided goes to which shard. Pure:
//! the hub gives it the time and what shards report ([`crate::delivery`]), a simulation its own.
//!
//! Three rules:
//!
//! - **A shard has at most [`MESSAGES_MAX`] messages before it**: the one it is at and the next. What is decided
//!   meanwhile becomes one message, so its rounds carry as much as there is.
//! - **What is dear waits until the shards are at leisure**, so that all of them take the same large rounds instead of
//!   many small ones, each at its own time. While one shard is idle and another is not, it waits at most as long as
//!   the work itself takes: nobody waits more than twice as long for that, and what is cheap never waits.
//! - **When a shard has [`UNDER_WAY_MAX`] before it, the hub takes nothing more** from the log. So what is said in one
//!   room waits a bounded time for what is said in others, also when a shard is slow.

use std::collections::VecDeque;
use std::iter::Sum;
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

use teahouse_core::Effect;

/// Messages a shard may have before it: one it is at, and one to go on with.
const MESSAGES_MAX: usize = 2;
/// Work before one shard beyond which the hub takes nothing from the log.
const UNDER_WAY_MAX: Work = Work::from_ms(100);
/// Work that is not worth waiting for anybody.
const CHEAP: Work = Work::from_ms(1);
/// How long at most something waits for shards that are busy while others are idle.
const GATHER_MAX: Duration = Duration::from_millis(80);

/// Work of one chunk for those who hear it, beyond which nobody who talks to many is read until it is handed in.
pub(crate) const CHUNK_MAX: Work = Work::from_ms(30);
/// Members of a room in which talk is cheap: it waits for the bounds of a chunk only.
pub(crate) const FEW: usize = 50;

/// What one write to a socket takes, nanoseconds: the system's part, whatever it carries.
const WRITE_NS: u64 = 6_000;
/// What each message in it adds.
const ITEM_NS: u64 = 12;
/// What each KiB in it adds: it is copied.
const KIB_NS: u64 = 256;
/// What a decided thing costs a shard where nobody hears it, and each KiB of it.
const EFFECT_NS: u64 = 100;
const EFFECT_KIB_NS: u64 = 4_096;

/// Work of shards, as the time that it takes about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Work(u64);

impl Work {
    const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }

    pub(crate) const fn from_us(us: u64) -> Self {
        Self(us * 1_000)
    }

    /// How many times the other is in it.
    pub(crate) const fn divided_by(self, other: Self) -> u64 {
        self.0 / other.0
    }

    /// That somebody is written to.
    pub(crate) fn of_writes(listeners: usize) -> Self {
        Self(WRITE_NS.saturating_mul(listeners as u64))
    }

    /// That a message of so many bytes is in what each of so many is written, whatever else is.
    pub(crate) fn of_message(bytes: usize, listeners: usize) -> Self {
        let (bytes, listeners) = (bytes as u64, listeners as u64);
        let heard = (ITEM_NS + bytes * KIB_NS / 1024).saturating_mul(listeners);
        Self(heard + EFFECT_NS + bytes * EFFECT_KIB_NS / 1024)
    }

    /// So many times that.
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

/// What was decided at once, committed.
pub(crate) type Decided = Arc<Vec<Effect>>;

/// What is under way.
#[derive(Debug)]
pub(crate) struct Credits {
    shards: Vec<Account>,
    /// Decided, and kept back until shards are at leisure; the work of it, and since when.
    held: Vec<Decided>,
    held_work: Work,
    held_since: Duration,
    /// How many there were so far, held ones included, and the work of all of them.
    count: u64,
    total: Work,
    /// Of those that not every shard has worked off: the work up to and with each.
    totals: VecDeque<Work>,
}

/// One shard's.
#[derive(Debug, Default)]
struct Account {
    /// To be handed to it.
    waiting: Vec<Decided>,
    /// How many had been handed to it with each message that it has not worked off.
    messages: VecDeque<u64>,
    /// How many have been handed to it.
    handed: u64,
    /// How many it has worked off, and the work of all of them.
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

    /// Something was decided and committed: shards are to hear it, after everything before.
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

    /// A shard has worked off so many since the start.
    pub(crate) fn worked_off(&mut self, shard: usize, count: u64) {
        let first = self.count - self.totals.len() as u64;
        let account = &mut self.shards[shard];
        // One that is gone has nothing before it any more.
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

    /// Lets go what is held if it need not wait, or has waited long enough.
    pub(crate) fn release(&mut self, now: Duration) {
        let idle = self.shards.iter().filter(|account| account.is_idle()).count();
        let is_due = self.held_work < CHEAP
            || idle == self.shards.len()
            || (idle > 0 && now.saturating_sub(self.held_since) >= self.patience());
        if is_due {
            self.release_all();
        }
    }

    /// Lets go what is held, whoever is busy.
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

    /// Whether something is to be handed out, sooner or later.
    pub(crate) fn keeps_something(&self) -> bool {
        !self.held.is_empty() || self.shards.iter().any(|account| !account.waiting.is_empty())
    }

    /// When [`Credits::release`] is wanted, whatever shards report.
    pub(crate) fn due(&self) -> Option<Duration> {
        let is_some_idle = self.shards.iter().any(Account::is_idle);
        let waits = !self.held.is_empty() && is_some_idle;
        waits.then(|| self.held_since + self.patience())
    }

    /// Whether a shard is to be handed something, if it can take it.
    pub(crate) fn has_next(&self, shard: usize) -> bool {
        let account = &self.shards[shard];
        !account.waiting.is_empty() && account.messages.len() < MESSAGES_MAX
    }

    /// Everything that waits for a shard, in one message.
    pub(crate) fn take(&mut self, shard: usize) -> Vec<Decided> {
        let account = &mut self.shards[shard];
        let waiting = std::mem::take(&mut account.waiting);
        if !waiting.is_empty() {
            account.handed += waiting.len() as u64;
            account.messages.push_back(account.handed);
        }
        waiting
    }

    /// The shard that has more before it than it may, and the most of them; none when more may be taken from the log.
    pub(crate) fn overburdened(&self) -> Option<usize> {
        let under_way = |account: &Account| Work(self.total.0 - account.worked_off_work.0);
        let most = self.shards.iter().enumerate().max_by_key(|(_, account)| under_way(account));
        most.filter(|(_, account)| under_way(account) >= UNDER_WAY_MAX).map(|(shard, _)| shard)
    }
}

#[cfg(test)]
mod tests;
