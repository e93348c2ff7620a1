//! Formats: ways to encode the facts of a room. A shard encodes each fact once per format, for all members that use it.

use std::fmt::Debug;

use teahouse_core::RoomName;

use super::fact::Fact;
use crate::Epoch;

/// A way to encode the facts of a room. Two formats are equal when their names and variants are.
///
/// A protocol should have only a few: the number of formats in use on one shard is bounded.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    name: &'static str,
    variant: u16,
    encoder: fn(u16, Epoch) -> Box<dyn RoomEncoder>,
}

impl Format {
    /// The format of this name with variant 0. `encoder` makes the encoder for a variant and an epoch.
    #[must_use]
    pub const fn new(name: &'static str, encoder: fn(u16, Epoch) -> Box<dyn RoomEncoder>) -> Self {
        Self { name, variant: 0, encoder }
    }

    /// The format of the same name with another variant: for example one bit for each option of the peer.
    #[must_use]
    pub const fn variant(self, variant: u16) -> Self {
        Self { variant, ..self }
    }

    /// Makes an encoder for this format and a history of this epoch.
    #[must_use]
    pub fn encoder(&self, epoch: Epoch) -> Box<dyn RoomEncoder> {
        (self.encoder)(self.variant, epoch)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.variant == other.variant && self.name == other.name
    }
}

impl Eq for Format {}

/// Encodes facts in one format. A shard has one encoder per format, which may keep buffers between calls.
pub trait RoomEncoder: Debug {
    /// The format whose bytes this format wraps. The shard encodes the inner format first, once for all formats that
    /// wrap it.
    fn inner(&self) -> Option<Format> {
        None
    }

    /// Whether clients of this format keep lists of a room's members. Then the encoder receives every joining and
    /// leaving, also those that are not announced to people, and a member receives the exit or the new nick of a person
    /// once, not once for each room that both are in. If this is `true`, it must be `true` for the inner format too.
    fn keeps_lists(&self) -> bool {
        false
    }

    /// Appends the bytes of a fact to `out`, or nothing when this format does not show the fact. `inner` holds the bytes
    /// of the inner format, and is empty when there is no inner format.
    fn encode(&mut self, fact: Fact<'_>, room: &RoomName, inner: &[u8], out: &mut Vec<u8>);
}
