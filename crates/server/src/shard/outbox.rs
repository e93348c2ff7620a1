//! The bytes that a socket did not take at once. An outbox exists only while it is not empty.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

use super::socket::{Socket, WriteOutcome, write};

/// Bytes waiting for one peer, in order.
pub(super) struct Outbox {
    queue: VecDeque<Part>,
    bytes: usize,
    /// The bytes of answers among them.
    answer_bytes: usize,
}

/// Bytes, and what they are for.
struct Part {
    bytes: Bytes,
    what: What,
}

/// What bytes are for. A peer that does not read its answers is not read any further; a peer that reads room messages
/// slowly may still send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Messages for everyone in a room.
    Room,
    /// Output for this peer alone.
    Answer,
}

/// The result of writing a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drained {
    /// Everything is written.
    Empty,
    /// The socket takes no more for now.
    Left,
    /// The connection is broken.
    Broken,
}

/// Bytes encoded once for many members. They are borrowed while sockets take them, and copied into shareable form for
/// the first socket that does not.
#[derive(Default)]
pub(super) struct Shared {
    kept: Option<Bytes>,
}

impl Shared {
    /// The bytes from `start` on, for a queue.
    pub(super) fn rest(&mut self, bytes: &[u8], start: usize) -> Bytes {
        self.kept.get_or_insert_with(|| Bytes::copy_from_slice(bytes)).slice(start..)
    }
}

impl Outbox {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self { queue: VecDeque::new(), bytes: 0, answer_bytes: 0 })
    }

    /// An outbox with these bytes.
    pub(super) fn with(rest: Bytes, what: What) -> Box<Self> {
        let mut outbox = Self::new();
        outbox.push(rest, what);
        outbox
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The bytes of answers.
    pub(super) fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    pub(super) fn push(&mut self, bytes: Bytes, what: What) {
        if bytes.is_empty() {
            return;
        }
        self.bytes += bytes.len();
        if what == What::Answer {
            self.answer_bytes += bytes.len();
        }
        self.queue.push_back(Part { bytes, what });
    }

    fn taken(&mut self, count: usize, what: What) {
        self.bytes -= count;
        if what == What::Answer {
            self.answer_bytes -= count;
        }
    }

    /// Removes and returns the first part, for a response body that fetches it.
    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let Part { bytes, what } = self.queue.pop_front()?;
        self.taken(bytes.len(), what);
        Some(bytes)
    }

    /// Writes until the socket takes no more, and counts the writes.
    pub(super) fn drain(&mut self, socket: &impl Socket, writes: &mut u64) -> Drained {
        while let Some(front) = self.queue.front_mut() {
            *writes += 1;
            match write(socket, &front.bytes) {
                WriteOutcome::Broken => return Drained::Broken,
                WriteOutcome::Wrote(0) => return Drained::Left,
                WriteOutcome::Wrote(count) => {
                    front.bytes.advance(count);
                    let (what, is_empty) = (front.what, front.bytes.is_empty());
                    if is_empty {
                        self.queue.pop_front();
                    }
                    self.taken(count, what);
                }
            }
        }
        Drained::Empty
    }
}
