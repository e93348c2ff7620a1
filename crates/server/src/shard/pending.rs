//! What is about to be written to a room's members, encoded once for all that are spoken to in the same way.

use std::sync::Arc;

use teahouse_core::{Effect, EventKind, NickKey, Position, RoomName, SessionId};

use super::encoder::{Encoder, Format};
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
    encoded: [Encoded; Format::COUNT],
}

/// One event or announcement.
pub(super) struct Item {
    /// Which batch of the round, and which of its effects.
    pub(super) batch: usize,
    pub(super) effect: usize,
    /// Whom it is about: its author, or who came or went.
    pub(super) about: Option<SessionId>,
    /// For whom it is nothing new: they typed it themselves.
    pub(super) is_typed: bool,
    pub(super) author: Option<Author>,
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
struct Encoded {
    is_made: bool,
    bytes: Vec<u8>,
    /// Where each item ends.
    ends: Vec<usize>,
}

/// Whether its author has it on the screen already, as typed, where the screen is a line terminal.
pub(super) fn is_typed(kind: EventKind) -> bool {
    match kind {
        EventKind::Said | EventKind::Acted => true,
        EventKind::Topic | EventKind::Unknown => false,
    }
}

impl Pending {
    /// Adds an event or an announcement of the round.
    pub(super) fn push(&mut self, round: &Round, batch: usize, effect: usize, with_key: bool) {
        let item = match &round[batch][effect] {
            Effect::Event(event) => {
                self.weight += event.weight();
                self.head = Some(event.position);
                let key = with_key.then(|| event.nick.key());
                let author = Some(Author { session: event.session, author: event.author, key });
                let (about, is_typed) = (Some(event.session), is_typed(event.kind));
                Item { batch, effect, about, is_typed, author }
            }
            Effect::Presence { about, .. } => {
                self.has_presence = true;
                Item { batch, effect, about: *about, is_typed: false, author: None }
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

    /// Encodes everything in a format, unless that was done.
    pub(super) fn encode(
        &mut self,
        format: Format,
        round: &Round,
        name: &RoomName,
        encoder: &mut Encoder,
    ) {
        let Encoded { is_made, bytes, ends } = &mut self.encoded[format.index()];
        if std::mem::replace(is_made, true) {
            return;
        }
        for item in &self.items {
            match &round[item.batch][item.effect] {
                Effect::Event(event) => encoder.event(format, event, name, bytes),
                Effect::Presence { presence, .. } => {
                    encoder.presence(format, presence, name, bytes);
                }
                Effect::Founded { .. }
                | Effect::RoomRemoved { .. }
                | Effect::Ignores { .. }
                | Effect::Joined { .. }
                | Effect::Parted { .. }
                | Effect::Answer { .. }
                | Effect::Ended { .. }
                | Effect::SessionForgotten { .. } => {}
            }
            ends.push(bytes.len());
        }
    }

    /// Everything, in a format that has been encoded.
    pub(super) fn bytes(&self, format: Format) -> &[u8] {
        &self.encoded[format.index()].bytes
    }

    /// One to share out for each format.
    pub(super) fn shared() -> [Shared; Format::COUNT] {
        std::array::from_fn(|_| Shared::default())
    }

    /// Copies the items that `keep` picks to `out`, in a format that has been encoded.
    pub(super) fn pick(
        &self,
        format: Format,
        out: &mut Vec<u8>,
        mut keep: impl FnMut(&Item) -> bool,
    ) {
        let Encoded { bytes, ends, .. } = &self.encoded[format.index()];
        let mut start = 0;
        for (item, end) in self.items.iter().zip(ends) {
            if keep(item) {
                out.extend_from_slice(&bytes[start..*end]);
            }
            start = *end;
        }
    }

    /// Empty again, with its buffers kept.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.weight = 0;
        self.head = None;
        self.has_presence = false;
        for Encoded { is_made, bytes, ends } in &mut self.encoded {
            *is_made = false;
            bytes.clear();
            ends.clear();
        }
    }
}
