//! The requests in flight, and what is kept from answers.

use std::collections::BTreeMap;

use teahouse_core::{Nick, RoomName};
use teahouse_wire::api::Ref;
use teahouse_wire::command::Moment;

use super::known_rooms::KnownRooms;
use super::list::List;
use crate::screen::limits::REQUESTS_PENDING_MAX;

/// What the answer to a request is used for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    /// Adds the events before this position, the first loaded one; without a position, the newest events.
    Before(Option<u64>),
    /// Adds the events after this position, the last loaded one.
    After(u64),
    /// Shows the event at this position among its neighbours.
    Around(u64),
    /// Shows the last event before a moment.
    BeforeTime(Moment),
    /// Fills the list on the screen.
    List,
    /// Adds found messages to the list on the screen.
    Found {
        /// The room that is searched; `None`: all rooms.
        room: Option<RoomName>,
        /// Whether older messages are added to those already listed.
        is_more: bool,
    },
    /// Adds room names for completion.
    KnownRooms,
    /// Adds a page to the member list of a room.
    Members(RoomName),
    /// Updates a private message to this nick, shown with this key.
    PrivateMessage(Nick, u64),
    /// Shows the answer as a notice in the room on the screen.
    Notice,
    /// Ignores the answer.
    Nothing,
}

/// The requests that wait for an answer, and what is kept from answers.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: u64,
    pending: BTreeMap<u64, Purpose>,
    /// The room to show as soon as the client has joined it.
    pub(super) wanted_room: Option<RoomName>,
    pub(super) known_rooms: KnownRooms,
    /// The last search and its results, so that it can be continued.
    pub(super) found: Option<Box<List>>,
}

impl Requests {
    /// Registers the next request with the purpose of its answer. Returns the reference for the request.
    pub(super) fn register(&mut self, purpose: Purpose) -> u64 {
        self.last += 1;
        self.pending.insert(self.last, purpose);
        if self.pending.len() > REQUESTS_PENDING_MAX {
            self.pending.pop_first();
        }
        self.last
    }

    /// Removes and returns the purpose of an answer.
    pub(super) fn take_purpose(&mut self, reference: Option<&Ref>) -> Option<Purpose> {
        match reference? {
            Ref::Number(number) => self.pending.remove(number),
            Ref::Text(_) => None,
        }
    }
}
