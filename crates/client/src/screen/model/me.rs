//! Who one is here, and by what one knows one's own messages.

use std::collections::VecDeque;

use teahouse_core::Nick;
use teahouse_wire::api::{Event, Id};

use crate::link::limits::OWN_IDS_MAX;

/// Who one is.
#[derive(Debug, Default)]
pub(in crate::screen) struct Me {
    pub nick: Option<Nick>,
    /// What we wanted to be called and are not, because somebody else is.
    pub taken: Option<Nick>,
    /// Our session on this connection.
    pub(super) session: Option<String>,
    /// The ids of what we said.
    own: VecDeque<Id>,
}

impl Me {
    /// Somebody whose messages had these ids.
    pub(super) fn with_own(own: &[Id]) -> Self {
        Self { own: own.iter().copied().collect(), ..Self::default() }
    }

    /// Whether this is one's nick.
    pub(in crate::screen) fn is(&self, nick: &Nick) -> bool {
        self.nick.as_ref() == Some(nick)
    }

    /// What one's messages are shown under.
    pub(super) fn shown(&self) -> &str {
        self.nick.as_ref().map_or("you", Nick::as_str)
    }

    /// A message has this id; the oldest is forgotten when there are too many.
    pub(super) fn say(&mut self, id: Id) {
        if !self.own.contains(&id) {
            self.own.push_back(id);
            let surplus = self.own.len().saturating_sub(OWN_IDS_MAX);
            self.own.drain(..surplus);
        }
    }

    /// By its id, or by the session if it was said since we came. A nick is free for others while we are away,
    /// and a server that was started anew counts sessions anew.
    pub(super) fn has_said(&self, event: &Event, is_new: bool) -> bool {
        let is_said_here = event.id.is_some_and(|id| self.own.contains(&id));
        is_said_here || (is_new && self.session.as_ref() == Some(&event.sender.session))
    }
}
