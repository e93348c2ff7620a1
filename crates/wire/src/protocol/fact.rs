//! What all members of a room are told.

use teahouse_core::{Event, Presence};

/// Something that all members of a room are told.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    /// An event: it has a position, and history keeps it.
    Event(&'a Event),
    /// A change of who is in the room. History does not keep it.
    Presence(&'a Presence),
}
