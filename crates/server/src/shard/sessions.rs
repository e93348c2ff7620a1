//! The life of a connection and its session: accepted, entered, leaving, draining, closed. This file has what concerns
//! one connection and no room; nothing in it writes to a room or asks history.

use std::io;

use teahouse_core::{Action, Asker, ExitCause, Origin, Proposal, Request, RequestId, SessionId};
use teahouse_wire::ProtocolSession;
use teahouse_wire::protocol::{Output, Pings, Surroundings};

use super::connection::{Connection, Health, Incoming, LineState, Outgoing, Sink, Stage};
use super::connections::Connections;
use super::context::Context;
use super::first_line::FirstLine;
use super::gathered::Gathered;
use super::outbox::{Drained, What};
use super::socket::Socket;
use super::timers::{Timer, Timers};
use super::writer::QueueBounds;
use crate::gate::Permit;
use crate::key::Key;
use crate::log::Entry;
use crate::settings::Settings;

/// How long a draining connection may take no bytes before it is closed, milliseconds.
const OVER_DEADLINE_MS: u32 = 10_000;
/// A peer that is silent for this long is sent a ping, seconds. A client has the same time to send its hello.
pub(crate) const PING_S: u32 = 20;
/// How often the shard looks for silent sessions, if an idle limit is set, milliseconds.
pub(super) const SWEEP_EVERY_MS: u32 = 1000;

/// A peer whose connection is given to a shard.
pub(super) struct Peer<S> {
    pub(super) sink: Sink<S>,
    /// The origin to which its requests are charged.
    pub(super) origin: Origin,
    /// Its slot among the connections of the server.
    pub(super) permit: Option<Permit>,
}

/// The connections of a shard, their entries for the log, and their deadlines.
pub(super) struct Sessions<S> {
    pub(super) connections: Connections<S>,
    pub(super) gathered: Gathered,
    pub(super) timers: Timers,
    pub(super) context: Context,
    /// Whether the timer for silent sessions is set.
    pub(super) is_sweeping: bool,
    scratch: Vec<u8>,
}

impl<S: Socket> Sessions<S> {
    pub(super) fn new(context: Context) -> Self {
        let connections = Connections::new(bounds(&context.settings));
        let mut sessions = Self {
            connections,
            gathered: Gathered::default(),
            timers: Timers::default(),
            context,
            is_sweeping: false,
            scratch: Vec::new(),
        };
        sessions.start_sweep();
        sessions
    }

    /// Applies new settings.
    pub(super) fn configure(&mut self, settings: std::sync::Arc<Settings>) {
        self.connections.writer.bounds = bounds(&settings);
        self.context.configure(settings);
        self.start_sweep();
    }

    /// Adds a connection. With an `opening`, its protocol is still to be sniffed; without one, `protocol` is final.
    pub(super) fn insert(
        &mut self,
        peer: Peer<S>,
        mut protocol: Box<dyn ProtocolSession>,
        opening: Option<Box<FirstLine>>,
    ) -> Key {
        let Peer { sink, origin, permit } = peer;
        let serial = self.connections.next_serial();
        let stage = if opening.is_some() { Stage::Sniffing } else { Stage::NotEntered };
        let line = LineState::new(&mut *protocol);
        let key = self.connections.insert(Connection {
            serial,
            session: self.context.session_id(serial),
            origin,
            permit,
            stage,
            protocol,
            memberships: Vec::new(),
            output: Outgoing::new(sink, line),
            input: Incoming::new(self.context.now.steady, opening),
            questions: super::questions::Questions::default(),
            ignored: None,
            waker: None,
        });
        if stage == Stage::NotEntered {
            self.schedule_ping_check(key);
        }
        key
    }

    /// Renders output for a connection in its protocol, and appends it to `out`.
    pub(super) fn render(&mut self, index: usize, output: &Output<'_>, out: &mut Vec<u8>) {
        let clock = self.context.clock();
        let connection = &mut self.connections[index];
        let (session, server) = (connection.session, &self.context.server);
        connection.protocol.render(output, &Surroundings { session, server, clock: &clock }, out);
    }

    /// Sends output to one connection in its protocol.
    pub(super) fn send(&mut self, index: usize, output: &Output<'_>) {
        let mut out = std::mem::take(&mut self.scratch);
        self.render(index, output, &mut out);
        self.connections.send(index, &out, What::Answer);
        out.clear();
        self.scratch = out;
    }

    /// Sends a connection the reason why the server ends it, and requests the exit of its session.
    pub(super) fn disconnect(&mut self, index: usize, why: &str) {
        self.send(index, &Output::Notice(why));
        self.request_exit(index, ExitCause::Lost);
    }

    /// A session number for a visit, which has no connection here.
    pub(super) fn visit_id(&mut self) -> SessionId {
        let serial = self.connections.next_serial();
        self.context.session_id(serial)
    }

    /// Passes a request of a connection to the log. Any request makes an unseen session visible: an action does so by
    /// itself; before any other request, the session is made to appear.
    pub(super) fn submit(&mut self, index: usize, id: RequestId, request: Request) {
        let Connection { session, input, .. } = &self.connections[index];
        let (session, is_unseen) = (*session, input.is_unseen);
        let entry = match request {
            Request::Action(action) => return self.propose(index, id, action),
            Request::Query(query) => {
                Entry::Query { asker: Asker::Session(session), request: id, query }
            }
            Request::Signal(signal) => Entry::Signal { session, signal },
        };
        if is_unseen {
            self.propose(index, RequestId::default(), Action::Appear);
        }
        self.gathered.push(entry);
    }

    /// Adds a proposal of a connection to the next chunk.
    pub(super) fn propose(&mut self, index: usize, request: RequestId, action: Action) {
        let Connection { session, origin, input, .. } = &mut self.connections[index];
        input.is_unseen = matches!(action, Action::EnterUnseen { .. });
        let (session, origin) = (*session, *origin);
        self.gathered.push(Entry::Proposal(Proposal { session, origin, request, action }));
    }

    /// Starts the protocol of a connection. If the protocol names a first room, the session enters that room at once.
    pub(super) fn start_protocol(&mut self, index: usize, mut protocol: Box<dyn ProtocolSession>) {
        let first_room = protocol.first_room();
        let connection = &mut self.connections[index];
        connection.output.line = LineState::new(&mut *protocol);
        connection.protocol = protocol;
        connection.stage = Stage::NotEntered;
        if first_room.is_none() || connection.protocol.pings() != Pings::Never {
            let key = self.connections.key(index);
            self.schedule_ping_check(key);
        }
        if let Some(room) = first_room {
            let action = Action::Enter { nick: None, room: Some(room), resume_key: None };
            self.enter_with(index, RequestId::default(), action);
        }
    }

    /// A silent peer enters and receives the room, unseen by others.
    pub(super) fn enter_unseen(&mut self, index: usize) {
        if let Some(room) = self.connections[index].protocol.first_room() {
            self.enter_with(index, RequestId::default(), Action::EnterUnseen { room });
        }
    }

    /// Begins the session of a connection: from here on the hub knows it.
    pub(super) fn enter_with(&mut self, index: usize, request: RequestId, action: Action) {
        let connection = &mut self.connections[index];
        debug_assert!(
            matches!(connection.stage, Stage::Sniffing | Stage::NotEntered),
            "it had one"
        );
        connection.stage = Stage::Entered;
        if !matches!(action, Action::EnterUnseen { .. }) {
            connection.count_as_member();
        }
        self.connections.begin_session(index);
        self.propose(index, request, action);
        if let Some(notice) = self.context.waiting_notice() {
            self.send(index, &Output::Notice(&notice));
        }
    }

    /// Proposes the end of a session; the connection drains after the hub has ended it. A connection without a session
    /// drains at once.
    pub(super) fn request_exit(&mut self, index: usize, cause: ExitCause) {
        let connection = &mut self.connections[index];
        match connection.stage {
            Stage::Sniffing | Stage::NotEntered | Stage::Http => self.begin_draining(index),
            Stage::Entered => {
                connection.stage = Stage::Leaving;
                // A first line that comes late must not begin another session.
                connection.input.opening = None;
                self.propose(index, RequestId::default(), Action::Exit { cause });
            }
            Stage::Leaving | Stage::Draining | Stage::Closed => {}
        }
    }

    /// The hub has ended the session of a connection.
    pub(super) fn handle_ended(&mut self, index: usize, cause: ExitCause) {
        if !self.connections[index].output.is_refused {
            self.send(index, &Output::Goodbye(cause));
        }
        self.begin_draining(index);
    }

    /// Drains a connection without a session: it is closed when its queue is empty.
    pub(super) fn begin_draining(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        connection.stage = Stage::Draining;
        connection.input.opening = None;
        self.connections.queue_settle(index);
        let due = self.context.now.steady.plus_ms(OVER_DEADLINE_MS);
        self.timers.set(due, Timer::Draining(self.connections.key(index), u64::MAX));
    }

    /// Closes a draining connection that has taken nothing since the last check.
    pub(super) fn check_draining(&mut self, key: Key, left: u64) {
        let draining =
            self.connections.get(key).filter(|connection| connection.stage == Stage::Draining);
        let Some(connection) = draining else { return };
        let outstanding = connection.outstanding();
        if outstanding >= left {
            return self.connections.mark_lost(key.index, Health::Broken);
        }
        let due = self.context.now.steady.plus_ms(OVER_DEADLINE_MS);
        self.timers.set(due, Timer::Draining(key, outstanding));
    }

    /// Sends a connection one last answer and ends it. None of its requests is done.
    pub(super) fn refuse(&mut self, index: usize, answer: &[u8]) {
        self.connections[index].output.is_refused = true;
        self.connections.send(index, answer, What::Answer);
        self.request_exit(index, ExitCause::Lost);
    }

    /// The end of a step for one connection: acts on a broken socket or an empty queue.
    pub(super) fn settle_connection(&mut self, index: usize) {
        let connection = &self.connections[index];
        match connection.output.health {
            Health::Open => {}
            // Its memberships stay until the hub removes the session, so that the order of effects holds.
            Health::Unread => self.request_exit(index, ExitCause::Unread),
            Health::Broken => self.request_exit(index, ExitCause::Lost),
        }
        let connection = &mut self.connections[index];
        let is_done = connection.is_broken()
            || (connection.output.queue.is_none() && connection.questions.len() == 0);
        if connection.stage == Stage::Draining && is_done {
            connection.stage = Stage::Closed;
            connection.output.wake_body();
            // Its task removes it.
            return connection.wake();
        }
        connection.wake_to_read();
    }

    /// Reads from the socket of a connection, if the stage of the connection allows input.
    pub(super) fn read(&mut self, key: Key, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let now = self.context.now.steady;
        let connection =
            self.connections.get(key).filter(|connection| connection.accepts_input())?;
        connection.input.active_at = now;
        connection.socket().map(|socket| socket.try_read(buffer))
    }

    /// The socket takes bytes again. Taking bytes counts as a sign of life.
    pub(super) fn drain(&mut self, index: usize) {
        let before = self.connections[index].queued();
        let drained = self.connections.drain(index);
        let connection = &mut self.connections[index];
        let has_taken = drained != Drained::Broken && connection.queued() < before;
        if has_taken && connection.protocol.pings() == Pings::Answered {
            connection.input.active_at = self.context.now.steady;
        }
    }

    /// Sets the next deadline for checking whether this connection is silent.
    pub(super) fn schedule_ping_check(&mut self, key: Key) {
        self.timers.set(self.context.now.steady.plus_ms(PING_S * 1000), Timer::Ping(key));
    }

    /// Sets the timer for silent sessions, if an idle limit is set.
    fn start_sweep(&mut self) {
        if !self.is_sweeping && self.context.settings.limits.connections.idle_s > 0 {
            self.is_sweeping = true;
            self.timers.set(self.context.now.steady.plus_ms(SWEEP_EVERY_MS), Timer::Idle);
        }
    }

    /// Sends a notice to every session.
    pub(super) fn notice(&mut self, text: &str) {
        for index in self.connections.indexes() {
            if matches!(self.connections[index].stage, Stage::Entered | Stage::Leaving) {
                self.send(index, &Output::Notice(text));
            }
        }
    }

    /// Sends the closing message to every session whose protocol has one.
    pub(super) fn say_goodbye(&mut self) {
        for index in self.connections.indexes() {
            if matches!(self.connections[index].stage, Stage::Entered | Stage::Leaving) {
                self.send(index, &Output::Closing);
            }
        }
    }
}

fn bounds(settings: &Settings) -> QueueBounds {
    let limits = &settings.limits;
    QueueBounds {
        soft_bytes: limits.queues.queue_soft_bytes,
        hard_bytes: limits.queues.queue_hard_bytes,
    }
}
