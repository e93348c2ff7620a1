//! What must hold of any bytes that a peer may send: one function for each place where they come in. The crate in
//! `fuzz/` gives them to cargo-fuzz; `tests/corpus.rs` runs them over the committed corpora and over fresh
//! mutations of these.
//!
//! A target says what people need: no panic; bytes that are cut otherwise mean the same; nothing is held past its
//! limit; nothing is shown that acts on a terminal; what is written is read as it was.

mod cuts;
mod dice;
mod harmless;
mod hearing;
mod mutation;
pub mod targets;

pub use dice::{Dice, SEED, Seed};
pub use mutation::mutated;
pub use targets::{TARGETS, Target};
