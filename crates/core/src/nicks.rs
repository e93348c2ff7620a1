//! The holder of each nick, found by any look of the nick ([`Nick::looks`]).
//!
//! Invariant: a look belongs to one session at most.

use std::collections::BTreeMap;

use crate::{Nick, NickKey, SessionId};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Nicks {
    by_look: BTreeMap<NickKey, SessionId>,
}

impl Nicks {
    /// Whether nobody has this nick or one that looks like it.
    pub(crate) fn is_free(&self, nick: &Nick) -> bool {
        self.holder(nick, |_| true).is_none()
    }

    /// A session for which `is_meant` holds and which has this nick, or one that looks like it.
    pub(crate) fn holder(
        &self,
        nick: &Nick,
        is_meant: impl Fn(SessionId) -> bool,
    ) -> Option<SessionId> {
        let looks = nick.looks();
        let mut holders = looks.iter().filter_map(|look| self.by_look.get(look).copied());
        holders.find(|holder| is_meant(*holder))
    }

    /// Makes the session the holder of the nick, instead of the previous holder.
    pub(crate) fn insert(&mut self, nick: &Nick, session: SessionId) {
        self.by_look.extend(nick.looks().into_iter().map(|look| (look, session)));
    }

    /// Makes the nick free.
    pub(crate) fn remove(&mut self, nick: &Nick) {
        for look in nick.looks() {
            self.by_look.remove(&look);
        }
    }
}
