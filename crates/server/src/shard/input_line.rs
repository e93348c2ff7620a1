//! Peers whose input line the server shows: on their screens it stands below everything they are told. Bytes for them
//! go out with the line taken off before them and put back behind them, all in one write; the bytes stay those that
//! others are given.
//!
//! [`LineState`] says whether the line stands on the peer's screen once everything queued for it has been written. So
//! where something is queued, the line is taken off once, and put back once when the queue is empty, however much is
//! said meanwhile.

use std::io::IoSlice;

use bytes::Bytes;

use super::connection::{Connection, LineState, Outgoing, Sink};
use super::outbox::{Outbox, Shared, What};
use super::socket::{Socket, WriteOutcome, write_vectored};

/// Takes the line off the screen, behind what is queued.
pub(super) fn hide<S>(connection: &mut Connection<S>) {
    let Connection { protocol, output: Outgoing { queue, line, .. }, .. } = connection;
    if *line == LineState::Shown
        && let (Some(shown), Some(queue)) = (protocol.input_line(), queue)
    {
        let mut erase = Vec::new();
        shown.erase(&mut erase);
        queue.push(erase.into(), What::Room);
        *line = LineState::Hidden;
    }
}

/// What stands before and behind what a peer is told.
#[derive(Default)]
pub(super) struct Around {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Around {
    /// Writes to a peer that has an input line and for which nothing is queued. What its socket does not take is
    /// queued; of the line that is put back only what belongs to one that has begun.
    pub(super) fn write<S: Socket>(
        &mut self,
        connection: &mut Connection<S>,
        (bytes, what): (&[u8], What),
        shared: &mut Shared,
    ) -> WriteOutcome {
        let Connection { protocol, output, .. } = connection;
        let Self { before, after } = self;
        before.clear();
        after.clear();
        if let Some(line) = protocol.input_line() {
            if output.line == LineState::Shown {
                line.erase(before);
            }
            line.draw(after);
        }
        let (told, all) = (before.len() + bytes.len(), before.len() + bytes.len() + after.len());
        let count = match &output.sink {
            Sink::Socket(socket) if all > 0 => {
                let parts = [&before[..], bytes, after].map(IoSlice::new);
                match write_vectored(socket, &parts) {
                    WriteOutcome::Broken => return WriteOutcome::Broken,
                    WriteOutcome::Wrote(count) => count,
                }
            }
            Sink::Socket(_) | Sink::Body(_) => 0,
        };
        output.line = LineState::Shown;
        if count == all {
            return WriteOutcome::Wrote(count);
        }
        let mut queue = Outbox::new();
        if count < told {
            queue.push(rest(before, count), What::Room);
            queue.push(shared.rest(bytes, count.saturating_sub(before.len())), what);
            output.line = LineState::Hidden;
        } else {
            queue.push(rest(after, count - told), What::Room);
        }
        output.queue = Some(queue);
        output.wake_body();
        // Its task waits until the socket takes more.
        connection.wake();
        WriteOutcome::Wrote(count)
    }
}

fn rest(bytes: &[u8], start: usize) -> Bytes {
    Bytes::copy_from_slice(bytes.get(start..).unwrap_or_default())
}
