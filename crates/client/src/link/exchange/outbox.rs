//! Our messages that are not known to be stored, in the order in which they were said.
//!
//! One message of each room is in flight at a time. With more, a "too fast" refusal would let a later message
//! overtake an earlier one. More would gain nothing, because the server delays fast senders anyway.
//!
//! When a connection breaks, [`Outbox::requeue_all`] marks the messages in flight as unsent. On the next connection
//! `Exchange::send_messages` sends the first message of each room again, under the same id.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use teahouse_core::{RoomName, Text};
use teahouse_wire::api::Id;

use crate::link::limits::{OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX};
use crate::link::{Outgoing, SayError, Stage};

/// One of our messages that is not known to be stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unsent {
    /// The id, which stays the same however often the message is sent.
    pub id: Id,
    /// The room.
    pub room: RoomName,
    /// The text.
    pub text: Text,
    /// Whether the message is an action (`/me`).
    #[serde(default)]
    pub acted: bool,
}

impl Unsent {
    /// The message with its stage.
    pub(super) fn with_stage(&self, stage: Stage) -> Outgoing {
        let Self { id, room, text, acted } = self.clone();
        Outgoing { id, room, text, acted, stage }
    }
}

/// See the comment of this file.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// Messages that were said since the program started.
    said: u64,
}

#[derive(Debug)]
struct Entry {
    unsent: Unsent,
    flight: Option<Flight>,
}

/// A message in flight: sent on this connection and not acknowledged.
#[derive(Clone, Copy, Debug)]
struct Flight {
    reference: u64,
    due: Duration,
}

impl Outbox {
    /// Adds a new message.
    pub(super) fn say(&mut self, unsent: Unsent) -> Result<(), SayError> {
        self.push(unsent)?;
        self.said += 1;
        Ok(())
    }

    /// The number of messages that were said. They have to be on the disk before anything is sent.
    pub(super) fn said_count(&self) -> u64 {
        self.said
    }

    /// Adds a message that is new or comes from the state file.
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

    /// Returns the room's first message and marks it as in flight, unless it is in flight already.
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

    /// Whether the room has a message that can be sent now.
    pub(super) fn is_waiting(&self, room: &RoomName) -> bool {
        let first = self.entries.iter().find(|entry| entry.unsent.room == *room);
        first.is_some_and(|entry| entry.flight.is_none())
    }

    /// Removes the message with this id.
    pub(super) fn take(&mut self, id: Id) -> Option<Unsent> {
        let index = self.entries.iter().position(|entry| entry.unsent.id == id)?;
        self.remove(index)
    }

    /// The id of the message that was sent with this reference.
    pub(super) fn sent_as(&self, reference: u64) -> Option<Id> {
        let is_match = |entry: &&Entry| entry.flight.is_some_and(|f| f.reference == reference);
        self.entries.iter().find(is_match).map(|entry| entry.unsent.id)
    }

    /// Marks the message with this id as unsent; it keeps its place in the order.
    pub(super) fn requeue(&mut self, id: Id) -> Option<&Unsent> {
        let entry = self.entries.iter_mut().find(|entry| entry.unsent.id == id)?;
        entry.flight = None;
        Some(&entry.unsent)
    }

    /// Marks all messages in flight as unsent, and returns them.
    pub(super) fn requeue_all(&mut self) -> Vec<Unsent> {
        let sent = self.entries.iter_mut().filter(|entry| entry.flight.is_some());
        sent.map(|entry| {
            entry.flight = None;
            entry.unsent.clone()
        })
        .collect()
    }

    /// Removes the messages for a room, with those in flight or without them.
    pub(super) fn take_room(&mut self, room: &RoomName, and_in_flight: bool) -> Vec<Unsent> {
        let mut removed = Vec::new();
        let mut index = 0;
        while let Some(entry) = self.entries.get(index) {
            if entry.unsent.room == *room && (and_in_flight || entry.flight.is_none()) {
                removed.extend(self.remove(index));
            } else {
                index += 1;
            }
        }
        removed
    }

    /// When the first acknowledgement is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.entries.iter().filter_map(|entry| Some(entry.flight?.due)).min()
    }

    fn remove(&mut self, index: usize) -> Option<Unsent> {
        let entry = self.entries.remove(index)?;
        self.bytes -= entry.unsent.text.as_str().len();
        Some(entry.unsent)
    }
}
