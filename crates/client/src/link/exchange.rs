//! The link without sockets, files, clock or randomness. It decides what to send on a connection and when to
//! connect again. Time is an argument (the duration since some start), and so are ids and a seed.
//!
//! Inputs are the `handle_…` methods (what happened on the connection, the time) and the calls of the user ([`say`],
//! [`ask`], [`join`], [`leave`], [`bye`]). [`poll_output`] returns the outputs; [`deadline`] says when to call
//! [`handle_time`] next.
//!
//! # Invariants
//!
//! - Every event of a room is output once, in order, from the first one that the server sends.
//!   - If the server cannot continue from the last event we received, its `joined` says `complete: false`. Then the
//!     room starts again from the event that the server sends next, also during a connection, and a notice says which
//!     events are missing.
//!   - If the server skips positions without such a `joined`, the link closes the connection and resumes the room
//!     from the last event before the gap. If the server skips the same positions again, they no longer exist, and a
//!     notice says so. (While the person ignores somebody, the server skips events on purpose; the link cannot
//!     distinguish this from a loss.)
//! - A message leaves the outbox only when the server sends its event, confirms that it is stored, or refuses it
//!   for good. It keeps its id, and the messages of a room keep their order.
//! - If the server is silent for three ping intervals, or does not answer a request in time, the link closes the
//!   connection and opens another one.
//!
//! [`say`]: Exchange::say
//! [`ask`]: Exchange::ask
//! [`join`]: Exchange::join
//! [`leave`]: Exchange::leave
//! [`bye`]: Exchange::bye
//! [`poll_output`]: Exchange::poll_output
//! [`deadline`]: Exchange::deadline
//! [`handle_time`]: Exchange::handle_time

mod calls;
mod connection;
mod incoming;
mod outbox;
mod outputs;
mod pending;
mod retry;
mod rooms;

use std::time::Duration;

use teahouse_core::{Nick, RoomName};
use teahouse_wire::api::{Cursor, Join, Rename, Request, ResumeKey, Say, Welcome};

use super::limits::ANSWER_TIMEOUT;
use super::{Happening, Stage, State};
use outbox::Outbox;
use outputs::Outputs;
use pending::PendingRequests;
use rooms::{Membership, Room, Rooms};

pub use outbox::Unsent;
pub use outputs::Output;
pub(crate) use retry::Retry;

/// What a link starts from.
#[derive(Clone, Debug)]
pub struct Start {
    /// The wanted nick; without it the server gives a guest nick.
    pub nick: Option<Nick>,
    /// The resume key. With the key of an earlier connection the server resumes its session.
    pub resume_key: ResumeKey,
    /// The rooms to join, with the last event received of each. With no room, the link joins the server's first room.
    pub rooms: Vec<(RoomName, Option<Cursor>)>,
    /// Messages that are not known to be stored, in the order in which they were said.
    pub outbox: Vec<Unsent>,
    /// The seed for the jitter of the pauses between tries.
    pub seed: u64,
}

#[derive(Debug)]
enum Phase {
    /// No connection; the next try starts at `until`.
    Resting { until: Duration },
    /// Connecting.
    Dialling { until: Duration },
    /// The connection is open, and the welcome has not arrived yet.
    Greeting { until: Duration },
    /// The welcome arrived at `since`.
    Online { since: Duration, silence_max: Duration },
    /// `bye` is sent, and the server has not answered yet.
    Leaving { until: Duration },
    /// The link has ended.
    Ended,
}

/// A link without its socket; see the comment of this file.
#[derive(Debug)]
pub struct Exchange {
    phase: Phase,
    attempt: u32,
    retry: Retry,
    nick: Option<Nick>,
    resume_key: ResumeKey,
    /// There was no welcome yet, so the link does not know whether the session has an ignore list or another nick.
    is_first_welcome: bool,
    rooms: Rooms,
    outbox: Outbox,
    pending: PendingRequests,
    out: Outputs,
    /// When the last data from the server arrived.
    last_received: Duration,
    /// No message and no join is sent before this time: the server answered "too fast".
    paused_until: Duration,
}

impl Exchange {
    /// Starts to connect.
    #[must_use]
    pub fn new(now: Duration, start: Start) -> Self {
        let mut exchange = Self {
            phase: Phase::Resting { until: now },
            attempt: 0,
            retry: Retry::new(start.seed),
            nick: start.nick,
            resume_key: start.resume_key,
            is_first_welcome: true,
            rooms: Rooms::default(),
            outbox: Outbox::default(),
            pending: PendingRequests::default(),
            out: Outputs::default(),
            last_received: now,
            paused_until: now,
        };
        let outbox_rooms = start.outbox.iter().map(|unsent| (unsent.room.clone(), None));
        for (room, seen) in start.rooms.into_iter().chain(outbox_rooms) {
            if exchange.rooms.find(&room).is_none() {
                let reference = exchange.out.new_reference();
                exchange.rooms.add(Room::new(room, reference, seen));
            }
        }
        for unsent in start.outbox {
            // Always accepted: the outbox had the same limits when it was saved.
            if exchange.outbox.push(unsent.clone()).is_ok() {
                exchange.out.push_outgoing(&unsent, Stage::Waiting);
            }
        }
        exchange.dial(now);
        exchange
    }

    /// The next output; `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.poll()
    }

    /// When to call [`Exchange::handle_time`], if no other input comes first.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Resting { until }
            | Phase::Dialling { until }
            | Phase::Greeting { until }
            | Phase::Leaving { until } => Some(until),
            Phase::Online { silence_max, .. } => {
                let paused = self.is_delayed_by_pause().then_some(self.paused_until);
                let silence = Some(self.last_received + silence_max);
                let answers = [self.outbox.due(), self.pending.due(), self.rooms.due()];
                answers.into_iter().chain([paused, silence]).flatten().min()
            }
            Phase::Ended => None,
        }
    }

    /// Whether the link has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// The messages that are not known to be stored, oldest first.
    pub fn outbox(&self) -> impl Iterator<Item = &Unsent> {
        self.outbox.iter()
    }

    /// The number of messages that [`Exchange::say`] accepted. The shell has to save the outbox when this number grows,
    /// before it carries out an [`Output::Send`].
    #[must_use]
    pub fn said_count(&self) -> u64 {
        self.outbox.said_count()
    }

    /// The rooms that are joined or will be, with the last event received of each.
    pub fn rooms(&self) -> impl Iterator<Item = (&RoomName, Option<Cursor>)> {
        self.rooms.iter().map(|room| (&room.name, room.seen()))
    }

    /// The wanted nick. The server gives another one while it is taken.
    #[must_use]
    pub fn nick(&self) -> Option<&Nick> {
        self.nick.as_ref()
    }

    /// The resume key.
    #[must_use]
    pub fn resume_key(&self) -> ResumeKey {
        self.resume_key
    }

    /// Handles the welcome: joins the rooms and sends the waiting requests.
    fn go_online(&mut self, now: Duration, welcome: Welcome, silence_max: Duration) {
        self.phase = Phase::Online { since: now, silence_max };
        self.attempt = 0;
        let is_first_welcome = std::mem::replace(&mut self.is_first_welcome, false);
        if is_first_welcome && self.rooms.is_empty() {
            let reference = self.out.new_reference();
            self.rooms.add(Room::new(welcome.first_room.clone(), reference, None));
        }
        if !welcome.resumed {
            self.rooms.set_ignoring(false);
        } else if is_first_welcome {
            // The resumed session may have an ignore list from an earlier run of this program.
            self.rooms.set_ignoring(true);
            self.out.ask_internally(Request::Ignore(teahouse_wire::api::Ignore { nick: None }));
            if let Some(nick) = self.nick.clone().filter(|nick| *nick != welcome.nick) {
                self.out.ask_internally(Request::Nick(Rename { nick }));
            }
        }
        self.out.push_happening(Happening::State(State::Online(welcome)));
        self.send_joins(now);
        self.send_pending(now);
    }

    fn send_joins(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Online { .. }) || now < self.paused_until {
            return;
        }
        let mut joins = Vec::new();
        for room in self.rooms.iter_mut().filter(|room| room.membership == Membership::NotJoined) {
            room.membership = Membership::Joining(now + ANSWER_TIMEOUT);
            joins.push((room.reference, Join { room: room.name.clone(), after: room.seen() }));
        }
        for (reference, join) in joins {
            self.out.send(reference, Request::Join(join));
        }
    }

    fn send_pending(&mut self, now: Duration) {
        if matches!(self.phase, Phase::Online { .. }) {
            for ask in self.pending.send(now + ANSWER_TIMEOUT) {
                self.out.send(ask.reference, ask.request);
            }
        }
    }

    /// Sends the next message of each joined room.
    fn send_messages(&mut self, now: Duration) {
        let is_online = matches!(self.phase, Phase::Online { .. });
        if !is_online || now < self.paused_until || self.outbox.is_empty() {
            return;
        }
        let joined = self.rooms.iter().filter(|room| room.membership == Membership::Joined);
        let joined: Vec<RoomName> = joined.map(|room| room.name.clone()).collect();
        for name in joined {
            let reference = self.out.next_reference();
            let Some(unsent) = self.outbox.send(&name, reference, now + ANSWER_TIMEOUT) else {
                continue;
            };
            self.out.new_reference();
            let Unsent { id, room, text, acted } = unsent.clone();
            self.out.send(reference, Request::Say(Say { room, text, acted, id: Some(id) }));
            self.out.push_outgoing(&unsent, Stage::Sent);
        }
    }

    /// Whether a join or a message waits for the end of the pause.
    fn is_delayed_by_pause(&self) -> bool {
        self.rooms.iter().any(|room| match room.membership {
            Membership::NotJoined => true,
            Membership::Joined => self.outbox.is_waiting(&room.name),
            Membership::Joining(_) | Membership::Leaving(..) => false,
        })
    }
}

#[cfg(test)]
mod tests;
