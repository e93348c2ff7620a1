//! Questions to the server and what their answers are for.

use std::collections::BTreeMap;

use teahouse_core::{Nick, RoomName};
use teahouse_wire::api::{History, Part, Ref, Request, Who};
use teahouse_wire::command::Moment;

use super::Model;
use super::completing::KnownRooms;
use super::listing::List;
use crate::link::State;
use crate::screen::input::Effect;
use crate::screen::limits::{ASKED_MAX, PAGE_EVENTS};

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
    fn ask(&mut self, purpose: Purpose) -> u64 {
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

impl Model {
    pub(super) fn is_online(&self) -> bool {
        matches!(self.connection.state, State::Online(_))
    }

    pub(super) fn ask(&mut self, purpose: Purpose, request: Request) {
        let reference = self.asked.ask(purpose);
        self.effects.push(Effect::Ask { reference, request });
    }

    /// Asks for a page of a room's history.
    pub(super) fn ask_history(&mut self, room: RoomName, purpose: Purpose, part: Part) {
        let request = History { room, part, limit: Some(PAGE_EVENTS) };
        self.ask(purpose, Request::History(request));
    }

    pub(super) fn ask_members(&mut self, room: RoomName, page: u32) {
        let purpose = Purpose::Members(room.clone());
        self.ask(purpose, Request::Who(Who { room, page }));
    }
}
