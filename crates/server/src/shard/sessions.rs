//! The life of a connection and its session: accepted, in, leaving, over, closed. What concerns one connection and
//! no room stands here; nothing here writes to a room or asks history.

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

/// How long a connection whose session is over may take nothing of what is still to come for it, milliseconds.
const OVER_DEADLINE_MS: u32 = 10_000;
/// Silence after which a peer is asked whether it is there, seconds. So long a client may take to say hello, too.
pub(crate) const PING_S: u32 = 20;
/// How often silent sessions are looked for, when they are ended at all, milliseconds.
pub(super) const SWEEP_EVERY_MS: u32 = 1000;

/// A peer, as it comes to a shard.
pub(super) struct Peer<S> {
    pub(super) sink: Sink<S>,
    /// Whose doing is what it asks for.
    pub(super) origin: Origin,
    /// Its place among the connections of the server.
    pub(super) permit: Option<Permit>,
}

/// The connections of a shard, and what they ask and wait for.
pub(super) struct Sessions<S> {
    pub(super) connections: Connections<S>,
    pub(super) gathered: Gathered,
    pub(super) timers: Timers,
    pub(super) context: Context,
    /// A timer looks for silent sessions.
    pub(super) is_sweeping: bool,
    scratch: Vec<u8>,
}

impl<S: Socket> Sessions<S> {
    pub(super) fn new(context: Context) -> Self {
        let connections = Connections::new(bounds(&context.settings));
        let mut me = Self {
            connections,
            gathered: Gathered::default(),
            timers: Timers::default(),
            context,
            is_sweeping: false,
            scratch: Vec::new(),
        };
        me.start_sweep();
        me
    }

    /// New settings.
    pub(super) fn configure(&mut self, settings: std::sync::Arc<Settings>) {
        self.connections.writer.bounds = bounds(&settings);
        self.context.set(settings);
        self.start_sweep();
    }

    /// Gives a connection its place. One of which it is known what it speaks is looked at when it is silent.
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
            self.watch(key);
        }
        key
    }

    /// What a connection is told, in its protocol.
    pub(super) fn render(&mut self, index: usize, told: &Output<'_>, out: &mut Vec<u8>) {
        let clock = self.context.clock();
        let connection = &mut self.connections[index];
        let (session, server) = (connection.session, &self.context.server);
        connection.protocol.render(told, &Surroundings { session, server, clock: &clock }, out);
    }

    /// Tells one connection something in its protocol.
    pub(super) fn tell(&mut self, index: usize, told: &Output<'_>) {
        let mut out = std::mem::take(&mut self.scratch);
        self.render(index, told, &mut out);
        self.connections.give(index, &out, What::Answer);
        out.clear();
        self.scratch = out;
    }

    /// Tells a connection why it cannot be served any further, and asks for its session's end.
    pub(super) fn let_go(&mut self, index: usize, why: &str) {
        self.tell(index, &Output::Notice(why));
        self.exit(index, ExitCause::Lost);
    }

    /// A session number for somebody without a connection here.
    pub(super) fn visit_id(&mut self) -> SessionId {
        let serial = self.connections.next_serial();
        self.context.session_id(serial)
    }

    /// Passes on what a connection asks for. Whatever it is makes one seen: a proposal does so by itself.
    pub(super) fn ask(&mut self, index: usize, id: RequestId, request: Request) {
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

    /// Proposes what a connection wants changed.
    pub(super) fn propose(&mut self, index: usize, request: RequestId, action: Action) {
        let Connection { session, origin, input, .. } = &mut self.connections[index];
        input.is_unseen = matches!(action, Action::EnterUnseen { .. });
        let (session, origin) = (*session, *origin);
        self.gathered.push(Entry::Proposal(Proposal { session, origin, request, action }));
    }

    /// It is known what a connection speaks: it comes in at once, where its protocol does that.
    pub(super) fn begin(&mut self, index: usize, mut protocol: Box<dyn ProtocolSession>) {
        let first_room = protocol.first_room();
        let connection = &mut self.connections[index];
        connection.output.line = LineState::new(&mut *protocol);
        connection.protocol = protocol;
        connection.stage = Stage::NotEntered;
        if first_room.is_none() || connection.protocol.pings() != Pings::Never {
            let key = self.connections.key(index);
            self.watch(key);
        }
        if let Some(room) = first_room {
            let action = Action::Enter { nick: None, room: Some(room), resume_key: None };
            self.enter_with(index, RequestId::default(), action);
        }
    }

    /// Somebody who has said nothing yet comes in and hears; the others do not know of it.
    pub(super) fn enter_unseen(&mut self, index: usize) {
        if let Some(room) = self.connections[index].protocol.first_room() {
            self.enter_with(index, RequestId::default(), Action::EnterUnseen { room });
        }
    }

    /// Begins a session: from here on the hub knows of it.
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
            self.tell(index, &Output::Notice(&notice));
        }
    }

    /// Asks for a session's end; a connection without one is over at once. The connection goes when the hub has
    /// said so.
    pub(super) fn exit(&mut self, index: usize, cause: ExitCause) {
        let connection = &mut self.connections[index];
        match connection.stage {
            Stage::Sniffing | Stage::NotEntered | Stage::Http => self.over(index),
            Stage::Entered => {
                connection.stage = Stage::Leaving;
                // A first line that comes late begins no session anew.
                connection.input.opening = None;
                self.propose(index, RequestId::default(), Action::Exit { cause });
            }
            Stage::Leaving | Stage::Draining | Stage::Closed => {}
        }
    }

    /// The hub has ended the session of a connection.
    pub(super) fn ended(&mut self, index: usize, cause: ExitCause) {
        if !self.connections[index].output.is_refused {
            self.tell(index, &Output::Goodbye(cause));
        }
        self.over(index);
    }

    /// A connection has no session any more: what is queued for it goes out, then it is closed.
    pub(super) fn over(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        connection.stage = Stage::Draining;
        connection.input.opening = None;
        self.connections.list(index);
        let due = self.context.now.steady.plus_ms(OVER_DEADLINE_MS);
        self.timers.set(due, Timer::Draining(self.connections.key(index), u64::MAX));
    }

    /// A connection that is over has had time to take something.
    pub(super) fn check_draining(&mut self, key: Key, left: u64) {
        let over =
            self.connections.get(key).filter(|connection| connection.stage == Stage::Draining);
        let Some(connection) = over else { return };
        let still = connection.outstanding();
        if still >= left {
            return self.connections.lose(key.index, Health::Broken);
        }
        let due = self.context.now.steady.plus_ms(OVER_DEADLINE_MS);
        self.timers.set(due, Timer::Draining(key, still));
    }

    /// Ends a connection with one answer; nothing of what it said is done.
    pub(super) fn refuse(&mut self, index: usize, answer: &[u8]) {
        self.connections[index].output.is_refused = true;
        self.connections.give(index, answer, What::Answer);
        self.exit(index, ExitCause::Lost);
    }

    /// The end of a step for one connection: what follows from a socket that is broken or has taken everything.
    pub(super) fn settle_connection(&mut self, index: usize) {
        let connection = &self.connections[index];
        match connection.output.health {
            Health::Open => {}
            // Its memberships stay until the hub takes it out, in order.
            Health::Unread => self.exit(index, ExitCause::Unread),
            Health::Broken => self.exit(index, ExitCause::Lost),
        }
        let connection = &mut self.connections[index];
        let is_done = connection.is_broken()
            || (connection.output.queue.is_none() && connection.questions.len() == 0);
        if connection.stage == Stage::Draining && is_done {
            connection.stage = Stage::Closed;
            connection.output.wake_body();
            // Its task takes it out.
            return connection.wake();
        }
        connection.wake_to_read();
    }

    /// Reads what a connection's socket has, if it is one that may say something.
    pub(super) fn read(&mut self, key: Key, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let now = self.context.now.steady;
        let connection = self.connections.get(key).filter(|connection| connection.may_speak())?;
        connection.input.heard_at = now;
        connection.socket().map(|socket| socket.try_read(buffer))
    }

    /// Its socket takes bytes again. Whoever takes some is there.
    pub(super) fn drain(&mut self, index: usize) {
        let before = self.connections[index].queued();
        let drained = self.connections.drain(index);
        let connection = &mut self.connections[index];
        let has_taken = drained != Drained::Broken && connection.queued() < before;
        if has_taken && connection.protocol.pings() == Pings::Answered {
            connection.input.heard_at = self.context.now.steady;
        }
    }

    /// From now on it is looked whether this connection is silent.
    pub(super) fn watch(&mut self, key: Key) {
        self.timers.set(self.context.now.steady.plus_ms(PING_S * 1000), Timer::Ping(key));
    }

    /// Starts looking for silent sessions, if they are to be ended.
    fn start_sweep(&mut self) {
        if !self.is_sweeping && self.context.settings.limits.connections.idle_s > 0 {
            self.is_sweeping = true;
            self.timers.set(self.context.now.steady.plus_ms(SWEEP_EVERY_MS), Timer::Idle);
        }
    }

    /// Tells everyone who is in.
    pub(super) fn notice(&mut self, text: &str) {
        for index in self.connections.indexes() {
            if matches!(self.connections[index].stage, Stage::Entered | Stage::Leaving) {
                self.tell(index, &Output::Notice(text));
            }
        }
    }

    /// Everything has been told that will be: the last of it, for those whose protocol has a word for that.
    pub(super) fn say_goodbye(&mut self) {
        for index in self.connections.indexes() {
            if matches!(self.connections[index].stage, Stage::Entered | Stage::Leaving) {
                self.tell(index, &Output::Closing);
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
