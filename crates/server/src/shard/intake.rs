//! Reading: bytes from a socket into requests for the hub.
//!
//! Each connection has one small task that waits for its socket and then reads into the buffer that the
//! shard shares, so an idle connection holds no buffer. It stops reading while its requests could not
//! be taken: while the chunk for the log is full, while its own answers are unread, or while it has
//! enough questions under way.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use teahouse_core::{Action, ExitCause, FloodLimit, Refusal, RequestId, Verdict};
use teahouse_wire::{Heard, line};
use tokio::net::TcpStream;
use tokio::task::yield_now;

use super::connection::{Connection, Held, Stage};
use super::{Handle, Key, READ_BYTES, Shard, http};
use crate::gate::{Cost, Permit};

/// Questions to history that one connection may have under way; more wait unread in its socket.
const QUESTIONS_MAX: usize = 4;
/// Bytes read at a time to see what a peer speaks while the log takes no more, and of who has much answered on the
/// spot: thousands of short lines that are not understood would take a long turn together.
const LITTLE_BYTES: usize = 1024;
/// Bytes of answers on the spot to one read from which on less is read at a time.
const ANSWERED_BYTES_MANY: usize = 4 * 1024;
/// Bytes of answers to one read that are written at once.
const REPLIES_BYTES: usize = 32 * 1024;

/// Bytes that all connections of a shard together may hold of lines and messages that are half said. Beyond
/// that only short ones are held: people type, and programs send whole messages.
const HALF_SAID_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes that anybody may hold of something half said.
const HALF_SAID_FREE_BYTES: usize = 4 * 1024;

/// Reads of one connection that may find something one after the other before the shard's other tasks have a turn.
/// Waiting for bytes that are there already is no turn. With one, each message would cost a turn more.
const READS_IN_A_ROW_MAX: u32 = 4;

/// How long what is held waits on while the log takes no more, milliseconds.
const CHUNK_FULL_WAIT_MS: u32 = 100;

/// What the reading task does next.
enum Flow {
    /// Nothing was there: wait for the socket.
    Wait,
    /// Something was there, and perhaps more is.
    Again,
    /// There is probably more: let others have a turn first.
    More,
    /// Wait until requests can be taken again.
    Full,
    /// It is HTTP, beginning with these bytes.
    Http(Bytes),
    /// Read no more.
    End,
}

/// The reading task of one connection.
pub(super) async fn run(shard: Handle, key: Key, stream: Rc<TcpStream>) {
    let mut in_a_row = 0;
    loop {
        if stream.readable().await.is_err() {
            let mut shard = shard.borrow_mut();
            if shard.connection(key).is_some() {
                shard.lost(key.index);
            }
            return;
        }
        let flow = shard.borrow_mut().read(key);
        match flow {
            Flow::Wait => in_a_row = 0,
            Flow::Again if in_a_row < READS_IN_A_ROW_MAX => in_a_row += 1,
            // Whoever sends as fast as it is read would have this thread for itself otherwise.
            Flow::Again | Flow::More => {
                in_a_row = 0;
                yield_now().await;
            }
            Flow::Full => may_read(&shard, key).await,
            // In a box of its own: most connections never speak it and need no room for it.
            Flow::Http(first) => {
                return Box::pin(http::serve(shard, key, stream, first)).await;
            }
            Flow::End => return,
        }
    }
}

/// Waits until the connection may read again.
async fn may_read(shard: &Handle, key: Key) {
    poll_fn(|context| {
        let mut shard = shard.borrow_mut();
        if shard.may_read(key) {
            return Poll::Ready(());
        }
        let is_chunk_full = shard.is_chunk_full();
        if let Some(connection) = shard.connection(key) {
            connection.waker = Some(context.waker().clone());
        }
        if is_chunk_full {
            shard.waiting.push(key);
        }
        Poll::Pending
    })
    .await;
}

impl Shard {
    /// Reads once and passes on what was said.
    fn read(&mut self, key: Key) -> Flow {
        let now = self.steady_now();
        if !self.may_read(key) {
            return Flow::Full;
        }
        let is_chunk_full = self.is_chunk_full();
        let mut buffer = std::mem::take(&mut self.read_buffer);
        let Some(connection) = self.connection(key) else {
            self.read_buffer = buffer;
            return Flow::End;
        };
        if matches!(connection.stage, Stage::Leaving | Stage::Over) {
            self.read_buffer = buffer;
            return Flow::End;
        }
        connection.heard_at = now;
        let bytes =
            if is_chunk_full || connection.reads_little { LITTLE_BYTES } else { READ_BYTES };
        let read = match connection.socket() {
            Some(stream) => stream.try_read(&mut buffer[..bytes]),
            None => Ok(0),
        };
        let flow = match read {
            Ok(0) => match self.end_of_input(key) {
                Some(first) => Flow::Http(first),
                None => Flow::End,
            },
            Ok(count) => {
                let http = if self.connection(key).is_some_and(|c| c.opening.is_some()) {
                    self.hear_first(key, &buffer[..count])
                } else {
                    self.hear(key, &buffer[..count]);
                    None
                };
                self.flow(key, http, count == bytes)
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                Flow::Wait
            }
            Err(_) => {
                self.lost(key.index);
                Flow::End
            }
        };
        self.read_buffer = buffer;
        flow
    }

    /// What the reading task does after something was read, as much as there was room for or less.
    fn flow(&mut self, key: Key, http: Option<Bytes>, is_full: bool) -> Flow {
        if let Some(first) = http {
            return Flow::Http(first);
        }
        match self.connection(key).map(|connection| connection.stage) {
            Some(Stage::In | Stage::Outside | Stage::Sniffing) if is_full => Flow::More,
            Some(Stage::In | Stage::Outside | Stage::Sniffing) => Flow::Again,
            Some(Stage::Leaving | Stage::Over) | None => Flow::End,
        }
    }

    fn may_read(&mut self, key: Key) -> bool {
        let soft = self.settings.limits.queue_soft_bytes;
        let (is_closing, is_chunk_full) = (self.is_closing, self.is_chunk_full());
        self.connection(key).is_none_or(|connection| {
            // What it speaks is found out in any case: HTTP is answered also while nothing else is taken.
            let is_taken = !is_chunk_full || connection.stage == Stage::Sniffing;
            is_taken
                && !is_closing
                && connection.outbox.as_ref().is_none_or(|outbox| outbox.answer_bytes() <= soft)
                && connection.asked.len() < QUESTIONS_MAX
                && !connection.speaker.is_busy()
        })
    }

    pub(super) fn wake_waiting(&mut self) {
        for key in std::mem::take(&mut self.waiting) {
            if let Some(connection) = self.connection(key) {
                connection.wake();
            }
        }
        self.visitors_turn.notify_waiters();
    }

    pub(super) fn hear(&mut self, key: Key, bytes: &[u8]) {
        let clock = self.clock();
        let mut heard = std::mem::take(&mut self.heard);
        if let Some(connection) = self.connection(key) {
            let before = connection.speaker.half_said_bytes();
            connection.speaker.handle_bytes(bytes, &clock, &mut heard);
            let after = connection.speaker.half_said_bytes();
            self.half_said_bytes = self.half_said_bytes + after - before;
            if self.half_said_bytes > HALF_SAID_BYTES_MAX && after > HALF_SAID_FREE_BYTES {
                self.give_up_half_said(key, after, &mut heard);
            }
        }
        self.handle_heard(key, &mut heard);
        self.heard = heard;
    }

    /// All together hold too much of what is half said: this one is over what everybody may hold.
    fn give_up_half_said(&mut self, key: Key, held: usize, heard: &mut Vec<Heard>) {
        let Some(connection) = self.connection(key) else { return };
        let mut reply = Vec::new();
        let is_understood = connection.speaker.give_up_half_said(&mut reply);
        let still = connection.speaker.half_said_bytes();
        self.half_said_bytes -= held - still;
        heard.push(Heard::Reply(reply));
        if !is_understood {
            heard.push(Heard::Broken);
        }
    }

    /// The peer says nothing more. Gives back what it said if that is HTTP.
    fn end_of_input(&mut self, key: Key) -> Option<Bytes> {
        self.connection(key)?.is_read_out = true;
        if let Some(http) = self.end_first(key) {
            return Some(http);
        }
        let clock = self.clock();
        let mut heard = std::mem::take(&mut self.heard);
        if let Some(connection) = self.connection(key) {
            let before = connection.speaker.half_said_bytes();
            connection.speaker.handle_end(&clock, &mut heard);
            let after = connection.speaker.half_said_bytes();
            self.half_said_bytes = self.half_said_bytes + after - before;
        }
        self.handle_heard(key, &mut heard);
        self.heard = heard;
        None
    }

    fn handle_heard(&mut self, key: Key, heard: &mut Vec<Heard>) {
        // What is answered on the spot leaves together: a write costs more than an answer.
        let mut replies = Vec::new();
        let mut answered = 0;
        for heard in heard.drain(..) {
            let Some(stage) = self.connection(key).map(|connection| connection.stage) else {
                continue;
            };
            match (stage, heard) {
                (Stage::In | Stage::Outside, Heard::Reply(bytes)) => {
                    answered += bytes.len();
                    replies.extend_from_slice(&bytes);
                }
                (Stage::In, Heard::Ask(request, action)) => {
                    self.ask(key.index, request, action, &mut replies);
                }
                (Stage::Outside, Heard::Ask(request, action)) => {
                    self.enter_with(key.index, request, action);
                }
                (Stage::In | Stage::Outside, Heard::Quit) => {
                    self.reply(key, &mut replies);
                    self.quit(key, ExitCause::Quit);
                }
                (Stage::In | Stage::Outside, Heard::Broken) => {
                    self.reply(key, &mut replies);
                    self.quit(key, ExitCause::Lost);
                }
                (Stage::Sniffing | Stage::Leaving | Stage::Over, _) => {}
            }
            if replies.len() >= REPLIES_BYTES {
                self.reply(key, &mut replies);
            }
        }
        self.reply(key, &mut replies);
        if let Some(connection) = self.connection(key) {
            connection.reads_little = answered > ANSWERED_BYTES_MANY;
        }
    }

    /// Sends what was answered on the spot.
    fn reply(&mut self, key: Key, replies: &mut Vec<u8>) {
        if !replies.is_empty() && self.connection(key).is_some() {
            self.tell_bytes(key.index, replies);
        }
        replies.clear();
    }

    /// Passes a request on, holds it until its turn, or gives it back (flood control).
    fn ask(&mut self, index: usize, request: RequestId, action: Action, replies: &mut Vec<u8>) {
        if let Some(refusal) = self.no_space(&action) {
            return self.give_back(index, request, &action, &refusal, replies);
        }
        let held_max = self.settings.limits.flood_held_max;
        let passes = matches!(action, Action::Typing { .. });
        if let Some(held) = &mut self.connections[index].held {
            if passes {
                return;
            }
            if held.actions.len() < held_max {
                held.actions.push_back((request, action));
                return;
            }
        } else {
            match self.take_turn(index, &action) {
                Verdict::Pass => {
                    return self.propose(index, request, action);
                }
                // Late, it would not be true any more.
                Verdict::Wait { .. } if passes => return,
                Verdict::Wait { ms } if held_max > 0 => {
                    return self.hold(index, request, action, ms);
                }
                Verdict::Wait { .. } => {}
            }
        }
        let refusal = self.too_fast(index, &action);
        self.give_back(index, request, &action, &refusal, replies);
    }

    /// Refuses a request on the spot, without the hub.
    fn give_back(
        &mut self,
        index: usize,
        request: RequestId,
        action: &Action,
        refusal: &Refusal,
        replies: &mut Vec<u8>,
    ) {
        self.counts.refused(refusal);
        let speaker = &mut self.connections[index].speaker;
        speaker.render_given_back(request, action, refusal, replies);
    }

    /// Whether a request may go ahead: its connection has its own bucket, and all connections of its address have
    /// one account.
    fn take_turn(&mut self, index: usize, action: &Action) -> Verdict {
        let limit = self.settings.limits.flood();
        let now = self.steady_now();
        let Connection { bucket, permit, .. } = &mut self.connections[index];
        let Some(account) = permit.as_ref().map(Permit::account) else {
            return bucket.take(now, limit);
        };
        let cost = Cost::of(action);
        match account.ask(cost) {
            Verdict::Pass => {}
            wait @ Verdict::Wait { .. } => return wait,
        }
        let verdict = bucket.take(now, limit);
        if verdict == Verdict::Pass {
            account.take(cost);
        }
        verdict
    }

    /// Why a request cannot go ahead even later.
    fn too_fast(&self, index: usize, action: &Action) -> Refusal {
        let text = line::typed(action);
        let account = self.connections[index].permit.as_ref().map(Permit::account);
        if let Some(Verdict::Wait { ms }) = account.map(|account| account.ask(Cost::of(action))) {
            return Refusal::AddressTooFast { wait_s: ms.div_ceil(1000), text };
        }
        let FloodLimit { burst, per_second } = self.settings.limits.flood();
        Refusal::TooFast { burst, per_second, text }
    }

    fn hold(&mut self, index: usize, request: RequestId, action: Action, wait_ms: u32) {
        let key = self.key(index);
        let me = self.me.clone();
        let release = self.spawn(move || async move {
            let mut wait_ms = wait_ms;
            loop {
                tokio::time::sleep(Duration::from_millis(u64::from(wait_ms))).await;
                let Some(shard) = me.upgrade() else { return };
                match shard.borrow_mut().release(key) {
                    Some(next_ms) => wait_ms = next_ms,
                    None => return,
                }
            }
        });
        let held = Held { actions: [(request, action)].into(), release };
        self.connections[index].held = Some(Box::new(held));
    }

    /// Lets through what is held and due; gives the time until the next is.
    fn release(&mut self, key: Key) -> Option<u32> {
        loop {
            if self.is_chunk_full() {
                return Some(CHUNK_FULL_WAIT_MS);
            }
            let held = self.connection(key)?.held.as_mut()?;
            let Some((request, action)) = held.actions.pop_front() else {
                self.connections[key.index].held = None;
                return None;
            };
            let is_exit = matches!(action, Action::Exit { .. });
            if !is_exit && let Verdict::Wait { ms } = self.take_turn(key.index, &action) {
                // Still the first in line.
                if let Some(held) = &mut self.connections[key.index].held {
                    held.actions.push_front((request, action));
                }
                return Some(ms);
            }
            self.propose(key.index, request, action);
        }
    }

    /// Lets everything held through at once: the house closes and what was taken is not dropped.
    pub(super) fn release_all(&mut self, index: usize) {
        if let Some(held) = self.connections[index].held.take() {
            held.release.abort();
            for (request, action) in held.actions {
                self.propose(index, request, action);
            }
        }
    }

    /// Ends a session after everything it asked for before. Its last answer may have found the socket
    /// broken, and then it is gone already.
    fn quit(&mut self, key: Key, cause: ExitCause) {
        let Some(connection) = self.connection(key) else { return };
        match &mut connection.held {
            Some(held) => {
                connection.stage = Stage::Leaving;
                held.actions.push_back((RequestId::default(), Action::Exit { cause }));
            }
            None => self.leave(key.index, cause),
        }
    }
}
