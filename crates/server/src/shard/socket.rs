//! What a shard needs of a socket. The [`crate::reactor`] drives real ones, tests drive simulated ones.

use std::io::{self, ErrorKind, IoSlice};

/// The socket of one peer. No call waits: a call that would have to returns an error of kind `WouldBlock`.
pub(crate) trait Socket {
    /// Reads the bytes that have arrived; 0 bytes when the peer has closed its side.
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes as many bytes as the system takes.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Writes as many bytes of several pieces as the system takes, in order.
    fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize>;
}

/// The result of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteOutcome {
    /// The number of bytes taken, possibly 0.
    Wrote(usize),
    /// The connection is broken.
    Broken,
}

/// Writes as many bytes as the socket takes without waiting.
pub(super) fn write(socket: &impl Socket, bytes: &[u8]) -> WriteOutcome {
    outcome(|| socket.try_write(bytes))
}

/// As [`write`], of several pieces.
pub(super) fn write_vectored(socket: &impl Socket, pieces: &[IoSlice<'_>]) -> WriteOutcome {
    outcome(|| socket.try_write_vectored(pieces))
}

fn outcome(write: impl Fn() -> io::Result<usize>) -> WriteOutcome {
    loop {
        match write() {
            Ok(count) => return WriteOutcome::Wrote(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return WriteOutcome::Wrote(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return WriteOutcome::Broken,
        }
    }
}
