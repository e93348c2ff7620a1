//! One connection: its socket, its protocol, its seats in rooms, and what is queued for it.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use teahouse_core::{
    Action, Author, Bucket, Event, Granted, Ignored, NickKey, Origin, Position, RequestId, RoomId,
    SessionId, SteadyTime, Text, Time,
};
use teahouse_wire::sniff;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use super::outbox::Outbox;
use super::speaker::Speaker;
use crate::gate::Permit;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its first bytes are awaited, to see what it speaks.
    Sniffing,
    /// It is known what it speaks, and it has not asked to come in yet.
    Outside,
    /// Its session is in the house.
    In,
    /// Its exit has been proposed; it still hears what was decided before.
    Leaving,
    /// Its session has ended; what is queued goes out, then it is closed.
    Over,
}

/// Where bytes for a peer go.
pub(super) enum Sink {
    /// To its socket.
    Socket(Rc<TcpStream>),
    /// To the body of an HTTP response, which fetches them; its waker while it waits.
    Body(Option<Waker>),
}

/// One peer and everything about it.
pub(super) struct Connection {
    pub(super) serial: u64,
    pub(super) sink: Sink,
    pub(super) session: SessionId,
    /// Whose doing is what it asks for.
    pub(super) origin: Origin,
    pub(super) stage: Stage,
    /// The socket takes no more bytes and has none for us.
    pub(super) is_broken: bool,
    /// The peer has closed its side: everything it said has been read.
    pub(super) is_read_out: bool,
    /// What was read last was answered on the spot with many bytes, so less is read at a time.
    pub(super) reads_little: bool,
    /// It wrote part of what is being delivered, and does not get that back.
    pub(super) is_author: bool,
    /// Something is being read from history for it.
    pub(super) is_reading: bool,
    /// What it may read from history and has not been given yet, in the order it asked.
    pub(super) asked: Asked,
    /// While its first line has not come: what it has said so far.
    pub(super) opening: Option<Box<Opening>>,
    /// It speaks what is not spoken here and has been told so: nothing more is said to it.
    pub(super) is_refused: bool,
    pub(super) speaker: Speaker,
    pub(super) seats: Vec<Seat>,
    pub(super) outbox: Option<Box<Outbox>>,
    pub(super) bucket: Bucket,
    pub(super) held: Option<Box<Held>>,
    /// Whom it does not hear; nothing where that is nobody.
    #[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 24")]
    pub(super) ignored: Option<Box<Vec<Ignored>>>,
    /// When it last sent something, by the steady clock.
    pub(super) heard_at: SteadyTime,
    /// Its reading task, while that waits to be let on.
    pub(super) waker: Option<Waker>,
    pub(super) intake: Option<AbortHandle>,
    /// Its place among the connections.
    pub(super) permit: Option<Permit>,
}

/// The beginning of a connection of which it is not certain yet what it speaks.
pub(super) struct Opening {
    pub(super) arrived: Instant,
    /// What it has said: at most twice [`sniff::FIRST_BYTES_MAX`] and what one read adds.
    pub(super) first: Vec<u8>,
    /// When a whole line is a person's that could go on as something else, once it has come.
    pub(super) line_due: Option<Instant>,
}

impl Opening {
    pub(super) fn new(arrived: Instant) -> Self {
        Self { arrived, first: Vec::new(), line_due: None }
    }

    /// What it has said that is not blank.
    pub(super) fn words(&self) -> &[u8] {
        &self.first[sniff::blank_bytes(&self.first)..]
    }
}

/// Questions to history, in order; nothing where none is under way, as with most connections at any time.
#[derive(Default)]
#[expect(clippy::box_collection, reason = "thousands are idle: 8 bytes each instead of 32")]
pub(super) struct Asked(Option<Box<VecDeque<Asking>>>);

/// One question to history.
pub(super) struct Asking {
    pub(super) request: RequestId,
    pub(super) granted: Granted,
    /// Goes when it is answered or the connection is gone: what is read for nobody is not read.
    pub(super) waits: Arc<()>,
}

impl Asked {
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |asked| asked.len())
    }

    pub(super) fn front(&self) -> Option<&Asking> {
        self.0.as_ref()?.front()
    }

    pub(super) fn push(&mut self, request: RequestId, granted: Granted) {
        let waits = Arc::new(());
        self.0.get_or_insert_default().push_back(Asking { request, granted, waits });
    }

    /// The first is answered.
    pub(super) fn pop(&mut self) {
        if let Some(asked) = &mut self.0 {
            asked.pop_front();
            if asked.is_empty() {
                self.0 = None;
            }
        }
    }
}

/// A seat in a room.
pub(super) struct Seat {
    pub(super) room: RoomId,
    /// Where the room's list of members has it.
    pub(super) member: usize,
    /// What it has yet to be given; `None` while it is live.
    pub(super) behind: Option<Behind>,
    /// It says that it has the event at its cursor, and is told that it is in once history was asked for that
    /// event. Until then it is behind, and hears nothing of the room.
    pub(super) check: Option<Box<Check>>,
}

/// What a member is told once it is known whether history has the event that it says to have.
pub(super) struct Check {
    pub(super) request: RequestId,
    /// When that event happened, as the member says.
    pub(super) time: Time,
    /// The room's last event when it came in.
    pub(super) at: Position,
    pub(super) members: usize,
    pub(super) topic: Option<Text>,
}

/// How far a member that is not live has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    /// The last event it has been given.
    pub(super) cursor: Position,
    /// It has just come in and is first shown the events before that.
    pub(super) wants_tail: bool,
}

/// Requests that came too fast, waiting for their turn.
pub(super) struct Held {
    pub(super) actions: VecDeque<(RequestId, Action)>,
    pub(super) release: AbortHandle,
}

impl Connection {
    /// A peer that has just come.
    pub(super) fn new(
        (serial, session): (u64, SessionId),
        (sink, origin, permit): (Sink, Origin, Option<Permit>),
        (speaker, stage): (Speaker, Stage),
        now: SteadyTime,
    ) -> Self {
        Self {
            serial,
            sink,
            session,
            origin,
            stage,
            is_broken: false,
            is_read_out: false,
            reads_little: false,
            is_author: false,
            is_reading: false,
            asked: Asked::default(),
            opening: None,
            is_refused: false,
            speaker,
            seats: Vec::new(),
            outbox: None,
            bucket: Bucket::default(),
            held: None,
            ignored: None,
            heard_at: now,
            waker: None,
            intake: None,
            permit,
        }
    }

    /// Others see it: its address has a place for another newcomer.
    pub(super) fn count_as_member(&mut self) {
        if let Some(permit) = &mut self.permit {
            permit.come_in();
        }
    }

    /// Its socket, if it has one of its own.
    pub(super) fn socket(&self) -> Option<&Rc<TcpStream>> {
        match &self.sink {
            Sink::Socket(stream) => Some(stream),
            Sink::Body(_) => None,
        }
    }

    /// Wakes whoever fetches its bytes, if they are fetched.
    pub(super) fn wake_body(&mut self) {
        if let Sink::Body(waker) = &mut self.sink
            && let Some(waker) = waker.take()
        {
            waker.wake();
        }
    }

    /// Bytes queued for it.
    pub(super) fn queued(&self) -> usize {
        self.outbox.as_ref().map_or(0, |outbox| outbox.bytes())
    }

    /// What has yet to reach it, as a number that falls whenever it takes something: answers not yet read
    /// from history weigh more than anything queued.
    pub(super) fn outstanding(&self) -> u64 {
        ((self.asked.len() as u64) << 32) + self.queued() as u64
    }

    /// Whether it hears less than everything that is being delivered.
    pub(super) fn skips_some(&self) -> bool {
        self.is_author || self.ignored.is_some()
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

    pub(super) fn seat(&mut self, room: RoomId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.room == room)
    }

    pub(super) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Ends the tasks that serve this connection.
    pub(super) fn stop_tasks(&mut self) {
        if let Some(intake) = self.intake.take() {
            intake.abort();
        }
        if let Some(outbox) = self.outbox.take() {
            outbox.stop();
        }
        self.wake_body();
        if let Some(held) = self.held.take() {
            held.release.abort();
        }
    }
}
