//! What one address has used of its limits: counts and rates over all its connections, including closed ones. Only
//! atomics, so that shards can check every request without waiting for one another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use teahouse_core::{Origin, Request, SteadyTime, Text, Verdict};

use crate::settings::LimitSettings;

const NANOS: u64 = 1_000_000_000;
const NANOS_PER_MS: u64 = 1_000_000;
/// Shortest pause of a connection whose address has no work tokens, milliseconds. Several tokens gather meanwhile, and
/// hundreds of connections that wait for the same tokens do not keep a shard busy with checking.
pub(crate) const WORK_WAIT_MS_MIN: u32 = 100;

/// The rates of every address. A reload changes them.
#[derive(Debug, Default)]
pub(super) struct Rates {
    requests: Rate,
    posts: Rate,
    kept_bytes: Rate,
    work: Rate,
}

/// A burst, and a steady rate per second after it. A burst of 0 means no limit.
#[derive(Debug, Default)]
struct Rate {
    burst: AtomicU64,
    per_second: AtomicU64,
}

/// A token bucket in its "virtual schedule" form (GCRA, ITU-T I.371): the steady time at which the bucket is full
/// again, nanoseconds.
#[derive(Debug, Default)]
struct Meter {
    full_at_ns: AtomicU64,
}

/// The cost of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// New connections. They have a bucket of their own, at the rate of requests: otherwise a program that reconnects
    /// all the time would use up the requests of the admitted connections of its address.
    pub(crate) connections: u64,
    /// Requests.
    pub(crate) requests: u64,
    /// Messages posted over HTTP.
    pub(crate) posts: u64,
    /// Bytes of text that are stored.
    pub(crate) kept_bytes: u64,
    /// Work tokens: reading, parsing and answering input, refused or not.
    pub(crate) work: u64,
}

/// The account of one address: an IPv4 address or an IPv6 /64 network.
#[derive(Debug)]
pub(crate) struct Account {
    /// The number by which the chat knows the address.
    pub(super) origin: Origin,
    rates: Arc<Rates>,
    pub(super) connections: AtomicUsize,
    /// Connections that have not entered.
    pub(super) not_entered: AtomicUsize,
    new_connections: Meter,
    requests: Meter,
    posts: Meter,
    kept_bytes: Meter,
    work: Meter,
}

impl Cost {
    const NOTHING: Self = Self { connections: 0, requests: 0, posts: 0, kept_bytes: 0, work: 0 };
    /// One new connection.
    pub(crate) const CONNECTION: Self = Self { connections: 1, ..Self::NOTHING };
    /// One request that stores nothing.
    pub(crate) const REQUEST: Self = Self { requests: 1, ..Self::NOTHING };

    /// This many work tokens.
    pub(crate) fn of_work(tokens: u32) -> Self {
        Self { work: tokens.into(), ..Self::NOTHING }
    }

    /// The cost of a request on a connection.
    pub(crate) fn of(request: &Request) -> Self {
        let kept_bytes = if request.is_durable() { kept_bytes(request.text()) } else { 0 };
        Self { kept_bytes, ..Self::REQUEST }
    }

    /// The cost of posting this text over HTTP, besides the request itself.
    pub(crate) fn of_post(text: &Text) -> Self {
        Self { posts: 1, kept_bytes: kept_bytes(Some(text)), ..Self::default() }
    }
}

/// The bytes that a stored event takes, including its row and the index of its words.
fn kept_bytes(text: Option<&Text>) -> u64 {
    const ROW_BYTES: usize = 64;
    (text.map_or(0, |text| text.as_str().len()) + ROW_BYTES) as u64
}

impl Rates {
    pub(super) fn set(&self, limits: &LimitSettings) {
        let rates = [
            (
                &self.requests,
                limits.addresses.address_requests_burst,
                limits.addresses.address_requests_per_second,
            ),
            (
                &self.posts,
                limits.addresses.address_posts_burst,
                limits.addresses.address_posts_per_second,
            ),
            (
                &self.kept_bytes,
                limits.addresses.address_kept_bytes_burst,
                limits.addresses.address_kept_bytes_per_second,
            ),
            (
                &self.work,
                limits.addresses.address_work_burst,
                limits.addresses.address_work_per_second,
            ),
        ];
        for (rate, burst, per_second) in rates {
            rate.burst.store(burst.into(), Ordering::Relaxed);
            rate.per_second.store(per_second.into(), Ordering::Relaxed);
        }
    }
}

impl Meter {
    /// Nanoseconds until `amount` may be taken; 0: now.
    fn wait_ns(&self, rate: &Rate, now_ns: u64, amount: u64) -> u64 {
        let Some((interval, burst)) = rate.interval_ns() else { return 0 };
        if amount == 0 {
            return 0;
        }
        let full_at = self.full_at_ns.load(Ordering::Relaxed).max(now_ns);
        // An amount larger than the bucket passes when the bucket is full.
        let next = full_at + interval * amount.min(burst);
        next.saturating_sub(now_ns + interval * burst)
    }

    fn take(&self, rate: &Rate, now_ns: u64, amount: u64) {
        let Some((interval, _)) = rate.interval_ns() else { return };
        if amount == 0 {
            return;
        }
        let taken = |full_at: u64| Some(full_at.max(now_ns) + interval * amount);
        // The closure always gives a value, so the update cannot fail.
        self.full_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok();
    }

    /// How much may be taken now.
    fn left(&self, rate: &Rate, now_ns: u64) -> u64 {
        let Some((interval, burst)) = rate.interval_ns() else { return u64::MAX };
        let owed_ns = self.full_at_ns.load(Ordering::Relaxed).saturating_sub(now_ns);
        burst.saturating_sub(owed_ns.div_ceil(interval))
    }

    fn is_full(&self, now_ns: u64) -> bool {
        self.full_at_ns.load(Ordering::Relaxed) <= now_ns
    }
}

impl Rate {
    /// Nanoseconds per token, and the burst; `None` if there is no limit.
    fn interval_ns(&self) -> Option<(u64, u64)> {
        let burst = self.burst.load(Ordering::Relaxed);
        let per_second = self.per_second.load(Ordering::Relaxed);
        (burst > 0 && per_second > 0).then(|| ((NANOS / per_second).max(1), burst))
    }
}

impl Account {
    pub(super) fn new(origin: Origin, rates: Arc<Rates>) -> Arc<Self> {
        Arc::new(Self {
            origin,
            rates,
            connections: AtomicUsize::new(0),
            not_entered: AtomicUsize::new(0),
            new_connections: Meter::default(),
            requests: Meter::default(),
            posts: Meter::default(),
            kept_bytes: Meter::default(),
            work: Meter::default(),
        })
    }

    /// Whether an operation of this cost passes now, and if not, after which time. Takes nothing.
    pub(crate) fn ask(&self, now: SteadyTime, cost: Cost) -> Verdict {
        let now = nanos(now);
        let wait = self
            .new_connections
            .wait_ns(&self.rates.requests, now, cost.connections)
            .max(self.requests.wait_ns(&self.rates.requests, now, cost.requests))
            .max(self.posts.wait_ns(&self.rates.posts, now, cost.posts))
            .max(self.kept_bytes.wait_ns(&self.rates.kept_bytes, now, cost.kept_bytes))
            .max(self.work.wait_ns(&self.rates.work, now, cost.work));
        if wait == 0 {
            return Verdict::Pass;
        }
        Verdict::Wait { ms: u32::try_from(wait.div_ceil(NANOS_PER_MS)).unwrap_or(u32::MAX) }
    }

    /// Takes the cost of an operation, even if too little is left. When two shards check at the same moment, both may
    /// pass on the last token; the debt is paid back over time.
    pub(crate) fn take(&self, now: SteadyTime, cost: Cost) {
        let now = nanos(now);
        self.new_connections.take(&self.rates.requests, now, cost.connections);
        self.requests.take(&self.rates.requests, now, cost.requests);
        self.posts.take(&self.rates.posts, now, cost.posts);
        self.kept_bytes.take(&self.rates.kept_bytes, now, cost.kept_bytes);
        self.work.take(&self.rates.work, now, cost.work);
    }

    /// Work tokens that the address may use now.
    pub(crate) fn work_left(&self, now: SteadyTime) -> u32 {
        let left = self.work.left(&self.rates.work, nanos(now));
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// Milliseconds until the address has work tokens again; 0: now.
    pub(crate) fn work_wait_ms(&self, now: SteadyTime) -> u32 {
        match self.ask(now, Cost::of_work(1)) {
            Verdict::Pass => 0,
            Verdict::Wait { ms } => ms.max(WORK_WAIT_MS_MIN),
        }
    }

    /// Takes the cost of an operation if it passes; otherwise takes nothing and says after which time it will pass.
    pub(crate) fn charge(&self, now: SteadyTime, cost: Cost) -> Verdict {
        let verdict = self.ask(now, cost);
        if verdict == Verdict::Pass {
            self.take(now, cost);
        }
        verdict
    }

    /// Whether the account owes nothing, so that forgetting it changes nothing.
    pub(super) fn is_settled(&self, now: SteadyTime) -> bool {
        let now = nanos(now);
        [&self.new_connections, &self.requests, &self.posts, &self.kept_bytes, &self.work]
            .iter()
            .all(|meter| meter.is_full(now))
    }
}

fn nanos(moment: SteadyTime) -> u64 {
    moment.0.saturating_mul(NANOS_PER_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SteadyTime = SteadyTime(1_000_000);

    fn account(change: impl FnOnce(&mut LimitSettings)) -> Arc<Account> {
        let mut limits = LimitSettings::default();
        change(&mut limits);
        let rates = Rates::default();
        rates.set(&limits);
        Account::new(Origin(1), Arc::new(rates))
    }

    #[test]
    fn a_burst_passes_then_a_steady_rate_and_a_burst_of_0_is_no_limit() {
        let rate = Rate { burst: AtomicU64::new(3), per_second: AtomicU64::new(10) };
        let meter = Meter::default();
        for _ in 0..3 {
            assert_eq!(meter.wait_ns(&rate, 7, 1), 0);
            meter.take(&rate, 7, 1);
        }
        assert_eq!(meter.wait_ns(&rate, 7, 1), 100_000_000);
        assert_eq!(meter.wait_ns(&rate, 100_000_007, 1), 0);
        assert!(!meter.is_full(100_000_007) && meter.is_full(300_000_007));
        assert_eq!(meter.wait_ns(&Rate::default(), 7, u64::MAX), 0);
    }

    #[test]
    fn an_amount_larger_than_the_bucket_passes_when_it_is_full_and_is_paid_back_later() {
        let rate = Rate { burst: AtomicU64::new(3), per_second: AtomicU64::new(10) };
        let meter = Meter::default();
        assert_eq!(meter.wait_ns(&rate, 0, 30), 0);
        meter.take(&rate, 0, 30);
        assert_eq!(meter.wait_ns(&rate, 0, 1), 2_800_000_000);
    }

    #[test]
    fn each_of_bytes_posts_and_requests_can_refuse_a_request_and_then_nothing_is_taken() {
        let account = account(|limits| {
            limits.addresses.address_requests_burst = 3;
            limits.addresses.address_requests_per_second = 1;
            limits.addresses.address_posts_burst = 1;
            limits.addresses.address_posts_per_second = 1;
            limits.addresses.address_kept_bytes_burst = 100;
            limits.addresses.address_kept_bytes_per_second = 1;
        });
        let post = Cost { posts: 1, ..Cost::REQUEST };
        assert_eq!(account.charge(NOW, post), Verdict::Pass);
        assert!(matches!(account.charge(NOW, post), Verdict::Wait { ms: 1..=1000 }));
        assert_eq!(account.charge(NOW, Cost { kept_bytes: 100, ..Cost::REQUEST }), Verdict::Pass);
        let more = Cost { kept_bytes: 50, ..Cost::REQUEST };
        assert!(matches!(account.charge(NOW, more), Verdict::Wait { ms: 40_000..=50_000 }));
        assert_eq!(account.charge(NOW, Cost::REQUEST), Verdict::Pass, "the third request");
        assert!(matches!(account.charge(NOW, Cost::REQUEST), Verdict::Wait { .. }));
    }

    #[test]
    fn work_may_become_a_debt_that_is_paid_back_first() {
        let account = account(|limits| {
            limits.addresses.address_work_burst = 100;
            limits.addresses.address_work_per_second = 10;
        });
        assert_eq!(account.work_left(NOW), 100);
        account.take(NOW, Cost::of_work(30));
        assert_eq!(account.work_left(NOW), 70);
        account.take(NOW, Cost::of_work(75));
        assert_eq!(account.work_left(NOW), 0);
        assert_eq!(account.work_wait_ms(NOW), 600);
        assert_eq!(account.work_wait_ms(NOW.plus_ms(590)), WORK_WAIT_MS_MIN);
        assert!(!account.is_settled(NOW) && account.is_settled(NOW.plus_ms(10_500)));
        assert_eq!(account.work_left(NOW.plus_ms(600)), 1);
    }
}
