//! What a socket did not take at once. Exists only while there is something in it.

use std::collections::VecDeque;
use std::io::ErrorKind;

use bytes::{Buf, Bytes};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// Bytes waiting for one peer, in order.
pub(super) struct Outbox {
    queue: VecDeque<Part>,
    bytes: usize,
    /// Of these, what it asked for.
    answer_bytes: usize,
    /// The task that waits for the socket; none where the peer's side fetches.
    pub(super) drain: Option<AbortHandle>,
}

/// Some bytes, and for whom they were made.
struct Part {
    bytes: Bytes,
    what: What,
}

/// What bytes are for: whoever does not read answers is not heard any further, but whoever is slow to read what
/// others say may still speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// For everyone in a room.
    Room,
    /// For this peer alone.
    Answer,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// This many bytes, possibly none.
    Some(usize),
    /// The connection is broken.
    Broken,
}

/// Writes what the socket takes without waiting.
pub(super) fn write(stream: &TcpStream, bytes: &[u8]) -> Written {
    loop {
        match stream.try_write(bytes) {
            Ok(count) => return Written::Some(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Written::Some(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Written::Broken,
        }
    }
}

/// Bytes encoded once for many: borrowed while sockets take them, made shareable for the first that
/// does not.
#[derive(Default)]
pub(super) struct Shared {
    kept: Option<Bytes>,
}

impl Shared {
    /// Everything from `start` on, for a queue.
    pub(super) fn rest(&mut self, bytes: &[u8], start: usize) -> Bytes {
        self.kept.get_or_insert_with(|| Bytes::copy_from_slice(bytes)).slice(start..)
    }
}

impl Outbox {
    pub(super) fn new(rest: Bytes, what: What, drain: Option<AbortHandle>) -> Box<Self> {
        let mut outbox = Self { queue: VecDeque::new(), bytes: 0, answer_bytes: 0, drain };
        outbox.push(rest, what);
        Box::new(outbox)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of what it asked for.
    pub(super) fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    pub(super) fn push(&mut self, bytes: Bytes, what: What) {
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

    /// Takes out what was first, for a peer that fetches.
    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let Part { bytes, what } = self.queue.pop_front()?;
        self.taken(bytes.len(), what);
        Some(bytes)
    }

    /// Writes until the socket takes no more. `Written::Some(0)` when everything is written.
    pub(super) fn drain(&mut self, stream: &TcpStream) -> Written {
        while let Some(front) = self.queue.front_mut() {
            match write(stream, &front.bytes) {
                Written::Broken => return Written::Broken,
                Written::Some(0) => return Written::Some(self.bytes),
                Written::Some(count) => {
                    front.bytes.advance(count);
                    let (what, is_empty) = (front.what, front.bytes.is_empty());
                    if is_empty {
                        self.queue.pop_front();
                    }
                    self.taken(count, what);
                }
            }
        }
        Written::Some(0)
    }

    /// Ends the task that waits for the socket.
    pub(super) fn stop(&self) {
        if let Some(drain) = &self.drain {
            drain.abort();
        }
    }
}
