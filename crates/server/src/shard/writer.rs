//! The one way to write to a peer: directly while its socket takes bytes, otherwise into its queue, within bounds. A
//! write changes one connection and nothing else. What follows when that connection is lost or its queue becomes empty
//! happens at the end of the step.

use bytes::Bytes;
use tracing::debug;

use super::connection::{Connection, Health, LineState, Outgoing, Sink};
use super::input_line::{LineBuffers, hide};
use super::outbox::{Drained, Outbox, Shared, What};
use super::socket::{Socket, WriteOutcome, write};

/// The bounds on the queue of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueBounds {
    /// Past this it receives no more room messages. It is refilled from history when it has read its queue.
    pub(super) soft_bytes: usize,
    /// Past this it is disconnected: output for it alone is not in history, so it cannot be refilled.
    pub(super) hard_bytes: usize,
}

/// The result of writing to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Written or queued.
    Accepted,
    /// The queue is past its soft bound: the member is behind.
    Behind,
    /// The connection can no longer be written to, and is removed with its session.
    Lost,
}

/// Writes to the peers of a shard, and counts.
pub(super) struct Writer {
    pub(super) bounds: QueueBounds,
    /// The bytes written or queued.
    pub(super) sent_bytes: u64,
    /// The number of writes to sockets.
    pub(super) writes: u64,
    line_buffers: LineBuffers,
}

impl Writer {
    pub(super) fn new(bounds: QueueBounds) -> Self {
        Self { bounds, sent_bytes: 0, writes: 0, line_buffers: LineBuffers::default() }
    }

    /// Writes room messages: directly if nothing is queued, and into the queue what the socket does not take. Past the
    /// soft bound nothing is written.
    pub(super) fn deliver<S: Socket>(
        &mut self,
        connection: &mut Connection<S>,
        bytes: &[u8],
        what: What,
        shared: &mut Shared,
    ) -> Delivery {
        if bytes.is_empty() {
            // A protocol may render a fact as nothing.
            return Delivery::Accepted;
        }
        let output = &mut connection.output;
        match (&mut output.queue, &output.sink) {
            (Some(queue), _) if queue.bytes() > self.bounds.soft_bytes => return Delivery::Behind,
            (Some(_), _) => enqueue(connection, shared.rest(bytes, 0), what),
            (None, _) if output.line != LineState::None => {
                self.writes += 1;
                if self.line_buffers.write(connection, (bytes, what), shared)
                    == WriteOutcome::Broken
                {
                    connection.output.mark_lost(Health::Broken);
                    return Delivery::Lost;
                }
            }
            (None, Sink::Body(_)) => {
                output.queue = Some(Outbox::with(shared.rest(bytes, 0), what));
                output.wake_body();
            }
            (None, Sink::Socket(socket)) => {
                self.writes += 1;
                match write(socket, bytes) {
                    WriteOutcome::Broken => {
                        output.mark_lost(Health::Broken);
                        return Delivery::Lost;
                    }
                    WriteOutcome::Wrote(count) if count == bytes.len() => {}
                    WriteOutcome::Wrote(count) => {
                        output.queue = Some(Outbox::with(shared.rest(bytes, count), what));
                        // Its task must wait until the socket takes more.
                        connection.wake();
                    }
                }
            }
        }
        self.sent_bytes += bytes.len() as u64;
        Delivery::Accepted
    }

    /// Sends bytes to one peer, whatever is queued. Past the hard bound the connection is lost.
    pub(super) fn send<S: Socket>(
        &mut self,
        connection: &mut Connection<S>,
        bytes: &[u8],
        what: What,
    ) -> Delivery {
        match &connection.output.queue {
            Some(queue) if queue.bytes() + bytes.len() > self.bounds.hard_bytes => {
                debug!(
                    session = connection.session.0,
                    queued = queue.bytes(),
                    "does not read: closed"
                );
                connection.output.mark_lost(Health::Unread);
                Delivery::Lost
            }
            Some(_) => {
                enqueue(connection, Bytes::copy_from_slice(bytes), what);
                self.sent_bytes += bytes.len() as u64;
                Delivery::Accepted
            }
            None => self.deliver(connection, bytes, what, &mut Shared::default()),
        }
    }

    /// The input line of a peer has changed: draws it again once the queue is written.
    pub(super) fn redraw<S: Socket>(&mut self, connection: &mut Connection<S>) -> Delivery {
        let Outgoing { line, queue, .. } = &connection.output;
        if queue.is_some() {
            hide(connection);
        } else if *line != LineState::None {
            self.writes += 1;
            let nothing = (&[][..], What::Room);
            if self.line_buffers.write(connection, nothing, &mut Shared::default())
                == WriteOutcome::Broken
            {
                connection.output.mark_lost(Health::Broken);
                return Delivery::Lost;
            }
        }
        Delivery::Accepted
    }

    /// Writes the queue.
    pub(super) fn drain<S: Socket>(&mut self, connection: &mut Connection<S>) -> Drained {
        let output = &mut connection.output;
        let (Some(queue), Sink::Socket(socket)) = (&mut output.queue, &output.sink) else {
            return Drained::Empty;
        };
        match queue.drain(socket, &mut self.writes) {
            Drained::Left => Drained::Left,
            Drained::Broken => {
                output.mark_lost(Health::Broken);
                Drained::Broken
            }
            Drained::Empty => self.handle_empty(connection),
        }
    }

    /// The next bytes for a response body.
    pub(super) fn fetch<S: Socket>(&mut self, connection: &mut Connection<S>) -> Option<Bytes> {
        let queue = connection.output.queue.as_mut()?;
        let bytes = queue.pop();
        if queue.bytes() == 0 {
            self.handle_empty(connection);
        }
        bytes
    }

    /// The queue is empty: draws the input line again if it was erased.
    fn handle_empty<S: Socket>(&mut self, connection: &mut Connection<S>) -> Drained {
        connection.output.queue = None;
        if connection.output.line != LineState::Hidden {
            return Drained::Empty;
        }
        match self.redraw(connection) {
            Delivery::Lost => Drained::Broken,
            Delivery::Accepted | Delivery::Behind if connection.output.queue.is_some() => {
                Drained::Left
            }
            Delivery::Accepted | Delivery::Behind => Drained::Empty,
        }
    }
}

/// Appends bytes to the queue of a connection.
fn enqueue<S>(connection: &mut Connection<S>, bytes: Bytes, what: What) {
    hide(connection);
    if let Some(queue) = &mut connection.output.queue {
        queue.push(bytes, what);
    }
}
