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
use tracing::debug;

use super::connection::{Connection, Health, LineState, Output, Sink};
use super::input_line::{Around, hide};
use super::outbox::{Drained, Outbox, Shared, What};
use super::socket::{Socket, WriteOutcome, write};
use crate::gate::Permit;
use crate::key::Key;

/// How many bytes may be queued for one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueBounds {
    /// Past this it is given no more of its rooms: it is refilled from history when it reads.
    pub(super) soft_bytes: usize,
    /// Past this it is let go: what it is told beside its rooms is not in history.
    pub(super) hard_bytes: usize,
}

/// What became of bytes meant for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Written or queued.
    Accepted,
    /// The queue is past its soft bound: the member is behind.
    Behind,
    /// It cannot be spoken to, and goes with its session.
    Lost,
}

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
    bounds: QueueBounds,
    sent_bytes: u64,
    writes: u64,
    around: Around,
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
            bounds,
            sent_bytes: 0,
            writes: 0,
            around: Around::default(),
        }
    }

    pub(super) fn bounds(&self) -> QueueBounds {
        self.bounds
    }

    pub(super) fn set_bounds(&mut self, bounds: QueueBounds) {
        self.bounds = bounds;
    }

    /// Bytes given to sockets or queued for them.
    pub(super) fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }

    /// Writes to sockets.
    pub(super) fn writes(&self) -> u64 {
        self.writes
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
        let connection = &mut self.slab[index];
        if connection.output.health != Health::Broken {
            connection.output.health = health;
        }
        connection.output.queue = None;
        connection.output.wake_body();
        self.list(index);
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
        let output = &mut connection.output;
        if output.health != Health::Open {
            return Delivery::Lost;
        }
        if bytes.is_empty() {
            // Some things are nothing in some protocols.
            return Delivery::Accepted;
        }
        if output.line != LineState::None {
            return self.send_around(index, bytes, what, shared);
        }
        match (&mut output.queue, &output.sink) {
            (Some(queue), _) if queue.bytes() > self.bounds.soft_bytes => {
                return Delivery::Behind;
            }
            (Some(queue), _) => queue.push(shared.rest(bytes, 0), what),
            (None, Sink::Body(_)) => {
                output.queue = Some(Outbox::with(shared.rest(bytes, 0), what));
                output.wake_body();
            }
            (None, Sink::Socket(socket)) => {
                self.writes += 1;
                match write(socket, bytes) {
                    WriteOutcome::Broken => {
                        self.lose(index, Health::Broken);
                        return Delivery::Lost;
                    }
                    WriteOutcome::Wrote(count) if count == bytes.len() => {}
                    WriteOutcome::Wrote(count) => {
                        output.queue = Some(Outbox::with(shared.rest(bytes, count), what));
                        // Its task waits until the socket takes more.
                        connection.wake();
                    }
                }
            }
        }
        self.sent_bytes += bytes.len() as u64;
        Delivery::Accepted
    }

    /// As [`Connections::send`], to a peer whose input line is shown.
    fn send_around(
        &mut self,
        index: usize,
        bytes: &[u8],
        what: What,
        shared: &mut Shared,
    ) -> Delivery {
        let soft_bytes = self.bounds.soft_bytes;
        let connection = &mut self.slab[index];
        match &connection.output.queue {
            Some(queue) if queue.bytes() > soft_bytes => return Delivery::Behind,
            Some(_) => self.enqueue(index, shared.rest(bytes, 0), what),
            None => {
                self.writes += 1;
                if self.around.write(connection, (bytes, what), shared) == WriteOutcome::Broken {
                    self.lose(index, Health::Broken);
                    return Delivery::Lost;
                }
                self.sent_bytes += bytes.len() as u64;
            }
        }
        Delivery::Accepted
    }

    /// Adds bytes to what is queued for a connection.
    fn enqueue(&mut self, index: usize, bytes: Bytes, what: What) {
        let connection = &mut self.slab[index];
        hide(connection);
        if let Some(queue) = &mut connection.output.queue {
            self.sent_bytes += bytes.len() as u64;
            queue.push(bytes, what);
        }
    }

    /// The input line of a peer looks different: it is shown as it is now, once what is queued has been written.
    pub(super) fn redraw(&mut self, index: usize) {
        let connection = &mut self.slab[index];
        let Output { line, health, queue, .. } = &connection.output;
        if *line == LineState::None || *health != Health::Open {
            return;
        }
        if queue.is_some() {
            return hide(connection);
        }
        self.writes += 1;
        let nothing = (&[][..], What::Room);
        let outcome = self.around.write(connection, nothing, &mut Shared::default());
        if outcome == WriteOutcome::Broken {
            self.lose(index, Health::Broken);
        }
    }

    /// Nothing is queued for a connection any more: its input line comes back, and it is looked after.
    fn handle_empty(&mut self, index: usize) {
        let output = &mut self.slab[index].output;
        output.queue = None;
        if output.line == LineState::Hidden {
            self.redraw(index);
        }
        self.list(index);
    }

    /// Gives bytes to one connection, whatever else is queued for it; past the hard bound it is let go.
    pub(super) fn give(&mut self, index: usize, bytes: &[u8], what: What) {
        let output = &mut self.slab[index].output;
        if output.health != Health::Open || bytes.is_empty() {
            return;
        }
        match &output.queue {
            Some(queue) if queue.bytes() + bytes.len() > self.bounds.hard_bytes => {
                let queued = queue.bytes();
                debug!(session = self.slab[index].session.0, queued, "does not read: closed");
                self.lose(index, Health::Unread);
            }
            Some(_) => self.enqueue(index, Bytes::copy_from_slice(bytes), what),
            None => {
                self.send(index, bytes, what, &mut Shared::default());
            }
        }
    }

    /// Writes what is queued. Once that is nothing, the connection is looked after.
    pub(super) fn drain(&mut self, index: usize) -> Drained {
        let output = &mut self.slab[index].output;
        let (Some(queue), Sink::Socket(socket)) = (&mut output.queue, &output.sink) else {
            return Drained::Empty;
        };
        let drained = queue.drain(socket, &mut self.writes);
        match drained {
            Drained::Left => {}
            Drained::Broken => self.lose(index, Health::Broken),
            Drained::Empty => self.handle_empty(index),
        }
        drained
    }

    /// The next bytes for a peer that fetches them. Once there are none, the connection is looked after.
    pub(super) fn fetch(&mut self, index: usize) -> Option<Bytes> {
        let queue = self.slab[index].output.queue.as_mut()?;
        let bytes = queue.pop();
        if queue.bytes() == 0 {
            self.handle_empty(index);
        }
        bytes
    }
}
