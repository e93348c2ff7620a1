//! Numbers that look random: others in each run, and the same ones again for whoever names the seed.

use std::hash::{BuildHasher, RandomState};

/// The variable of the environment that names a seed.
pub const SEED: &str = "TEAHOUSE_SEED";

/// Numbers that look random (xorshift, Marsaglia 2003).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The numbers of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // Zero is the one state that it does not leave, and seeds that are near each other begin far apart.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).max(1))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 20
    }

    /// A number from 0 to below `sides`; 0 where there is none.
    pub fn roll(&mut self, sides: usize) -> usize {
        let sides = u64::try_from(sides.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % sides).unwrap_or(0)
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// At most `max` of any bytes.
    pub fn bytes(&mut self, max: usize) -> Vec<u8> {
        let count = self.roll(max + 1);
        (0..count).map(|_| self.byte()).collect()
    }

    /// One of several.
    ///
    /// # Panics
    /// When there are none.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }
}

/// The seed of a test. A test that fails while it holds one says how to have the same numbers again.
#[derive(Debug)]
pub struct Seed(u64);

impl Seed {
    /// The one that the environment names, or one that no run had before.
    ///
    /// # Panics
    /// When what the environment names is no number.
    #[must_use]
    pub fn of_run() -> Self {
        match std::env::var(SEED) {
            Ok(seed) => Self(seed.parse().unwrap_or_else(|_| panic!("{SEED}={seed} is no number"))),
            Err(_) => Self(RandomState::new().hash_one(())),
        }
    }

    /// The numbers of one case: the same whatever was rolled in other cases.
    #[must_use]
    pub fn dice(&self, case: u64) -> Dice {
        Dice::new(self.0.wrapping_add(case))
    }
}

impl Drop for Seed {
    #[expect(clippy::print_stderr, reason = "what a test says when it fails")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the same numbers again: {SEED}={} cargo test", self.0);
        }
    }
}
