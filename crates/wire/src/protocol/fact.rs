//! What the server sends to all members of a room.

use teahouse_core::{Event, Presence};

/// Something that the server sends to all members of a room.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    /// An event: it has a position, and history keeps it.
    Event(&'a Event),
    /// A change of who is in the room. History does not keep it.
    Presence(&'a Presence),
}
