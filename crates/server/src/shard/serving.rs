//! What a shard does for the tasks that serve connections and for visits. Each connection has one task. It reports what
//! its socket is ready for, and removes the connection at the end.

use std::io::ErrorKind;
use std::task::{Poll, Waker};

use bytes::Bytes;
use teahouse_core::{Action, Origin, Refusal, RequestId, RoomName, Visit};
use teahouse_wire::ProtocolSession;
use teahouse_wire::protocol::Output;
use teahouse_wire::tokens_of;

use super::connection::{Connection, Health, Incoming, Sink, Stage};
use super::first_line::FirstLine;
use super::opening;
use super::protocols;
use super::sessions::Peer;
use super::socket::Socket;
use super::visits::{HttpPermit, VisitHandle, VisitRequest};
use super::work::{self, TURN_TOKENS_MAX};
use super::{READ_BYTES, Shard};
use crate::gate::Permit;
use crate::key::Key;

/// The bytes per read when input should stay small: while the protocol is sniffed and the log takes no more, for a
/// connection with few tokens left, and while the shard holds much input. Bytes that were read and not taken stay in
/// memory.
const LITTLE_BYTES: usize = 1024;

/// What the task of a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Until the socket is readable or writable, or the task is woken.
    Ready {
        /// Whether the connection is to be read.
        read: Reading,
        /// Whether bytes are queued for it.
        write: bool,
    },
    /// Nothing: the connection speaks HTTP, and the task takes it with [`Shard::take_http`].
    Http,
    /// Nothing: the connection is closed, and the task calls [`Shard::remove`].
    Closed,
}

/// Whether a connection is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Not before the task is woken.
    No,
    /// When the socket has bytes.
    Socket,
    /// At once: bytes are left of the last read.
    Leftover,
}

/// The result of one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadOutcome {
    /// No bytes were read.
    Nothing,
    /// Bytes were read, and perhaps more are there.
    Some,
    /// The buffer was filled, or bytes are left: more are probably there.
    Full,
}

impl<S: Socket> Shard<S> {
    /// Accepts a connection whose protocol is not known.
    pub(crate) fn accept(&mut self, socket: S, permit: Permit) -> Key {
        let protocol = protocols::session_of_silent(&self.sessions.context.server);
        let opening = Box::new(FirstLine::new(self.sessions.context.now.steady));
        let origin = permit.origin();
        let peer = Peer { sink: Sink::Socket(socket), origin, permit: Some(permit) };
        let key = self.sessions.insert(peer, protocol, Some(opening));
        opening::await_first_line(&mut self.sessions, key);
        key
    }

    /// Accepts a connection whose protocol is known. `first` are bytes that the peer has already sent in it.
    pub(crate) fn accept_as(
        &mut self,
        protocol: Box<dyn ProtocolSession>,
        socket: S,
        (origin, permit): (Origin, Option<Permit>),
        first: &[u8],
    ) -> Key {
        let peer = Peer { sink: Sink::Socket(socket), origin, permit };
        let key = self.sessions.insert(peer, protocol, None);
        if !first.is_empty() {
            self.requests.handle_input(&mut self.sessions, key.index, first);
        }
        key
    }

    /// Accepts a peer that follows a room over HTTP. With `create`, the room is created if none has that name.
    pub(crate) fn accept_follower(
        &mut self,
        (origin, permit): (Origin, Option<Permit>),
        (room, create): (RoomName, bool),
        protocol: Box<dyn ProtocolSession>,
    ) -> Key {
        let peer = Peer { sink: Sink::Body(None), origin, permit };
        let key = self.sessions.insert(peer, protocol, None);
        let follow = Action::Visit(Visit::Follow { room, create });
        self.sessions.enter_with(key.index, RequestId::default(), follow);
        key
    }

    /// What the task of this connection must wait for. `waker` is woken when that changes.
    pub(crate) fn interest(&mut self, key: Key, waker: &Waker) -> Interest {
        let Some(connection) = self.sessions.connections.get(key) else { return Interest::Closed };
        match &mut connection.waker {
            Some(known) if known.will_wake(waker) => {}
            known => *known = Some(waker.clone()),
        }
        let write = connection.output.queue.is_some();
        match connection.stage {
            Stage::Closed => Interest::Closed,
            Stage::Http => Interest::Http,
            Stage::Leaving | Stage::Draining => Interest::Ready { read: Reading::No, write },
            Stage::Sniffing | Stage::NotEntered | Stage::Entered => {
                let has_more_input =
                    !connection.input.is_eof || connection.input.leftover.is_some();
                let may_read = has_more_input && self.requests.may_read(&self.sessions, key.index);
                let listeners = self.rooms.most_members(&self.sessions.connections[key.index]);
                // A full chunk does not delay sniffing.
                let is_full = self.sessions.connections[key.index].stage != Stage::Sniffing
                    && self.sessions.gathered.is_full_for(listeners);
                let read = may_read && !is_full;
                let waits = !read && is_full;
                let input = &mut self.sessions.connections[key.index].input;
                input.is_held_back = !read && has_more_input;
                if waits && !std::mem::replace(&mut input.waits_for_log, true) {
                    self.sessions.gathered.add_waiting(key);
                }
                let read = match (read, input.leftover.is_some()) {
                    (false, _) => Reading::No,
                    (true, true) => Reading::Leftover,
                    (true, false) => Reading::Socket,
                };
                Interest::Ready { read, write }
            }
        }
    }

    /// The socket has bytes, or bytes are left of the last read: handles one turn of input.
    pub(crate) fn handle_readable(&mut self, key: Key) -> ReadOutcome {
        let before = self.sessions.gathered.size();
        let outcome = self.read(key);
        if let Some(connection) = self.sessions.connections.get(key) {
            let listeners = self.rooms.most_members(connection);
            self.sessions.gathered.charge(before, listeners);
        }
        if self.sessions.connections.get(key).is_some() {
            self.renew_formats(key.index);
        }
        outcome
    }

    fn read(&mut self, key: Key) -> ReadOutcome {
        let Self { sessions, requests, read_buffer, .. } = self;
        let Some(connection) = sessions.connections.get(key) else { return ReadOutcome::Nothing };
        let (accepts_input, has_leftover) =
            (connection.accepts_input(), connection.input.leftover.is_some());
        if !accepts_input || !work::may_begin(sessions, key.index) {
            return ReadOutcome::Nothing;
        }
        if has_leftover {
            requests.handle_leftover(sessions, key.index);
            let Incoming { is_eof, leftover, .. } = &sessions.connections[key.index].input;
            if *is_eof && leftover.is_none() {
                requests.handle_eof(sessions, key.index);
            }
            return ReadOutcome::Full;
        }
        let is_little = work::tokens_left(sessions, key.index) < TURN_TOKENS_MAX
            || sessions.gathered.is_full()
            || requests.is_crowded();
        let bytes_max = if is_little { LITTLE_BYTES } else { READ_BYTES };
        let Some(read) = sessions.read(key, &mut read_buffer[..bytes_max]) else {
            return ReadOutcome::Nothing;
        };
        let index = key.index;
        let is_opening = sessions.connections[index].input.opening.is_some();
        match read {
            Ok(0) => {
                sessions.connections[index].input.is_eof = true;
                if is_opening {
                    opening::handle_first_eof(sessions, requests, index);
                }
                if sessions.connections[index].input.leftover.is_some() {
                    // More bytes are left than one turn takes.
                    return ReadOutcome::Full;
                }
                requests.handle_eof(sessions, index);
            }
            Ok(count) => {
                let bytes = &read_buffer[..count];
                work::charge(sessions, index, tokens_of(count) + u32::from(is_opening));
                if is_opening {
                    opening::handle_first_bytes(sessions, requests, index, bytes);
                } else {
                    requests.handle_input(sessions, index, bytes);
                }
                let is_all =
                    count < bytes_max && sessions.connections[index].input.leftover.is_none();
                return if is_all { ReadOutcome::Some } else { ReadOutcome::Full };
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => sessions.connections.mark_lost(index, Health::Broken),
        }
        ReadOutcome::Nothing
    }

    /// The socket takes bytes again.
    pub(crate) fn handle_writable(&mut self, key: Key) {
        if self.sessions.connections.get(key).is_some() {
            self.sessions.drain(key.index);
        }
    }

    /// The socket is broken, or the response body that fetches the bytes is gone.
    pub(crate) fn handle_broken(&mut self, key: Key) {
        if self.sessions.connections.get(key).is_some() {
            self.sessions.connections.mark_lost(key.index, Health::Broken);
        }
    }

    /// Removes a connection that speaks HTTP, and returns the bytes that it has sent so far.
    pub(crate) fn take_http(&mut self, key: Key) -> Option<(Connection<S>, Bytes)> {
        self.sessions.connections.get(key).filter(|c| c.stage == Stage::Http)?;
        let connection = self.remove(key)?;
        let first = opening::first_bytes(&connection);
        Some((connection, first))
    }

    /// Removes a closed connection.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Connection<S>> {
        self.sessions
            .connections
            .get(key)
            .filter(|c| matches!(c.stage, Stage::Closed | Stage::Http))?;
        let connection = self.sessions.connections.remove(key)?;
        self.requests.forget(&connection);
        Some(connection)
    }

    /// The next bytes for a response body that follows a room. `None` when no more will come.
    pub(crate) fn poll_fetch(&mut self, key: Key, waker: &Waker) -> Poll<Option<Bytes>> {
        let Some(connection) = self.sessions.connections.get(key) else { return Poll::Ready(None) };
        if connection.is_broken() {
            return Poll::Ready(None);
        }
        if let Sink::Body(known) = &mut connection.output.sink {
            *known = Some(waker.clone());
        }
        let is_closed = connection.stage == Stage::Closed;
        match self.sessions.connections.fetch(key.index) {
            Some(bytes) => Poll::Ready(Some(bytes)),
            None if is_closed => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// Sends a ping to a follower, so that a broken connection shows. `false` when the follower is gone.
    pub(crate) fn ping(&mut self, key: Key) -> bool {
        let is_there = self.sessions.connections.get(key).is_some();
        if is_there {
            self.sessions.send(key.index, &Output::Ping);
        }
        is_there
    }

    /// Begins a visit: asks the hub one thing. The answer arrives in the returned handle.
    pub(crate) fn visit(
        &mut self,
        origin: Origin,
        permit: HttpPermit,
        request: VisitRequest,
    ) -> VisitHandle {
        let session = self.sessions.visit_id();
        let visit = self.visits.begin(session, origin, permit);
        self.sessions.gathered.push(request.entry((session, origin)));
        visit
    }

    /// The caller of a visit no longer waits.
    pub(crate) fn abandon(&mut self, visit: &VisitHandle) {
        self.visits.abandon(visit.session);
    }

    /// Counts a refusal that was decided without the hub.
    pub(crate) fn count_refusal(&mut self, refusal: &Refusal) {
        self.requests.refusals.count(refusal);
    }
}
