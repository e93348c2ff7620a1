//! The server: sockets on one side, the chat core in the middle, SQLite underneath.
//!
//! The way of a message: a [`shard`] reads bytes from a socket and has its protocol turn them into a
//! proposal; the [`log`] puts proposals of all shards in one order; the [`hub`] applies a batch of them
//! to the chat, the [`store`] commits the batch with one sync, and every shard is handed the same batch
//! to encode once per room and write directly to its sockets.
//!
//! Start here: [`Server::open`].

mod boot;
mod browsers;
mod clock;
mod credits;
mod delivery;
mod error;
mod figures;
mod gate;
mod history;
mod hosts;
mod hub;
mod inbox;
mod key;
mod listener;
mod log;
pub mod logging;
mod metrics;
mod open_files;
mod reactor;
mod rejection;
mod server;
pub mod settings;
mod shard;
pub mod signals;
#[cfg(test)]
mod simulation;
mod space;
pub mod store;

pub use error::Fault;
pub use server::{Server, Signal};
pub use settings::{Layers, LogFormat, LogSetting, Settings};

/// Threads that may own connections: more than any machine this is for has cores.
pub const SHARDS_MAX: usize = 64;
