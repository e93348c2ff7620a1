//! What is true of a shard between two steps, looked at in tests. Takes time in proportion to the state.

use std::collections::BTreeSet;

use teahouse_core::SessionId;
use teahouse_wire::protocol::Pings;

use super::Shard;
use super::connection::{Connection, Stage};
use super::socket::Socket;
use super::timers::Timer;
use crate::key::Key;

impl<S: Socket> Shard<S> {
    /// Looks at everything; says the first thing that is not as it must be.
    ///
    /// # Errors
    /// When an invariant does not hold.
    pub(crate) fn check(&self) -> Result<(), String> {
        let connections = &self.sessions.connections;
        self.rooms.check(connections)?;
        let mut held_bytes = 0;
        for index in connections.indexes() {
            let connection = &connections[index];
            held_bytes += connection.held_input_bytes();
            let wrong = self
                .stands_wrong(connection, index)
                .or_else(|| self.waits_in_vain(connection, connections.key(index)));
            if let Some(what) = wrong {
                return Err(format!("{:?} at {index}: {what}", connection.stage));
            }
        }
        if held_bytes != self.requests.held_bytes() {
            return Err(format!("{held_bytes} bytes are held and counted otherwise"));
        }
        Ok(())
    }

    /// Whether nothing is left of those who were here.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.connections.is_empty()
            && self.rooms.is_empty()
            && self.visits.is_empty()
            && self.requests.held_bytes() == 0
    }

    /// The sessions that are behind in a room.
    pub(crate) fn behind(&self) -> BTreeSet<SessionId> {
        let is_behind = |connection: &&Connection<S>| {
            connection.memberships.iter().any(|membership| membership.behind.is_some())
        };
        let behind = self.sessions.connections.iter().filter(is_behind);
        behind.map(|connection| connection.session).collect()
    }

    /// Whether a connection is told what is still to come for it.
    pub(crate) fn is_told(&self, key: Key) -> bool {
        let connections = &self.sessions.connections;
        connections.indexes().contains(&key.index)
            && connections.key(key.index) == key
            && connections[key.index].stage != Stage::Closed
            && !connections[key.index].is_broken()
    }

    /// Whether something is queued for a connection.
    pub(crate) fn is_queued(&self, key: Key) -> bool {
        let connections = &self.sessions.connections;
        connections.indexes().contains(&key.index)
            && connections.key(key.index) == key
            && connections[key.index].output.queue.is_some()
    }

    fn stands_wrong(&self, connection: &Connection<S>, index: usize) -> Option<&'static str> {
        let has_session = self.sessions.connections.of_session(connection.session) == Some(index);
        let may_be_behind = connection.output.queue.is_some()
            || connection.questions.is_reading
            || connection.is_broken();
        let wants_page = connection.questions.len() > 0
            || connection.memberships.iter().any(|membership| membership.behind.is_some());
        let is_checked = |membership: &super::membership::Membership| membership.check.is_none();
        if connection.output.is_listed {
            return Some("it is still to be looked after");
        }
        match connection.stage {
            Stage::Entered | Stage::Leaving if !has_session => Some("it has no session"),
            Stage::Entered if connection.is_broken() => Some("it is broken and stays"),
            Stage::Entered if wants_page && !may_be_behind => {
                Some("it is behind and nothing is read")
            }
            Stage::Sniffing | Stage::NotEntered | Stage::Http | Stage::Draining | Stage::Closed
                if has_session || !connection.memberships.is_empty() =>
            {
                Some("it has a session or a membership")
            }
            _ if !connection.memberships.iter().all(|m| is_checked(m) || m.behind.is_some()) => {
                Some("it is live and waits for a check")
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

    /// Whatever waits for a time has a timer.
    fn waits_in_vain(&self, connection: &Connection<S>, key: Key) -> Option<&'static str> {
        let timers = &self.sessions.timers;
        let is_over = |timer: &Timer| matches!(timer, Timer::Draining(of, _) if *of == key);
        let input = &connection.input;
        if input.waits_for_work && !timers.has(|timer| *timer == Timer::Work(key)) {
            return Some("it waits for tokens for ever");
        }
        if input.held.is_some() && !timers.has(|timer| *timer == Timer::Flood(key)) {
            return Some("what it asked for is held for ever");
        }
        match connection.stage {
            Stage::Sniffing if !timers.has(|timer| *timer == Timer::FirstLine(key)) => {
                Some("its first line is awaited for ever")
            }
            Stage::Draining if !timers.has(is_over) => Some("it may be over for ever"),
            Stage::NotEntered if !timers.has(|timer| *timer == Timer::Ping(key)) => {
                Some("it may be outside for ever")
            }
            Stage::Entered
                if connection.protocol.pings() != Pings::Never
                    && !timers.has(|timer| *timer == Timer::Ping(key)) =>
            {
                Some("it is never asked whether it is there")
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
