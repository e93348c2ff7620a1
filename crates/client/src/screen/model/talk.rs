//! A conversation: a room, a person, a line server, or the api server before the first room.

use teahouse_core::{Nick, RoomName, Text};
use teahouse_editor::{Command, Editor, Outcome, Passage};
use teahouse_wire::api::Event;

use super::entry::{Entry, PendingMessage};
use super::members::Members;
use super::window::Window;

/// The other side of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum With {
    /// The api server, before the first room.
    Api,
    /// The members of a room.
    Room(RoomName),
    /// One person, in private.
    Person(Nick),
    /// A line server, at this address.
    Server(String),
}

impl With {
    /// The name in the list of rooms.
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

/// The scroll position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// At the newest message.
    End,
    /// With this row of this entry topmost.
    At {
        /// The entry's key.
        key: u64,
        /// The index of its row.
        row: usize,
    },
}

/// The history requests in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loading {
    /// Events before the first loaded one are requested.
    pub before: bool,
    /// Events after the last loaded one are requested.
    pub after: bool,
    /// The request failed; it is repeated when the user scrolls.
    pub has_failed: bool,
}

/// An unsent line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    /// The text.
    pub passage: Passage,
    /// The caret, as a byte index.
    pub caret: usize,
}

impl Draft {
    /// The draft of a line as the state file keeps it, that is, as it has to be typed; empty if it is too long.
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

/// A conversation.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    /// The other side.
    pub with: With,
    /// The loaded entries.
    pub window: Window,
    /// Own messages that are not stored yet, shown below the others.
    pub pending: Vec<PendingMessage>,
    /// The scroll position.
    pub reading: Reading,
    /// The history requests in flight.
    pub loading: Loading,
    /// Events received while the page before them is requested.
    pub meanwhile: Vec<Event>,
    /// The topic of the room.
    pub topic: Option<Text>,
    /// The members of the room.
    pub members: Members,
    /// The persons who type, and when that expires, milliseconds since the start.
    pub typing: Vec<(Nick, u64)>,
    /// Whether the user is in the room.
    pub is_joined: bool,
    /// The newest position known.
    pub head: u64,
    /// The newest position at the join. Events up to it are not news, unless `is_resumed`.
    pub backlog_to: u64,
    /// Whether the events up to `backlog_to` follow the loaded ones without a gap: they arrived while the user was away.
    pub is_resumed: bool,
    /// The number of unread messages.
    pub unread: usize,
    /// The number of unread messages that mention the user.
    pub mentions: usize,
    /// Events after this position arrived while the user was away.
    pub new_after: Option<u64>,
    /// The position that the user went to; it is marked.
    pub target: Option<u64>,
    /// The words that were searched for; they are marked.
    pub words: String,
    /// The unsent line, while another conversation is on the screen.
    pub draft: Draft,
}

impl Talk {
    /// An empty conversation.
    #[must_use]
    pub(crate) fn new(with: With) -> Self {
        Self {
            with,
            window: Window::default(),
            pending: Vec::new(),
            reading: Reading::End,
            loading: Loading::default(),
            meanwhile: Vec::new(),
            topic: None,
            members: Members::default(),
            typing: Vec::new(),
            is_joined: false,
            head: 0,
            backlog_to: 0,
            is_resumed: false,
            unread: 0,
            mentions: 0,
            new_after: None,
            target: None,
            words: String::new(),
            draft: Draft::default(),
        }
    }

    /// A room with its saved draft.
    #[must_use]
    pub(crate) fn with_draft(room: &RoomName, drafts: &[(RoomName, String)]) -> Self {
        let mut talk = Self::new(With::Room(room.clone()));
        if let Some((_, text)) = drafts.iter().find(|(of, _)| of == room) {
            talk.draft = Draft::of(text);
        }
        talk
    }

    /// The number of entries: the loaded ones and, if they reach the end, the pending ones.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.window.len() + if self.window.reaches_end { self.pending.len() } else { 0 }
    }

    /// The entry at this index.
    #[must_use]
    pub(crate) fn entry(&self, index: usize) -> Option<&Entry> {
        match index.checked_sub(self.window.len()) {
            None => self.window.entry(index),
            Some(rest) if self.window.reaches_end => {
                self.pending.get(rest).map(|outgoing| &outgoing.entry)
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

    /// Marks all messages as read.
    pub(crate) fn mark_seen(&mut self) {
        self.unread = 0;
        self.mentions = 0;
    }

    /// Drops all loaded entries, and reads at the end.
    pub(crate) fn start_over(&mut self) {
        self.window.clear();
        self.reading = Reading::End;
        self.loading = Loading::default();
        self.meanwhile.clear();
        self.target = None;
    }

    /// The nicks of the other authors, the latest first, each once.
    #[must_use]
    pub(crate) fn authors(&self) -> Vec<&str> {
        let mut authors: Vec<&str> = Vec::new();
        for entry in self.window.entries().rev() {
            if let super::entry::What::Message(message) = &entry.what
                && !message.is_own
                && !authors.contains(&message.nick.as_str())
            {
                authors.push(&message.nick);
            }
        }
        authors
    }
}
