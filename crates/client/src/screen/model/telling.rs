//! What the interface says by itself: in a room, above the status line, in it.

use super::Model;
use super::entry::{Notice, Tone};
use super::told::Flash;
use crate::screen::limits::{ANSWER_ROWS_MIN, ANSWERS_MAX, FLASH_MS};

impl Model {
    pub(super) fn flash(&mut self, text: impl Into<String>) {
        let until_ms = self.now.since_start_ms + FLASH_MS;
        self.told.flash = Some(Flash { text: text.into(), until_ms });
    }

    /// Says something in the room on the screen.
    pub(super) fn say_here(&mut self, text: impl Into<String>, tone: Tone) {
        self.say_in(self.current, text, tone);
    }

    /// Says something at the end of a room, and where it is seen when that is not on the screen.
    pub(super) fn say_in(&mut self, index: usize, text: impl Into<String>, tone: Tone) {
        let notice = Notice { text: text.into(), tone };
        if index != self.current && tone == Tone::Problem {
            self.flash(format!("{}: {}", self.talks[index].with.name(), notice.text));
        }
        if index == self.current && !self.talk().is_at_end() && tone != Tone::Server {
            self.answer(notice.clone());
        }
        let time_ms = self.now.time_ms;
        let window = &mut self.talks[index].window;
        if window.reaches_end {
            window.notice(time_ms, notice);
            self.trim(index);
        }
    }

    pub(super) fn answer(&mut self, notice: Notice) {
        self.told.answers.push(notice);
        if self.told.answers.len() > ANSWERS_MAX {
            self.told.answers.remove(0);
        }
        // Where there are too few rows to show it above the status line.
        if self.areas().messages.height < ANSWER_ROWS_MIN {
            self.flash(
                self.told.answers.last().map_or_else(String::new, |notice| notice.text.clone()),
            );
        }
    }
}
