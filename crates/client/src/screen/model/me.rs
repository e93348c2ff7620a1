//! The user's identity, and how own messages are recognised.

use std::collections::VecDeque;

use teahouse_core::Nick;
use teahouse_wire::api::{Event, Id};

use crate::link::limits::OWN_IDS_MAX;

/// The user's identity.
#[derive(Debug, Default)]
pub(in crate::screen) struct Me {
    pub nick: Option<Nick>,
    /// The nick that the user wanted and another session has.
    pub taken: Option<Nick>,
    /// The session of this connection.
    pub(super) session: Option<String>,
    /// The ids of own messages, oldest first.
    own: VecDeque<Id>,
}

impl Me {
    /// A user whose earlier messages have these ids.
    pub(super) fn with_own(own: &[Id]) -> Self {
        Self { own: own.iter().copied().collect(), ..Self::default() }
    }

    /// Whether this is the user's nick.
    pub(in crate::screen) fn is(&self, nick: &Nick) -> bool {
        self.nick.as_ref() == Some(nick)
    }

    /// The nick under which own messages are shown.
    pub(super) fn display_nick(&self) -> &str {
        self.nick.as_ref().map_or("you", Nick::as_str)
    }

    /// Adds the id of an own message; the oldest is dropped when there are too many.
    pub(super) fn add_own_id(&mut self, id: Id) {
        if !self.own.contains(&id) {
            self.own.push_back(id);
            let surplus = self.own.len().saturating_sub(OWN_IDS_MAX);
            self.own.drain(..surplus);
        }
    }

    /// Whether the user sent this event: by its id or, for events since the join, by its session. The nick proves
    /// nothing, because others may take it while the user is away; an older event's session proves nothing, because a
    /// restarted server counts sessions anew.
    pub(super) fn is_author(&self, event: &Event, is_new: bool) -> bool {
        let has_own_id = event.id.is_some_and(|id| self.own.contains(&id));
        has_own_id || (is_new && self.session.as_ref() == Some(&event.sender.session))
    }
}
