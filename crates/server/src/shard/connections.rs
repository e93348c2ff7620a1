//! The connections of a shard: by index, by session, and the one way to write to them.
//!
//! A write never frees. A connection whose socket turns out to be broken, whose queue passes its bound, or whose queue
//! becomes empty is put on a list, and is settled at the end of the step ([`super::Shard`]). So an index is valid for
//! the whole step.

use std::ops::{Index, IndexMut};

use bytes::Bytes;
use hashbrown::HashMap;
use slab::Slab;
use teahouse_core::SessionId;

use super::connection::{Connection, Health};
use super::outbox::{Drained, Shared, What};
use super::socket::Socket;
use super::writer::{Delivery, QueueBounds, Writer};
use crate::gate::Permit;
use crate::key::Key;

/// All connections of a shard.
pub(super) struct Connections<S> {
    slab: Slab<Connection<S>>,
    /// The number of connections and visits so far, so that each of a shard has its own serial number.
    serial: u64,
    sessions: HashMap<SessionId, usize>,
    /// The slots that suspended sessions keep: a suspended session costs its address a connection.
    suspended: HashMap<SessionId, Permit>,
    /// The connections to settle at the end of the step.
    to_settle: Vec<usize>,
    pub(super) writer: Writer,
}

impl<S> Index<usize> for Connections<S> {
    type Output = Connection<S>;

    fn index(&self, index: usize) -> &Connection<S> {
        &self.slab[index]
    }
}

impl<S> IndexMut<usize> for Connections<S> {
    fn index_mut(&mut self, index: usize) -> &mut Connection<S> {
        &mut self.slab[index]
    }
}

impl<S: Socket> Connections<S> {
    pub(super) fn new(bounds: QueueBounds) -> Self {
        Self {
            slab: Slab::new(),
            serial: 0,
            sessions: HashMap::new(),
            suspended: HashMap::new(),
            to_settle: Vec::new(),
            writer: Writer::new(bounds),
        }
    }

    /// A serial number that no connection or visit of this shard has had.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(super) fn insert(&mut self, connection: Connection<S>) -> Key {
        let serial = connection.serial;
        Key { index: self.slab.insert(connection), serial }
    }

    /// The connection of a key, if the key is still valid.
    pub(super) fn get(&mut self, key: Key) -> Option<&mut Connection<S>> {
        self.slab.get_mut(key.index).filter(|connection| connection.serial == key.serial)
    }

    pub(super) fn key(&self, index: usize) -> Key {
        Key { index, serial: self.slab[index].serial }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection<S>> {
        self.slab.iter().map(|(_, connection)| connection)
    }

    /// The indexes of all connections.
    pub(super) fn indexes(&self) -> Vec<usize> {
        self.slab.iter().map(|(index, _)| index).collect()
    }

    /// Whether there is no connection, no session and no kept slot.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.slab.is_empty() && self.sessions.is_empty() && self.suspended.is_empty()
    }

    /// Removes a connection.
    pub(super) fn remove(&mut self, key: Key) -> Option<Connection<S>> {
        self.get(key)?;
        let connection = self.slab.remove(key.index);
        debug_assert!(connection.memberships.is_empty(), "a room still writes to this connection");
        debug_assert!(!self.sessions.contains_key(&connection.session), "it has a session");
        Some(connection)
    }

    /// The connection of a session, if the session is on this shard.
    pub(super) fn of_session(&self, session: SessionId) -> Option<usize> {
        self.sessions.get(&session).copied()
    }

    /// The session of a connection begins.
    pub(super) fn begin_session(&mut self, index: usize) {
        self.sessions.insert(self.slab[index].session, index);
    }

    /// A session has ended; returns the connection that had it.
    pub(super) fn end_session(&mut self, session: SessionId, is_suspended: bool) -> Option<usize> {
        let index = self.sessions.remove(&session)?;
        if is_suspended && let Some(mut permit) = self.slab[index].permit.take() {
            permit.disconnect();
            self.suspended.insert(session, permit);
        }
        Some(index)
    }

    /// A suspended session is forgotten: its slot becomes free.
    pub(super) fn forget_session(&mut self, session: SessionId) {
        self.suspended.remove(&session);
    }

    /// Puts a connection on the list to settle at the end of the step.
    pub(super) fn queue_settle(&mut self, index: usize) {
        let output = &mut self.slab[index].output;
        if !std::mem::replace(&mut output.is_to_settle, true) {
            self.to_settle.push(index);
        }
    }

    /// The next connection to settle.
    pub(super) fn next_to_settle(&mut self) -> Option<usize> {
        let index = self.to_settle.pop()?;
        self.slab[index].output.is_to_settle = false;
        Some(index)
    }

    /// Records that a connection can no longer be written to.
    pub(super) fn mark_lost(&mut self, index: usize, health: Health) {
        self.slab[index].output.mark_lost(health);
        self.queue_settle(index);
    }

    /// Whether the queue of a connection is past its soft bound.
    pub(super) fn is_past_soft(&self, index: usize) -> bool {
        let queue = self.slab[index].output.queue.as_ref();
        queue.is_some_and(|queue| queue.bytes() > self.writer.bounds.soft_bytes)
    }

    /// Writes room messages: directly if nothing is queued, and into the queue what the socket does not take. Past the
    /// soft bound nothing is written, and the member is behind.
    pub(super) fn deliver(
        &mut self,
        index: usize,
        bytes: &[u8],
        what: What,
        shared: &mut Shared,
    ) -> Delivery {
        let connection = &mut self.slab[index];
        if connection.is_broken() {
            return Delivery::Lost;
        }
        let delivery = self.writer.deliver(connection, bytes, what, shared);
        if delivery == Delivery::Lost {
            self.queue_settle(index);
        }
        delivery
    }

    /// Sends bytes to one connection, whatever is queued. Past the hard bound the connection is lost.
    pub(super) fn send(&mut self, index: usize, bytes: &[u8], what: What) {
        let connection = &mut self.slab[index];
        if bytes.is_empty() || connection.is_broken() {
            return;
        }
        if self.writer.send(connection, bytes, what) == Delivery::Lost {
            self.queue_settle(index);
        }
    }

    /// The input line of a peer has changed: draws it again once the queue is written.
    pub(super) fn redraw(&mut self, index: usize) {
        let connection = &mut self.slab[index];
        if !connection.is_broken() && self.writer.redraw(connection) == Delivery::Lost {
            self.queue_settle(index);
        }
    }

    /// Writes the queue. When it is empty, the connection is settled.
    pub(super) fn drain(&mut self, index: usize) -> Drained {
        let drained = self.writer.drain(&mut self.slab[index]);
        match drained {
            Drained::Left => {}
            Drained::Broken | Drained::Empty => self.queue_settle(index),
        }
        drained
    }

    /// The next bytes for a response body. When none are left, the connection is settled.
    pub(super) fn fetch(&mut self, index: usize) -> Option<Bytes> {
        let connection = &mut self.slab[index];
        let bytes = self.writer.fetch(connection)?;
        if connection.output.queue.is_none() {
            self.queue_settle(index);
        }
        Some(bytes)
    }
}
