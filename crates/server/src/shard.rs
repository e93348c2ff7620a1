//! A shard: the state of the connections that one thread owns, from the bytes a peer sends to the bytes every peer
//! receives. The caller drives it one step at a time, with bytes from a peer, a socket that takes bytes again, a
//! decision of the hub, a page of history, or the passing of time. A shard has no clock and no tasks, and knows only
//! [`Socket`] of a socket: [`crate::reactor`] drives it with real sockets, a simulation with virtual ones.
//!
//! Its parts, from the lowest to the highest; none calls a higher one:
//!
//! - [`connection`], [`connections`]: the connections, and the one way to write to them ([`writer`], [`outbox`],
//!   [`input_line`]);
//! - [`sessions`]: the life of a connection, what it proposes ([`gathered`]), its deadlines ([`timers`]), and silent
//!   peers ([`silence`]);
//! - [`work`], [`requests`], [`opening`], [`protocols`]: from a peer's bytes to requests, one turn at a time;
//! - [`rooms`]: members, what is about to be written to them ([`pending`], [`formats`]), and how each member sees it
//!   ([`views`]);
//! - [`beginning`], [`catch_up`]: members that are not live, and questions to history; [`visits`]: the questions of
//!   HTTP;
//! - [`serving`], [`effects`] and the rest of this file: the entry points for the caller.
//!
//! Invariants:
//!
//! - A step frees nothing, so an index is valid for the whole step. What follows from a write happens at the end of the
//!   step, in [`Shard::finish_step`].
//! - A live member has been given every event of its room up to the room's head.
//! - A member that is not live has a cursor, and either a history job in flight or bytes in its outbox. When the outbox
//!   is empty, the next job starts.

mod beginning;
mod catch_up;
#[cfg(test)]
mod check;
mod connection;
mod connections;
mod context;
mod effects;
mod first_line;
mod formats;
mod gathered;
mod input_line;
mod lists;
mod membership;
mod opening;
mod outbox;
mod pending;
mod protocols;
mod questions;
mod requests;
mod rooms;
mod serving;
mod sessions;
mod silence;
mod socket;
mod timers;
mod views;
mod visits;
mod work;
mod writer;

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use teahouse_core::{ExitCause, SteadyTime};
use teahouse_wire::protocol::Output;

use crate::credits::Work;
use crate::figures::{Counts, Figures, UNKNOWN_PROTOCOL};
use crate::history::{Asker, Job, Page};
use crate::log::Chunk;
use crate::settings::Settings;
use crate::space::LowSpace;
use catch_up::CatchUp;
use connection::Stage;
use requests::Requests;
use rooms::Rooms;
use sessions::Sessions;
use timers::Timer;
use visits::Visits;

pub(crate) use connection::Connection;
pub(crate) use context::{CLOSING, Context, Now, ShardSetup};
pub(crate) use serving::{Interest, ReadOutcome, Reading};
pub(crate) use sessions::PING_S;
pub(crate) use socket::Socket;
pub(crate) use visits::{HttpPermit, Outcome, VisitHandle, VisitRequest};

/// The size of the one read buffer that all connections of the shard share, in bytes.
const READ_BYTES: usize = 16 * 1024;

/// The state of one shard.
pub(crate) struct Shard<S> {
    sessions: Sessions<S>,
    requests: Requests,
    rooms: Rooms,
    catch_up: CatchUp,
    visits: Visits,
    read_buffer: Box<[u8]>,
}

impl<S: Socket> Shard<S> {
    pub(crate) fn new(setup: ShardSetup) -> Self {
        let rooms = Rooms::new(setup.server.epoch);
        Self {
            sessions: Sessions::new(Context::new(setup)),
            requests: Requests::default(),
            rooms,
            catch_up: CatchUp::default(),
            visits: Visits::default(),
            read_buffer: vec![0; READ_BYTES].into_boxed_slice(),
        }
    }

    /// What the shard knows about its server.
    pub(crate) fn context(&self) -> &Context {
        &self.sessions.context
    }

    /// Begins a step. `now` is the time for everything in it.
    pub(crate) fn begin_step(&mut self, now: Now) {
        self.sessions.context.now = now;
    }

    /// Ends a step: acts on connections whose socket broke or whose queue became empty.
    pub(crate) fn finish_step(&mut self) {
        while let Some(index) = self.sessions.connections.next_to_settle() {
            self.sessions.settle_connection(index);
            self.catch_up.request_next(&mut self.sessions, &mut self.rooms, index);
        }
    }

    /// Takes the history jobs that this step has created.
    pub(crate) fn take_jobs(&mut self) -> Vec<Job> {
        std::mem::take(&mut self.catch_up.jobs)
    }

    /// The next chunk for the log, and the work that delivering it will cost. Pending while there is none; `None` when
    /// the server is closing and no more will come.
    pub(crate) fn poll_chunk(&mut self, context: &TaskContext<'_>) -> Poll<Option<(Chunk, Work)>> {
        let is_closing = self.sessions.context.is_closing;
        self.sessions.gathered.poll_take(context, is_closing)
    }

    /// The log has taken the last chunk: connections that waited for this may be read again.
    pub(crate) fn handle_chunk_taken(&mut self) {
        for key in self.sessions.gathered.take_waiting() {
            if let Some(connection) = self.sessions.connections.get(key) {
                connection.input.waits_for_log = false;
                connection.wake();
            }
        }
    }

    /// Whether the chunk for the log is full, so that nothing more may be proposed until the log takes it.
    pub(crate) fn is_chunk_full(&self) -> bool {
        self.sessions.gathered.is_full()
    }

    /// When [`Shard::handle_time`] must be called next.
    pub(crate) fn next_due(&self) -> Option<SteadyTime> {
        self.sessions.timers.next_due()
    }

    /// Handles every deadline that has passed.
    pub(crate) fn handle_time(&mut self) {
        let now = self.sessions.context.now.steady;
        let (sessions, requests) = (&mut self.sessions, &mut self.requests);
        while let Some(timer) = sessions.timers.pop_due(now) {
            match timer {
                Timer::FirstLine(key) => opening::handle_timer(sessions, requests, key),
                Timer::Ping(key) => silence::handle_timer(sessions, key),
                Timer::Flood(key) => requests::release_held(sessions, key),
                Timer::Work(key) => work::handle_timer(sessions, key),
                Timer::Draining(key, left) => sessions.check_draining(key, left),
                Timer::Idle => silence::end_idle_sessions(sessions),
            }
        }
    }
}

// Input from the rest of the server.
impl<S: Socket> Shard<S> {
    /// Handles a page that a history thread has read.
    pub(crate) fn handle_page(&mut self, page: Page) {
        let refusals = &mut self.requests.refusals;
        match page.asker {
            Asker::Visitor(session) => self.visits.handle_page(session, page, refusals),
            Asker::Connection(key) => {
                let (sessions, rooms) = (&mut self.sessions, &mut self.rooms);
                self.catch_up.handle_page(sessions, rooms, refusals, (key, page));
            }
        }
    }

    /// Applies new settings.
    pub(crate) fn configure(&mut self, settings: Arc<Settings>) {
        self.sessions.configure(settings);
    }

    /// Sends a notice to every session.
    pub(crate) fn notice(&mut self, text: &str) {
        self.sessions.notice(text);
    }

    /// Tells every session why messages cannot be stored at present, or, with `None`, that they are stored again.
    pub(crate) fn set_not_storing(&mut self, why: Option<Arc<str>>) {
        self.sessions.context.not_storing = why;
        match self.sessions.context.waiting_notice() {
            Some(notice) => self.sessions.notice(&notice),
            None => self.sessions.notice("messages are being stored again"),
        }
    }

    /// Tells every session that the disk is nearly full, or, with `None`, that it has space again.
    pub(crate) fn set_space(&mut self, low: Option<LowSpace>) {
        let was_low = self.sessions.context.low_space.is_some();
        self.sessions.context.low_space = low;
        if low.is_some() == was_low {
            return;
        }
        self.sessions.notice(match low {
            Some(_) => {
                "the disk is nearly full: nothing can be said until there is room; reading goes on"
            }
            None => "there is room on the disk again: say what you like",
        });
    }

    /// The server is closing: submits the requests that were held, and reads nothing more.
    pub(crate) fn close(&mut self) {
        self.sessions.context.is_closing = true;
        for index in self.sessions.connections.indexes() {
            match self.sessions.connections[index].stage {
                Stage::Sniffing => self.sessions.begin_draining(index),
                Stage::NotEntered => {
                    self.sessions.send(index, &Output::Closing);
                    self.sessions.request_exit(index, ExitCause::Closing);
                }
                Stage::Entered | Stage::Leaving | Stage::Draining => {
                    requests::release_all_held(&mut self.sessions, index);
                }
                Stage::Http | Stage::Closed => {}
            }
        }
        self.sessions.notice(CLOSING);
        self.sessions.gathered.wake_taker();
    }

    /// The hub has finished: sends the last output to every session.
    pub(crate) fn say_goodbye(&mut self) {
        self.sessions.say_goodbye();
    }

    /// The sockets of all connections that own one.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = &S> {
        self.sessions.connections.iter().filter_map(Connection::socket)
    }

    /// The session of a connection, if the key is still valid.
    #[cfg(test)]
    pub(crate) fn session(&self, key: crate::key::Key) -> Option<teahouse_core::SessionId> {
        let mut connections = self.sessions.connections.iter();
        connections.find(|connection| connection.serial == key.serial).map(|c| c.session)
    }

    /// Whether bytes are queued for any connection.
    pub(crate) fn has_queued(&self) -> bool {
        self.sessions.connections.iter().any(|connection| connection.output.queue.is_some())
    }

    /// Counters since the start and gauges of this moment.
    pub(crate) fn figures(&self) -> Figures {
        let mut figures = Figures {
            counts: Counts {
                deliveries: self.rooms.deliveries() + self.catch_up.refilled(),
                refilled: self.catch_up.refilled(),
                bytes: self.sessions.connections.writer.sent_bytes,
                writes: self.sessions.connections.writer.writes,
                refusals: self.requests.refusals.by_reason(),
            },
            gathered: self.sessions.gathered.len() as u64,
            ..Figures::default()
        };
        for connection in self.sessions.connections.iter() {
            let protocol = match connection.stage {
                Stage::Sniffing | Stage::Http => UNKNOWN_PROTOCOL,
                Stage::NotEntered
                | Stage::Entered
                | Stage::Leaving
                | Stage::Draining
                | Stage::Closed => connection.protocol.name(),
            };
            *figures.connections.entry(protocol).or_default() += 1;
            *figures.members.entry(protocol).or_default() += connection.memberships.len() as u64;
            let behind = connection.memberships.iter().filter(|m| m.behind.is_some());
            figures.behind += behind.count() as u64;
            figures.queued_bytes += connection.queued() as u64;
        }
        figures
    }
}

#[cfg(test)]
mod tests;
