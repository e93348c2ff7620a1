//! The lifecycle of a connection: it opens, sends hello, times out or breaks, and is replaced by another one.

use std::time::Duration;

use teahouse_wire::api::{Cause, Hello, Ref, Request};

use super::{Exchange, Phase, calls};
use crate::link::limits::{CONNECT_TIMEOUT, RETRY_AFTER_MAX, STEADY, WELCOME_TIMEOUT};
use crate::link::{Happening, Stage, State, display};

/// The WebSocket close code for a finished connection, after which a reconnect makes no sense (RFC 6455, 7.4.1).
const CLOSE_NORMAL: u16 = 1000;

impl Exchange {
    /// The connection is open. Sends hello.
    pub fn handle_opened(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Dialling { .. }) {
            return;
        }
        self.last_received = now;
        self.phase = Phase::Greeting { until: now + WELCOME_TIMEOUT };
        let reference = self.out.new_reference();
        let hello = Hello { nick: self.nick.clone(), resume_key: Some(self.resume_key) };
        self.out.send(reference, Request::Hello(hello));
    }

    /// Something other than a text message arrived, such as a ping. The connection is alive.
    pub fn handle_activity(&mut self, now: Duration) {
        self.last_received = now;
    }

    /// The connection closed or could not be opened.
    pub fn handle_closed(&mut self, now: Duration, code: Option<u16>, why: &str) {
        match self.phase {
            Phase::Online { .. } | Phase::Greeting { .. } if code == Some(CLOSE_NORMAL) => {
                self.end(None);
            }
            Phase::Leaving { .. } => self.end(None),
            Phase::Online { .. } | Phase::Greeting { .. } | Phase::Dialling { .. } => {
                self.wait_for_retry(now, why);
            }
            Phase::Resting { .. } | Phase::Ended => {}
        }
    }

    /// The server rejected the connection and demands a pause of `wait` before the next try.
    pub fn handle_rejected(&mut self, now: Duration, why: &str, wait: Duration) {
        if matches!(self.phase, Phase::Dialling { .. }) {
            self.wait_at_least(now, why, wait.min(RETRY_AFTER_MAX));
        }
    }

    /// The time is `now`. Handles what is due.
    pub fn handle_time(&mut self, now: Duration) {
        match self.phase {
            Phase::Resting { until } if now >= until => self.dial(now),
            Phase::Dialling { until } if now >= until => self.give_up(now, "no connection in time"),
            Phase::Greeting { until } if now >= until => {
                self.give_up(now, "the server did not say welcome; is it a Teahouse?");
            }
            Phase::Leaving { until } if now >= until => self.end(None),
            Phase::Online { silence_max, .. } => {
                let answers = [self.outbox.due(), self.pending.due(), self.rooms.due()];
                if now >= self.last_received + silence_max {
                    self.give_up(now, "the server fell silent");
                } else if answers.into_iter().flatten().any(|due| now >= due) {
                    self.give_up(now, "the server does not answer");
                } else {
                    self.send_joins(now);
                    self.send_messages(now);
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
        self.out.push_happening(Happening::State(State::Connecting { attempt: self.attempt }));
        self.out.push_dial();
    }

    /// Closes a connection that is unusable, and tries again later.
    pub(super) fn give_up(&mut self, now: Duration, why: &str) {
        self.out.push_hangup();
        self.wait_for_retry(now, why);
    }

    /// Waits before the next try.
    fn wait_for_retry(&mut self, now: Duration, why: &str) {
        self.wait_at_least(now, why, Duration::ZERO);
    }

    fn wait_at_least(&mut self, now: Duration, why: &str, wait: Duration) {
        if let Phase::Online { since, .. } = self.phase
            && now >= since + STEADY
        {
            self.retry.succeed();
        }
        let retry_in = self.retry.fail().max(wait);
        self.phase = Phase::Resting { until: now + retry_in };
        let why = display(why);
        self.out.push_happening(Happening::State(State::Offline { why, retry_in }));
        self.requeue_in_flight();
    }

    /// Puts what was in flight on the closed connection back to waiting.
    fn requeue_in_flight(&mut self) {
        self.out.forget_internal();
        for (room, reference) in self.rooms.detach_all() {
            self.return_unsent(&room, true, &calls::left_failure(&room));
            self.push_left(reference, &room);
        }
        for unsent in self.outbox.requeue_all() {
            self.out.push_outgoing(&unsent, Stage::Waiting);
        }
        for ask in self.pending.on_disconnect() {
            let (reference, request) = (Ref::Number(ask.reference), ask.request);
            self.out.push_happening(Happening::Unanswered { reference, request });
        }
    }

    pub(super) fn end(&mut self, cause: Option<Cause>) {
        self.requeue_in_flight();
        self.phase = Phase::Ended;
        self.out.push_hangup();
        self.out.push_happening(Happening::State(State::Ended { cause }));
    }
}
