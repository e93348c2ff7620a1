//! What everyone in a room is told.

use teahouse_core::{Event, Presence};

/// Something that everyone in a room is told.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    /// Something numbered, which history keeps.
    Event(&'a Event),
    /// A coming or going, which it does not.
    Presence(&'a Presence),
}
