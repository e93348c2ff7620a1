//! Properties that hold for any bytes from a peer: one target for each parser of foreign bytes. The crate in `fuzz/` runs
//! them under cargo-fuzz; `tests/corpus.rs` runs them over the committed corpora and over new mutations of these.
//!
//! The properties: no panic; the same bytes mean the same however they are cut; no more is held than the limit allows;
//! nothing is shown that controls a terminal; a value that is written is read again unchanged.

mod cuts;
mod dice;
mod harmless;
mod mutation;
mod session;
pub mod targets;

pub use dice::{Dice, SEED, Seed};
pub use mutation::mutate;
pub use targets::{TARGETS, Target};
