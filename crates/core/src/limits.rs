//! The limits of the chat state that an operator may set. Fixed limits of names and texts stand with
//! their types ([`crate::Nick`], [`crate::RoomName`], [`crate::Text`]).

use serde::{Deserialize, Serialize};

/// Limits of the chat state. They travel as a proposal ([`crate::Action::Configure`]), so every node
/// changes them at the same place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Rooms that may exist at once. A room costs a few hundred bytes and a database row.
    pub rooms_max: usize,
    /// Rooms one session may be in at once. Bounds what one connection can make the server fan out.
    pub rooms_per_session_max: usize,
    /// Nicks one session may ignore. Each costs a comparison per private message.
    pub ignored_max: usize,
    /// Up to this many members, every coming and going is announced on its own.
    pub announce_each_max: usize,
    /// Up to this many members, comings and goings are folded into one line that names people;
    /// above it the line only counts them.
    pub announce_names_max: usize,
    /// How long comings and goings are gathered before they are announced in one line, milliseconds.
    pub fold_ms: u32,
    /// How long the seat of somebody whose connection broke is kept, milliseconds. Only seats with a key are.
    pub grace_ms: u32,
    /// Entries in one page of members or rooms.
    pub page_entries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rooms_max: 10_000,
            rooms_per_session_max: 50,
            ignored_max: 100,
            announce_each_max: 50,
            announce_names_max: 500,
            fold_ms: 30_000,
            grace_ms: 30_000,
            page_entries_max: 100,
        }
    }
}
