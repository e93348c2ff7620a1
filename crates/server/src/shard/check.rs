//! The invariants of a shard between two steps. Tests check them; a check takes time in proportion to the state.

use std::collections::BTreeSet;

use teahouse_core::SessionId;
use teahouse_wire::protocol::Pings;

use super::Shard;
use super::connection::{Connection, Stage};
use super::socket::Socket;
use super::timers::Timer;
use crate::key::Key;

impl<S: Socket> Shard<S> {
    /// Checks every invariant.
    ///
    /// # Errors
    /// The first one that does not hold.
    pub(crate) fn check(&self) -> Result<(), String> {
        let connections = &self.sessions.connections;
        self.rooms.check(connections)?;
        let mut held_bytes = 0;
        for index in connections.indexes() {
            let connection = &connections[index];
            held_bytes += connection.held_input_bytes();
            let wrong = self
                .find_violation(connection, index)
                .or_else(|| self.find_missing_timer(connection, connections.key(index)));
            if let Some(what) = wrong {
                return Err(format!("{:?} at {index}: {what}", connection.stage));
            }
        }
        if held_bytes != self.requests.held_bytes() {
            return Err(format!("{held_bytes} bytes are held and counted otherwise"));
        }
        Ok(())
    }

    /// Whether no connection, room or visit is left, and no input is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.connections.is_empty()
            && self.rooms.is_empty()
            && self.visits.is_empty()
            && self.requests.held_bytes() == 0
    }

    /// The sessions that are behind in any room.
    pub(crate) fn behind(&self) -> BTreeSet<SessionId> {
        let is_behind = |connection: &&Connection<S>| {
            connection.memberships.iter().any(|membership| membership.behind.is_some())
        };
        let behind = self.sessions.connections.iter().filter(is_behind);
        behind.map(|connection| connection.session).collect()
    }

    /// Whether output still reaches a connection.
    pub(crate) fn is_reachable(&self, key: Key) -> bool {
        let connections = &self.sessions.connections;
        connections.indexes().contains(&key.index)
            && connections.key(key.index) == key
            && connections[key.index].stage != Stage::Closed
            && !connections[key.index].is_broken()
    }

    /// Whether bytes are queued for a connection.
    pub(crate) fn is_queued(&self, key: Key) -> bool {
        let connections = &self.sessions.connections;
        connections.indexes().contains(&key.index)
            && connections.key(key.index) == key
            && connections[key.index].output.queue.is_some()
    }

    fn find_violation(&self, connection: &Connection<S>, index: usize) -> Option<&'static str> {
        let has_session = self.sessions.connections.of_session(connection.session) == Some(index);
        let may_be_behind = connection.output.queue.is_some()
            || connection.questions.is_reading
            || connection.is_broken();
        let wants_page = connection.questions.len() > 0
            || connection.memberships.iter().any(|membership| membership.behind.is_some());
        let is_checked = |membership: &super::membership::Membership| membership.check.is_none();
        if connection.output.is_to_settle {
            return Some("it was not settled");
        }
        match connection.stage {
            Stage::Entered | Stage::Leaving if !has_session => Some("it has no session"),
            Stage::Entered if connection.is_broken() => {
                Some("it is broken and still has its session")
            }
            Stage::Entered if wants_page && !may_be_behind => {
                Some("it is behind and no page is in flight")
            }
            Stage::Sniffing | Stage::NotEntered | Stage::Http | Stage::Draining | Stage::Closed
                if has_session || !connection.memberships.is_empty() =>
            {
                Some("it has a session or a membership")
            }
            _ if !connection.memberships.iter().all(|m| is_checked(m) || m.behind.is_some()) => {
                Some("it is live and has a check in flight")
            }
            Stage::Sniffing
            | Stage::NotEntered
            | Stage::Http
            | Stage::Entered
            | Stage::Leaving
            | Stage::Draining
            | Stage::Closed => None,
        }
    }

    /// Checks that whatever waits for a time has a timer.
    fn find_missing_timer(&self, connection: &Connection<S>, key: Key) -> Option<&'static str> {
        let timers = &self.sessions.timers;
        let is_draining = |timer: &Timer| matches!(timer, Timer::Draining(of, _) if *of == key);
        let input = &connection.input;
        if input.waits_for_work && !timers.has(|timer| *timer == Timer::Work(key)) {
            return Some("it waits for tokens without a timer");
        }
        if input.held.is_some() && !timers.has(|timer| *timer == Timer::Flood(key)) {
            return Some("it holds requests without a timer");
        }
        match connection.stage {
            Stage::Sniffing if !timers.has(|timer| *timer == Timer::FirstLine(key)) => {
                Some("its first line is awaited without a timer")
            }
            Stage::Draining if !timers.has(is_draining) => Some("it drains without a timer"),
            Stage::NotEntered if !timers.has(|timer| *timer == Timer::Ping(key)) => {
                Some("it has not entered and has no timer")
            }
            Stage::Entered
                if connection.protocol.pings() != Pings::Never
                    && !timers.has(|timer| *timer == Timer::Ping(key)) =>
            {
                Some("it is never pinged")
            }
            Stage::Sniffing
            | Stage::NotEntered
            | Stage::Http
            | Stage::Entered
            | Stage::Leaving
            | Stage::Draining
            | Stage::Closed => None,
        }
    }
}
