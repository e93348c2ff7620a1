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

/// What is needed to encode what is pending: where its facts are, and the room's name.
pub(super) type About<'a> = (&'a Round, &'a RoomName);

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
    /// The encoding whose bytes this one puts in envelopes: one before it.
    inner: Option<usize>,
    pub(super) bytes: Vec<u8>,
    /// Where each item that has been encoded ends.
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
    /// Adds an event or an announcement of the round; what that has become.
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

    /// Everything in a format: where in the list of encodings it is. Made when it is asked for first; has what has been
    /// added since only once that is [completed](Pending::complete).
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

    /// As [`Pending::encoded`], with everything that there is by now.
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

    /// Has everything in all formats that have been asked for.
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

    /// Encodes what has been added since.
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

    /// The last event among so many of the first items, if there is one.
    pub(super) fn reached(&self, given: usize, round: &Round) -> Option<Position> {
        let mut facts = self.items[..given].iter().rev().filter_map(|item| item.fact(round));
        facts.find_map(|fact| match fact {
            Fact::Event(event) => Some(event.position),
            Fact::Presence(_) => None,
        })
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
