//! One connection: its peer, its protocol, its memberships, and what is queued for it. It changes only through
//! [`super::connections`] and what stands above that.

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

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its first bytes are awaited, to see what it speaks.
    Sniffing,
    /// It is known what it speaks, and it has not asked to come in yet.
    NotEntered,
    /// It speaks HTTP: whoever serves its socket takes it out and goes on with it.
    Http,
    /// It has a session.
    Entered,
    /// The end of its session has been proposed; it still hears what was decided before.
    Leaving,
    /// Its session has ended; what is queued goes out, then it is closed.
    Draining,
    /// Nothing is left to do for it: whoever serves its socket takes it out.
    Closed,
}

/// Where bytes for a peer go.
pub(crate) enum Sink<S> {
    /// To its socket.
    Socket(S),
    /// To the body of an HTTP response, which fetches them; its waker while it waits.
    Body(Option<Waker>),
}

/// Whether a peer can still be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Open,
    /// It did not read what it was told, past the last bound: nothing more is written to it.
    Unread,
    /// Its socket is broken: nothing more is written to it or read from it.
    Broken,
}

/// Where a peer's input line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineState {
    /// Its peer shows its own, as most do.
    None,
    /// Not on its screen.
    Hidden,
    /// On its screen, below everything else.
    Shown,
}

impl LineState {
    /// Of a peer that has been told nothing.
    pub(super) fn new(protocol: &mut dyn ProtocolSession) -> Self {
        if protocol.input_line().is_some() { Self::Hidden } else { Self::None }
    }
}

/// One peer and everything about it.
pub(crate) struct Connection<S> {
    pub(super) serial: u64,
    pub(super) session: SessionId,
    /// Whose doing is what it asks for.
    pub(super) origin: Origin,
    /// Its place among the connections of the server.
    pub(super) permit: Option<Permit>,
    pub(super) stage: Stage,
    pub(super) protocol: Box<dyn ProtocolSession>,
    pub(super) memberships: Vec<Membership>,
    pub(super) output: Outgoing<S>,
    pub(super) input: Incoming,
    pub(super) questions: Questions,
    /// Whom it does not hear; nothing where that is nobody.
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 24")]
    pub(super) ignored: Option<Box<Vec<Ignored>>>,
    /// Its task, while that waits.
    pub(super) waker: Option<Waker>,
}

/// The way to a peer.
pub(super) struct Outgoing<S> {
    pub(super) sink: Sink<S>,
    pub(super) queue: Option<Box<Outbox>>,
    pub(super) health: Health,
    /// It speaks what is not spoken here and has been told so: nothing more is said to it.
    pub(super) is_refused: bool,
    /// Where its input line is, if the server shows it.
    pub(super) line: LineState,
    /// It is on the list of those that are looked after at the end of the step.
    pub(super) is_listed: bool,
}

/// The way from a peer.
pub(super) struct Incoming {
    /// The peer has closed its side: everything it said has been read.
    pub(super) is_eof: bool,
    /// It has come in unseen and proposed nothing since: the others do not know of it.
    pub(super) is_unseen: bool,
    /// Read, and left for the next turn.
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 24")]
    pub(super) kept: Option<Box<Vec<u8>>>,
    /// The work it may make.
    pub(super) work: Bucket,
    /// It is not read until there are tokens for more work.
    pub(super) waits_for_work: bool,
    /// While its first line has not come: what it has said so far.
    pub(super) opening: Option<Box<FirstLine>>,
    pub(super) bucket: Bucket,
    /// Requests that came too fast, waiting for their turn.
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 32")]
    pub(super) held: Option<Box<VecDeque<(RequestId, Request)>>>,
    /// When it last sent something, by the steady clock.
    pub(super) heard_at: SteadyTime,
    /// Its task was told not to read: it is woken when it may.
    pub(super) is_held_back: bool,
    /// It is woken when what is gathered has been handed to the log.
    pub(super) waits_for_log: bool,
}

impl<S> Outgoing<S> {
    pub(super) fn new(sink: Sink<S>, line: LineState) -> Self {
        Self { sink, queue: None, health: Health::Open, is_refused: false, line, is_listed: false }
    }

    /// It cannot be spoken to any more.
    pub(super) fn lose(&mut self, health: Health) {
        if self.health != Health::Broken {
            self.health = health;
        }
        self.queue = None;
        self.wake_body();
    }

    /// Wakes whoever fetches its bytes, if they are fetched.
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
            kept: None,
            work: Bucket::default(),
            waits_for_work: false,
            opening,
            bucket: Bucket::default(),
            held: None,
            heard_at: now,
            is_held_back: false,
            waits_for_log: false,
        }
    }
}

impl<S> Connection<S> {
    /// Others see it: its address has a place for another newcomer.
    pub(super) fn count_as_member(&mut self) {
        if let Some(permit) = &mut self.permit {
            permit.come_in();
        }
    }

    /// Its socket, if it has one of its own.
    pub(super) fn socket(&self) -> Option<&S> {
        match &self.output.sink {
            Sink::Socket(socket) => Some(socket),
            Sink::Body(_) => None,
        }
    }

    /// Bytes queued for it.
    pub(super) fn queued(&self) -> usize {
        self.output.queue.as_ref().map_or(0, |queue| queue.bytes())
    }

    /// Bytes held of what it has said: what has not ended, and what is left for the next turn.
    pub(super) fn held_input_bytes(&self) -> usize {
        let kept = self.input.kept.as_ref().map_or(0, |kept| kept.len());
        self.protocol.partial_input_bytes() + kept
    }

    /// What has yet to reach it, as a number that falls whenever it takes something: answers not yet read
    /// from history weigh more than anything queued.
    pub(super) fn outstanding(&self) -> u64 {
        ((self.questions.len() as u64) << 32) + self.queued() as u64
    }

    /// Whether what it says is heard.
    pub(super) fn may_speak(&self) -> bool {
        match self.stage {
            Stage::Sniffing | Stage::NotEntered | Stage::Entered => true,
            Stage::Http | Stage::Leaving | Stage::Draining | Stage::Closed => false,
        }
    }

    /// Whether it is not to hear this author.
    pub(super) fn ignores(
        &self,
        session: SessionId,
        author: Option<Author>,
        key: Option<&NickKey>,
    ) -> bool {
        let mut ignored = self.ignored.iter().flat_map(|ignored| ignored.iter());
        ignored.any(|ignored| ignored.is(session, author, key))
    }

    /// Whether it is not to hear whose event that is.
    pub(super) fn ignores_author_of(&self, event: &Event) -> bool {
        let Event { session, author, nick, .. } = event;
        self.ignored.is_some() && self.ignores(*session, *author, Some(&nick.key()))
    }

    pub(super) fn membership(&mut self, room: RoomId) -> Option<&mut Membership> {
        self.memberships.iter_mut().find(|membership| membership.room == room)
    }

    /// Lets its task look whether it may read again, if it was told not to.
    pub(super) fn wake_to_read(&mut self) {
        if self.input.is_held_back {
            self.wake();
        }
    }

    /// Lets its task look again at what there is to do.
    pub(super) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether its peer is to be read on before its socket is closed: the reset that unread input causes would
    /// destroy what the peer has not read yet.
    pub(crate) fn lingers(&self) -> bool {
        self.output.health == Health::Open && !self.input.is_eof
    }

    /// Whether its side is closed in order.
    pub(crate) fn is_broken(&self) -> bool {
        self.output.health != Health::Open
    }

    /// Whose doing is what it asks for, and its place among the connections of the server.
    pub(crate) fn into_peer(self) -> (Origin, Option<Permit>) {
        (self.origin, self.permit)
    }
}
