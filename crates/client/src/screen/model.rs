//! The interface as a value: [`Model::update`] takes what happens and says what to do. It knows no
//! clock, no terminal, no file and no socket, so any conversation can be played to it in a test.
//!
//! Invariants: whatever arrives, text and caret of the line stay as they are; memory is bounded by
//! [`super::limits`]; each message of a room stands there once, in the order of the room.
//!
//! Where to look: keys are `pressing.rs`, what a line means when it is sent `sending.rs`; what the link
//! says is `hearing.rs`, what becomes of what one said `outgoing.rs`, answers to questions `answering.rs`;
//! scrolling `reading.rs`, other rooms `going.rs`, lists to choose from `listing.rs`; where things stand
//! `placing.rs`, what it says by itself `telling.rs`, what is begun and kept `drafting.rs`.
//! What it is made of knows no model: `asked.rs`, `told.rs`, `keyboard.rs`, `known_rooms.rs`, `list.rs`, `talk.rs`.

pub(super) mod entry;
pub(super) mod flow;
pub(super) mod folded;
pub(super) mod links;
pub(super) mod members;
pub(super) mod talk;
pub(super) mod window;

mod answering;
mod asked;
mod asking;
mod completing;
mod connection;
mod drafting;
mod going;
mod hearing;
mod keyboard;
mod known_rooms;
mod list;
mod listing;
mod look;
mod me;
mod outgoing;
mod placing;
mod pointing;
mod pressing;
mod reading;
mod sending;
mod telling;
mod told;
mod typed;

use jiff::tz::TimeZone;
use teahouse_core::RoomName;
use teahouse_editor::Editor;
use teahouse_wire::api::Id;

use super::input::{Effect, Input, Keep, Now, Size};
use super::keys::Context;
use super::limits::{KEEP_DRAFT_MS, TALKS_MAX};
use crate::link::State;
use asked::Asked;
use connection::Connection;
use keyboard::Keyboard;
use look::{Focus, Look};
use me::Me;
use talk::{Talk, With};
use told::Told;

pub(super) use list::{Item, List, ListKind};

/// Columns before the line: `› `.
pub(super) const PROMPT_COLUMNS: u16 = 2;

/// How an interface begins.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What it talks to.
    pub server: Server,
    /// Rooms that the link will be in, the one to be shown first; others are shown when it enters them.
    pub rooms: Vec<RoomName>,
    /// For days and times.
    pub zone: TimeZone,
    /// The terminal says nothing of pastes, so keys that come too fast for fingers are taken as one.
    pub has_bursts: bool,
    /// Lines sent before, oldest first.
    pub sent: Vec<String>,
    /// Lines begun in rooms before.
    pub drafts: Vec<(RoomName, String)>,
    /// The ids of what was said before, by which one's own messages are known.
    pub own: Vec<Id>,
}

/// What an interface talks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// A server, by its link.
    Api,
    /// A server that speaks plain lines, at this address.
    Line(String),
}

/// What the keyboard is for.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    /// The line.
    Line,
    /// Words to search for.
    Find {
        /// They.
        editor: Box<Editor>,
        /// In every room, not in this one only.
        everywhere: bool,
    },
    /// A list to choose from.
    List(List),
    /// The help, from this row on.
    Help {
        /// The topmost row.
        top: usize,
        /// What it is shown over, and goes on when it is closed.
        under: Box<Mode>,
    },
    /// Whether to send a pasted text of so many lines.
    SendPaste {
        /// How many.
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
    pub(super) told: Told,
    pub(super) line: Editor,
    keyboard: Keyboard,
    asked: Asked,
    effects: Vec<Effect>,
}

impl Model {
    /// An interface with nothing in it yet.
    #[must_use]
    pub fn new(setup: Setup, size: Size, now: Now) -> Self {
        let mut line = Editor::default();
        line.set_history(&setup.sent);
        let mut model = Self {
            now,
            look: Look::of(size),
            connection: Connection::begun(now),
            me: Me::with_own(&setup.own),
            talks: first_talks(&setup),
            current: 0,
            mode: Mode::Line,
            told: Told::default(),
            line,
            keyboard: Keyboard::default(),
            asked: Asked::default(),
            effects: Vec::new(),
            setup,
        };
        model.take_line_up();
        model.keyboard.draft_changed_ms = None;
        model
    }

    /// Takes one thing that happened; says what is to be done, in order.
    pub fn update(&mut self, input: Input, now: Now) -> Vec<Effect> {
        self.now = now;
        match input {
            Input::Key(press) => self.press(press),
            Input::Paste(text) => self.paste(&text),
            Input::Mouse(mouse) => self.point(mouse),
            Input::Resize(size) => self.resize(size),
            Input::Focus(is_here) => self.focus(is_here),
            Input::Tick => {}
            Input::Link(happening) => self.hear(happening),
            Input::Line(happening) => self.hear_line(happening),
            Input::Failed(what) => self.flash(what),
        }
        self.settle();
        std::mem::take(&mut self.effects)
    }

    /// What is to be kept when all ends, however it ends: what else would be kept a little later.
    pub fn close(&mut self) -> Vec<Keep> {
        self.keep_draft();
        self.keep_elsewhere();
        let effects = std::mem::take(&mut self.effects);
        let kept = effects.into_iter().filter_map(|effect| {
            let Effect::Keep(keep) = effect else { return None };
            Some(keep)
        });
        kept.collect()
    }

    /// When the model wants to be told the time, milliseconds since the start; `None` when nothing will
    /// change by itself.
    #[must_use]
    pub fn wake_at(&self) -> Option<u64> {
        let typing = self.talk().typing.iter().map(|(_, until)| *until);
        let flash = self.told.flash.iter().map(|flash| flash.until_ms);
        let draft = self.keyboard.draft_changed_ms.iter().map(|at| at + KEEP_DRAFT_MS);
        let seconds = self.next_second_ms();
        typing.chain(flash).chain(draft).chain(seconds).chain(self.keyboard.burst.wake_at()).min()
    }

    /// While offline the seconds until the next try are counted.
    fn next_second_ms(&self) -> Option<u64> {
        match &self.connection.state {
            State::Offline { retry_in, .. } => {
                let gone = self.now - self.connection.since_ms;
                let is_over = u128::from(gone) >= retry_in.as_millis();
                (!is_over).then(|| self.connection.since_ms + (gone / 1_000 + 1) * 1_000)
            }
            State::Connecting { .. } | State::Online(_) | State::Ended { .. } => None,
        }
    }

    /// What is done after everything: what has run out goes, what is missing is asked for.
    fn settle(&mut self) {
        let now = self.now.since_start_ms;
        self.settle_burst();
        self.told.flash.take_if(|flash| flash.until_ms <= now);
        for talk in &mut self.talks {
            talk.typing.retain(|(_, until)| *until > now);
        }
        if self.keyboard.draft_changed_ms.is_some_and(|at| now >= at + KEEP_DRAFT_MS) {
            self.keep_draft();
        }
        if self.is_watched() {
            self.talk_mut().seen();
        }
        if self.talk().is_at_end() {
            self.told.answers.clear();
        }
        self.fill();
    }

    /// Scrolls the line so that its caret is on the screen. To be done before each drawing, and not with each
    /// key, because a long line costs time: where pastes come as keys there are thousands of them.
    pub fn follow_caret(&mut self) {
        self.look.line_top = self.line_layout().top();
    }

    fn resize(&mut self, size: Size) {
        self.look.size = size;
        self.follow_end();
    }

    fn focus(&mut self, is_here: bool) {
        self.look.focus = if is_here { Focus::Here } else { Focus::Away };
        if !is_here {
            self.talk_mut().new_after = None;
        }
    }

    /// Whether the person sees the newest message of the room on the screen.
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

    /// What keys mean now.
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

    /// The line that is edited: yours, or the words to search for.
    #[must_use]
    pub(super) fn editor(&self) -> &Editor {
        match &self.mode {
            Mode::Find { editor, .. } => editor,
            Mode::Line | Mode::List(_) | Mode::Help { .. } | Mode::SendPaste { .. } => &self.line,
        }
    }

    /// Whether the line is text although it looks like a command.
    #[must_use]
    pub(super) fn is_literal(&self) -> bool {
        typed::is_literal(self.line.passage())
    }
}

/// What is there before anything is heard.
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
