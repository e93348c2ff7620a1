//! What changes the chat: a closed list. Everything here is owned data that can be written to a log, sent to
//! another node and applied there. What only reads is a [`crate::Query`], what only passes by a [`crate::Signal`].

use serde::{Deserialize, Serialize};

use crate::{
    Limits, MessageId, Nick, NodeId, Origin, RequestId, ResumeKeyHash, RoomName, SessionId, Text,
};

/// One change proposed, and by whom. The log puts proposals in order; [`crate::Chat::apply`] makes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Who proposes; [`SessionId::SERVER`] for the server itself.
    pub session: SessionId,
    /// From where: what it creates counts against this origin.
    pub origin: Origin,
    /// Which request of theirs it is: what answers it says so.
    pub request: RequestId,
    /// What is to change.
    pub action: Action,
}

impl Proposal {
    /// What the server itself proposes.
    #[must_use]
    pub fn of_server(action: Action) -> Self {
        let (session, origin) = (SessionId::SERVER, Origin::SERVER);
        Self { session, origin, request: RequestId::default(), action }
    }
}

/// What can be changed. A session's first action is [`Action::Enter`] or
/// [`Action::EnterUnseen`], its last [`Action::Exit`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Come in under this nick, or under a guest nick.
    Enter {
        /// The wish; `None` or a nick that is taken gives a guest nick.
        nick: Option<Nick>,
        /// The room to begin in; `None` for those who choose their rooms themselves.
        room: Option<RoomName>,
        /// With the key of a seat that is kept, one is who one was; an older connection of that seat ends. The
        /// door has hashed it.
        resume_key: Option<ResumeKeyHash>,
    },
    /// Come in under a guest nick, unseen: hear the room, but be in no list, and nobody is told. Whatever is
    /// asked next makes the person seen. For a connection that has not shown yet that it is a person's.
    EnterUnseen {
        /// The room to begin in.
        room: RoomName,
    },
    /// Be seen, without asking for anything.
    Appear,
    /// Go, from every room.
    Exit {
        /// Why.
        cause: ExitCause,
    },
    /// Enter a room, making it if there is none of that name.
    Join {
        /// Which.
        room: RoomName,
    },
    /// Leave a room.
    Leave {
        /// Which.
        room: RoomName,
    },
    /// Say something to everyone in a room.
    Say {
        /// Where.
        room: RoomName,
        /// What.
        text: Text,
        /// Whether it is something one does (`/me waves`) rather than says.
        acted: bool,
        /// The sender's id for it, when the protocol has one (P3).
        id: Option<MessageId>,
    },
    /// Say something to one person.
    Tell {
        /// To whom.
        nick: Nick,
        /// What.
        text: Text,
    },
    /// Take another nick.
    Rename {
        /// Which.
        nick: Nick,
    },
    /// Set or clear a room's topic.
    Topic {
        /// Where.
        room: RoomName,
        /// What it is about from here on; `None` for nothing.
        topic: Option<Text>,
    },
    /// Ignore somebody or stop ignoring them.
    Ignore {
        /// Whom.
        nick: Nick,
    },
    /// Something done from outside, without coming in: nobody hears of the visitor.
    Visit(Visit),
    /// A server starts, and wants a number for its sessions. Those of its start before end: nobody serves them.
    Open {
        /// Which server.
        node: NodeId,
    },
    /// New limits; proposed by the server at its start where others stand, and after a reload.
    Configure {
        /// All of them.
        limits: Box<Limits>,
    },
}

impl Action {
    /// The words it brings along for others.
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

    /// Whether it goes into the history: what has words, but for those to one person, and a topic that is cleared.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        let is_cleared = matches!(self, Self::Topic { topic: None, .. });
        let is_private = matches!(self, Self::Tell { .. });
        is_cleared || (self.text().is_some() && !is_private)
    }
}

/// What can be done without coming in: by programs that say one thing or follow a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visit {
    /// Say something to everyone in a room, making it if there is none of that name.
    Post {
        /// Under which nick: one that nobody here has; `None` for a guest nick.
        nick: Option<Nick>,
        /// Where.
        room: RoomName,
        /// What.
        text: Text,
        /// The sender's id for it.
        id: Option<MessageId>,
    },
    /// Hear a room from here on, unseen, until [`Action::Exit`].
    Follow {
        /// Which.
        room: RoomName,
        /// Whether it is made if there is none of that name.
        create: bool,
    },
}

/// Why somebody went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitCause {
    /// They said so, or closed their side after saying everything.
    Quit,
    /// The connection broke.
    Lost,
    /// Silent for longer than the server allows.
    Idle,
    /// They did not read what they were sent, past the last bound.
    Unread,
    /// The server closes.
    Closing,
    /// They came back on another connection, which has their seat now.
    Replaced,
}
