//! What one address has used of what it may: counts and rates over all its connections, also those that have
//! ended. Atomics only, so that shards ask on the way of a request without waiting for one another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use teahouse_core::{Origin, Request, SteadyTime, Text, Verdict};

use crate::settings::LimitSettings;

const NANOS: u64 = 1_000_000_000;
const NANOS_PER_MS: u64 = 1_000_000;
/// How long whoever has no tokens for more work waits at least, milliseconds: some gather meanwhile, and hundreds of
/// connections of one address that wait for the same ones do not keep a shard busy with looking.
pub(crate) const WORK_WAIT_MS_MIN: u32 = 100;

/// How much every address may use. A reload moves it.
#[derive(Debug, Default)]
pub(super) struct Rates {
    requests: Rate,
    posts: Rate,
    kept_bytes: Rate,
    work: Rate,
}

/// So many at once, then so many per second; a burst of 0 is no limit.
#[derive(Debug, Default)]
struct Rate {
    burst: AtomicU64,
    per_second: AtomicU64,
}

/// A token bucket in its "virtual schedule" form (GCRA, ITU-T I.371): when it would be full again, nanoseconds
/// of steady time.
#[derive(Debug, Default)]
struct Meter {
    full_at_ns: AtomicU64,
}

/// What something costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// New connections. Counted apart from requests, at the same rate: a program that connects all the time
    /// would else take what those of its address need who got in.
    pub(crate) connections: u64,
    /// Requests.
    pub(crate) requests: u64,
    /// Messages said over HTTP.
    pub(crate) posts: u64,
    /// Bytes of text that are kept.
    pub(crate) kept_bytes: u64,
    /// Tokens of work: what is read, understood and answered, refused or not.
    pub(crate) work: u64,
}

/// One address: an IPv4 address, or one IPv6 network of 64 bits.
#[derive(Debug)]
pub(crate) struct Account {
    /// The address as the chat knows it.
    pub(super) origin: Origin,
    rates: Arc<Rates>,
    pub(super) connections: AtomicUsize,
    /// Of these, those that have not come in.
    pub(super) newcomers: AtomicUsize,
    comings: Meter,
    requests: Meter,
    posts: Meter,
    kept_bytes: Meter,
    work: Meter,
}

impl Cost {
    const NOTHING: Self = Self { connections: 0, requests: 0, posts: 0, kept_bytes: 0, work: 0 };
    /// One new connection.
    pub(crate) const CONNECTION: Self = Self { connections: 1, ..Self::NOTHING };
    /// One request that keeps nothing.
    pub(crate) const REQUEST: Self = Self { requests: 1, ..Self::NOTHING };

    /// So much work.
    pub(crate) fn of_work(tokens: u32) -> Self {
        Self { work: tokens.into(), ..Self::NOTHING }
    }

    /// What it costs to ask for this on a connection.
    pub(crate) fn of(request: &Request) -> Self {
        let kept_bytes = if request.is_kept() { kept_bytes(request.text()) } else { 0 };
        Self { kept_bytes, ..Self::REQUEST }
    }

    /// What it costs to say this over HTTP, beside the request.
    pub(crate) fn of_post(text: &Text) -> Self {
        Self { posts: 1, kept_bytes: kept_bytes(Some(text)), ..Self::default() }
    }
}

/// What keeping an event takes, its row and the index of its words included.
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
    /// Nanoseconds until `amount` may be taken; 0 when it may be at once.
    fn wait_ns(&self, rate: &Rate, now_ns: u64, amount: u64) -> u64 {
        let Some((interval, burst)) = rate.interval_ns() else { return 0 };
        if amount == 0 {
            return 0;
        }
        let full_at = self.full_at_ns.load(Ordering::Relaxed).max(now_ns);
        // More than the bucket ever holds passes when the bucket is full.
        let next = full_at + interval * amount.min(burst);
        next.saturating_sub(now_ns + interval * burst)
    }

    fn take(&self, rate: &Rate, now_ns: u64, amount: u64) {
        let Some((interval, _)) = rate.interval_ns() else { return };
        if amount == 0 {
            return;
        }
        let taken = |full_at: u64| Some(full_at.max(now_ns) + interval * amount);
        // Never refused by the closure, so there is nothing to be told.
        self.full_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok();
    }

    /// How much may be taken at once.
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
    /// Nanoseconds for one, and how many at once; `None` where nothing is limited.
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
            newcomers: AtomicUsize::new(0),
            comings: Meter::default(),
            requests: Meter::default(),
            posts: Meter::default(),
            kept_bytes: Meter::default(),
            work: Meter::default(),
        })
    }

    /// Whether something of this cost passes, and if not, after which time it may; takes nothing.
    pub(crate) fn ask(&self, now: SteadyTime, cost: Cost) -> Verdict {
        let now = nanos(now);
        let wait = self
            .comings
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

    /// Takes what something costs, whether there is enough or not. Two shards that asked in the same moment may
    /// take one more than there was: it is paid back in time.
    pub(crate) fn take(&self, now: SteadyTime, cost: Cost) {
        let now = nanos(now);
        self.comings.take(&self.rates.requests, now, cost.connections);
        self.requests.take(&self.rates.requests, now, cost.requests);
        self.posts.take(&self.rates.posts, now, cost.posts);
        self.kept_bytes.take(&self.rates.kept_bytes, now, cost.kept_bytes);
        self.work.take(&self.rates.work, now, cost.work);
    }

    /// Tokens of work that it may make at once.
    pub(crate) fn work_left(&self, now: SteadyTime) -> u32 {
        let left = self.work.left(&self.rates.work, nanos(now));
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// After how many milliseconds it may make work again; 0 when it may at once.
    pub(crate) fn work_wait_ms(&self, now: SteadyTime) -> u32 {
        match self.ask(now, Cost::of_work(1)) {
            Verdict::Pass => 0,
            Verdict::Wait { ms } => ms.max(WORK_WAIT_MS_MIN),
        }
    }

    /// Takes what something costs, or says after which time there is enough.
    pub(crate) fn charge(&self, now: SteadyTime, cost: Cost) -> Verdict {
        let verdict = self.ask(now, cost);
        if verdict == Verdict::Pass {
            self.take(now, cost);
        }
        verdict
    }

    /// Whether forgetting it would change nothing: everything it used is paid back.
    pub(super) fn is_settled(&self, now: SteadyTime) -> bool {
        let now = nanos(now);
        [&self.comings, &self.requests, &self.posts, &self.kept_bytes, &self.work]
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
    fn a_burst_passes_then_a_steady_rate_and_zero_is_no_limit() {
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
    fn what_is_larger_than_the_bucket_passes_when_it_is_full_and_is_paid_back_after() {
        let rate = Rate { burst: AtomicU64::new(3), per_second: AtomicU64::new(10) };
        let meter = Meter::default();
        assert_eq!(meter.wait_ns(&rate, 0, 30), 0);
        meter.take(&rate, 0, 30);
        assert_eq!(meter.wait_ns(&rate, 0, 1), 2_800_000_000);
    }

    #[test]
    fn bytes_posts_and_requests_each_hold_a_request_back_and_take_nothing_then() {
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
    fn work_may_be_owed_and_is_paid_back_first() {
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
