//! Going from one conversation to another. Each has its own line; the one on the screen is in the editor.

use teahouse_core::RoomName;
use teahouse_editor::Command;

use super::talk::{Draft, Talk, With};
use super::{Mode, Model, PROMPT_COLUMNS};
use crate::screen::key::{Key, Press};
use crate::screen::keys::Go;

/// Columns of the list of rooms at least and at most.
const ROOMS_COLUMNS: (usize, usize) = (16, 20);
/// Columns beside a name in the list: a mark before it and counts after it.
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

    /// Puts a conversation on the screen, and its line into the editor.
    pub(super) fn show_talk(&mut self, index: usize) {
        if index == self.current || index >= self.talks.len() {
            return;
        }
        self.mode = Mode::Line;
        self.told.answers.clear();
        self.put_line_aside();
        if self.talk().is_at_end() {
            self.talk_mut().new_after = None;
        }
        self.current = index;
        self.take_line_up();
        self.follow_end();
    }

    fn put_line_aside(&mut self) {
        if self.line.search().is_some() {
            self.edit(Command::SearchAccept);
        }
        self.keep_draft();
        let (caret, shown) = (self.line.caret(), self.line.text().to_owned());
        let passage = self.line.take_out();
        let caret = if passage.text() == shown { caret } else { passage.text().len() };
        self.talk_mut().draft = Draft { passage, caret };
    }

    /// Puts the line begun here into the editor, which is empty.
    pub(super) fn take_line_up(&mut self) {
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

    /// A room was entered: it is shown if it was asked for, or if there was none before.
    pub(super) fn show_first_room(&mut self, index: usize, room: &RoomName) {
        if self.asked.wanted.as_ref() == Some(room) {
            self.asked.wanted = None;
            self.show_talk(index);
        }
        let api = self.talks.iter().position(|talk| talk.with == With::Api);
        if let Some(api) = api {
            self.leave_server(api);
        }
    }

    /// The server's own words stand only where there is no room yet; they go along to the first one.
    fn leave_server(&mut self, api: usize) {
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
            // What was begun can be put back, elsewhere too: we may have been made to leave.
            self.edit(Command::Clear);
            drop(self.line.take());
        }
        let is_shown = index == self.current;
        self.talks.remove(index);
        if index < self.current || self.current >= self.talks.len() {
            self.current = self.current.saturating_sub(1);
        }
        if is_shown {
            self.take_line_up();
        }
    }

    /// Columns the list of rooms would like.
    pub(super) fn rooms_columns(&self) -> u16 {
        let widest = self.talks.iter().map(|talk| teahouse_editor::width(talk.with.name())).max();
        let columns = widest.unwrap_or(0) + BESIDE_NAME;
        let columns = columns.clamp(ROOMS_COLUMNS.0, ROOMS_COLUMNS.1);
        u16::try_from(columns).unwrap_or(PROMPT_COLUMNS)
    }
}
