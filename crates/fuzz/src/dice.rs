//! Pseudo-random numbers: different in each run, and the same again for the same seed.

use std::hash::{BuildHasher, RandomState};

/// The environment variable that sets the seed.
pub const SEED: &str = "TEAHOUSE_SEED";

/// A generator of pseudo-random numbers (xorshift, Marsaglia 2003).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The generator for a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // The multiplication separates seeds that are close together. Zero is the one state that xorshift never leaves.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).max(1))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 20
    }

    /// A number from 0 to below `sides`; 0 if `sides` is 0.
    pub fn roll(&mut self, sides: usize) -> usize {
        let sides = u64::try_from(sides.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % sides).unwrap_or(0)
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// At most `max` bytes of any value.
    pub fn bytes(&mut self, max: usize) -> Vec<u8> {
        let count = self.roll(max + 1);
        (0..count).map(|_| self.byte()).collect()
    }

    /// One element of a slice.
    ///
    /// # Panics
    /// When the slice is empty.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }
}

/// The seed of a test. If the test fails while it holds the seed, the seed is printed, so that the run can be repeated.
#[derive(Debug)]
pub struct Seed(u64);

impl Seed {
    /// The seed from the environment, or a new one.
    ///
    /// # Panics
    /// When the environment variable is not a number.
    #[must_use]
    pub fn of_run() -> Self {
        match std::env::var(SEED) {
            Ok(seed) => Self(seed.parse().unwrap_or_else(|_| panic!("{SEED}={seed} is no number"))),
            Err(_) => Self(RandomState::new().hash_one(())),
        }
    }

    /// The generator for one case, which does not depend on other cases.
    #[must_use]
    pub fn dice(&self, case: u64) -> Dice {
        Dice::new(self.0.wrapping_add(case))
    }
}

impl Drop for Seed {
    #[expect(clippy::print_stderr, reason = "output of a failing test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the same numbers again: {SEED}={} cargo test", self.0);
        }
    }
}
