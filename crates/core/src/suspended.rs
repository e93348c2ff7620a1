//! The suspended sessions, oldest first: all of them, and those of each origin.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Origin, SessionId, SteadyTime};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Suspended {
    by_age: BTreeSet<(SteadyTime, SessionId, Origin)>,
    by_origin: BTreeMap<Origin, BTreeSet<(SteadyTime, SessionId)>>,
}

impl Suspended {
    pub(crate) fn insert(&mut self, origin: Origin, since: SteadyTime, session: SessionId) {
        self.by_age.insert((since, session, origin));
        self.by_origin.entry(origin).or_default().insert((since, session));
    }

    pub(crate) fn remove(&mut self, origin: Origin, since: SteadyTime, session: SessionId) {
        self.by_age.remove(&(since, session, origin));
        let Some(sessions) = self.by_origin.get_mut(&origin) else { return };
        sessions.remove(&(since, session));
        if sessions.is_empty() {
            self.by_origin.remove(&origin);
        }
    }

    /// Removes and returns a session that is too many: the oldest of this origin if it has more than `max_each`, or
    /// else the oldest of all if there are more than `max`.
    pub(crate) fn pop_past(
        &mut self,
        origin: Origin,
        max_each: u32,
        max: u32,
    ) -> Option<SessionId> {
        let of_origin =
            self.by_origin.get(&origin).filter(|sessions| sessions.len() > max_each as usize);
        let (since, session, origin) = match of_origin.and_then(BTreeSet::first) {
            Some((since, session)) => (*since, *session, origin),
            None if self.by_age.len() > max as usize => *self.by_age.first()?,
            None => return None,
        };
        self.remove(origin, since, session);
        Some(session)
    }

    /// The origins that have suspended sessions.
    pub(crate) fn origins(&self) -> impl Iterator<Item = Origin> {
        self.by_origin.keys().copied()
    }
}
