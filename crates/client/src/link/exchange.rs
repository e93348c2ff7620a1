//! The link without sockets, files, clock or randomness: what is said on a connection, and when another
//! one is tried. Time comes in as the duration since some start, ids and a seed come in as arguments.
//!
//! Inputs are `handle_…` (what the connection did, what time it is) and the wishes of the person ([`say`],
//! [`ask`], [`join`], [`leave`], [`bye`]). Outputs are taken with [`poll_output`]; [`deadline`] says when
//! [`handle_time`] wants to be called again.
//!
//! # What holds
//!
//! - Every event of a room comes out once, in order, from the first one the server sends. Where the server
//!   cannot go on from where we were, its `joined` says `complete: false` and the room begins anew, also in the
//!   middle of it, and what is missing is told. A hole without a word is not passed over: the connection is given up and the room resumed from the last event before the
//!   hole. Where the server then has the same hole, what was in it is gone, and that is told. (While somebody is ignored the server leaves holes on purpose, and they cannot be told apart.)
//! - A message that was said leaves the outbox only when the server shows it or says that it is there, or
//!   refuses it for good. It keeps its id, and the messages of a room keep their order.
//! - A connection that is silent for three pings, or does not answer, is given up and another one tried.
//!
//! [`say`]: Exchange::say
//! [`ask`]: Exchange::ask
//! [`join`]: Exchange::join
//! [`leave`]: Exchange::leave
//! [`bye`]: Exchange::bye
//! [`poll_output`]: Exchange::poll_output
//! [`deadline`]: Exchange::deadline
//! [`handle_time`]: Exchange::handle_time

mod asks;
mod connection;
mod incoming;
mod outbox;
mod outputs;
mod retry;
mod rooms;
mod wishes;

use std::time::Duration;

use teahouse_core::{Nick, RoomName};
use teahouse_wire::api::{Cursor, Join, Rename, Request, ResumeKey, Say, Welcome};

use super::limits::ANSWER_TIMEOUT;
use super::{Happening, Stage, State};
use asks::Asks;
use outbox::Outbox;
use outputs::Outputs;
use rooms::{Room, Rooms, Standing};

pub use outbox::Unsent;
pub use outputs::Output;
pub(crate) use retry::Retry;

/// What a link begins with.
#[derive(Clone, Debug)]
pub struct Start {
    /// What one wants to be called.
    pub nick: Option<Nick>,
    /// The seat's key, the same as last time to be who one was.
    pub resume_key: ResumeKey,
    /// The rooms to be in, with the last event seen of each. With none, the server's first room.
    pub rooms: Vec<(RoomName, Option<Cursor>)>,
    /// What was said and is not known to be kept, in order.
    pub outbox: Vec<Unsent>,
    /// For the jitter of the pauses between tries.
    pub seed: u64,
}

#[derive(Debug)]
enum Phase {
    /// No connection until then.
    Resting { until: Duration },
    /// A connection is being made.
    Dialling { until: Duration },
    /// Open, and no welcome yet.
    Greeting { until: Duration },
    /// Welcome.
    Online { since: Duration, silence_max: Duration },
    /// We said bye.
    Leaving { until: Duration },
    /// Over.
    Ended,
}

/// A link without its socket; see the module above.
#[derive(Debug)]
pub struct Exchange {
    phase: Phase,
    attempt: u32,
    retry: Retry,
    nick: Option<Nick>,
    resume_key: ResumeKey,
    /// Nothing of an earlier connection is known yet: who is ignored, whether the wish was heard.
    is_new: bool,
    rooms: Rooms,
    outbox: Outbox,
    asks: Asks,
    out: Outputs,
    heard: Duration,
    paused_until: Duration,
}

impl Exchange {
    /// Begins to connect.
    #[must_use]
    pub fn new(now: Duration, start: Start) -> Self {
        let mut exchange = Self {
            phase: Phase::Resting { until: now },
            attempt: 0,
            retry: Retry::new(start.seed),
            nick: start.nick,
            resume_key: start.resume_key,
            is_new: true,
            rooms: Rooms::default(),
            outbox: Outbox::default(),
            asks: Asks::default(),
            out: Outputs::default(),
            heard: now,
            paused_until: now,
        };
        let of_outbox = start.outbox.iter().map(|unsent| (unsent.room.clone(), None));
        for (room, seen) in start.rooms.into_iter().chain(of_outbox) {
            if exchange.rooms.named(&room).is_none() {
                let reference = exchange.out.refer();
                exchange.rooms.add(Room::new(room, reference, seen));
            }
        }
        for unsent in start.outbox {
            // What fitted when it was said fits now: the limits are the same.
            if exchange.outbox.push(unsent.clone()).is_ok() {
                exchange.out.outgoing(&unsent, Stage::Waiting);
            }
        }
        exchange.dial(now);
        exchange
    }

    /// What to do next; `None` when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.poll()
    }

    /// When [`Exchange::handle_time`] wants to be called, if nothing else happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Resting { until }
            | Phase::Dialling { until }
            | Phase::Greeting { until }
            | Phase::Leaving { until } => Some(until),
            Phase::Online { silence_max, .. } => {
                let paused = self.is_held_back().then_some(self.paused_until);
                let silence = Some(self.heard + silence_max);
                let answers = [self.outbox.due(), self.asks.due(), self.rooms.due()];
                answers.into_iter().chain([paused, silence]).flatten().min()
            }
            Phase::Ended => None,
        }
    }

    /// Whether it is over for good.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// What is not known to be kept, in the order it was said.
    pub fn outbox(&self) -> impl Iterator<Item = &Unsent> {
        self.outbox.iter()
    }

    /// How many messages were ever said. Before any [`Output::Send`] is done, what was said has to be safe.
    #[must_use]
    pub fn said(&self) -> u64 {
        self.outbox.said()
    }

    /// The rooms we are in or shall be in, and the last event seen of each.
    pub fn rooms(&self) -> impl Iterator<Item = (&RoomName, Option<Cursor>)> {
        self.rooms.iter().map(|room| (&room.name, room.seen()))
    }

    /// What one wants to be called, and is if nobody else is.
    #[must_use]
    pub fn nick(&self) -> Option<&Nick> {
        self.nick.as_ref()
    }

    /// The seat's key.
    #[must_use]
    pub fn resume_key(&self) -> ResumeKey {
        self.resume_key
    }

    /// In the server: into the rooms, then what waits.
    fn go_online(&mut self, now: Duration, welcome: Welcome, silence_max: Duration) {
        self.phase = Phase::Online { since: now, silence_max };
        self.attempt = 0;
        let is_new = std::mem::replace(&mut self.is_new, false);
        if is_new && self.rooms.is_empty() {
            let reference = self.out.refer();
            self.rooms.add(Room::new(welcome.first_room.clone(), reference, None));
        }
        if !welcome.resumed {
            self.rooms.set_ignoring(false);
        } else if is_new {
            // Who was ignored before this program began still is.
            self.rooms.set_ignoring(true);
            self.out.ask_quietly(Request::Ignore(teahouse_wire::api::Ignore { nick: None }));
            if let Some(nick) = self.nick.clone().filter(|nick| *nick != welcome.nick) {
                self.out.ask_quietly(Request::Nick(Rename { nick }));
            }
        }
        self.out.happened(Happening::State(State::Online(welcome)));
        self.send_joins(now);
        self.send_asks(now);
    }

    fn send_joins(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Online { .. }) || now < self.paused_until {
            return;
        }
        let mut joins = Vec::new();
        for room in self.rooms.iter_mut().filter(|room| room.standing == Standing::Outside) {
            room.standing = Standing::Joining(now + ANSWER_TIMEOUT);
            joins.push((room.reference, Join { room: room.name.clone(), after: room.seen() }));
        }
        for (reference, join) in joins {
            self.out.send(reference, Request::Join(join));
        }
    }

    fn send_asks(&mut self, now: Duration) {
        if matches!(self.phase, Phase::Online { .. }) {
            for ask in self.asks.send(now + ANSWER_TIMEOUT) {
                self.out.send(ask.reference, ask.request);
            }
        }
    }

    /// Sends the next message of each room that we are in.
    fn pump(&mut self, now: Duration) {
        let is_online = matches!(self.phase, Phase::Online { .. });
        if !is_online || now < self.paused_until || self.outbox.is_empty() {
            return;
        }
        let inside = self.rooms.iter().filter(|room| room.standing == Standing::Inside);
        let inside: Vec<RoomName> = inside.map(|room| room.name.clone()).collect();
        for name in inside {
            let reference = self.out.next_reference();
            let Some(unsent) = self.outbox.send(&name, reference, now + ANSWER_TIMEOUT) else {
                continue;
            };
            self.out.refer();
            let Unsent { id, room, text, acted } = unsent.clone();
            self.out.send(reference, Request::Say(Say { room, text, acted, id: Some(id) }));
            self.out.outgoing(&unsent, Stage::Sent);
        }
    }

    /// Whether something waits for the end of the pause.
    fn is_held_back(&self) -> bool {
        self.rooms.iter().any(|room| match room.standing {
            Standing::Outside => true,
            Standing::Inside => self.outbox.is_waiting(&room.name),
            Standing::Joining(_) | Standing::Leaving(..) => false,
        })
    }
}

#[cfg(test)]
mod tests;
