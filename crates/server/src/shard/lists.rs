//! Members whose clients keep lists of who is in a room, as those of IRC do ([`RoomEncoder::keeps_lists`]). They are
//! given everyone who comes and goes, also those who are not announced, and also while they are behind: what is missed
//! would make a list wrong for ever. At the hard bound of their queue they are let go.
//!
//! Whoever goes or is renamed is told to them once, without a room: it changes all their lists. So what comes from
//! several rooms must reach them in the order in which it was decided, though rooms are written one after another. It
//! does, because only what may change places is gathered at the same time: what names its room, or departures. Where
//! the kind changes, the rooms of those who keep lists are written first (`Rooms::begin`).
//!
//! [`RoomEncoder::keeps_lists`]: teahouse_wire::protocol::RoomEncoder::keeps_lists

use hashbrown::HashSet;
use teahouse_core::{Effect, Presence, RoomId};

use super::pending::Item;

/// What is pending for those who keep lists.
#[derive(Default)]
pub(super) struct Lists {
    kind: Option<Kind>,
    /// Rooms of theirs with something pending, and some where it has been written.
    pub(super) dirty: Vec<RoomId>,
    /// What has been given to whom in the round under way, of facts that concern several rooms: the connection, the
    /// batch and the effect.
    given: HashSet<(usize, usize, usize)>,
}

/// How a fact changes lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It names its room, whose list alone it changes: those of different rooms may change places.
    OfRoom,
    /// Somebody is in no list any more: departures may change places.
    Departure,
    /// A name becomes another in all lists: it has its place before and behind everything else.
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
    /// Adds an effect to what is pending. `true` where that may not change places with it, and is to be written first.
    pub(super) fn begin(&mut self, effect: &Effect) -> bool {
        let kind = Kind::of(effect);
        let before = self.kind.replace(kind);
        before.is_some_and(|before| before != kind || kind == Kind::Rename)
    }

    /// Whether a member has been given an item with another room. From here on it has been.
    pub(super) fn has_been_given(&mut self, connection: usize, item: &Item) -> bool {
        item.is_in_several && !self.given.insert((connection, item.batch, item.effect))
    }

    /// Whether nothing is left of a round.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.kind.is_none() && self.dirty.is_empty() && self.given.is_empty()
    }

    /// Everything of the round is written.
    pub(super) fn end_round(&mut self) {
        self.kind = None;
        self.dirty.clear();
        self.given.clear();
    }
}
