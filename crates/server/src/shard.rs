//! A shard: the state of the connections that one thread owns outright, from what a peer has sent to what everyone
//! is told. It is driven from outside, one step at a time: bytes that have come, a socket that takes bytes again,
//! what the hub decided, a page of history, time that has passed. It knows no clock and no task, and of a socket
//! only [`Socket`]; [`crate::reactor`] drives it with real ones, a simulation with its own.
//!
//! From below to above, and nothing calls upwards:
//!
//! - [`connection`], [`connections`]: where a connection is, and the one way to write to it ([`writer`], [`outbox`],
//!   [`input_line`]);
//! - [`sessions`]: a connection's life, what it asks ([`gathered`]) and waits for ([`timers`]), when it is
//!   silent ([`silence`]);
//! - [`work`], [`requests`], [`opening`], [`protocols`]: from a peer's bytes to requests, a turn at a time;
//! - [`rooms`]: members, what is about to be written to them ([`pending`], [`formats`]), who sees what ([`views`]);
//! - [`beginning`], [`catch_up`]: members that are not live, and questions to history; [`visits`]: those of HTTP;
//! - [`serving`], [`effects`], and the rest here: what it is driven by.
//!
//! Invariants: nothing is freed within a step, so an index is valid for the whole step; what follows from a write
//! happens at the end of the step, in [`Shard::finish_step`]. A member that is live has been given every event of
//! its room up to the room's head, and one that is not has a cursor and either a job under way or bytes queued,
//! whose draining asks for the next.

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
pub(crate) use visits::{HttpPermit, Outcome, VisitRequest, Visiting};

/// Bytes read from a socket at once, into one buffer that the whole shard shares.
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
    pub(crate) fn new(place: ShardSetup) -> Self {
        let rooms = Rooms::new(place.server.epoch);
        Self {
            sessions: Sessions::new(Context::new(place)),
            requests: Requests::default(),
            rooms,
            catch_up: CatchUp::default(),
            visits: Visits::default(),
            read_buffer: vec![0; READ_BYTES].into_boxed_slice(),
        }
    }

    /// What it knows of the server around it.
    pub(crate) fn context(&self) -> &Context {
        &self.sessions.context
    }

    /// A step begins: what follows happens at this moment.
    pub(crate) fn begin_step(&mut self, now: Now) {
        self.sessions.context.now = now;
    }

    /// The end of a step: what follows from sockets that are broken, or that have taken everything.
    pub(crate) fn finish_step(&mut self) {
        while let Some(index) = self.sessions.connections.next_listed() {
            self.sessions.settle_connection(index);
            self.catch_up.next(&mut self.sessions, &mut self.rooms, index);
        }
    }

    /// What is to be read from history.
    pub(crate) fn take_jobs(&mut self) -> Vec<Job> {
        std::mem::take(&mut self.catch_up.jobs)
    }

    /// What is to be handed to the log and the work that it is for those who hear it, once there is something; `None`
    /// when nothing more comes.
    pub(crate) fn poll_chunk(&mut self, context: &TaskContext<'_>) -> Poll<Option<(Chunk, Work)>> {
        let is_closing = self.sessions.context.is_closing;
        self.sessions.gathered.poll_take(context, is_closing)
    }

    /// What was taken has been handed in: those who have waited for that may go on.
    pub(crate) fn handed_in(&mut self) {
        for key in self.sessions.gathered.take_waiting() {
            if let Some(connection) = self.sessions.connections.get(key) {
                connection.input.waits_for_log = false;
                connection.wake();
            }
        }
    }

    /// Whether no more is to be proposed until what there is has been handed in.
    pub(crate) fn is_chunk_full(&self) -> bool {
        self.sessions.gathered.is_full()
    }

    /// When time is to be given next.
    pub(crate) fn next_due(&self) -> Option<SteadyTime> {
        self.sessions.timers.next_due()
    }

    /// Does what is due.
    pub(crate) fn handle_time(&mut self) {
        let now = self.sessions.context.now.steady;
        let (sessions, requests) = (&mut self.sessions, &mut self.requests);
        while let Some(timer) = sessions.timers.pop_due(now) {
            match timer {
                Timer::FirstLine(key) => opening::look(sessions, requests, key),
                Timer::Ping(key) => silence::look(sessions, key),
                Timer::Flood(key) => requests::release(sessions, key),
                Timer::Work(key) => work::look(sessions, key),
                Timer::Draining(key, left) => sessions.check_draining(key, left),
                Timer::Idle => silence::sweep(sessions),
            }
        }
    }
}

// What the server tells it.
impl<S: Socket> Shard<S> {
    /// A page of history.
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

    /// New settings.
    pub(crate) fn configure(&mut self, settings: Arc<Settings>) {
        self.sessions.configure(settings);
    }

    /// Something the server tells everyone.
    pub(crate) fn notice(&mut self, text: &str) {
        self.sessions.notice(text);
    }

    /// Messages are not stored, for this reason, or are stored again.
    pub(crate) fn set_not_storing(&mut self, why: Option<Arc<str>>) {
        self.sessions.context.not_storing = why;
        match self.sessions.context.waiting_notice() {
            Some(notice) => self.sessions.notice(&notice),
            None => self.sessions.notice("messages are being stored again"),
        }
    }

    /// The disk is nearly full, or has room again: everyone is told.
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

    /// The server stops: what has been read is handed in, nothing more is read.
    pub(crate) fn close(&mut self) {
        self.sessions.context.is_closing = true;
        for index in self.sessions.connections.indexes() {
            match self.sessions.connections[index].stage {
                Stage::Sniffing => self.sessions.over(index),
                Stage::NotEntered => {
                    self.sessions.tell(index, &Output::Closing);
                    self.sessions.exit(index, ExitCause::Closing);
                }
                Stage::Entered | Stage::Leaving | Stage::Draining => {
                    requests::release_all(&mut self.sessions, index);
                }
                Stage::Http | Stage::Closed => {}
            }
        }
        self.sessions.notice(CLOSING);
        self.sessions.gathered.wake_taker();
    }

    /// The hub has finished: everyone is told the last that there is.
    pub(crate) fn say_goodbye(&mut self) {
        self.sessions.say_goodbye();
    }

    /// The sockets of all connections that have their own.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = &S> {
        self.sessions.connections.iter().filter_map(Connection::socket)
    }

    /// The session of a connection, if it is still the same one.
    #[cfg(test)]
    pub(crate) fn session(&self, key: crate::key::Key) -> Option<teahouse_core::SessionId> {
        let mut connections = self.sessions.connections.iter();
        connections.find(|connection| connection.serial == key.serial).map(|c| c.session)
    }

    /// Whether something is still queued for anyone.
    pub(crate) fn has_queued(&self) -> bool {
        self.sessions.connections.iter().any(|connection| connection.output.queue.is_some())
    }

    /// What it has done and how it is just now.
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
