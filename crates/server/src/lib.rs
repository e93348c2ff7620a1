//! The server: sockets on one side, the chat core in the middle, SQLite underneath.
//!
//! The path of a message: a [`shard`] reads bytes from a socket, and the connection's protocol turns them into a
//! proposal. The [`log`] puts the proposals of all shards in one order. The [`hub`] applies a batch of them to the
//! chat, and the [`store`] commits the batch with one sync. Then every shard gets the same batch, encodes it once per
//! room and writes it directly to its sockets.
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

/// The most threads that may own connections: more than the cores of any intended machine.
pub const SHARDS_MAX: usize = 64;
