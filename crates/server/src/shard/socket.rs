//! What a shard needs of a socket. A real one is driven by the [`crate::reactor`], a simulated one by a test.

use std::io::{self, ErrorKind, IoSlice};

/// One peer's socket. Neither call waits: one that would is an error of kind `WouldBlock`.
pub(crate) trait Socket {
    /// Reads what has come; 0 bytes when the peer has closed its side.
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes what the system takes.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Writes what the system takes of several pieces, one behind the other.
    fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize>;
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteOutcome {
    /// So many bytes were taken, possibly none.
    Wrote(usize),
    /// The connection is broken.
    Broken,
}

/// Writes what the socket takes without waiting.
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
