//! The progress of own messages: pending, stored, or refused.

use teahouse_editor::Command;
use teahouse_wire::api::Id;

use super::entry::{self, OwnStage, PendingMessage, Tone, What};
use super::talk::With;
use super::{Mode, Model};
use crate::link::{Outgoing, Stage};
use crate::screen::limits::OUTGOING_MAX;

impl Model {
    pub(super) fn handle_outgoing(&mut self, outgoing: &Outgoing) {
        self.me.add_own_id(outgoing.id);
        let index = self.talk_index(&With::Room(outgoing.room.clone()));
        match &outgoing.stage {
            Stage::Waiting | Stage::Sent => self.show_pending(index, outgoing),
            Stage::Kept { .. } => self.remove_pending_in(index, outgoing.id),
            Stage::Refused(failure) => {
                self.show_pending(index, outgoing);
                self.return_text(index, outgoing, &failure.message);
            }
        }
    }

    fn show_pending(&mut self, index: usize, outgoing: &Outgoing) {
        let nick = self.me.display_nick();
        let what = What::Message(entry::own_message(outgoing, nick));
        let time_ms = self.now.time_ms;
        let talk = &mut self.talks[index];
        match talk.pending.iter_mut().find(|other| other.id == outgoing.id) {
            Some(shown) => shown.entry.what = what,
            None => {
                let key = talk.window.new_key();
                let entry = entry::Entry { key, time_ms, what };
                talk.pending.push(PendingMessage { id: outgoing.id, entry });
            }
        }
        if talk.pending.len() > OUTGOING_MAX {
            talk.pending.remove(0);
        }
    }

    pub(super) fn remove_pending(&mut self, id: Id) {
        for index in 0..self.talks.len() {
            self.remove_pending_in(index, id);
        }
    }

    pub(super) fn remove_pending_in(&mut self, index: usize, id: Id) {
        self.talks[index].pending.retain(|outgoing| outgoing.id != id);
    }

    /// Gives the text of a refused message back: into the line if that is empty, else as the newest of the sent lines. A
    /// line that the user is typing is never changed. The message stays visible.
    fn return_text(&mut self, index: usize, outgoing: &Outgoing, why: &str) {
        self.move_refused(index, outgoing.id);
        let text = match outgoing.acted {
            true => format!("/me {}", outgoing.text.as_str()),
            false => super::command_line::escape(outgoing.text.as_str()),
        };
        let is_free = index == self.current && self.line.text().is_empty();
        if is_free && matches!(self.mode, Mode::Line) {
            self.edit(Command::Set(text));
            self.show_notice_in(index, format!("not sent: {why}"), Tone::Problem);
        } else {
            self.remember(&text);
            self.show_notice_in(
                index,
                format!("not sent: {why} (↑ brings it back)"),
                Tone::Problem,
            );
        }
    }

    /// Moves a refused message from the pending ones to the others, where it stays.
    fn move_refused(&mut self, index: usize, id: Id) {
        let talk = &mut self.talks[index];
        let Some(at) = talk.pending.iter().position(|outgoing| outgoing.id == id) else {
            return;
        };
        let mut entry = talk.pending.remove(at).entry;
        if let What::Message(message) = &mut entry.what {
            message.stage = Some(OwnStage::Refused);
        }
        if talk.window.reaches_end {
            talk.window.put(entry.time_ms, entry.what);
        }
    }
}
