//! Who holds which nick, found by any of its looks ([`Nick::looks`]).
//!
//! Invariant: a look belongs to one session at most.

use std::collections::BTreeMap;

use crate::{Nick, NickKey, SessionId};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Nicks {
    by_look: BTreeMap<NickKey, SessionId>,
}

impl Nicks {
    /// Whoever has that nick, or one that looks like it.
    pub(crate) fn holder(&self, nick: &Nick) -> Option<SessionId> {
        nick.looks().iter().find_map(|look| self.by_look.get(look)).copied()
    }

    /// Whoever keeps `session` from having that nick.
    pub(crate) fn other_holder(&self, nick: &Nick, session: SessionId) -> Option<SessionId> {
        let looks = nick.looks();
        let mut holders = looks.iter().filter_map(|look| self.by_look.get(look));
        holders.find(|holder| **holder != session).copied()
    }

    /// It is the session's, instead of whose it was.
    pub(crate) fn insert(&mut self, nick: &Nick, session: SessionId) {
        self.by_look.extend(nick.looks().into_iter().map(|look| (look, session)));
    }

    /// Nobody has it any more.
    pub(crate) fn remove(&mut self, nick: &Nick) {
        for look in nick.looks() {
            self.by_look.remove(&look);
        }
    }
}
