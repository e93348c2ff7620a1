//! What can change the chat: a closed list. Everything here is owned data that can be written to a log, sent to
//! another node and applied there. Reading is a [`crate::Query`]; what is neither stored nor state is a
//! [`crate::Signal`].

use serde::{Deserialize, Serialize};

use crate::{
    Limits, MessageId, Nick, NodeId, Origin, RequestId, ResumeKeyHash, RoomName, SessionId, Text,
};

/// One proposed change and its author. The log puts proposals in order; [`crate::Chat::apply`] applies them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The session that proposes; [`SessionId::SERVER`] for the server itself.
    pub session: SessionId,
    /// Where the session comes from: what it creates counts against this origin.
    pub origin: Origin,
    /// The number of the session's request; the effects that answer it carry it.
    pub request: RequestId,
    /// The change.
    pub action: Action,
}

impl Proposal {
    /// A proposal of the server itself.
    #[must_use]
    pub fn of_server(action: Action) -> Self {
        let (session, origin) = (SessionId::SERVER, Origin::SERVER);
        Self { session, origin, request: RequestId::default(), action }
    }
}

/// The changes. The first action of a session is [`Action::Enter`] or [`Action::EnterUnseen`], the last is
/// [`Action::Exit`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Enter the server with this nick, or with a guest nick.
    Enter {
        /// The wanted nick; `None` or a nick that is taken gives a guest nick.
        nick: Option<Nick>,
        /// The first room; `None` for clients that choose their rooms themselves.
        room: Option<RoomName>,
        /// The hash of the resume key, computed where the connection arrived. If a session with this key exists,
        /// the connection resumes it, and the older connection of that session ends.
        resume_key: Option<ResumeKeyHash>,
    },
    /// Enter the server with a guest nick, unseen: receive the room, be in no list, and nobody is told. The next
    /// action makes the session seen. For a connection that has not yet shown that a person uses it.
    EnterUnseen {
        /// The room to receive.
        room: RoomName,
    },
    /// Become seen, without any other change.
    Appear,
    /// Leave the server and every room.
    Exit {
        /// The reason.
        cause: ExitCause,
    },
    /// Join a room. A room of that name is created if there is none.
    Join {
        /// The room.
        room: RoomName,
    },
    /// Leave a room.
    Leave {
        /// The room.
        room: RoomName,
    },
    /// Send a message to a room.
    Say {
        /// The room.
        room: RoomName,
        /// The text.
        text: Text,
        /// Whether it describes an action (`/me waves`).
        acted: bool,
        /// The client's id for the message, when the protocol has one (promise P3).
        id: Option<MessageId>,
    },
    /// Send a private message.
    Tell {
        /// The receiver.
        nick: Nick,
        /// The text.
        text: Text,
    },
    /// Take another nick.
    Rename {
        /// The wanted nick.
        nick: Nick,
    },
    /// Set or clear the topic of a room.
    Topic {
        /// The room.
        room: RoomName,
        /// The new topic; `None` clears it.
        topic: Option<Text>,
    },
    /// Add a person to the ignore list, or remove a person who is on it.
    Ignore {
        /// The person's nick.
        nick: Nick,
    },
    /// Do something as a visitor, without entering the server: nobody is told of the visitor.
    Visit(Visit),
    /// A server starts and wants a boot number for its sessions. Sessions of its previous boot end, because no
    /// process serves them.
    Open {
        /// The server.
        node: NodeId,
    },
    /// Replace the limits. The server proposes this after a reload, and at its start if its own differ.
    Configure {
        /// The complete limits.
        limits: Box<Limits>,
    },
}

impl Action {
    /// The text in it that other people will read.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Say { text, .. }
            | Self::Tell { text, .. }
            | Self::Topic { topic: Some(text), .. }
            | Self::Visit(Visit::Post { text, .. }) => Some(text),
            Self::Topic { topic: None, .. }
            | Self::Visit(Visit::Follow { .. })
            | Self::Enter { .. }
            | Self::EnterUnseen { .. }
            | Self::Appear
            | Self::Exit { .. }
            | Self::Join { .. }
            | Self::Leave { .. }
            | Self::Rename { .. }
            | Self::Ignore { .. }
            | Self::Open { .. }
            | Self::Configure { .. } => None,
        }
    }

    /// Whether it goes into history: everything with text except private messages, and clearing a topic.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        let is_cleared = matches!(self, Self::Topic { topic: None, .. });
        let is_private = matches!(self, Self::Tell { .. });
        is_cleared || (self.text().is_some() && !is_private)
    }
}

/// What a visitor can do without entering the server: for programs that post one message or follow a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visit {
    /// Send a message to a room. A room of that name is created if there is none.
    Post {
        /// The nick to show, which no session may have; `None` for a guest nick.
        nick: Option<Nick>,
        /// The room.
        room: RoomName,
        /// The text.
        text: Text,
        /// The client's id for the message.
        id: Option<MessageId>,
    },
    /// Receive a room from here on, unseen, until [`Action::Exit`].
    Follow {
        /// The room.
        room: RoomName,
        /// Whether to create the room if there is none of that name.
        create: bool,
    },
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitCause {
    /// The person quit, or closed the connection in good order after the last request.
    Quit,
    /// The connection broke.
    Lost,
    /// The connection was silent for longer than the server allows.
    Idle,
    /// The client did not read what it was sent, past the last bound.
    Unread,
    /// The server is closing.
    Closing,
    /// Another connection has resumed the session.
    Replaced,
}
