//! Formats: ways to encode what everyone in a room is told, each made once for all members that have it.

use std::fmt::Debug;

use teahouse_core::RoomName;

use super::fact::Fact;
use crate::Epoch;

/// A way to encode what everyone in a room is told. Formats of one name and variant are the same.
///
/// A protocol has a few, and its peers may choose among few: all that are in use on one shard have a bound.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    name: &'static str,
    variant: u16,
    encoder: fn(u16, Epoch) -> Box<dyn RoomEncoder>,
}

impl Format {
    /// The only format of this name; `encoder` makes what encodes it.
    #[must_use]
    pub const fn new(name: &'static str, encoder: fn(u16, Epoch) -> Box<dyn RoomEncoder>) -> Self {
        Self { name, variant: 0, encoder }
    }

    /// One of several formats of its name: what a peer may switch on or off, a bit each, for example.
    #[must_use]
    pub const fn variant(self, variant: u16) -> Self {
        Self { variant, ..self }
    }

    /// What encodes it, for the history of this epoch.
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

/// Encodes facts in one format. A shard has one for each format: buffers may be kept in it.
pub trait RoomEncoder: Debug {
    /// The format whose bytes this one puts in an envelope of its own: it is encoded first, once for all formats that
    /// do so.
    fn inner(&self) -> Option<Format> {
        None
    }

    /// Whether clients of this format keep lists of who is in a room. Then it is given everyone who comes and goes,
    /// also those who are not announced, and each member whoever goes or is renamed once for all rooms that it shares
    /// with them. What it wraps must keep lists as well.
    fn keeps_lists(&self) -> bool {
        false
    }

    /// Puts a fact behind what is there, or nothing, where it is nothing in this format. `inner` is the fact as the
    /// inner format has it, if there is one.
    fn encode(&mut self, fact: Fact<'_>, room: &RoomName, inner: &[u8], out: &mut Vec<u8>);
}
