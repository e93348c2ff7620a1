//! The life of a connection: it is made, says hello, falls silent, breaks, and another one is tried.

use std::time::Duration;

use teahouse_wire::api::{Cause, Hello, Ref, Request};

use super::{Exchange, Phase, wishes};
use crate::link::limits::{CONNECT_TIMEOUT, RETRY_AFTER_MAX, STEADY, WELCOME_TIMEOUT};
use crate::link::{Happening, Stage, State, shown};

/// The WebSocket close code after which coming back makes no sense: all was said.
const CLOSE_NORMAL: u16 = 1000;

impl Exchange {
    /// The connection is open: says hello.
    pub fn handle_opened(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Dialling { .. }) {
            return;
        }
        self.heard = now;
        self.phase = Phase::Greeting { until: now + WELCOME_TIMEOUT };
        let reference = self.out.refer();
        let hello = Hello { nick: self.nick.clone(), resume_key: Some(self.resume_key) };
        self.out.send(reference, Request::Hello(hello));
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

    /// The server does not let us in before so much time has passed.
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

    pub(super) fn dial(&mut self, now: Duration) {
        self.attempt = self.attempt.saturating_add(1);
        self.phase = Phase::Dialling { until: now + CONNECT_TIMEOUT };
        self.out.happened(Happening::State(State::Connecting { attempt: self.attempt }));
        self.out.dial();
    }

    /// The connection is of no use any more.
    pub(super) fn give_up(&mut self, now: Duration, why: &str) {
        self.out.hang_up();
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
        let why = shown(why);
        self.out.happened(Happening::State(State::Offline { why, retry_in }));
        self.fall_back();
    }

    /// Whatever was on its way waits again.
    fn fall_back(&mut self) {
        self.out.forget_quiet();
        for room in self.rooms.fall_out() {
            self.give_back(&room, true, &wishes::left_before(&room));
        }
        for unsent in self.outbox.put_all_back() {
            self.out.outgoing(&unsent, Stage::Waiting);
        }
        for ask in self.asks.lose() {
            let (reference, request) = (Ref::Number(ask.reference), ask.request);
            self.out.happened(Happening::Unanswered { reference, request });
        }
    }

    pub(super) fn end(&mut self, cause: Option<Cause>) {
        self.fall_back();
        self.phase = Phase::Ended;
        self.out.hang_up();
        self.out.happened(Happening::State(State::Ended { cause }));
    }
}
