//! The known members of a room. In a big room these are the first few hundred, and the total.

use std::collections::BTreeMap;

use teahouse_core::Nick;
use teahouse_wire::api::Change;

use crate::screen::limits::MEMBERS_MAX;

/// The members of one room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    /// Keyed by the lower case of the nick, then the nick.
    nicks: BTreeMap<(String, String), Nick>,
    /// The number of all members.
    pub total: usize,
    /// Whether the list was requested since the join.
    pub is_requested: bool,
}

impl Members {
    /// The known members, in the order of their nicks.
    pub(crate) fn nicks(&self) -> impl Iterator<Item = &Nick> {
        self.nicks.values()
    }

    /// The number of known members.
    #[must_use]
    pub(crate) fn known_count(&self) -> usize {
        self.nicks.len()
    }

    /// Adds a page of the list; the first page replaces it. Returns the next page to request.
    pub(crate) fn add_page(
        &mut self,
        page: u32,
        pages: u32,
        nicks: &[Nick],
        total: usize,
    ) -> Option<u32> {
        if page <= 1 {
            self.nicks.clear();
        }
        nicks.iter().for_each(|nick| self.add(nick));
        self.total = total;
        // An empty page is the last one, whatever the server says.
        let has_more = page < pages && self.nicks.len() < MEMBERS_MAX && !nicks.is_empty();
        has_more.then(|| page.saturating_add(1))
    }

    /// Applies a presence change.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Entered { nick } => {
                self.add(nick);
                self.total = self.total.saturating_add(1);
            }
            Change::Left { nick } | Change::Offline { nick, .. } => {
                self.remove(nick);
                self.total = self.total.saturating_sub(1);
            }
            Change::Renamed { from, to } => {
                if self.remove(from) {
                    self.add(to);
                }
            }
            Change::Typing { .. } | Change::Unknown => {}
            Change::Folded { entered, gone, members, .. } => {
                gone.iter().for_each(|nick| {
                    self.remove(nick);
                });
                entered.iter().for_each(|nick| self.add(nick));
                self.total = *members;
            }
        }
    }

    fn add(&mut self, nick: &Nick) {
        if self.nicks.len() < MEMBERS_MAX {
            self.nicks.insert(key(nick), nick.clone());
        }
    }

    fn remove(&mut self, nick: &Nick) -> bool {
        self.nicks.remove(&key(nick)).is_some()
    }
}

fn key(nick: &Nick) -> (String, String) {
    (nick.as_str().to_lowercase(), nick.as_str().to_owned())
}
