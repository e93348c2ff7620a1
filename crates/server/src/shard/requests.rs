//! From a peer's bytes to what is handed in: its protocol makes requests of them, flood control lets them pass, holds them
//! or gives them back.

use teahouse_core::{Action, ExitCause, FloodLimit, Refusal, Request, RequestId, Verdict};
use teahouse_wire::protocol::Output;
use teahouse_wire::{Input, line};

use super::connection::{Connection, Stage};
use super::outbox::What;
use super::sessions::Sessions;
use super::socket::Socket;
use super::timers::Timer;
use super::work;
use crate::figures::Refusals;
use crate::gate::{Cost, Permit};
use crate::key::Key;

/// Questions to history that one connection may have under way; more wait unread in its socket.
const QUESTIONS_MAX: usize = 4;
/// Bytes of answers to one read that are written at once.
const REPLIES_BYTES: usize = 32 * 1024;
/// Bytes that all connections of a shard together may hold of what they have said: lines and messages that have not
/// ended, and what is left for their next turns. Beyond that only a little is read at a time and only short beginnings
/// are held: people type, and programs send whole messages.
const PARTIAL_INPUT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes that any connection may hold of something that has not ended.
const PARTIAL_INPUT_FREE_BYTES: usize = 4 * 1024;
/// How long what is held waits on while the log takes no more, milliseconds.
const CHUNK_FULL_WAIT_MS: u32 = 100;

/// What is under way from bytes to the log.
#[derive(Default)]
pub(super) struct Requests {
    /// Bytes held of what has been said, by all connections together.
    held_bytes: usize,
    pub(super) refusals: Refusals,
    /// What came of a read; empty between two.
    heard: Vec<Input>,
    /// What is answered on the spot; empty between two reads.
    replies: Vec<u8>,
}

impl Requests {
    /// Whether all connections together hold as much as they may.
    pub(super) fn is_crowded(&self) -> bool {
        self.held_bytes > PARTIAL_INPUT_BYTES_MAX
    }

    /// Bytes held of what has been said, by all connections together.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Whether a connection may be read: its requests can be taken, it reads its answers, and it has tokens.
    pub(super) fn may_read<S: Socket>(&self, sessions: &Sessions<S>, index: usize) -> bool {
        let soft = sessions.connections.writer.bounds.soft_bytes;
        let connection = &sessions.connections[index];
        // What it speaks is found out in any case: HTTP is answered also while nothing else is taken.
        let is_taken = !sessions.gathered.is_full() || connection.stage == Stage::Sniffing;
        let queue = connection.output.queue.as_ref();
        is_taken
            && !sessions.context.is_closing
            && !connection.is_broken()
            && queue.is_none_or(|queue| queue.answer_bytes() <= soft)
            && connection.questions.len() < QUESTIONS_MAX
            && !connection.protocol.is_busy()
            && !connection.input.waits_for_work
    }

    /// Takes what a peer has said, as much of it as this turn may take; the rest is kept for the next.
    pub(super) fn handle_input<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        index: usize,
        bytes: &[u8],
    ) {
        let taken = self.handle_turn(sessions, index, bytes);
        self.keep(&mut sessions.connections[index], bytes[taken..].to_vec());
    }

    /// Goes on with what was kept.
    pub(super) fn handle_kept<S: Socket>(&mut self, sessions: &mut Sessions<S>, index: usize) {
        let Some(kept) = sessions.connections[index].input.kept.take() else { return };
        self.held_bytes -= kept.len();
        let mut kept = *kept;
        let taken = self.handle_turn(sessions, index, &kept);
        kept.drain(..taken);
        // It is counted by what it says: it holds no more than twice that, and is seldom copied for it.
        if kept.len() < kept.capacity() / 2 {
            kept.shrink_to_fit();
        }
        self.keep(&mut sessions.connections[index], kept);
    }

    fn keep<S>(&mut self, connection: &mut Connection<S>, rest: Vec<u8>) {
        if !rest.is_empty() {
            self.held_bytes += rest.len();
            connection.input.kept = Some(Box::new(rest));
        }
    }

    /// One turn; gives how many bytes it has taken.
    fn handle_turn<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        index: usize,
        bytes: &[u8],
    ) -> usize {
        let clock = sessions.context.clock();
        let mut work = work::turn(sessions, index);
        let connection = &mut sessions.connections[index];
        let before = connection.protocol.partial_input_bytes();
        let taken = connection.protocol.handle_bytes(bytes, &clock, &mut work, &mut self.heard);
        let after = connection.protocol.partial_input_bytes();
        self.held_bytes = self.held_bytes + after - before;
        if self.is_crowded() && after > PARTIAL_INPUT_FREE_BYTES {
            self.discard_partial_input(connection);
        }
        work::charge(sessions, index, work.spent().max(1));
        self.dispatch_inputs(sessions, index);
        taken
    }

    /// All together hold too much of what has not ended: this one is over what every connection may hold.
    fn discard_partial_input<S>(&mut self, connection: &mut Connection<S>) {
        let mut reply = Vec::new();
        let held = connection.protocol.partial_input_bytes();
        let is_understood = connection.protocol.discard_partial_input(&mut reply);
        self.held_bytes -= held - connection.protocol.partial_input_bytes();
        self.heard.push(Input::Reply(reply));
        if !is_understood {
            self.heard.push(Input::Broken);
        }
    }

    /// The peer says nothing more.
    pub(super) fn handle_eof<S: Socket>(&mut self, sessions: &mut Sessions<S>, index: usize) {
        let clock = sessions.context.clock();
        let connection = &mut sessions.connections[index];
        let before = connection.protocol.partial_input_bytes();
        connection.protocol.handle_end(&clock, &mut self.heard);
        let after = connection.protocol.partial_input_bytes();
        self.held_bytes = self.held_bytes + after - before;
        self.dispatch_inputs(sessions, index);
    }

    /// A connection is taken out: nothing of it is held any more.
    pub(super) fn forget<S>(&mut self, connection: &Connection<S>) {
        self.held_bytes -= connection.held_input_bytes();
    }

    fn dispatch_inputs<S: Socket>(&mut self, sessions: &mut Sessions<S>, index: usize) {
        let mut heard = std::mem::take(&mut self.heard);
        for heard in heard.drain(..) {
            match (sessions.connections[index].stage, heard) {
                (Stage::Entered | Stage::NotEntered, Input::Reply(bytes)) => {
                    self.replies.extend_from_slice(&bytes);
                }
                (Stage::Entered, Input::Ask(id, request)) => self.ask(sessions, index, id, request),
                // Its protocol lets nothing else through before that.
                (Stage::NotEntered, Input::Ask(id, Request::Action(action))) => {
                    sessions.enter_with(index, id, action);
                }
                (Stage::NotEntered, Input::Ask(_, Request::Query(_) | Request::Signal(_))) => {}
                (Stage::Entered | Stage::NotEntered, Input::Redraw) => {
                    self.reply(sessions, index);
                    sessions.connections.redraw(index);
                }
                (Stage::Entered | Stage::NotEntered, Input::Quit) => {
                    self.reply(sessions, index);
                    quit(sessions, index, ExitCause::Quit);
                }
                (Stage::Entered | Stage::NotEntered, Input::Broken) => {
                    self.reply(sessions, index);
                    quit(sessions, index, ExitCause::Lost);
                }
                (
                    Stage::Sniffing
                    | Stage::Http
                    | Stage::Leaving
                    | Stage::Draining
                    | Stage::Closed,
                    _,
                ) => {}
            }
            if self.replies.len() >= REPLIES_BYTES {
                self.reply(sessions, index);
            }
        }
        self.reply(sessions, index);
        self.heard = heard;
    }

    /// Sends what was answered on the spot: together, because a write costs more than an answer.
    fn reply<S: Socket>(&mut self, sessions: &mut Sessions<S>, index: usize) {
        sessions.connections.give(index, &self.replies, What::Answer);
        self.replies.clear();
    }

    /// Passes a request on, holds it until its turn, or gives it back.
    fn ask<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        index: usize,
        id: RequestId,
        request: Request,
    ) {
        if let Some(refusal) = sessions.context.no_space(&request) {
            return self.give_back(sessions, index, (id, &request), &refusal);
        }
        let held_max = sessions.context.settings.limits.flood.flood_held_max;
        let passes = matches!(request, Request::Signal(_));
        if let Some(held) = &mut sessions.connections[index].input.held {
            if passes {
                return;
            }
            if held.len() < held_max {
                held.push_back((id, request));
                return;
            }
        } else {
            match take_turn(sessions, index, &request) {
                Verdict::Pass => return sessions.ask(index, id, request),
                // Late, it would not be true any more.
                Verdict::Wait { .. } if passes => return,
                Verdict::Wait { ms } if held_max > 0 => {
                    let held = [(id, request)].into();
                    sessions.connections[index].input.held = Some(Box::new(held));
                    return wait(sessions, index, ms);
                }
                Verdict::Wait { .. } => {}
            }
        }
        let refusal = too_fast(sessions, index, &request);
        self.give_back(sessions, index, (id, &request), &refusal);
    }

    /// Refuses a request on the spot, without the hub.
    fn give_back<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        index: usize,
        request: (RequestId, &Request),
        refusal: &Refusal,
    ) {
        self.refusals.count(refusal);
        sessions.render(index, &Output::GivenBack(request, refusal), &mut self.replies);
    }
}

/// Whether a request may go ahead: its connection has its own bucket, and all connections of its address have one
/// account.
fn take_turn<S: Socket>(sessions: &mut Sessions<S>, index: usize, request: &Request) -> Verdict {
    let limit = sessions.context.settings.limits.flood.of_connection();
    let now = sessions.context.now.steady;
    let Connection { input, permit, .. } = &mut sessions.connections[index];
    let Some(account) = permit.as_ref().map(Permit::account) else {
        return input.bucket.take(now, limit);
    };
    let cost = Cost::of(request);
    match account.ask(now, cost) {
        Verdict::Pass => {}
        wait @ Verdict::Wait { .. } => return wait,
    }
    let verdict = input.bucket.take(now, limit);
    if verdict == Verdict::Pass {
        account.take(now, cost);
    }
    verdict
}

/// Why a request cannot go ahead even later.
fn too_fast<S: Socket>(sessions: &Sessions<S>, index: usize, request: &Request) -> Refusal {
    let text = line::command_line_of(request);
    let now = sessions.context.now.steady;
    let account = sessions.connections[index].permit.as_ref().map(Permit::account);
    if let Some(Verdict::Wait { ms }) = account.map(|account| account.ask(now, Cost::of(request))) {
        return Refusal::AddressTooFast { wait_s: ms.div_ceil(1000), text };
    }
    let FloodLimit { burst, per_second } = sessions.context.settings.limits.flood.of_connection();
    Refusal::TooFast { burst, per_second, text }
}

fn wait<S: Socket>(sessions: &mut Sessions<S>, index: usize, ms: u32) {
    let key = sessions.connections.key(index);
    sessions.timers.set(sessions.context.now.steady.plus_ms(ms), Timer::Flood(key));
}

/// Lets through what is held and due.
pub(super) fn release<S: Socket>(sessions: &mut Sessions<S>, key: Key) {
    let index = key.index;
    loop {
        let Some(connection) = sessions.connections.get(key) else { return };
        let Some(held) = &mut connection.input.held else { return };
        let Some((id, request)) = held.pop_front() else {
            connection.input.held = None;
            return;
        };
        let is_exit = matches!(request, Request::Action(Action::Exit { .. }));
        let verdict = if sessions.gathered.is_full() {
            Verdict::Wait { ms: CHUNK_FULL_WAIT_MS }
        } else if is_exit {
            Verdict::Pass
        } else {
            take_turn(sessions, index, &request)
        };
        match verdict {
            Verdict::Pass => sessions.ask(index, id, request),
            Verdict::Wait { ms } => {
                // Still the first in line.
                if let Some(held) = &mut sessions.connections[index].input.held {
                    held.push_front((id, request));
                }
                return wait(sessions, index, ms);
            }
        }
    }
}

/// Lets everything held through at once: the server stops, and what was taken is not dropped.
pub(super) fn release_all<S: Socket>(sessions: &mut Sessions<S>, index: usize) {
    if let Some(held) = sessions.connections[index].input.held.take() {
        for (id, request) in *held {
            sessions.ask(index, id, request);
        }
    }
}

/// Ends a session after everything it asked for before.
fn quit<S: Socket>(sessions: &mut Sessions<S>, index: usize, cause: ExitCause) {
    let connection = &mut sessions.connections[index];
    match &mut connection.input.held {
        Some(held) => {
            connection.stage = Stage::Leaving;
            connection.input.opening = None;
            held.push_back((RequestId::default(), Action::Exit { cause }.into()));
        }
        None => sessions.exit(index, cause),
    }
}
