//! One conversation on the screen: a room, a person, a line server, or the server itself before any room.

use teahouse_core::{Nick, RoomName, Text};
use teahouse_editor::{Command, Editor, Outcome, Passage};
use teahouse_wire::api::Event;

use super::entry::{Entry, OnTheWay};
use super::members::Members;
use super::window::Window;

/// With whom.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum With {
    /// Nobody yet: words of the server.
    Api,
    /// Everyone in a room.
    Room(RoomName),
    /// One person, in private.
    Person(Nick),
    /// Whoever is on a line server.
    Server(String),
}

impl With {
    /// What it is called in the list.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Api => "teahouse",
            Self::Room(room) => room.as_str(),
            Self::Person(nick) => nick.as_str(),
            Self::Server(server) => server,
        }
    }

    /// The room, if it is one.
    #[must_use]
    pub(crate) fn room(&self) -> Option<&RoomName> {
        match self {
            Self::Room(room) => Some(room),
            Self::Api | Self::Person(_) | Self::Server(_) => None,
        }
    }
}

/// Where one reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// At the end.
    End,
    /// With this entry's row topmost.
    At {
        /// The entry's key.
        key: u64,
        /// Which of its rows.
        row: usize,
    },
}

/// What is being asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loading {
    /// Events before the first.
    pub before: bool,
    /// Events after the last.
    pub after: bool,
    /// It was refused, and is asked for again when the person scrolls.
    pub has_failed: bool,
}

/// A line begun and not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    /// What stands there.
    pub passage: Passage,
    /// The byte where the caret is.
    pub caret: usize,
}

impl Draft {
    /// A line as it has to be typed to be said, such as a file keeps it; nothing when it is too long for a line.
    pub(crate) fn of(text: &str) -> Self {
        let mut editor = Editor::default();
        match editor.apply(Command::Set(text.to_owned())) {
            Outcome::Changed => Self { caret: editor.caret(), passage: editor.take_out() },
            Outcome::Moved | Outcome::Nothing | Outcome::NotFound | Outcome::Full(_) => {
                Self::default()
            }
        }
    }
}

/// One conversation.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    /// With whom.
    pub with: With,
    /// What of it is at hand.
    pub window: Window,
    /// Our messages on their way, below the others.
    pub on_the_way: Vec<OnTheWay>,
    /// Where one reads.
    pub reading: Reading,
    /// What is being asked for.
    pub loading: Loading,
    /// Heard while the page before it is on its way.
    pub meanwhile: Vec<Event>,
    /// What the room is about.
    pub topic: Option<Text>,
    /// Who is here.
    pub members: Members,
    /// Who types, and until when that holds.
    pub typing: Vec<(Nick, u64)>,
    /// We are in it.
    pub is_joined: bool,
    /// The last position that was heard of.
    pub head: u64,
    /// The last position when we came in: up to there nothing is news, unless we came back.
    pub backlog_to: u64,
    /// What came up to there follows what we had: it is new since we were away.
    pub came_back: bool,
    /// Messages not seen.
    pub unread: usize,
    /// Those of them that speak of us.
    pub mentions: usize,
    /// What comes after this position is new since we were away.
    pub new_after: Option<u64>,
    /// The position that was gone to, to be marked.
    pub target: Option<u64>,
    /// The words that were searched for, to be marked too.
    pub words: String,
    /// The line begun here, while another room is on the screen.
    pub draft: Draft,
}

impl Talk {
    /// A conversation nobody has said anything in.
    #[must_use]
    pub(crate) fn new(with: With) -> Self {
        Self {
            with,
            window: Window::default(),
            on_the_way: Vec::new(),
            reading: Reading::End,
            loading: Loading::default(),
            meanwhile: Vec::new(),
            topic: None,
            members: Members::default(),
            typing: Vec::new(),
            is_joined: false,
            head: 0,
            backlog_to: 0,
            came_back: false,
            unread: 0,
            mentions: 0,
            new_after: None,
            target: None,
            words: String::new(),
            draft: Draft::default(),
        }
    }

    /// A room with the line that was begun there before.
    #[must_use]
    pub(crate) fn with_draft(room: &RoomName, drafts: &[(RoomName, String)]) -> Self {
        let mut talk = Self::new(With::Room(room.clone()));
        if let Some((_, text)) = drafts.iter().find(|(of, _)| of == room) {
            talk.draft = Draft::of(text);
        }
        talk
    }

    /// How many entries are shown: those at hand and, if they reach the end, ours on their way.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.window.len() + if self.window.reaches_end { self.on_the_way.len() } else { 0 }
    }

    /// The entry at this index.
    #[must_use]
    pub(crate) fn entry(&self, index: usize) -> Option<&Entry> {
        match index.checked_sub(self.window.len()) {
            None => self.window.entry(index),
            Some(rest) if self.window.reaches_end => {
                self.on_the_way.get(rest).map(|outgoing| &outgoing.entry)
            }
            Some(_) => None,
        }
    }

    /// The index of the entry with this key.
    #[must_use]
    pub(crate) fn index_of(&self, key: u64) -> Option<usize> {
        (0..self.len()).rev().find(|index| self.entry(*index).is_some_and(|e| e.key == key))
    }

    /// Whether the newest message is on the screen when this conversation is.
    #[must_use]
    pub(crate) fn is_at_end(&self) -> bool {
        self.reading == Reading::End && self.window.reaches_end
    }

    /// Everything seen.
    pub(crate) fn seen(&mut self) {
        self.unread = 0;
        self.mentions = 0;
    }

    /// Forgets what is at hand and reads at the end.
    pub(crate) fn start_over(&mut self) {
        self.window.clear();
        self.reading = Reading::End;
        self.loading = Loading::default();
        self.meanwhile.clear();
        self.target = None;
    }

    /// Who speaks here, the latest first, each once; not we ourselves.
    #[must_use]
    pub(crate) fn speakers(&self) -> Vec<&str> {
        let mut speakers: Vec<&str> = Vec::new();
        for entry in self.window.entries().rev() {
            if let super::entry::What::Message(message) = &entry.what
                && !message.is_own
                && !speakers.contains(&message.nick.as_str())
            {
                speakers.push(&message.nick);
            }
        }
        speakers
    }
}
