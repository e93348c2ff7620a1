//! Members whose clients keep a list of who is in a room, as IRC clients do ([`RoomEncoder::keeps_lists`]). They
//! receive every join and leave: also those that are not announced to others, and also while the member is behind,
//! because one missed change would make its list wrong for ever. When their queue reaches its hard bound they are
//! disconnected.
//!
//! A departure or a rename names no room and changes all lists of a client, so each such member receives it once. Facts
//! of several rooms must therefore reach it in the order in which the hub decided them, although rooms are written one
//! after another. Only facts that may change places are pending at the same time: either facts that name their room, or
//! departures. When the kind changes, the rooms with list keepers are written first (`Rooms::begin_list_change`).
//!
//! [`RoomEncoder::keeps_lists`]: teahouse_wire::protocol::RoomEncoder::keeps_lists

use hashbrown::HashSet;
use teahouse_core::{Effect, Presence, RoomId};

use super::pending::Item;

/// What is pending for members that keep lists.
#[derive(Default)]
pub(super) struct Lists {
    kind: Option<Kind>,
    /// Rooms with list keepers and something pending; some may have been written already.
    pub(super) dirty: Vec<RoomId>,
    /// The facts about several rooms that a connection has been given in this round: its index, the batch and the
    /// effect.
    given: HashSet<(usize, usize, usize)>,
}

/// How a fact changes lists, which decides what may be written before it or after it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The fact names its room and changes only that room's list. Facts of different rooms may change places.
    OfRoom,
    /// A person leaves all lists. Departures may change places with each other.
    Departure,
    /// A name changes in all lists. Nothing may change places with it.
    Rename,
}

impl Kind {
    fn of(effect: &Effect) -> Self {
        let Effect::Presence { presence, .. } = effect else { return Self::OfRoom };
        match presence {
            Presence::Offline { .. } => Self::Departure,
            Presence::Renamed { .. } => Self::Rename,
            Presence::Entered { .. }
            | Presence::Left { .. }
            | Presence::Typing { .. }
            | Presence::Folded { .. } => Self::OfRoom,
        }
    }
}

impl Lists {
    /// Records the kind of an effect that becomes pending. Returns `true` if what is pending may not change places with
    /// it and must be written first.
    pub(super) fn note_kind(&mut self, effect: &Effect) -> bool {
        let kind = Kind::of(effect);
        let before = self.kind.replace(kind);
        before.is_some_and(|before| before != kind || kind == Kind::Rename)
    }

    /// Whether a member was already given this item through another room. Records that it has been given it.
    pub(super) fn has_been_given(&mut self, connection: usize, item: &Item) -> bool {
        item.is_in_several && !self.given.insert((connection, item.batch, item.effect))
    }

    /// Whether the state of the last round is cleared.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.kind.is_none() && self.dirty.is_empty() && self.given.is_empty()
    }

    /// Everything of the round is written: clears its state.
    pub(super) fn end_round(&mut self) {
        self.kind = None;
        self.dirty.clear();
        self.given.clear();
    }
}
