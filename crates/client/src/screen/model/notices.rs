//! The interface's own notices: in a room, above the status line, in the status line.

use super::Model;
use super::entry::{Notice, Tone};
use super::feedback::Flash;
use crate::screen::limits::{ANSWER_ROWS_MIN, ANSWERS_MAX, FLASH_MS};

impl Model {
    pub(super) fn flash(&mut self, text: impl Into<String>) {
        let until_ms = self.now.since_start_ms + FLASH_MS;
        self.feedback.flash = Some(Flash { text: text.into(), until_ms });
    }

    /// Shows a notice in the room on the screen.
    pub(super) fn show_notice(&mut self, text: impl Into<String>, tone: Tone) {
        self.show_notice_in(self.current, text, tone);
    }

    /// Shows a notice at the end of a room, and also where the user sees it if that end is not on the screen.
    pub(super) fn show_notice_in(&mut self, index: usize, text: impl Into<String>, tone: Tone) {
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
            window.add_notice(time_ms, notice);
            self.trim(index);
        }
    }

    pub(super) fn answer(&mut self, notice: Notice) {
        self.feedback.answers.push(notice);
        if self.feedback.answers.len() > ANSWERS_MAX {
            self.feedback.answers.remove(0);
        }
        // There are too few rows to show it above the status line.
        if self.areas().messages.height < ANSWER_ROWS_MIN {
            self.flash(
                self.feedback.answers.last().map_or_else(String::new, |notice| notice.text.clone()),
            );
        }
    }
}
