//! Sessions that are suspended, by their origin: of each the oldest first.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Origin, SessionId, SteadyTime};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Suspended {
    by_origin: BTreeMap<Origin, BTreeSet<(SteadyTime, SessionId)>>,
}

impl Suspended {
    pub(crate) fn insert(&mut self, origin: Origin, since: SteadyTime, session: SessionId) {
        self.by_origin.entry(origin).or_default().insert((since, session));
    }

    pub(crate) fn remove(&mut self, origin: Origin, since: SteadyTime, session: SessionId) {
        let Some(sessions) = self.by_origin.get_mut(&origin) else { return };
        sessions.remove(&(since, session));
        if sessions.is_empty() {
            self.by_origin.remove(&origin);
        }
    }

    /// Takes out the oldest of an origin that has more than `max`.
    pub(crate) fn pop_past(&mut self, origin: Origin, max: usize) -> Option<SessionId> {
        let sessions = self.by_origin.get_mut(&origin).filter(|sessions| sessions.len() > max)?;
        let (_, oldest) = sessions.pop_first()?;
        if sessions.is_empty() {
            self.by_origin.remove(&origin);
        }
        Some(oldest)
    }

    /// Origins that have some.
    pub(crate) fn origins(&self) -> impl Iterator<Item = Origin> {
        self.by_origin.keys().copied()
    }
}
