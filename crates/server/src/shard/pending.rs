//! What is about to be written to the members of a room, encoded once per format.

use std::sync::Arc;

use teahouse_core::{Effect, NickKey, Position, RoomName, SessionId};
use teahouse_wire::protocol::Fact;

use super::formats::{FormatId, Formats};
use super::outbox::Shared;

/// When the events pending for a room reach this weight ([`teahouse_core::Event::weight`], bytes), they are written.
/// With the largest message on top, a piece fits between the soft and the hard bound of a queue.
pub(super) const PIECE_BYTES: usize = 64 * 1024;
/// When this many facts are pending for a room, they are written: encoding adds bytes to each.
pub(super) const PIECE_ITEMS: usize = 512;

/// The batches of the current round, to which pending items refer.
pub(super) type Round = [Arc<Vec<Effect>>];

/// What encoding needs: the round that has the facts, and the name of the room.
pub(super) type About<'a> = (&'a Round, &'a RoomName);

/// The items that are about to be written to the members of a room.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) items: Vec<Item>,
    pub(super) weight: usize,
    /// The position of the last pending event, if any.
    pub(super) head: Option<Position>,
    pub(super) has_presence: bool,
    /// The items in each format used so far. Only the first `made` are in use; the others are spare buffers.
    encodings: Vec<Encoding>,
    made: usize,
}

/// One event or announcement, as indexes into the round.
pub(super) struct Item {
    /// The index of the batch in the round.
    pub(super) batch: usize,
    pub(super) effect: usize,
    /// The session that caused the event, or that the announcement is about.
    pub(super) about: Option<SessionId>,
    pub(super) author: Option<Author>,
    /// Whether it is only for members that keep lists.
    pub(super) is_for_lists: bool,
    /// Whether it concerns other rooms as well.
    pub(super) is_in_several: bool,
}

/// The author of an event, against whom members check their ignore lists. Announcements have none.
pub(super) struct Author {
    pub(super) session: SessionId,
    pub(super) author: Option<teahouse_core::Author>,
    /// Set only if a member of the room ignores anyone.
    pub(super) key: Option<NickKey>,
}

/// The items in one format.
#[derive(Default)]
pub(super) struct Encoding {
    format: Option<FormatId>,
    /// The index of the encoding whose bytes this one wraps; it is smaller than the own index.
    inner: Option<usize>,
    pub(super) bytes: Vec<u8>,
    /// The end of each encoded item in `bytes`.
    ends: Vec<usize>,
    /// The number of items that are for members with this format.
    pub(super) facts: u64,
    /// The same bytes in shareable form, for members whose sockets do not take them at once.
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
    /// The event or announcement itself.
    pub(super) fn fact<'a>(&self, round: &'a Round) -> Option<Fact<'a>> {
        fact(&round[self.batch][self.effect])
    }
}

/// The part of an effect that is for everyone in a room.
fn fact(effect: &Effect) -> Option<Fact<'_>> {
    match effect {
        Effect::Event(event) => Some(Fact::Event(event)),
        Effect::Presence { presence, .. } => Some(Fact::Presence(presence)),
        Effect::RoomCreated { .. }
        | Effect::RoomRemoved { .. }
        | Effect::Ignores { .. }
        | Effect::Joined { .. }
        | Effect::Left { .. }
        | Effect::Answer { .. }
        | Effect::Ended { .. }
        | Effect::Opened { .. }
        | Effect::SessionForgotten { .. } => None,
    }
}

impl Pending {
    /// Adds an event or an announcement of the round; returns the new item.
    pub(super) fn push(
        &mut self,
        round: &Round,
        (batch, effect): (usize, usize),
        with_key: bool,
        is_for_lists: bool,
    ) -> Option<&Item> {
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
            Effect::RoomCreated { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Ignores { .. }
            | Effect::Joined { .. }
            | Effect::Left { .. }
            | Effect::Answer { .. }
            | Effect::Ended { .. }
            | Effect::Opened { .. }
            | Effect::SessionForgotten { .. } => return None,
        };
        self.items.push(item);
        self.items.last()
    }

    pub(super) fn is_full(&self) -> bool {
        self.weight >= PIECE_BYTES || self.items.len() >= PIECE_ITEMS
    }

    /// The index of the encoding in a format, which is created on first use. It lacks items added after that until
    /// [`Pending::complete`].
    pub(super) fn encoded(
        &mut self,
        format: FormatId,
        about: About<'_>,
        formats: &mut Formats,
    ) -> usize {
        let made = &self.encodings[..self.made];
        match made.iter().position(|encoding| encoding.format == Some(format)) {
            Some(at) => at,
            None => self.encode(format, about, formats),
        }
    }

    /// As [`Pending::encoded`], and complete.
    pub(super) fn encoded_whole(
        &mut self,
        format: FormatId,
        about: About<'_>,
        formats: &mut Formats,
    ) -> usize {
        let at = self.encoded(format, about, formats);
        self.extend(at, about, formats);
        at
    }

    /// Encodes the items that are missing, in all formats in use.
    pub(super) fn complete(&mut self, about: About<'_>, formats: &mut Formats) {
        for at in 0..self.made {
            self.extend(at, about, formats);
        }
    }

    #[cold]
    fn encode(&mut self, format: FormatId, about: About<'_>, formats: &mut Formats) -> usize {
        let inner = formats.inner(format).map(|inner| self.encoded_whole(inner, about, formats));
        let at = self.made;
        if at == self.encodings.len() {
            self.encodings.push(Encoding::default());
        }
        let encoding = &mut self.encodings[at];
        (encoding.format, encoding.inner) = (Some(format), inner);
        self.made += 1;
        self.extend(at, about, formats);
        at
    }

    /// Encodes the items that were added since the last call.
    fn extend(&mut self, at: usize, (round, name): About<'_>, formats: &mut Formats) {
        let Encoding { inner, ref ends, .. } = self.encodings[at];
        let begin = ends.len();
        if begin == self.items.len() {
            return;
        }
        if let Some(inner) = inner {
            self.extend(inner, (round, name), formats);
        }
        let (before, rest) = self.encodings.split_at_mut(at);
        let (Some(encoding), inner) = (rest.first_mut(), inner.map(|inner| &before[inner])) else {
            return;
        };
        let Some(format) = encoding.format else { return };
        let keeps_lists = formats.keeps_lists(format);
        for (index, item) in self.items.iter().enumerate().skip(begin) {
            let is_wanted = keeps_lists || !item.is_for_lists;
            encoding.facts += u64::from(is_wanted);
            if let Some(fact) = item.fact(round).filter(|_| is_wanted) {
                let inner = inner.map_or(&[][..], |inner| inner.item(index));
                formats.encode(format, (fact, name), inner, &mut encoding.bytes);
            }
            encoding.ends.push(encoding.bytes.len());
        }
    }

    /// The position of the last event among the first `given` items, if any.
    pub(super) fn reached(&self, given: usize, round: &Round) -> Option<Position> {
        let mut facts = self.items[..given].iter().rev().filter_map(|item| item.fact(round));
        facts.find_map(|fact| match fact {
            Fact::Event(event) => Some(event.position),
            Fact::Presence(_) => None,
        })
    }

    /// The encoding at an index.
    pub(super) fn encoding(&mut self, at: usize) -> &mut Encoding {
        &mut self.encodings[at]
    }

    /// The items, and the encoding at an index.
    pub(super) fn items_in(&self, at: usize) -> (&[Item], &Encoding) {
        (&self.items, &self.encodings[at])
    }

    /// Empties it for reuse, and keeps its buffers.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.weight = 0;
        self.head = None;
        self.has_presence = false;
        for encoding in &mut self.encodings[..self.made] {
            let Encoding { format, inner, bytes, ends, facts, shared } = encoding;
            (*format, *inner) = (None, None);
            *facts = 0;
            bytes.clear();
            ends.clear();
            *shared = Shared::default();
        }
        self.made = 0;
    }
}
