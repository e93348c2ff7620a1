//! The link without sockets, files, clock or randomness: what is said on a connection, and when another
//! one is tried. Time comes in as the duration since some start, ids and a seed come in as arguments.
//!
//! Inputs are `handle_…` (what the connection did, what time it is) and the wishes of the person ([`say`],
//! [`ask`], [`join`], [`leave`], [`bye`]). Outputs are taken with [`poll_output`]; [`deadline`] says when
//! [`handle_time`] wants to be called again.
//!
//! # What holds
//!
//! - Every event of a room comes out once, in order, from the first one the house sends. Where the house
//!   cannot go on from where we were, its `joined` says `complete: false` and the room begins anew. A hole
//!   is not passed over: the connection is given up and the room resumed from the last event before the
//!   hole. Where the house then has the same hole, what was in it is gone, and that is told. (While somebody is ignored the house leaves holes on purpose, and they cannot be told apart.)
//! - A message that was said leaves the outbox only when the house shows it or says that it is there, or
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
mod incoming;
mod outbox;
mod retry;
mod rooms;
mod wishes;

use std::collections::VecDeque;
use std::time::Duration;

use teahouse_core::{Nick, RoomName};
use teahouse_wire::api::{
    Asked, Cause, Hello, Join, Place, Ref, Rename, Request, Say, Seat, Welcome,
};

use super::limits::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, RETRY_AFTER_MAX, STEADY, WELCOME_TIMEOUT};
use super::{Happening, Stage, State};
use asks::Asks;
use outbox::Outbox;
use rooms::{Room, Rooms, Standing};

pub use outbox::Unsent;
pub(crate) use retry::Retry;

/// The WebSocket close code after which coming back makes no sense: all was said.
const CLOSE_NORMAL: u16 = 1000;

/// What a link begins with.
#[derive(Clone, Debug)]
pub struct Start {
    /// What one wants to be called.
    pub nick: Option<Nick>,
    /// The seat's key, the same as last time to be who one was.
    pub seat: Seat,
    /// The rooms to be in, with the last event seen of each. With none, the house's first room.
    pub rooms: Vec<(RoomName, Option<Place>)>,
    /// What was said and is not known to be kept, in order.
    pub outbox: Vec<Unsent>,
    /// For the jitter of the pauses between tries.
    pub seed: u64,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Try to open a connection; then call `handle_opened` or `handle_closed`.
    Dial,
    /// Give up the connection, or the try; nothing of it is handled any more.
    Hangup,
    /// Send this as one text message.
    Send(String),
    /// Tell whoever uses the link.
    Happened(Happening),
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
    seat: Seat,
    /// Nothing of an earlier connection is known yet: who is ignored, whether the wish was heard.
    is_new: bool,
    rooms: Rooms,
    outbox: Outbox,
    /// Messages ever put into the outbox: what has to be on the disk before anything is sent.
    said: u64,
    asks: Asks,
    references: u64,
    /// Our own questions, whose answers nobody waits for.
    quiet: Vec<u64>,
    heard: Duration,
    paused_until: Duration,
    outputs: VecDeque<Output>,
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
            seat: start.seat,
            is_new: true,
            rooms: Rooms::default(),
            outbox: Outbox::default(),
            said: 0,
            asks: Asks::default(),
            references: 0,
            quiet: Vec::new(),
            heard: now,
            paused_until: now,
            outputs: VecDeque::new(),
        };
        let of_outbox = start.outbox.iter().map(|unsent| (unsent.room.clone(), None));
        for (room, seen) in start.rooms.into_iter().chain(of_outbox) {
            if exchange.rooms.named(&room).is_none() {
                let reference = exchange.refer();
                exchange.rooms.add(Room::new(room, reference, seen));
            }
        }
        for unsent in start.outbox {
            // What fitted when it was said fits now: the limits are the same.
            if exchange.outbox.push(unsent.clone()).is_ok() {
                exchange.outgoing(&unsent, Stage::Waiting);
            }
        }
        exchange.dial(now);
        exchange
    }

    /// What to do next; `None` when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
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
        self.said
    }

    /// The rooms we are in or shall be in, and the last event seen of each.
    pub fn rooms(&self) -> impl Iterator<Item = (&RoomName, Option<Place>)> {
        self.rooms.iter().map(|room| (&room.name, room.seen()))
    }

    /// What one wants to be called, and is if nobody else is.
    #[must_use]
    pub fn nick(&self) -> Option<&Nick> {
        self.nick.as_ref()
    }

    /// The seat's key.
    #[must_use]
    pub fn seat(&self) -> Seat {
        self.seat
    }

    /// The connection is open: says hello.
    pub fn handle_opened(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Dialling { .. }) {
            return;
        }
        self.heard = now;
        self.phase = Phase::Greeting { until: now + WELCOME_TIMEOUT };
        let reference = self.refer();
        let hello = Hello { nick: self.nick.clone(), seat: Some(self.seat) };
        self.send(reference, Request::Hello(hello));
    }

    /// Something arrived that is no text message: a ping, say. The connection lives.
    pub fn handle_heard(&mut self, now: Duration) {
        self.heard = now;
    }

    /// The connection ended or could not be made.
    pub fn handle_closed(&mut self, now: Duration, code: Option<u16>, why: &str) {
        match self.phase {
            Phase::Online { .. } | Phase::Greeting { .. } if code == Some(CLOSE_NORMAL) => {
                self.end(None);
            }
            Phase::Leaving { .. } => self.end(None),
            Phase::Online { .. } | Phase::Greeting { .. } | Phase::Dialling { .. } => {
                self.rest(now, why);
            }
            Phase::Resting { .. } | Phase::Ended => {}
        }
    }

    /// The house does not let us in before so much time has passed.
    pub fn handle_turned_away(&mut self, now: Duration, why: &str, wait: Duration) {
        if matches!(self.phase, Phase::Dialling { .. }) {
            self.rest_at_least(now, why, wait.min(RETRY_AFTER_MAX));
        }
    }

    /// It is this late.
    pub fn handle_time(&mut self, now: Duration) {
        match self.phase {
            Phase::Resting { until } if now >= until => self.dial(now),
            Phase::Dialling { until } if now >= until => self.give_up(now, "no connection in time"),
            Phase::Greeting { until } if now >= until => {
                self.give_up(now, "the server did not say welcome; is it a Teahouse?");
            }
            Phase::Leaving { until } if now >= until => self.end(None),
            Phase::Online { silence_max, .. } => {
                let answers = [self.outbox.due(), self.asks.due(), self.rooms.due()];
                if now >= self.heard + silence_max {
                    self.give_up(now, "the server fell silent");
                } else if answers.into_iter().flatten().any(|due| now >= due) {
                    self.give_up(now, "the server does not answer");
                } else {
                    self.send_joins(now);
                    self.pump(now);
                }
            }
            Phase::Resting { .. }
            | Phase::Dialling { .. }
            | Phase::Greeting { .. }
            | Phase::Leaving { .. }
            | Phase::Ended => {}
        }
    }

    fn dial(&mut self, now: Duration) {
        self.attempt = self.attempt.saturating_add(1);
        self.phase = Phase::Dialling { until: now + CONNECT_TIMEOUT };
        self.happened(Happening::State(State::Connecting { attempt: self.attempt }));
        self.outputs.push_back(Output::Dial);
    }

    /// The connection is of no use any more.
    fn give_up(&mut self, now: Duration, why: &str) {
        self.outputs.push_back(Output::Hangup);
        self.rest(now, why);
    }

    /// No connection for a while.
    fn rest(&mut self, now: Duration, why: &str) {
        self.rest_at_least(now, why, Duration::ZERO);
    }

    fn rest_at_least(&mut self, now: Duration, why: &str, wait: Duration) {
        if let Phase::Online { since, .. } = self.phase
            && now >= since + STEADY
        {
            self.retry.succeed();
        }
        let retry_in = self.retry.fail().max(wait);
        self.phase = Phase::Resting { until: now + retry_in };
        let why = incoming::shown(why);
        self.happened(Happening::State(State::Offline { why, retry_in }));
        self.fall_back();
    }

    /// Whatever was on its way waits again.
    fn fall_back(&mut self) {
        self.quiet.clear();
        for room in self.rooms.fall_out() {
            self.give_back(&room, true, &wishes::left_before(&room));
        }
        for unsent in self.outbox.put_all_back() {
            self.outgoing(&unsent, Stage::Waiting);
        }
        for ask in self.asks.lose() {
            let (reference, request) = (Ref::Number(ask.reference), ask.request);
            self.happened(Happening::Unanswered { reference, request });
        }
    }

    fn end(&mut self, cause: Option<Cause>) {
        self.fall_back();
        self.phase = Phase::Ended;
        self.outputs.push_back(Output::Hangup);
        self.happened(Happening::State(State::Ended { cause }));
    }

    fn happened(&mut self, happening: Happening) {
        self.outputs.push_back(Output::Happened(happening));
    }

    fn outgoing(&mut self, unsent: &Unsent, stage: Stage) {
        self.happened(Happening::Outgoing(unsent.at(stage)));
    }

    fn refer(&mut self) -> u64 {
        self.references += 1;
        self.references
    }

    fn send(&mut self, reference: u64, request: Request) {
        let asked = Asked { reference: Some(Ref::Number(reference)), request };
        // Names, numbers and text always have a JSON form.
        if let Ok(json) = serde_json::to_string(&asked) {
            self.outputs.push_back(Output::Send(json));
        }
    }

    /// Asks something for ourselves.
    fn ask_quietly(&mut self, request: Request) {
        let reference = self.refer();
        self.quiet.push(reference);
        self.send(reference, request);
    }

    /// In the house: into the rooms, then what waits.
    fn go_online(&mut self, now: Duration, welcome: Welcome, silence_max: Duration) {
        self.phase = Phase::Online { since: now, silence_max };
        self.attempt = 0;
        let is_new = std::mem::replace(&mut self.is_new, false);
        if is_new && self.rooms.is_empty() {
            let reference = self.refer();
            self.rooms.add(Room::new(welcome.first_room.clone(), reference, None));
        }
        if !welcome.resumed {
            self.rooms.set_ignoring(false);
        } else if is_new {
            // Who was ignored before this program began still is.
            self.rooms.set_ignoring(true);
            self.ask_quietly(Request::Ignore(teahouse_wire::api::Ignore { nick: None }));
            if let Some(nick) = self.nick.clone().filter(|nick| *nick != welcome.nick) {
                self.ask_quietly(Request::Nick(Rename { nick }));
            }
        }
        self.happened(Happening::State(State::Online(welcome)));
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
            self.send(reference, Request::Join(join));
        }
    }

    fn send_asks(&mut self, now: Duration) {
        if matches!(self.phase, Phase::Online { .. }) {
            for ask in self.asks.send(now + ANSWER_TIMEOUT) {
                self.send(ask.reference, ask.request);
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
            let reference = self.references + 1;
            let Some(unsent) = self.outbox.send(&name, reference, now + ANSWER_TIMEOUT) else {
                continue;
            };
            self.references = reference;
            let Unsent { id, room, text, acted } = unsent.clone();
            self.send(reference, Request::Say(Say { room, text, acted, id: Some(id) }));
            self.outgoing(&unsent, Stage::Sent);
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
