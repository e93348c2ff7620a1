//! The one way to write to a peer: directly while its socket takes bytes, into its queue from where it does not, within
//! bounds. It changes one connection and nothing else: what follows from a connection that is lost, or for which nothing
//! is queued any more, happens at the end of the step.

use bytes::Bytes;
use tracing::debug;

use super::connection::{Connection, Health, LineState, Outgoing, Sink};
use super::input_line::{Around, hide};
use super::outbox::{Drained, Outbox, Shared, What};
use super::socket::{Socket, WriteOutcome, write};

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

/// Writes to the peers of a shard.
pub(super) struct Writer {
    pub(super) bounds: QueueBounds,
    /// Bytes given to sockets or queued for them.
    pub(super) sent_bytes: u64,
    /// Writes to sockets.
    pub(super) writes: u64,
    around: Around,
}

impl Writer {
    pub(super) fn new(bounds: QueueBounds) -> Self {
        Self { bounds, sent_bytes: 0, writes: 0, around: Around::default() }
    }

    /// Writes directly if nothing is queued; queues what is not taken.
    pub(super) fn send<S: Socket>(
        &mut self,
        connection: &mut Connection<S>,
        bytes: &[u8],
        what: What,
        shared: &mut Shared,
    ) -> Delivery {
        if bytes.is_empty() {
            // Some things are nothing in some protocols.
            return Delivery::Accepted;
        }
        let output = &mut connection.output;
        match (&mut output.queue, &output.sink) {
            (Some(queue), _) if queue.bytes() > self.bounds.soft_bytes => return Delivery::Behind,
            (Some(_), _) => enqueue(connection, shared.rest(bytes, 0), what),
            (None, _) if output.line != LineState::None => {
                self.writes += 1;
                if self.around.write(connection, (bytes, what), shared) == WriteOutcome::Broken {
                    connection.output.lose(Health::Broken);
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
                        output.lose(Health::Broken);
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

    /// As [`Writer::send`], whatever else is queued; past the hard bound the peer is let go.
    pub(super) fn give<S: Socket>(
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
                connection.output.lose(Health::Unread);
                Delivery::Lost
            }
            Some(_) => {
                enqueue(connection, Bytes::copy_from_slice(bytes), what);
                self.sent_bytes += bytes.len() as u64;
                Delivery::Accepted
            }
            None => self.send(connection, bytes, what, &mut Shared::default()),
        }
    }

    /// The input line of a peer looks different: it is shown as it is now, once what is queued has been written.
    pub(super) fn redraw<S: Socket>(&mut self, connection: &mut Connection<S>) -> Delivery {
        let Outgoing { line, queue, .. } = &connection.output;
        if queue.is_some() {
            hide(connection);
        } else if *line != LineState::None {
            self.writes += 1;
            let nothing = (&[][..], What::Room);
            if self.around.write(connection, nothing, &mut Shared::default())
                == WriteOutcome::Broken
            {
                connection.output.lose(Health::Broken);
                return Delivery::Lost;
            }
        }
        Delivery::Accepted
    }

    /// Writes what is queued.
    pub(super) fn drain<S: Socket>(&mut self, connection: &mut Connection<S>) -> Drained {
        let output = &mut connection.output;
        let (Some(queue), Sink::Socket(socket)) = (&mut output.queue, &output.sink) else {
            return Drained::Empty;
        };
        match queue.drain(socket, &mut self.writes) {
            Drained::Left => Drained::Left,
            Drained::Broken => {
                output.lose(Health::Broken);
                Drained::Broken
            }
            Drained::Empty => self.handle_empty(connection),
        }
    }

    /// The next bytes for a peer that fetches them.
    pub(super) fn fetch<S: Socket>(&mut self, connection: &mut Connection<S>) -> Option<Bytes> {
        let queue = connection.output.queue.as_mut()?;
        let bytes = queue.pop();
        if queue.bytes() == 0 {
            self.handle_empty(connection);
        }
        bytes
    }

    /// Nothing is queued any more: an input line that was taken off comes back.
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

/// Adds bytes to what is queued for a connection.
fn enqueue<S>(connection: &mut Connection<S>, bytes: Bytes, what: What) {
    hide(connection);
    if let Some(queue) = &mut connection.output.queue {
        queue.push(bytes, what);
    }
}
