//! Carries out the actions of keys, or hands them on.

use teahouse_editor::{Command, Full, Outcome};

use super::{Mode, Model, Server};
use crate::screen::input::{Effect, Keep};
use crate::screen::key::{Key, Press};
use crate::screen::keys::{self, Action, Context, Part};
use crate::screen::limits::{
    BURST_GAP_MS, BURST_KEYS_MIN, FLASH_MS, TYPING_EVERY_MS, TYPING_MEMBERS_MAX,
};
use teahouse_wire::api::{Request, Typing};
use teahouse_wire::command;

use super::requests::Purpose;

impl Model {
    pub(super) fn handle_key(&mut self, press: Press) {
        if self.setup.has_bursts && self.context() == Context::Line {
            self.handle_burst_key(press);
        } else {
            self.handle_key_now(press);
        }
    }

    fn handle_key_now(&mut self, press: Press) {
        let context = self.context();
        match keys::find(context, press) {
            Some(action) => self.perform_action(action.clone(), press),
            None => match (context, press.text_char()) {
                (Context::Line | Context::Recall | Context::Find, Some(c)) => {
                    self.edit(Command::Insert(c.to_string()));
                }
                (Context::Question, _) => self.mode = Mode::Line,
                (Context::Recall, None) => self.leave_recall(press),
                (Context::Line | Context::Find | Context::List | Context::Help, _) => {}
            },
        }
    }

    /// Ends the search of sent lines with any other key: the found line is taken, and the key acts on it.
    fn leave_recall(&mut self, press: Press) {
        self.edit(Command::SearchAccept);
        self.handle_key_now(press);
    }

    /// Handles a key that may be part of a paste.
    fn handle_burst_key(&mut self, press: Press) {
        let now = self.now.since_start_ms;
        let is_close = self.now - self.keyboard.burst.last_ms <= BURST_GAP_MS
            && self.keyboard.burst.last_ms > 0;
        if let Some(held_ms) = self.keyboard.burst.held_ms.take() {
            if self.now - held_ms <= BURST_GAP_MS {
                self.edit_pasted("\n");
            } else {
                self.handle_key_now(Press::of(Key::Enter));
            }
        }
        self.keyboard.burst.keys = if is_close { self.keyboard.burst.keys + 1 } else { 1 };
        self.keyboard.burst.last_ms = now;
        if press != Press::of(Key::Enter) {
            let bytes = self.line.text().len();
            self.handle_key_now(press);
            if press.text_char().is_none() {
                self.keyboard.burst.keys = 0;
            } else if self.keyboard.burst.keys >= BURST_KEYS_MIN && self.line.text().len() > bytes {
                // The keys before this one were treated as typing when they came.
                let chars =
                    if self.keyboard.burst.keys == BURST_KEYS_MIN { BURST_KEYS_MIN } else { 1 };
                self.line.mark_pasted(chars);
            }
            return;
        }
        if self.keyboard.burst.keys > BURST_KEYS_MIN {
            self.edit_pasted("\n");
        } else {
            self.keyboard.burst.held_ms = Some(now);
        }
    }

    fn edit_pasted(&mut self, text: &str) {
        self.edit(Command::Paste(text.to_owned()));
    }

    pub(super) fn release_held_return(&mut self) {
        let is_due = |held: &u64| self.now - *held > BURST_GAP_MS;
        if self.keyboard.burst.held_ms.as_ref().is_some_and(is_due) {
            self.keyboard.burst.held_ms = None;
            self.handle_key_now(Press::of(Key::Enter));
        }
    }

    /// Inserts a paste as literal text.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.trim_end_matches(['\r', '\n']);
        match self.mode {
            Mode::Line => {
                self.feedback.flash = None;
                self.edit_pasted(text);
            }
            Mode::Find { .. } => self.edit(Command::Paste(text.replace(['\r', '\n'], " "))),
            Mode::List(_) | Mode::Help { .. } | Mode::SendPaste { .. } => {
                self.close_page();
                self.paste(text);
            }
        }
    }

    /// Applies a command to the line that is edited.
    pub(super) fn edit(&mut self, command: Command) {
        let outcome = match &mut self.mode {
            Mode::Find { editor, .. } => editor.apply(command),
            Mode::Line | Mode::List(_) | Mode::Help { .. } | Mode::SendPaste { .. } => {
                self.line.apply(command)
            }
        };
        match outcome {
            Outcome::Changed => self.handle_line_change(),
            Outcome::Moved | Outcome::Nothing | Outcome::NotFound => {}
            Outcome::Full(full) => self.flash(describe_full(full)),
        }
    }

    pub(super) fn handle_line_change(&mut self) {
        if !matches!(self.mode, Mode::Line) {
            return;
        }
        self.note_draft_change();
        self.send_typing();
    }

    /// Announces in a small room that the user is typing a message, at most every [`TYPING_EVERY_MS`]; commands are not
    /// announced.
    fn send_typing(&mut self) {
        let text = self.line.text();
        let is_talk = !text.is_empty() && (self.is_literal() || command::slash(text).is_none());
        let now = self.now.since_start_ms;
        let is_due = self.keyboard.typing_sent_ms.is_none_or(|sent| now >= sent + TYPING_EVERY_MS);
        let talk = self.talk();
        let is_small = (2..=TYPING_MEMBERS_MAX).contains(&talk.members.total);
        let Some(room) = talk.with.room().filter(|_| talk.is_joined && is_small).cloned() else {
            return;
        };
        if is_talk && is_due && self.is_online() && self.line.search().is_none() {
            self.keyboard.typing_sent_ms = Some(now);
            self.ask(Purpose::Nothing, Request::Typing(Typing { room }));
        }
    }

    fn perform_action(&mut self, action: Action, press: Press) {
        // An error is outdated once the user does something else; while the user corrects the line, it stays.
        if !matches!(action, Action::Edit(_)) {
            self.feedback.flash = None;
        }
        match action {
            Action::Edit(command) => self.edit(command),
            Action::Send => self.send(),
            Action::Complete(direction) => self.complete(direction),
            Action::ClearOrQuit => self.clear_or_quit(),
            Action::DeleteOrQuit if self.line.text().is_empty() => self.quit(),
            Action::DeleteOrQuit => self.edit(Command::Delete),
            Action::Scroll(scroll) => self.scroll(scroll),
            Action::Go(go) => self.go(go, press),
            Action::Toggle(part) => self.toggle(part),
            Action::Find => self.begin_find(),
            Action::Links => self.list_links(),
            Action::Help => self.show_help(),
            Action::Escape => self.escape(),
            Action::Redraw => self.effects.push(Effect::Redraw),
            Action::Suspend => self.effects.push(Effect::Suspend),
            Action::List(step) => self.step_list(step),
            Action::Scope => self.change_scope(),
            Action::Yes => self.send_confirmed(),
        }
    }

    fn clear_or_quit(&mut self) {
        if !self.line.text().is_empty() {
            self.edit(Command::Clear);
            return;
        }
        let now = self.now.since_start_ms;
        if self.keyboard.quit_pressed_ms.is_some_and(|pressed| now < pressed + FLASH_MS) {
            return self.quit();
        }
        self.keyboard.quit_pressed_ms = Some(now);
        self.flash("Ctrl-C again to leave");
    }

    pub(super) fn quit(&mut self) {
        self.keep_draft();
        self.effects.push(Effect::Quit);
    }

    fn escape(&mut self) {
        match self.mode {
            Mode::Line if !self.feedback.answers.is_empty() => self.feedback.answers.clear(),
            Mode::Line => self.go_to_end(),
            Mode::Find { .. } | Mode::List(_) | Mode::Help { .. } | Mode::SendPaste { .. } => {
                self.close_page();
            }
        }
    }

    /// Closes the list, the help, the search or the question.
    fn close_page(&mut self) {
        if let Mode::Help { under, .. } = std::mem::replace(&mut self.mode, Mode::Line) {
            self.mode = *under;
        }
    }

    pub(super) fn show_help(&mut self) {
        let under = Box::new(std::mem::replace(&mut self.mode, Mode::Line));
        self.mode = Mode::Help { top: 0, under };
    }

    fn toggle(&mut self, part: Part) {
        let areas = self.areas();
        match part {
            Part::Rooms => {
                self.look.with_rooms = Some(areas.rooms.is_empty());
                if self.look.with_rooms == Some(true) && self.areas().rooms.is_empty() {
                    self.flash(match self.is_line_server() {
                        true => "a line server has no rooms".to_owned(),
                        false => "too narrow for the rooms".to_owned(),
                    });
                }
            }
            Part::Members => {
                self.look.with_members = Some(areas.members.is_empty());
                if self.look.with_members == Some(true) && self.areas().members.is_empty() {
                    self.flash(match self.talk().with.room() {
                        None => "this is no room; nobody to list".to_owned(),
                        Some(_) => "too narrow for the members; /who lists them".to_owned(),
                    });
                }
            }
            Part::Mouse => {
                self.look.has_mouse = !self.look.has_mouse;
                self.effects.push(Effect::TakeMouse(self.look.has_mouse));
                self.flash(if self.look.has_mouse {
                    "the mouse works here again"
                } else {
                    "the mouse selects text; F7 takes it back"
                });
            }
        }
        self.follow_end();
    }

    /// Adds a line to the sent lines, so that it can be recalled.
    pub(super) fn remember(&mut self, line: &str) {
        self.line.remember(line);
        self.effects.push(Effect::Keep(Keep::Sent(line.to_owned())));
    }

    /// Whether the server speaks plain lines.
    pub(super) fn is_line_server(&self) -> bool {
        self.setup.server != Server::Api
    }
}

fn describe_full(full: Full) -> String {
    match full {
        Full::Bytes { bytes, max } => {
            format!("{bytes} bytes would be too long; a message has at most {max}")
        }
        Full::Lines { lines, max } => {
            format!("{lines} lines would be too many; a message has at most {max}")
        }
        Full::Search { max, .. } => format!("one searches for at most {max} bytes"),
    }
}
