//! One connection: its peer, its protocol, its memberships, and its queue. Only [`super::connections`] and higher
//! modules change it.

use std::collections::VecDeque;
use std::task::Waker;

use teahouse_core::{
    Author, Bucket, Event, Ignored, NickKey, Origin, Request, RequestId, RoomId, SessionId,
    SteadyTime,
};
use teahouse_wire::ProtocolSession;

use super::first_line::FirstLine;
use super::membership::Membership;
use super::outbox::Outbox;
use super::questions::Questions;
use crate::gate::Permit;

/// The stage of a connection's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its protocol is not decided: its first line is awaited.
    Sniffing,
    /// Its protocol is decided, and it has not entered.
    NotEntered,
    /// It speaks HTTP: its task takes it out of the shard and serves it.
    Http,
    /// It has a session.
    Entered,
    /// The end of its session has been proposed. It still receives what was decided before that.
    Leaving,
    /// It has no session. Its queue is written, then it is closed.
    Draining,
    /// Nothing is left to do: its task removes it.
    Closed,
}

/// The destination of bytes for a peer.
pub(crate) enum Sink<S> {
    /// Its socket.
    Socket(S),
    /// The body of an HTTP response, which fetches them. The waker is set while the body waits.
    Body(Option<Waker>),
}

/// Whether a peer can still be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Open,
    /// Its queue passed the hard bound because it did not read: nothing more is written to it.
    Unread,
    /// Its socket is broken: it is neither written to nor read.
    Broken,
}

/// The state of the input line that the server shows to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineState {
    /// The server shows none: the client has its own, as most do.
    None,
    /// The line is not on the screen.
    Hidden,
    /// The line is on the screen, below everything else.
    Shown,
}

impl LineState {
    /// The state for a peer that has received nothing.
    pub(super) fn new(protocol: &mut dyn ProtocolSession) -> Self {
        if protocol.input_line().is_some() { Self::Hidden } else { Self::None }
    }
}

/// One peer and everything about it.
pub(crate) struct Connection<S> {
    pub(super) serial: u64,
    pub(super) session: SessionId,
    /// The origin to which its requests are charged.
    pub(super) origin: Origin,
    /// Its slot among the connections of the server.
    pub(super) permit: Option<Permit>,
    pub(super) stage: Stage,
    pub(super) protocol: Box<dyn ProtocolSession>,
    pub(super) memberships: Vec<Membership>,
    pub(super) output: Outgoing<S>,
    pub(super) input: Incoming,
    pub(super) questions: Questions,
    /// The people it ignores; `None` if there are none.
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 24")]
    pub(super) ignored: Option<Box<Vec<Ignored>>>,
    /// Wakes its task; set while the task waits.
    pub(super) waker: Option<Waker>,
}

/// The output side of a connection.
pub(super) struct Outgoing<S> {
    pub(super) sink: Sink<S>,
    pub(super) queue: Option<Box<Outbox>>,
    pub(super) health: Health,
    /// Whether it was refused because this server does not speak its protocol. Nothing more is sent to it.
    pub(super) is_refused: bool,
    /// The state of the input line, if the server shows one.
    pub(super) line: LineState,
    /// Whether it is on the list of connections to settle at the end of the step.
    pub(super) is_to_settle: bool,
}

/// The input side of a connection.
pub(super) struct Incoming {
    /// Whether the peer has closed its side and everything it sent has been read.
    pub(super) is_eof: bool,
    /// Whether its session has entered unseen and proposed nothing since: others do not know of it.
    pub(super) is_unseen: bool,
    /// Bytes that were read and are left for the next turn.
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 24")]
    pub(super) leftover: Option<Box<Vec<u8>>>,
    /// The tokens for the work that its input may cause.
    pub(super) work: Bucket,
    /// Whether it is not read until it has tokens for more work.
    pub(super) waits_for_work: bool,
    /// The input so far; set while the protocol is not decided.
    pub(super) opening: Option<Box<FirstLine>>,
    pub(super) bucket: Bucket,
    /// Requests that came too fast, in order. Flood control passes each in its time.
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 32")]
    pub(super) held: Option<Box<VecDeque<(RequestId, Request)>>>,
    /// When the peer last gave a sign of life, by the steady clock.
    pub(super) active_at: SteadyTime,
    /// Whether its task was told not to read. It is woken when it may read again.
    pub(super) is_held_back: bool,
    /// Whether it is woken when the log takes the chunk.
    pub(super) waits_for_log: bool,
}

impl<S> Outgoing<S> {
    pub(super) fn new(sink: Sink<S>, line: LineState) -> Self {
        Self {
            sink,
            queue: None,
            health: Health::Open,
            is_refused: false,
            line,
            is_to_settle: false,
        }
    }

    /// Records that the peer can no longer be written to, and drops its queue.
    pub(super) fn mark_lost(&mut self, health: Health) {
        if self.health != Health::Broken {
            self.health = health;
        }
        self.queue = None;
        self.wake_body();
    }

    /// Wakes the response body that fetches its bytes, if there is one.
    pub(super) fn wake_body(&mut self) {
        if let Sink::Body(waker) = &mut self.sink
            && let Some(waker) = waker.take()
        {
            waker.wake();
        }
    }
}

impl Incoming {
    pub(super) fn new(now: SteadyTime, opening: Option<Box<FirstLine>>) -> Self {
        Self {
            is_eof: false,
            is_unseen: false,
            leftover: None,
            work: Bucket::default(),
            waits_for_work: false,
            opening,
            bucket: Bucket::default(),
            held: None,
            active_at: now,
            is_held_back: false,
            waits_for_log: false,
        }
    }
}

impl<S> Connection<S> {
    /// Others now see its session, so its address may have another connection that has not entered.
    pub(super) fn count_as_member(&mut self) {
        if let Some(permit) = &mut self.permit {
            permit.come_in();
        }
    }

    /// The socket, if the connection owns one.
    pub(super) fn socket(&self) -> Option<&S> {
        match &self.output.sink {
            Sink::Socket(socket) => Some(socket),
            Sink::Body(_) => None,
        }
    }

    /// The number of bytes queued for it.
    pub(super) fn queued(&self) -> usize {
        self.output.queue.as_ref().map_or(0, |queue| queue.bytes())
    }

    /// The bytes of input that it holds: partial input, and bytes left for the next turn.
    pub(super) fn held_input_bytes(&self) -> usize {
        let leftover = self.input.leftover.as_ref().map_or(0, |leftover| leftover.len());
        self.protocol.partial_input_bytes() + leftover
    }

    /// A measure of the output that has not reached the peer. It falls whenever the peer takes something: one answer
    /// not yet read from history weighs more than any number of queued bytes.
    pub(super) fn outstanding(&self) -> u64 {
        ((self.questions.len() as u64) << 32) + self.queued() as u64
    }

    /// Whether its input is handled at this stage.
    pub(super) fn accepts_input(&self) -> bool {
        match self.stage {
            Stage::Sniffing | Stage::NotEntered | Stage::Entered => true,
            Stage::Http | Stage::Leaving | Stage::Draining | Stage::Closed => false,
        }
    }

    /// Whether it ignores this author.
    pub(super) fn ignores(
        &self,
        session: SessionId,
        author: Option<Author>,
        key: Option<&NickKey>,
    ) -> bool {
        let mut ignored = self.ignored.iter().flat_map(|ignored| ignored.iter());
        ignored.any(|ignored| ignored.is(session, author, key))
    }

    /// Whether it ignores the author of an event.
    pub(super) fn ignores_author_of(&self, event: &Event) -> bool {
        let Event { session, author, nick, .. } = event;
        self.ignored.is_some() && self.ignores(*session, *author, Some(&nick.key()))
    }

    pub(super) fn membership(&mut self, room: RoomId) -> Option<&mut Membership> {
        self.memberships.iter_mut().find(|membership| membership.room == room)
    }

    /// Wakes its task if it was told not to read.
    pub(super) fn wake_to_read(&mut self) {
        if self.input.is_held_back {
            self.wake();
        }
    }

    /// Wakes its task, which then asks for its interest again.
    pub(super) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether its task must read on before it closes the socket. Unread input makes the system reset the connection,
    /// which would destroy output that the peer has not read.
    pub(crate) fn lingers(&self) -> bool {
        self.output.health == Health::Open && !self.input.is_eof
    }

    /// Whether it can no longer be written to.
    pub(crate) fn is_broken(&self) -> bool {
        self.output.health != Health::Open
    }

    /// The origin to which its requests are charged, and its slot among the connections of the server.
    pub(crate) fn into_peer(self) -> (Origin, Option<Permit>) {
        (self.origin, self.permit)
    }
}
