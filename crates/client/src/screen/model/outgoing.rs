//! What becomes of what one said: on its way, kept, or given back.

use teahouse_editor::Command;
use teahouse_wire::api::Id;

use super::entry::{self, OnTheWay, OwnStage, Tone, What};
use super::talk::With;
use super::{Mode, Model};
use crate::link::{Outgoing, Stage};
use crate::screen::limits::OUTGOING_MAX;

impl Model {
    pub(super) fn hear_outgoing(&mut self, outgoing: &Outgoing) {
        self.me.say(outgoing.id);
        let index = self.talk_index(&With::Room(outgoing.room.clone()));
        match &outgoing.stage {
            Stage::Waiting | Stage::Sent => self.show_on_the_way(index, outgoing),
            Stage::Kept { .. } => self.forget_on_the_way_in(index, outgoing.id),
            Stage::Refused(failure) => {
                self.show_on_the_way(index, outgoing);
                self.give_back(index, outgoing, &failure.message);
            }
        }
    }

    fn show_on_the_way(&mut self, index: usize, outgoing: &Outgoing) {
        let nick = self.me.shown();
        let what = What::Message(entry::own_message(outgoing, nick));
        let time_ms = self.now.time_ms;
        let talk = &mut self.talks[index];
        match talk.on_the_way.iter_mut().find(|other| other.id == outgoing.id) {
            Some(shown) => shown.entry.what = what,
            None => {
                let key = talk.window.new_key();
                let entry = entry::Entry { key, time_ms, what };
                talk.on_the_way.push(OnTheWay { id: outgoing.id, entry });
            }
        }
        if talk.on_the_way.len() > OUTGOING_MAX {
            talk.on_the_way.remove(0);
        }
    }

    pub(super) fn forget_on_the_way(&mut self, id: Id) {
        for index in 0..self.talks.len() {
            self.forget_on_the_way_in(index, id);
        }
    }

    pub(super) fn forget_on_the_way_in(&mut self, index: usize, id: Id) {
        self.talks[index].on_the_way.retain(|outgoing| outgoing.id != id);
    }

    /// A refused message stays in sight, and its text comes back: into the line if that is empty, else it
    /// is the newest of the lines that were sent. A line that is being typed is never touched.
    fn give_back(&mut self, index: usize, outgoing: &Outgoing, why: &str) {
        self.settle_refused(index, outgoing.id);
        let text = match outgoing.acted {
            true => format!("/me {}", outgoing.text.as_str()),
            false => super::typed::escaped(outgoing.text.as_str()),
        };
        let is_free = index == self.current && self.line.text().is_empty();
        if is_free && matches!(self.mode, Mode::Line) {
            self.edit(Command::Set(text));
            self.say_in(index, format!("not sent: {why}"), Tone::Problem);
        } else {
            self.remember(&text);
            self.say_in(index, format!("not sent: {why} (↑ brings it back)"), Tone::Problem);
        }
    }

    /// Moves a refused message up among the others, where it stays as it is.
    fn settle_refused(&mut self, index: usize, id: Id) {
        let talk = &mut self.talks[index];
        let Some(at) = talk.on_the_way.iter().position(|outgoing| outgoing.id == id) else {
            return;
        };
        let mut entry = talk.on_the_way.remove(at).entry;
        if let What::Message(message) = &mut entry.what {
            message.stage = Some(OwnStage::Refused);
        }
        if talk.window.reaches_end {
            talk.window.put(entry.time_ms, entry.what);
        }
    }
}
