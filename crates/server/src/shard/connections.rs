//! The connections of a shard: where each is, which session it has, and the one way to write to it.
//!
//! Writing never frees: a connection whose socket turns out to be broken, whose queue is over its bound, or whose
//! queue is empty again goes on a list, and what follows from that happens at the end of the step
//! ([`super::Shard`]). An index is valid for the whole step.

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
    /// Counts connections and visits: no two of one shard have the same number.
    serial: u64,
    sessions: HashMap<SessionId, usize>,
    /// What suspended sessions go on holding: a session that is kept costs its address a connection.
    suspended: HashMap<SessionId, Permit>,
    /// Those that are looked after at the end of the step.
    listed: Vec<usize>,
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
            listed: Vec::new(),
            writer: Writer::new(bounds),
        }
    }

    /// A number that no connection and no visit of this shard has had.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(super) fn insert(&mut self, connection: Connection<S>) -> Key {
        let serial = connection.serial;
        Key { index: self.slab.insert(connection), serial }
    }

    /// The connection, if it is still the same one.
    pub(super) fn get(&mut self, key: Key) -> Option<&mut Connection<S>> {
        self.slab.get_mut(key.index).filter(|connection| connection.serial == key.serial)
    }

    pub(super) fn key(&self, index: usize) -> Key {
        Key { index, serial: self.slab[index].serial }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection<S>> {
        self.slab.iter().map(|(_, connection)| connection)
    }

    /// Where they all are.
    pub(super) fn indexes(&self) -> Vec<usize> {
        self.slab.iter().map(|(index, _)| index).collect()
    }

    /// Whether there is nobody, and nothing is kept for anybody.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.slab.is_empty() && self.sessions.is_empty() && self.suspended.is_empty()
    }

    /// Takes a connection out.
    pub(super) fn remove(&mut self, key: Key) -> Option<Connection<S>> {
        self.get(key)?;
        let connection = self.slab.remove(key.index);
        debug_assert!(connection.memberships.is_empty(), "a room still writes to this place");
        debug_assert!(!self.sessions.contains_key(&connection.session), "it has a session");
        Some(connection)
    }

    /// The connection of a session, if it is here.
    pub(super) fn of_session(&self, session: SessionId) -> Option<usize> {
        self.sessions.get(&session).copied()
    }

    /// A connection has its session from here on.
    pub(super) fn begin_session(&mut self, index: usize) {
        self.sessions.insert(self.slab[index].session, index);
    }

    /// A session has ended; gives the connection that had it.
    pub(super) fn end_session(&mut self, session: SessionId, is_suspended: bool) -> Option<usize> {
        let index = self.sessions.remove(&session)?;
        if is_suspended && let Some(mut permit) = self.slab[index].permit.take() {
            permit.disconnect();
            self.suspended.insert(session, permit);
        }
        Some(index)
    }

    /// A suspended session is kept no longer.
    pub(super) fn forget_session(&mut self, session: SessionId) {
        self.suspended.remove(&session);
    }

    /// Has a connection looked after at the end of the step.
    pub(super) fn list(&mut self, index: usize) {
        let output = &mut self.slab[index].output;
        if !std::mem::replace(&mut output.is_listed, true) {
            self.listed.push(index);
        }
    }

    /// One that is to be looked after.
    pub(super) fn next_listed(&mut self) -> Option<usize> {
        let index = self.listed.pop()?;
        self.slab[index].output.is_listed = false;
        Some(index)
    }

    /// It cannot be spoken to any more.
    pub(super) fn lose(&mut self, index: usize, health: Health) {
        self.slab[index].output.lose(health);
        self.list(index);
    }

    /// Whether more of rooms is queued for a connection than it is to be behind with.
    pub(super) fn is_past_soft(&self, index: usize) -> bool {
        let queue = self.slab[index].output.queue.as_ref();
        queue.is_some_and(|queue| queue.bytes() > self.writer.bounds.soft_bytes)
    }

    /// Writes directly if nothing is queued; queues what is not taken.
    pub(super) fn send(
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
        let delivery = self.writer.send(connection, bytes, what, shared);
        if delivery == Delivery::Lost {
            self.list(index);
        }
        delivery
    }

    /// Gives bytes to one connection, whatever else is queued for it; past the hard bound it is let go.
    pub(super) fn give(&mut self, index: usize, bytes: &[u8], what: What) {
        let connection = &mut self.slab[index];
        if bytes.is_empty() || connection.is_broken() {
            return;
        }
        if self.writer.give(connection, bytes, what) == Delivery::Lost {
            self.list(index);
        }
    }

    /// The input line of a peer looks different: it is shown as it is now, once what is queued has been written.
    pub(super) fn redraw(&mut self, index: usize) {
        let connection = &mut self.slab[index];
        if !connection.is_broken() && self.writer.redraw(connection) == Delivery::Lost {
            self.list(index);
        }
    }

    /// Writes what is queued. Once that is nothing, the connection is looked after.
    pub(super) fn drain(&mut self, index: usize) -> Drained {
        let drained = self.writer.drain(&mut self.slab[index]);
        match drained {
            Drained::Left => {}
            Drained::Broken | Drained::Empty => self.list(index),
        }
        drained
    }

    /// The next bytes for a peer that fetches them. Once there are none, the connection is looked after.
    pub(super) fn fetch(&mut self, index: usize) -> Option<Bytes> {
        let connection = &mut self.slab[index];
        let bytes = self.writer.fetch(connection)?;
        if connection.output.queue.is_none() {
            self.list(index);
        }
        Some(bytes)
    }
}
