//! What answers are for, and what is kept of them.

use std::collections::BTreeMap;

use teahouse_core::{Nick, RoomName};
use teahouse_wire::api::Ref;
use teahouse_wire::command::Moment;

use super::known_rooms::KnownRooms;
use super::list::List;
use crate::screen::limits::ASKED_MAX;

/// What an answer is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    /// Events before this position, the first at hand; without one, the newest.
    Before(Option<u64>),
    /// Events after this position, the last at hand.
    After(u64),
    /// The events around the one that is gone to.
    Around(u64),
    /// Events before a moment, to go to the last of them.
    BeforeTime(Moment),
    /// The list on the screen.
    List,
    /// Messages found, for the list on the screen.
    Found {
        /// In this room, or in all.
        room: Option<RoomName>,
        /// They are older than those that are listed.
        is_more: bool,
    },
    /// Names of rooms, to complete them.
    KnownRooms,
    /// The member list.
    Members(RoomName),
    /// Something told to somebody, shown with this key.
    Tell(Nick, u64),
    /// Something that is answered in words where we are.
    Words,
    /// Nothing.
    Nothing,
}

/// The questions that wait for an answer, and what is kept of answers for later.
#[derive(Debug, Default)]
pub(super) struct Asked {
    last: u64,
    waiting: BTreeMap<u64, Purpose>,
    /// The room to be shown when we are in it.
    pub(super) wanted: Option<RoomName>,
    pub(super) known_rooms: KnownRooms,
    /// What the last search found, to go on there.
    pub(super) found: Option<Box<List>>,
}

impl Asked {
    /// Notes what the answer to the next question is for; gives the reference of the question.
    pub(super) fn ask(&mut self, purpose: Purpose) -> u64 {
        self.last += 1;
        self.waiting.insert(self.last, purpose);
        if self.waiting.len() > ASKED_MAX {
            self.waiting.pop_first();
        }
        self.last
    }

    /// What this answer is for; asked once.
    pub(super) fn answered(&mut self, reference: Option<&Ref>) -> Option<Purpose> {
        match reference? {
            Ref::Number(number) => self.waiting.remove(number),
            Ref::Text(_) => None,
        }
    }
}
