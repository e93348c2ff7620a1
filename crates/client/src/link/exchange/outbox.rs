//! What we said and what is not known to be kept: in the order it was said, room by room.
//!
//! Of each room one message at a time is on its way. With more, a refusal because of haste would let a
//! later message overtake an earlier one; the server delays hasty senders anyway, so nothing is gained.
//!
//! A connection that breaks puts back what was on its way ([`Outbox::put_all_back`]). On the next one
//! `Exchange::pump` sends the first message of each room again, with the id that it was given when it was said.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use teahouse_core::{RoomName, Text};
use teahouse_wire::api::Id;

use crate::link::limits::{OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX};
use crate::link::{Outgoing, SayError, Stage};

/// A message of ours that is not known to be kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unsent {
    /// The id it was given when it was said, and keeps.
    pub id: Id,
    /// Where.
    pub room: RoomName,
    /// What.
    pub text: Text,
    /// Whether it is `/me`.
    #[serde(default)]
    pub acted: bool,
}

impl Unsent {
    /// It has come to this stage.
    pub(super) fn at(&self, stage: Stage) -> Outgoing {
        let Self { id, room, text, acted } = self.clone();
        Outgoing { id, room, text, acted, stage }
    }
}

/// See the module above.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// Messages that were said since the program began.
    said: u64,
}

#[derive(Debug)]
struct Entry {
    unsent: Unsent,
    flight: Option<Flight>,
}

/// On its way on this connection.
#[derive(Clone, Copy, Debug)]
struct Flight {
    reference: u64,
    due: Duration,
}

impl Outbox {
    /// Takes what was said.
    pub(super) fn say(&mut self, unsent: Unsent) -> Result<(), SayError> {
        self.push(unsent)?;
        self.said += 1;
        Ok(())
    }

    /// How many messages were ever said: they have to be on the disk before anything is sent.
    pub(super) fn said(&self) -> u64 {
        self.said
    }

    /// Takes what was said, or was not known to be kept when the program ended before.
    pub(super) fn push(&mut self, unsent: Unsent) -> Result<(), SayError> {
        let bytes = self.bytes + unsent.text.as_str().len();
        if self.entries.len() >= OUTBOX_MESSAGES_MAX {
            return Err(SayError::TooManyWaiting { max: OUTBOX_MESSAGES_MAX });
        }
        if bytes > OUTBOX_BYTES_MAX {
            return Err(SayError::TooMuchWaiting { max: OUTBOX_BYTES_MAX });
        }
        self.bytes = bytes;
        self.entries.push_back(Entry { unsent, flight: None });
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Unsent> {
        self.entries.iter().map(|entry| &entry.unsent)
    }

    /// The room's first message, unless it is on its way; from now on it is.
    pub(super) fn send(
        &mut self,
        room: &RoomName,
        reference: u64,
        due: Duration,
    ) -> Option<Unsent> {
        let first = self.entries.iter_mut().find(|entry| entry.unsent.room == *room)?;
        if first.flight.is_some() {
            return None;
        }
        first.flight = Some(Flight { reference, due });
        Some(first.unsent.clone())
    }

    /// Whether the room has a message that could be sent.
    pub(super) fn is_waiting(&self, room: &RoomName) -> bool {
        let first = self.entries.iter().find(|entry| entry.unsent.room == *room);
        first.is_some_and(|entry| entry.flight.is_none())
    }

    /// Takes out the message with this id.
    pub(super) fn take(&mut self, id: Id) -> Option<Unsent> {
        let index = self.entries.iter().position(|entry| entry.unsent.id == id)?;
        self.remove(index)
    }

    /// The message that was sent as this request.
    pub(super) fn sent_as(&self, reference: u64) -> Option<Id> {
        let is_it = |entry: &&Entry| entry.flight.is_some_and(|f| f.reference == reference);
        self.entries.iter().find(is_it).map(|entry| entry.unsent.id)
    }

    /// Puts the message with this id back to waiting, at its place.
    pub(super) fn put_back(&mut self, id: Id) -> Option<&Unsent> {
        let entry = self.entries.iter_mut().find(|entry| entry.unsent.id == id)?;
        entry.flight = None;
        Some(&entry.unsent)
    }

    /// Puts back whatever is on its way, and tells which that was.
    pub(super) fn put_all_back(&mut self) -> Vec<Unsent> {
        let sent = self.entries.iter_mut().filter(|entry| entry.flight.is_some());
        sent.map(|entry| {
            entry.flight = None;
            entry.unsent.clone()
        })
        .collect()
    }

    /// Takes out everything for a room, or only what is not on its way.
    pub(super) fn take_room(&mut self, room: &RoomName, and_on_its_way: bool) -> Vec<Unsent> {
        let mut taken = Vec::new();
        let mut index = 0;
        while let Some(entry) = self.entries.get(index) {
            if entry.unsent.room == *room && (and_on_its_way || entry.flight.is_none()) {
                taken.extend(self.remove(index));
            } else {
                index += 1;
            }
        }
        taken
    }

    /// When the first of those on their way should have been acknowledged.
    pub(super) fn due(&self) -> Option<Duration> {
        self.entries.iter().filter_map(|entry| Some(entry.flight?.due)).min()
    }

    fn remove(&mut self, index: usize) -> Option<Unsent> {
        let entry = self.entries.remove(index)?;
        self.bytes -= entry.unsent.text.as_str().len();
        Some(entry.unsent)
    }
}
