//! Keeping what was begun and not sent.

use super::talk::With;
use super::{Model, typed};
use crate::screen::input::{Effect, Keep};

impl Model {
    pub(super) fn draft_changed(&mut self) {
        self.keyboard.draft_changed_ms.get_or_insert(self.now.since_start_ms);
    }

    pub(super) fn keep_draft(&mut self) {
        self.keyboard.draft_changed_ms = None;
        if let With::Room(room) = &self.talk().with {
            let text = typed::as_typed(self.line.draft());
            self.effects.push(Effect::Keep(Keep::Draft { room: room.clone(), text }));
        }
    }

    /// What was begun where no room keeps it, to one person or before there is a room, becomes the newest of the
    /// lines that were sent.
    pub(super) fn keep_elsewhere(&mut self) {
        for (index, talk) in self.talks.iter().enumerate() {
            let is_here = index == self.current;
            let line = if is_here { self.line.draft() } else { &talk.draft.passage };
            let kept = match &talk.with {
                With::Room(_) | With::Server(_) => None,
                With::Api => Some(typed::as_typed(line)),
                With::Person(nick) => Some(typed::as_told(line, nick)),
            };
            if let Some(kept) = kept.filter(|_| !line.text().trim().is_empty()) {
                self.effects.push(Effect::Keep(Keep::Sent(kept)));
            }
        }
    }
}
