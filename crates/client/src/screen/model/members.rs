//! Who is in a room, as far as we were told. In a big room that is the first few hundred and a number.

use std::collections::BTreeMap;

use teahouse_core::Nick;
use teahouse_wire::api::Change;

use crate::screen::limits::MEMBERS_MAX;

/// The members of one room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    /// By what they are sorted by: the lower case of the nick, then the nick.
    nicks: BTreeMap<(String, String), Nick>,
    /// How many there are in all.
    pub total: usize,
    /// The server was asked for the list since we came in.
    pub is_asked: bool,
}

impl Members {
    /// Those whom we know, in the order of their nicks.
    pub(crate) fn nicks(&self) -> impl Iterator<Item = &Nick> {
        self.nicks.values()
    }

    /// How many of them we know.
    #[must_use]
    pub(crate) fn known(&self) -> usize {
        self.nicks.len()
    }

    /// Takes in a page of the list; the first one begins it anew. Says which page to ask for next.
    pub(crate) fn take_page(
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
        // A page with nothing in it is the last, whatever it says.
        let has_more = page < pages && self.nicks.len() < MEMBERS_MAX && !nicks.is_empty();
        has_more.then(|| page.saturating_add(1))
    }

    /// Follows somebody's coming or going.
    pub(crate) fn follow(&mut self, change: &Change) {
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
