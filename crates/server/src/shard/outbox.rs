//! What a socket did not take at once. Exists only while there is something in it.

use std::collections::VecDeque;
use std::io::ErrorKind;

use bytes::{Buf, Bytes};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// Bytes waiting for one peer, in order.
pub(super) struct Outbox {
    queue: VecDeque<Bytes>,
    bytes: usize,
    /// The task that waits for the socket; none where the peer's side fetches.
    pub(super) drain: Option<AbortHandle>,
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
    pub(super) fn new(rest: Bytes, drain: Option<AbortHandle>) -> Box<Self> {
        let bytes = rest.len();
        Box::new(Self { queue: VecDeque::from([rest]), bytes, drain })
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn push(&mut self, bytes: Bytes) {
        self.bytes += bytes.len();
        self.queue.push_back(bytes);
    }

    /// Takes out what was first, for a peer that fetches.
    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let front = self.queue.pop_front()?;
        self.bytes -= front.len();
        Some(front)
    }

    /// Writes until the socket takes no more. `Written::Some(0)` when everything is written.
    pub(super) fn drain(&mut self, stream: &TcpStream) -> Written {
        while let Some(front) = self.queue.front_mut() {
            match write(stream, front) {
                Written::Broken => return Written::Broken,
                Written::Some(0) => return Written::Some(self.bytes),
                Written::Some(count) => {
                    front.advance(count);
                    self.bytes -= count;
                    if front.is_empty() {
                        self.queue.pop_front();
                    }
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
