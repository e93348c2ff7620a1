//! The token bucket that keeps one connection from flooding everybody: a burst passes at once, then a steady rate;
//! more than that waits or is refused. The time is an argument; the shard that owns the connection asks.

use serde::{Deserialize, Serialize};

use crate::SteadyTime;

/// The rate of requests of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloodLimit {
    /// Requests that pass at once. 0 turns flood control off.
    pub burst: u32,
    /// Requests per second after that.
    pub per_second: u32,
}

impl FloodLimit {
    /// Whether there is no limit.
    #[must_use]
    pub fn is_off(self) -> bool {
        self.burst == 0 || self.per_second == 0
    }

    fn interval_us(self) -> u64 {
        (1_000_000 / u64::from(self.per_second)).max(1)
    }
}

/// The rate of a rare action: a burst at once, then one each interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Actions that pass at once. 0 turns the limit off.
    pub burst: u32,
    /// Milliseconds after which one more passes. 0 turns the limit off.
    pub interval_ms: u32,
}

impl Rate {
    /// Whether there is no limit.
    #[must_use]
    pub fn is_off(self) -> bool {
        self.burst == 0 || self.interval_ms == 0
    }
}

/// The decision about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The request passes; a token was taken.
    Pass,
    /// The request passes later; no token was taken.
    Wait {
        /// Milliseconds to wait, at least 1.
        ms: u32,
    },
}

/// A token bucket in its "virtual schedule" form (GCRA, ITU-T I.371): one number, and no timer that refills it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// When the bucket will be full again, in microseconds of steady time.
    full_at_us: u64,
}

impl Bucket {
    /// Takes one token at `now`, if there is one.
    pub fn take(&mut self, now: SteadyTime, limit: FloodLimit) -> Verdict {
        if limit.is_off() {
            return Verdict::Pass;
        }
        self.take_one(now, limit.burst, limit.interval_us())
    }

    /// Takes one token at `now`, if there is one.
    pub fn take_at(&mut self, now: SteadyTime, rate: Rate) -> Verdict {
        if rate.is_off() {
            return Verdict::Pass;
        }
        self.take_one(now, rate.burst, u64::from(rate.interval_ms) * 1000)
    }

    /// The tokens in the bucket at `now`.
    #[must_use]
    pub fn left(self, now: SteadyTime, limit: FloodLimit) -> u32 {
        if limit.is_off() {
            return u32::MAX;
        }
        let owed_us = self.full_at_us.saturating_sub(now.0.saturating_mul(1000));
        let owed = owed_us.div_ceil(limit.interval_us());
        limit.burst.saturating_sub(u32::try_from(owed).unwrap_or(u32::MAX))
    }

    /// Milliseconds until there is a token; 0 when there is one.
    #[must_use]
    pub fn wait_ms(mut self, now: SteadyTime, limit: FloodLimit) -> u32 {
        match self.take(now, limit) {
            Verdict::Pass => 0,
            Verdict::Wait { ms } => ms,
        }
    }

    /// Takes `tokens` tokens, also if there are fewer: the debt is paid back over time.
    pub fn spend(&mut self, now: SteadyTime, limit: FloodLimit, tokens: u32) {
        if !limit.is_off() {
            let now_us = now.0.saturating_mul(1000);
            let spent_us = limit.interval_us() * u64::from(tokens);
            self.full_at_us = self.full_at_us.max(now_us) + spent_us;
        }
    }

    /// When the bucket will be full again, in microseconds of steady time: from then on it equals a new one.
    #[must_use]
    pub fn full_at_us(self) -> u64 {
        self.full_at_us
    }

    fn take_one(&mut self, now: SteadyTime, burst: u32, interval_us: u64) -> Verdict {
        let now_us = now.0.saturating_mul(1000);
        let next = self.full_at_us.max(now_us).saturating_add(interval_us);
        let over = (next - now_us).saturating_sub(interval_us.saturating_mul(u64::from(burst)));
        if over > 0 {
            let ms = over.div_ceil(1000);
            return Verdict::Wait { ms: u32::try_from(ms).unwrap_or(u32::MAX) };
        }
        self.full_at_us = next;
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: FloodLimit = FloodLimit { burst: 10, per_second: 2 };

    #[test]
    fn ten_pass_at_once_then_one_each_half_second() {
        let mut bucket = Bucket::default();
        let now = SteadyTime(1_000_000);
        for _ in 0..10 {
            assert_eq!(bucket.take(now, LIMIT), Verdict::Pass);
        }
        assert_eq!(bucket.take(now, LIMIT), Verdict::Wait { ms: 500 });
        assert_eq!(bucket.take(now.plus_ms(499), LIMIT), Verdict::Wait { ms: 1 });
        assert_eq!(bucket.take(now.plus_ms(500), LIMIT), Verdict::Pass);
        assert_eq!(bucket.take(now.plus_ms(500), LIMIT), Verdict::Wait { ms: 500 });
    }

    #[test]
    fn a_quiet_while_fills_the_bucket_and_no_more_than_that() {
        let mut bucket = Bucket::default();
        for _ in 0..10 {
            assert_eq!(bucket.take(SteadyTime(0), LIMIT), Verdict::Pass);
        }
        let later = SteadyTime(3_600_000);
        let passed = (0..100).filter(|_| bucket.take(later, LIMIT) == Verdict::Pass).count();
        assert_eq!(passed, 10);
    }

    #[test]
    fn a_debt_of_tokens_is_paid_back_first() {
        let mut bucket = Bucket::default();
        let now = SteadyTime(1_000_000);
        assert_eq!((bucket.left(now, LIMIT), bucket.wait_ms(now, LIMIT)), (10, 0));
        bucket.spend(now, LIMIT, 12);
        assert_eq!((bucket.left(now, LIMIT), bucket.wait_ms(now, LIMIT)), (0, 1500));
        assert_eq!(bucket.left(now.plus_ms(1499), LIMIT), 0);
        assert_eq!(bucket.left(now.plus_ms(1500), LIMIT), 1);
        assert_eq!(bucket.left(now.plus_ms(60_000), LIMIT), 10);
    }

    #[test]
    fn zero_means_off() {
        let mut bucket = Bucket::default();
        let off = FloodLimit { burst: 0, per_second: 0 };
        assert!((0..1000).all(|_| bucket.take(SteadyTime(5), off) == Verdict::Pass));
        bucket.spend(SteadyTime(5), off, 7);
        assert_eq!(bucket.left(SteadyTime(5), off), u32::MAX);
    }
}
