//! Peers whose input line the server shows, below everything else on their screens. Output for such a peer is written
//! as one piece: erase the line, the bytes, draw the line again. The bytes themselves stay those that other members
//! receive.
//!
//! [`LineState`] says whether the line will be on the screen once everything queued has been written. So while bytes
//! are queued, the line is erased once, and drawn once when the queue is empty, however much comes between.

use std::io::IoSlice;

use bytes::Bytes;

use super::connection::{Connection, LineState, Outgoing, Sink};
use super::outbox::{Outbox, Shared, What};
use super::socket::{Socket, WriteOutcome, write_vectored};

/// Erases the line, after what is queued.
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

/// Buffers for what is written before and after output.
#[derive(Default)]
pub(super) struct LineBuffers {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl LineBuffers {
    /// Writes to a peer that has an input line and an empty queue. The bytes that its socket does not take are queued.
    /// A line that is drawn again is queued only if the socket has taken its beginning.
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
        let (output_end, all) =
            (before.len() + bytes.len(), before.len() + bytes.len() + after.len());
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
        if count < output_end {
            queue.push(rest(before, count), What::Room);
            queue.push(shared.rest(bytes, count.saturating_sub(before.len())), what);
            output.line = LineState::Hidden;
        } else {
            queue.push(rest(after, count - output_end), What::Room);
        }
        output.queue = Some(queue);
        output.wake_body();
        // Its task must wait until the socket takes more.
        connection.wake();
        WriteOutcome::Wrote(count)
    }
}

fn rest(bytes: &[u8], start: usize) -> Bytes {
    Bytes::copy_from_slice(bytes.get(start..).unwrap_or_default())
}
