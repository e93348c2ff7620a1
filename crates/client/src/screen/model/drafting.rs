//! Saves unsent lines.

use super::talk::With;
use super::{Model, command_line};
use crate::screen::input::{Effect, Keep};

impl Model {
    pub(super) fn note_draft_change(&mut self) {
        self.keyboard.draft_changed_ms.get_or_insert(self.now.since_start_ms);
    }

    pub(super) fn keep_draft(&mut self) {
        self.keyboard.draft_changed_ms = None;
        if let With::Room(room) = self.talk().with.clone() {
            let text = command_line::command_line_of(self.line.draft());
            // The draft of the last run is outdated: joining the room again must not restore it.
            self.setup.drafts.retain(|(of, _)| *of != room);
            self.effects.push(Effect::Keep(Keep::Draft { room, text }));
        }
    }

    /// Saves the unsent lines that belong to no room, in a private conversation or before the first room, as the newest
    /// of the sent lines.
    pub(super) fn keep_other_drafts(&mut self) {
        for (index, talk) in self.talks.iter().enumerate() {
            let is_here = index == self.current;
            let line = if is_here { self.line.draft() } else { &talk.draft.passage };
            let kept = match &talk.with {
                With::Room(_) | With::Server(_) => None,
                With::Api => Some(command_line::command_line_of(line)),
                With::Person(nick) => Some(command_line::private_command_line_of(line, nick)),
            };
            if let Some(kept) = kept.filter(|_| !line.text().trim().is_empty()) {
                self.effects.push(Effect::Keep(Keep::Sent(kept)));
            }
        }
    }
}
