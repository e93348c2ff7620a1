//! From a peer's bytes to entries for the log. The protocol parses bytes into requests; flood control passes each
//! request, holds it or refuses it.

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

/// The most questions to history that one connection may have in flight. Further requests wait unread in its socket.
const QUESTIONS_MAX: usize = 4;
/// The bytes of immediate replies that are collected before they are written.
const REPLIES_BYTES: usize = 32 * 1024;
/// The most input that all connections of a shard may hold together, in bytes: partial lines and messages, and bytes
/// left for the next turn. Above it the shard reads only a little at a time, and each connection may hold only a short
/// partial input. People type short lines, and programs send whole messages, so neither is hindered.
const PARTIAL_INPUT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The partial input that a connection may hold even then, in bytes.
const PARTIAL_INPUT_FREE_BYTES: usize = 4 * 1024;
/// How long a held request waits longer while the chunk for the log is full, milliseconds.
const CHUNK_FULL_WAIT_MS: u32 = 100;

/// The state between bytes and log entries.
#[derive(Default)]
pub(super) struct Requests {
    /// The bytes of input that all connections hold together.
    held_bytes: usize,
    pub(super) refusals: Refusals,
    /// The inputs parsed from one read. Empty between two reads.
    inputs: Vec<Input>,
    /// Immediate replies to one read. Empty between two reads.
    replies: Vec<u8>,
}

impl Requests {
    /// Whether all connections together hold more input than they may.
    pub(super) fn is_crowded(&self) -> bool {
        self.held_bytes > PARTIAL_INPUT_BYTES_MAX
    }

    /// The bytes of input that all connections hold together.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Whether a connection may be read: the log takes requests, the peer reads its answers, and the connection has
    /// tokens.
    pub(super) fn may_read<S: Socket>(&self, sessions: &Sessions<S>, index: usize) -> bool {
        let soft = sessions.connections.writer.bounds.soft_bytes;
        let connection = &sessions.connections[index];
        // A full chunk does not delay sniffing: HTTP is answered even while nothing else is taken.
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

    /// Handles bytes of a peer, as many as one turn may take, and keeps the rest for the next turn.
    pub(super) fn handle_input<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        index: usize,
        bytes: &[u8],
    ) {
        let taken = self.handle_turn(sessions, index, bytes);
        self.keep_leftover(&mut sessions.connections[index], bytes[taken..].to_vec());
    }

    /// Handles bytes that the last turn left.
    pub(super) fn handle_leftover<S: Socket>(&mut self, sessions: &mut Sessions<S>, index: usize) {
        let Some(leftover) = sessions.connections[index].input.leftover.take() else { return };
        self.held_bytes -= leftover.len();
        let mut leftover = *leftover;
        let taken = self.handle_turn(sessions, index, &leftover);
        leftover.drain(..taken);
        // Only the length is counted as held. So the buffer stays below twice that length, which seldom costs a copy.
        if leftover.len() < leftover.capacity() / 2 {
            leftover.shrink_to_fit();
        }
        self.keep_leftover(&mut sessions.connections[index], leftover);
    }

    fn keep_leftover<S>(&mut self, connection: &mut Connection<S>, rest: Vec<u8>) {
        if !rest.is_empty() {
            self.held_bytes += rest.len();
            connection.input.leftover = Some(Box::new(rest));
        }
    }

    /// Handles one turn of input; returns how many bytes it took.
    fn handle_turn<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        index: usize,
        bytes: &[u8],
    ) -> usize {
        let clock = sessions.context.clock();
        let mut work = work::turn_budget(sessions, index);
        let connection = &mut sessions.connections[index];
        let before = connection.protocol.partial_input_bytes();
        let taken = connection.protocol.handle_bytes(bytes, &clock, &mut work, &mut self.inputs);
        let after = connection.protocol.partial_input_bytes();
        self.held_bytes = self.held_bytes + after - before;
        if self.is_crowded() && after > PARTIAL_INPUT_FREE_BYTES {
            self.discard_partial_input(connection);
        }
        work::charge(sessions, index, work.spent().max(1));
        self.dispatch_inputs(sessions, index);
        taken
    }

    /// The shard holds too much input, and this connection has more than its share of partial input: discards it.
    fn discard_partial_input<S>(&mut self, connection: &mut Connection<S>) {
        let mut reply = Vec::new();
        let held = connection.protocol.partial_input_bytes();
        let is_understood = connection.protocol.discard_partial_input(&mut reply);
        self.held_bytes -= held - connection.protocol.partial_input_bytes();
        self.inputs.push(Input::Reply(reply));
        if !is_understood {
            self.inputs.push(Input::Broken);
        }
    }

    /// The peer has closed its side, and everything it sent has been handled.
    pub(super) fn handle_eof<S: Socket>(&mut self, sessions: &mut Sessions<S>, index: usize) {
        let clock = sessions.context.clock();
        let connection = &mut sessions.connections[index];
        let before = connection.protocol.partial_input_bytes();
        connection.protocol.handle_end(&clock, &mut self.inputs);
        let after = connection.protocol.partial_input_bytes();
        self.held_bytes = self.held_bytes + after - before;
        self.dispatch_inputs(sessions, index);
    }

    /// A connection is removed: the input it held is no longer counted.
    pub(super) fn forget<S>(&mut self, connection: &Connection<S>) {
        self.held_bytes -= connection.held_input_bytes();
    }

    fn dispatch_inputs<S: Socket>(&mut self, sessions: &mut Sessions<S>, index: usize) {
        let mut inputs = std::mem::take(&mut self.inputs);
        for input in inputs.drain(..) {
            match (sessions.connections[index].stage, input) {
                (Stage::Entered | Stage::NotEntered, Input::Reply(bytes)) => {
                    self.replies.extend_from_slice(&bytes);
                }
                (Stage::Entered, Input::Ask(id, request)) => {
                    self.handle_request(sessions, index, id, request)
                }
                // Before a session begins, the protocol accepts only the action that enters.
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
                    exit_after_held(sessions, index, ExitCause::Quit);
                }
                (Stage::Entered | Stage::NotEntered, Input::Broken) => {
                    self.reply(sessions, index);
                    exit_after_held(sessions, index, ExitCause::Lost);
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
        self.inputs = inputs;
    }

    /// Sends the immediate replies together, because a write costs more than a reply.
    fn reply<S: Socket>(&mut self, sessions: &mut Sessions<S>, index: usize) {
        sessions.connections.send(index, &self.replies, What::Answer);
        self.replies.clear();
    }

    /// Passes a request to the log, holds it until flood control permits it, or refuses it.
    fn handle_request<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        index: usize,
        id: RequestId,
        request: Request,
    ) {
        if let Some(refusal) = sessions.context.no_space(&request) {
            return self.refuse(sessions, index, (id, &request), &refusal);
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
            match take_flood_tokens(sessions, index, &request) {
                Verdict::Pass => return sessions.submit(index, id, request),
                // A signal that comes late would no longer be true.
                Verdict::Wait { .. } if passes => return,
                Verdict::Wait { ms } if held_max > 0 => {
                    let held = [(id, request)].into();
                    sessions.connections[index].input.held = Some(Box::new(held));
                    return schedule_release(sessions, index, ms);
                }
                Verdict::Wait { .. } => {}
            }
        }
        let refusal = flood_refusal(sessions, index, &request);
        self.refuse(sessions, index, (id, &request), &refusal);
    }

    /// Refuses a request immediately, without the hub.
    fn refuse<S: Socket>(
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

/// Whether flood control permits a request now. Each connection has its own bucket, and all connections of an address
/// share one account.
fn take_flood_tokens<S: Socket>(
    sessions: &mut Sessions<S>,
    index: usize,
    request: &Request,
) -> Verdict {
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

/// Why a request is refused and not held.
fn flood_refusal<S: Socket>(sessions: &Sessions<S>, index: usize, request: &Request) -> Refusal {
    let text = line::command_line_of(request);
    let now = sessions.context.now.steady;
    let account = sessions.connections[index].permit.as_ref().map(Permit::account);
    if let Some(Verdict::Wait { ms }) = account.map(|account| account.ask(now, Cost::of(request))) {
        return Refusal::AddressTooFast { wait_s: ms.div_ceil(1000), text };
    }
    let FloodLimit { burst, per_second } = sessions.context.settings.limits.flood.of_connection();
    Refusal::TooFast { burst, per_second, text }
}

fn schedule_release<S: Socket>(sessions: &mut Sessions<S>, index: usize, ms: u32) {
    let key = sessions.connections.key(index);
    sessions.timers.set(sessions.context.now.steady.plus_ms(ms), Timer::Flood(key));
}

/// Passes the held requests that flood control now permits.
pub(super) fn release_held<S: Socket>(sessions: &mut Sessions<S>, key: Key) {
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
            take_flood_tokens(sessions, index, &request)
        };
        match verdict {
            Verdict::Pass => sessions.submit(index, id, request),
            Verdict::Wait { ms } => {
                // The request stays first in line.
                if let Some(held) = &mut sessions.connections[index].input.held {
                    held.push_front((id, request));
                }
                return schedule_release(sessions, index, ms);
            }
        }
    }
}

/// Passes all held requests at once: the server is closing, and accepted input is not dropped.
pub(super) fn release_all_held<S: Socket>(sessions: &mut Sessions<S>, index: usize) {
    if let Some(held) = sessions.connections[index].input.held.take() {
        for (id, request) in *held {
            sessions.submit(index, id, request);
        }
    }
}

/// Ends a session after its held requests.
fn exit_after_held<S: Socket>(sessions: &mut Sessions<S>, index: usize, cause: ExitCause) {
    let connection = &mut sessions.connections[index];
    match &mut connection.input.held {
        Some(held) => {
            connection.stage = Stage::Leaving;
            connection.input.opening = None;
            held.push_back((RequestId::default(), Action::Exit { cause }.into()));
        }
        None => sessions.request_exit(index, cause),
    }
}
