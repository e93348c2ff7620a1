//! Switches between conversations. Each has its own line; the editor has that of the conversation on the screen.

use teahouse_core::RoomName;
use teahouse_editor::Command;

use super::talk::{Draft, Talk, With};
use super::{Mode, Model, PROMPT_COLUMNS};
use crate::screen::key::{Key, Press};
use crate::screen::keys::Go;

/// The least and the greatest width of the list of rooms, in columns.
const ROOMS_COLUMNS: (usize, usize) = (16, 20);
/// Columns beside a name in the list: a mark before it and the counts after it.
const BESIDE_NAME: usize = 7;

impl Model {
    pub(super) fn go(&mut self, go: Go, press: Press) {
        let count = self.talks.len();
        match go {
            Go::Next => self.show_talk((self.current + 1) % count),
            Go::Previous => self.show_talk((self.current + count - 1) % count),
            Go::Unread => self.go_unread(),
            Go::Digit => {
                if let Key::Char(digit) = press.key
                    && let Some(number) = digit.to_digit(10)
                    && let Some(index) = (number as usize).checked_sub(1)
                {
                    self.show_talk(index);
                }
            }
        }
    }

    fn go_unread(&mut self) {
        let count = self.talks.len();
        let others = (1..count).map(|step| (self.current + step) % count);
        let with_mention = others.clone().find(|index| self.talks[*index].mentions > 0);
        let with_unread = others.clone().find(|index| self.talks[*index].unread > 0);
        match with_mention.or(with_unread) {
            Some(index) => self.show_talk(index),
            None => self.flash("nothing new elsewhere"),
        }
    }

    /// Shows a conversation, and puts its line into the editor.
    pub(super) fn show_talk(&mut self, index: usize) {
        if index == self.current || index >= self.talks.len() {
            return;
        }
        self.mode = Mode::Line;
        self.feedback.answers.clear();
        self.store_draft();
        if self.talk().is_at_end() {
            self.talk_mut().new_after = None;
        }
        self.current = index;
        self.restore_draft();
        self.follow_end();
    }

    fn store_draft(&mut self) {
        if self.line.search().is_some() {
            self.edit(Command::SearchAccept);
        }
        self.keep_draft();
        let (caret, shown) = (self.line.caret(), self.line.text().to_owned());
        let passage = self.line.take_out();
        let caret = if passage.text() == shown { caret } else { passage.text().len() };
        self.talk_mut().draft = Draft { passage, caret };
    }

    /// Puts the unsent line of the conversation on the screen into the editor, which is empty.
    pub(super) fn restore_draft(&mut self) {
        let draft = std::mem::take(&mut self.talk_mut().draft);
        self.look.line_top = 0;
        self.line.put_in(draft.passage);
        self.edit(Command::MoveTo(draft.caret));
    }

    pub(super) fn insert_talk(&mut self, index: usize, talk: Talk) {
        self.talks.insert(index, talk);
        if index <= self.current {
            self.current += 1;
        }
    }

    /// Shows a room that was just joined, if the user asked for it or if it is the first one.
    pub(super) fn show_first_room(&mut self, index: usize, room: &RoomName) {
        if self.requests.wanted_room.as_ref() == Some(room) {
            self.requests.wanted_room = None;
            self.show_talk(index);
        }
        let api = self.talks.iter().position(|talk| talk.with == With::Api);
        if let Some(api) = api {
            self.close_server_talk(api);
        }
    }

    /// Closes the conversation that shows the server's notices before the first room; they move to the first room.
    fn close_server_talk(&mut self, api: usize) {
        let first = self.talks.iter().position(|talk| talk.with.room().is_some()).unwrap_or(0);
        for entry in self.talks[api].window.take_entries() {
            self.talks[first].window.put(entry.time_ms, entry.what);
        }
        if self.current == api {
            let draft = self.line.draft().clone();
            self.show_talk(first);
            if self.line.text().is_empty() {
                self.line.put_in(draft);
            }
        }
        self.close_talk(api);
    }

    pub(super) fn close_talk(&mut self, index: usize) {
        if self.talks.len() == 1 {
            self.talks.push(Talk::new(With::Api));
        }
        if index == self.current {
            self.mode = Mode::Line;
            // The unsent line can be put back with Ctrl-Y, also in another room: the server may have removed us.
            self.edit(Command::Clear);
            drop(self.line.take());
        }
        let is_shown = index == self.current;
        self.talks.remove(index);
        if index < self.current || self.current >= self.talks.len() {
            self.current = self.current.saturating_sub(1);
        }
        if is_shown {
            self.restore_draft();
        }
    }

    /// The preferred width of the list of rooms, in columns.
    pub(super) fn rooms_columns(&self) -> u16 {
        let widest = self.talks.iter().map(|talk| teahouse_editor::width(talk.with.name())).max();
        let columns = widest.unwrap_or(0) + BESIDE_NAME;
        let columns = columns.clamp(ROOMS_COLUMNS.0, ROOMS_COLUMNS.1);
        u16::try_from(columns).unwrap_or(PROMPT_COLUMNS)
    }
}
