//! The interface as a value: [`Model::update`] takes an input and returns effects. It knows no clock, no terminal,
//! no file and no socket, so a test can play any conversation to it.
//!
//! Invariants: nothing that arrives changes the text or the caret of the line; memory is bounded by
//! [`super::limits`]; each message of a room is shown once, in the order of the room.
//!
//! Where to look: keys `pressing.rs`, the mouse `mouse.rs`, sending the line `sending.rs`; what the link reports
//! `incoming.rs`, the state of own messages `outgoing.rs`, answers to requests `answering.rs`; scrolling
//! `reading.rs`, switching between rooms `switching.rs`, lists to choose from `listing.rs`; the layout `layout.rs`,
//! the interface's own notices `notices.rs`, unsent lines `drafting.rs`.
//! Its parts do not know the model: `requests.rs`, `feedback.rs`, `keyboard.rs`, `known_rooms.rs`, `list.rs`, `talk.rs`.

pub(super) mod entry;
pub(super) mod flow;
pub(super) mod folded;
pub(super) mod links;
pub(super) mod members;
pub(super) mod talk;
pub(super) mod window;

mod answering;
mod asking;
mod command_line;
mod completing;
mod connection;
mod drafting;
mod feedback;
mod incoming;
mod keyboard;
mod known_rooms;
mod layout;
mod list;
mod listing;
mod look;
mod me;
mod mouse;
mod notices;
mod outgoing;
mod pressing;
mod reading;
mod requests;
mod sending;
mod switching;

use jiff::tz::TimeZone;
use teahouse_core::RoomName;
use teahouse_editor::Editor;
use teahouse_wire::api::Id;

use super::input::{Effect, Input, Keep, Now, Size};
use super::keys::Context;
use super::limits::{KEEP_DRAFT_MS, TALKS_MAX};
use crate::link::State;
use connection::Connection;
use feedback::Feedback;
use keyboard::Keyboard;
use look::{Focus, Look};
use me::Me;
use requests::Requests;
use talk::{Talk, With};

pub(super) use list::{Item, List, ListKind};

/// Columns of the prompt `› `.
pub(super) const PROMPT_COLUMNS: u16 = 2;

/// What an interface starts with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The kind of server.
    pub server: Server,
    /// The rooms that the link joins; the first is shown first. Other rooms appear when the link joins them.
    pub rooms: Vec<RoomName>,
    /// The time zone for days and times.
    pub zone: TimeZone,
    /// Whether the terminal does not report pastes, so that keys faster than typing are treated as a paste.
    pub has_bursts: bool,
    /// The lines sent in earlier runs, oldest first.
    pub sent: Vec<String>,
    /// The unsent lines of earlier runs, by room.
    pub drafts: Vec<(RoomName, String)>,
    /// The ids of messages sent in earlier runs, by which own messages are recognised.
    pub own: Vec<Id>,
}

/// The kind of server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// An api server, over a link.
    Api,
    /// A server that speaks plain lines, at this address.
    Line(String),
}

/// What the keyboard controls.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    /// The line.
    Line,
    /// The words to search for.
    Find {
        /// The words.
        editor: Box<Editor>,
        /// Whether all rooms are searched, and not only this one.
        everywhere: bool,
    },
    /// A list to choose from.
    List(List),
    /// The help.
    Help {
        /// The topmost row.
        top: usize,
        /// The mode to return to when the help is closed.
        under: Box<Mode>,
    },
    /// The question whether to send a long paste.
    SendPaste {
        /// The number of lines.
        lines: usize,
    },
}

/// The interface.
#[derive(Debug)]
pub struct Model {
    pub(super) setup: Setup,
    pub(super) now: Now,
    pub(super) look: Look,
    pub(super) connection: Connection,
    pub(super) me: Me,
    pub(super) talks: Vec<Talk>,
    pub(super) current: usize,
    pub(super) mode: Mode,
    pub(super) feedback: Feedback,
    pub(super) line: Editor,
    keyboard: Keyboard,
    requests: Requests,
    effects: Vec<Effect>,
}

impl Model {
    /// An interface at its start.
    #[must_use]
    pub fn new(setup: Setup, size: Size, now: Now) -> Self {
        let mut line = Editor::default();
        line.set_history(&setup.sent);
        let mut model = Self {
            now,
            look: Look::of(size),
            connection: Connection::connecting(now),
            me: Me::with_own(&setup.own),
            talks: first_talks(&setup),
            current: 0,
            mode: Mode::Line,
            feedback: Feedback::default(),
            line,
            keyboard: Keyboard::default(),
            requests: Requests::default(),
            effects: Vec::new(),
            setup,
        };
        model.restore_draft();
        model.keyboard.draft_changed_ms = None;
        model
    }

    /// Handles an input. Returns the effects to perform, in order.
    pub fn update(&mut self, input: Input, now: Now) -> Vec<Effect> {
        self.now = now;
        match input {
            Input::Key(press) => self.handle_key(press),
            Input::Paste(text) => self.paste(&text),
            Input::Mouse(mouse) => self.handle_mouse(mouse),
            Input::Resize(size) => self.resize(size),
            Input::Focus(is_here) => self.set_focus(is_here),
            Input::Tick => {}
            Input::Link(happening) => self.handle_happening(happening),
            Input::Line(happening) => self.handle_line(happening),
            Input::Failed(what) => self.flash(what),
        }
        self.finish_update();
        std::mem::take(&mut self.effects)
    }

    /// Returns what is still to be saved, however the client ends; else it would be saved a little later.
    pub fn close(&mut self) -> Vec<Keep> {
        self.keep_draft();
        self.keep_other_drafts();
        let effects = std::mem::take(&mut self.effects);
        let kept = effects.into_iter().filter_map(|effect| {
            let Effect::Keep(keep) = effect else { return None };
            Some(keep)
        });
        kept.collect()
    }

    /// When the model needs the next [`Input::Tick`], milliseconds since the start; `None` when time changes nothing.
    #[must_use]
    pub fn wake_at(&self) -> Option<u64> {
        let typing = self.talk().typing.iter().map(|(_, until)| *until);
        let flash = self.feedback.flash.iter().map(|flash| flash.until_ms);
        let draft = self.keyboard.draft_changed_ms.iter().map(|at| at + KEEP_DRAFT_MS);
        let seconds = self.next_second_ms();
        typing.chain(flash).chain(draft).chain(seconds).chain(self.keyboard.burst.wake_at()).min()
    }

    /// When the countdown to the next attempt to connect changes; `None` unless offline.
    fn next_second_ms(&self) -> Option<u64> {
        match &self.connection.state {
            State::Offline { retry_in, .. } => {
                let gone = self.now - self.connection.since_ms;
                let is_due = u128::from(gone) >= retry_in.as_millis();
                (!is_due).then(|| self.connection.since_ms + (gone / 1_000 + 1) * 1_000)
            }
            State::Connecting { .. } | State::Online(_) | State::Ended { .. } => None,
        }
    }

    /// Runs after every input: removes what has expired, and requests what is missing.
    fn finish_update(&mut self) {
        let now = self.now.since_start_ms;
        self.release_held_return();
        self.feedback.flash.take_if(|flash| flash.until_ms <= now);
        for talk in &mut self.talks {
            talk.typing.retain(|(_, until)| *until > now);
        }
        if self.keyboard.draft_changed_ms.is_some_and(|at| now >= at + KEEP_DRAFT_MS) {
            self.keep_draft();
        }
        if self.is_watched() {
            self.talk_mut().mark_seen();
        }
        if self.talk().is_at_end() {
            self.feedback.answers.clear();
        }
        self.request_missing();
    }

    /// Scrolls the line so that its caret is on the screen. Called before each drawing and not for each key, because the
    /// layout of a long line costs time, and a paste can arrive as thousands of keys.
    pub fn follow_caret(&mut self) {
        self.look.line_top = self.line_layout().top();
    }

    fn resize(&mut self, size: Size) {
        self.look.size = size;
        self.follow_end();
    }

    fn set_focus(&mut self, is_here: bool) {
        self.look.focus = if is_here { Focus::Here } else { Focus::Away };
        if !is_here {
            self.talk_mut().new_after = None;
        }
    }

    /// Whether the user sees the newest message of the room on the screen.
    fn is_watched(&self) -> bool {
        self.look.focus != Focus::Away && self.talk().is_at_end()
    }

    /// The conversation on the screen.
    #[must_use]
    pub(super) fn talk(&self) -> &Talk {
        &self.talks[self.current]
    }

    fn talk_mut(&mut self) -> &mut Talk {
        &mut self.talks[self.current]
    }

    /// The context in which keys are looked up.
    pub(super) fn context(&self) -> Context {
        match &self.mode {
            Mode::Line if self.line.search().is_some() => Context::Recall,
            Mode::Line => Context::Line,
            Mode::Find { .. } => Context::Find,
            Mode::List(_) => Context::List,
            Mode::Help { .. } => Context::Help,
            Mode::SendPaste { .. } => Context::Question,
        }
    }

    /// The line that is edited: the user's line, or the words to search for.
    #[must_use]
    pub(super) fn editor(&self) -> &Editor {
        match &self.mode {
            Mode::Find { editor, .. } => editor,
            Mode::Line | Mode::List(_) | Mode::Help { .. } | Mode::SendPaste { .. } => &self.line,
        }
    }

    /// Whether the line is text although it looks like a command: its slash was pasted.
    #[must_use]
    pub(super) fn is_literal(&self) -> bool {
        command_line::is_literal(self.line.passage())
    }
}

/// The conversations before anything is received.
fn first_talks(setup: &Setup) -> Vec<Talk> {
    match &setup.server {
        Server::Line(server) => vec![Talk::new(With::Server(server.clone()))],
        Server::Api if setup.rooms.is_empty() => vec![Talk::new(With::Api)],
        Server::Api => {
            let rooms = setup.rooms.iter().take(TALKS_MAX);
            rooms.map(|room| Talk::with_draft(room, &setup.drafts)).collect()
        }
    }
}
