//! What is about to be written to a room's members, encoded once for all that have the same format.

use std::sync::Arc;

use teahouse_core::{Effect, NickKey, Position, RoomName, SessionId};
use teahouse_wire::protocol::Fact;

use super::formats::{FormatId, Formats};
use super::outbox::Shared;

/// Bytes (as [`teahouse_core::Event::weight`] has them) pending for a room after which they are written before
/// more is taken in. With the largest message on top it fits between a queue's soft and hard bound.
pub(super) const PIECE_BYTES: usize = 64 * 1024;
/// Facts pending for a room after which they are written: what encoding adds to each counts as well.
pub(super) const PIECE_ITEMS: usize = 512;

/// The batches of the round under way: what is pending refers to them.
pub(super) type Round = [Arc<Vec<Effect>>];

/// What is about to be written to a room's members.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) items: Vec<Item>,
    pub(super) weight: usize,
    /// The position of the last event in it, if there is one.
    pub(super) head: Option<Position>,
    pub(super) has_presence: bool,
    /// The items in the formats asked for so far; what is beyond `made` are buffers.
    encodings: Vec<Encoding>,
    made: usize,
}

/// One event or announcement.
pub(super) struct Item {
    /// Which batch of the round, and which of its effects.
    pub(super) batch: usize,
    pub(super) effect: usize,
    /// Whose doing it is, or whom it is about.
    pub(super) about: Option<SessionId>,
    pub(super) author: Option<Author>,
    /// Only for those whose clients keep lists of the members.
    pub(super) is_for_lists: bool,
    /// It concerns other rooms as well.
    pub(super) is_in_several: bool,
}

/// Who made an event, for those who ignore people; absent for announcements.
pub(super) struct Author {
    pub(super) session: SessionId,
    pub(super) author: Option<teahouse_core::Author>,
    /// Known only where somebody in the room ignores somebody.
    pub(super) key: Option<NickKey>,
}

/// The items in one format.
#[derive(Default)]
pub(super) struct Encoding {
    format: Option<FormatId>,
    pub(super) bytes: Vec<u8>,
    /// Where each item ends.
    ends: Vec<usize>,
    /// How many of the items are for those who have this format.
    pub(super) facts: u64,
    /// The bytes for those whose sockets do not take them.
    pub(super) shared: Shared,
}

impl Encoding {
    /// The bytes of one item.
    pub(super) fn item(&self, item: usize) -> &[u8] {
        let start = item.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[item]]
    }
}

impl Item {
    /// What it says.
    pub(super) fn fact<'a>(&self, round: &'a Round) -> Option<Fact<'a>> {
        fact(&round[self.batch][self.effect])
    }
}

/// What an effect says to everyone in a room.
fn fact(effect: &Effect) -> Option<Fact<'_>> {
    match effect {
        Effect::Event(event) => Some(Fact::Event(event)),
        Effect::Presence { presence, .. } => Some(Fact::Presence(presence)),
        Effect::Founded { .. }
        | Effect::RoomRemoved { .. }
        | Effect::Ignores { .. }
        | Effect::Joined { .. }
        | Effect::Parted { .. }
        | Effect::Answer { .. }
        | Effect::Ended { .. }
        | Effect::SessionForgotten { .. } => None,
    }
}

impl Pending {
    /// Adds an event or an announcement of the round.
    pub(super) fn push(
        &mut self,
        round: &Round,
        (batch, effect): (usize, usize),
        with_key: bool,
        is_for_lists: bool,
    ) {
        let item = match &round[batch][effect] {
            Effect::Event(event) => {
                self.weight += event.weight();
                self.head = Some(event.position);
                let key = with_key.then(|| event.nick.key());
                let author = Some(Author { session: event.session, author: event.author, key });
                let about = Some(event.session);
                Item { batch, effect, about, author, is_for_lists, is_in_several: false }
            }
            Effect::Presence { about, rooms, .. } => {
                self.has_presence = true;
                let (about, is_in_several) = (*about, rooms.len() > 1);
                Item { batch, effect, about, author: None, is_for_lists, is_in_several }
            }
            Effect::Founded { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Ignores { .. }
            | Effect::Joined { .. }
            | Effect::Parted { .. }
            | Effect::Answer { .. }
            | Effect::Ended { .. }
            | Effect::SessionForgotten { .. } => return,
        };
        self.items.push(item);
    }

    pub(super) fn is_full(&self) -> bool {
        self.weight >= PIECE_BYTES || self.items.len() >= PIECE_ITEMS
    }

    /// Everything in a format: where in the list of encodings it is. Made when it is asked for first.
    pub(super) fn encoded(
        &mut self,
        format: FormatId,
        round: &Round,
        name: &RoomName,
        formats: &mut Formats,
    ) -> usize {
        let made = &self.encodings[..self.made];
        match made.iter().position(|encoding| encoding.format == Some(format)) {
            Some(at) => at,
            None => self.encode(format, round, name, formats),
        }
    }

    #[cold]
    fn encode(
        &mut self,
        format: FormatId,
        round: &Round,
        name: &RoomName,
        formats: &mut Formats,
    ) -> usize {
        let inner = formats.inner(format).map(|inner| self.encoded(inner, round, name, formats));
        let at = self.made;
        if at == self.encodings.len() {
            self.encodings.push(Encoding::default());
        }
        let mut encoding = std::mem::take(&mut self.encodings[at]);
        let inner = inner.map(|inner| &self.encodings[inner]);
        let keeps_lists = formats.keeps_lists(format);
        for (index, item) in self.items.iter().enumerate() {
            let is_wanted = keeps_lists || !item.is_for_lists;
            encoding.facts += u64::from(is_wanted);
            if let Some(fact) = item.fact(round).filter(|_| is_wanted) {
                let inner = inner.map_or(&[][..], |inner| inner.item(index));
                formats.encode(format, (fact, name), inner, &mut encoding.bytes);
            }
            encoding.ends.push(encoding.bytes.len());
        }
        encoding.format = Some(format);
        self.encodings[at] = encoding;
        self.made += 1;
        at
    }

    /// Everything, in a format that has been encoded.
    pub(super) fn encoding(&mut self, at: usize) -> &mut Encoding {
        &mut self.encodings[at]
    }

    /// The items, and everything in a format that has been encoded.
    pub(super) fn items_in(&self, at: usize) -> (&[Item], &Encoding) {
        (&self.items, &self.encodings[at])
    }

    /// Empty again, with its buffers kept.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.weight = 0;
        self.head = None;
        self.has_presence = false;
        for Encoding { format, bytes, ends, facts, shared } in &mut self.encodings[..self.made] {
            *format = None;
            *facts = 0;
            bytes.clear();
            ends.clear();
            *shared = Shared::default();
        }
        self.made = 0;
    }
}
