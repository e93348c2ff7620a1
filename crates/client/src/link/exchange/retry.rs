//! When to connect again after a failure: exponential back-off with jitter, within the bounds of [`super::super::limits`].

use std::time::Duration;

use crate::link::limits::{RETRY_FIRST, RETRY_MAX};

/// Counts the failures in a row and chooses the pause after each.
#[derive(Debug)]
pub(crate) struct Retry {
    failures: u32,
    state: u64,
}

impl Retry {
    pub(crate) fn new(seed: u64) -> Self {
        Self { failures: 0, state: seed }
    }

    /// A connection succeeded: the next pause is short again.
    pub(crate) fn succeed(&mut self) {
        self.failures = 0;
    }

    /// The pause after one more failure: between half and all of a bound that doubles each time.
    pub(crate) fn fail(&mut self) -> Duration {
        let doubled =
            RETRY_FIRST.saturating_mul(1u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let bound = doubled.min(RETRY_MAX);
        self.failures = self.failures.saturating_add(1);
        bound / 2 + (bound / 2).mul_f64(self.draw())
    }

    /// The next number from 0 to 1 (SplitMix64). It only spreads the clients; it need not be secret.
    fn draw(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let upper = u32::try_from(mixed >> 32).unwrap_or(u32::MAX);
        f64::from(upper) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_bound_and_vary_over_half_of_it() {
        for seed in 0..100 {
            let mut retry = Retry::new(seed);
            for bound in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
                let bound = Duration::from_millis(bound);
                let pause = retry.fail();
                assert!(bound / 2 <= pause && pause <= bound, "{pause:?} of {bound:?}");
            }
        }
        let spread = |seed| Retry::new(seed).fail();
        assert_ne!(spread(1), spread(2));
    }

    #[test]
    fn the_pause_stays_bounded_and_is_short_again_after_a_success() {
        let mut retry = Retry::new(7);
        (0..1000).for_each(|_| assert!(retry.fail() <= RETRY_MAX));
        retry.succeed();
        assert!(retry.fail() <= RETRY_FIRST);
    }
}
