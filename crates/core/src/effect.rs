//! What can happen: a closed list of facts. Protocols turn them into bytes, the store keeps the
//! [`Event`]s, the shards attach and detach sessions; none of them decides anything.

use serde::{Deserialize, Serialize};

use crate::{
    Author, ExitCause, Ignored, MessageId, Nick, NodeId, Position, Question, Refusal, RequestId,
    RoomId, RoomName, SessionId, Text, Time,
};

/// One fact. The order in which effects are emitted is the order in which everything happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A room gets its first event and is durable from here on. Comes right before that event.
    RoomCreated {
        /// The number of the room.
        room: RoomId,
        /// The name of the room.
        name: RoomName,
        /// The time of its first event.
        time: Time,
    },
    /// A room and its history are deleted, because a new room needed its place. The room was empty. Its number
    /// is not used again.
    RoomRemoved {
        /// The room that was deleted.
        room: RoomId,
    },
    /// A numbered event in a room. Durable; goes to every member of the room, its author included.
    Event(Event),
    /// A session receives a room from here on: the next event it must see has position `at + 1`.
    Joined {
        /// The session that joined.
        session: SessionId,
        /// The session's request that this answers.
        request: RequestId,
        /// The number of the room.
        room: RoomId,
        /// The name of the room.
        name: RoomName,
        /// The oldest event in the history of the room; `at + 1` when the history is empty.
        first: Position,
        /// The last event before the session joined.
        at: Position,
        /// The number of members, this session included.
        members: usize,
        /// The topic of the room.
        topic: Option<Text>,
    },
    /// A session does not receive a room any more.
    Left {
        /// The session that left.
        session: SessionId,
        /// The session's request that this answers, if it asked to leave.
        request: RequestId,
        /// The number of the room.
        room: RoomId,
        /// The name of the room.
        name: RoomName,
    },
    /// The presence of a person changed. Goes to the members of these rooms except the session in `about`, which
    /// gets an effect of its own. Never stored in history.
    ///
    /// Every join and leave is emitted once, with all its rooms, also in large rooms: a list of members that
    /// follows these effects is correct at every point in the order. Changes that are not announced are also
    /// summed up in a [`Presence::Folded`].
    Presence {
        /// The change.
        presence: Presence,
        /// The session that changed; `None` when the change is about several.
        about: Option<SessionId>,
        /// The rooms in which the change is visible.
        rooms: Vec<InRoom>,
    },
    /// The complete ignore list of a session, for the shard that filters what the session receives. Nothing is
    /// sent to the client.
    Ignores {
        /// The session that ignores.
        session: SessionId,
        /// Everybody it ignores from here on.
        ignored: Vec<Ignored>,
    },
    /// An answer to one session.
    Answer {
        /// The session that receives the answer.
        session: SessionId,
        /// The session's request that this answers; 0 if it answers none.
        request: RequestId,
        /// The answer.
        answer: Answer,
    },
    /// A session is no longer on its connection. If it is suspended, [`Effect::SessionForgotten`] follows
    /// later; otherwise no effect about it follows.
    Ended {
        /// The session that ended.
        session: SessionId,
        /// The reason.
        cause: ExitCause,
        /// Whether its nick and rooms are kept for a while, until a connection with its resume key takes over.
        is_suspended: bool,
    },
    /// A server has started. Durable: a boot number is given out once in the life of a history.
    Opened {
        /// The server that started.
        node: NodeId,
        /// The boot number of its sessions. `None` when all are used up: then the server accepts nobody.
        boot: Option<u32>,
    },
    /// A suspended session is removed: it was resumed under another number, or its time is over. What was held
    /// for it can be freed. No effect about it follows.
    SessionForgotten {
        /// The session that is removed.
        session: SessionId,
    },
}

/// A numbered event in a room, as history stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The room.
    pub room: RoomId,
    /// The position in the room's sequence.
    pub position: Position,
    /// When the event got its position; never before the previous event (but see `CLOCK_AHEAD_MAX_MS`).
    pub time: Time,
    /// The author's session; its number is unique for the life of the history.
    pub session: SessionId,
    /// The author's nick at that time.
    pub nick: Nick,
    /// The kind of event.
    pub kind: EventKind,
    /// The text; `None` only when a topic was cleared.
    pub text: Option<Text>,
    /// The id that the author's client gave the message, if it gave one.
    pub id: Option<MessageId>,
    /// The author, the same on every connection and under every nick of a session with a resume key. `None`
    /// without a message id or resume key, and for messages older than this field.
    pub author: Option<Author>,
}

impl Event {
    /// Roughly how many bytes the event takes when written out: its text, and for each line of it the nick and
    /// what stands around it. Bounds in bytes count this.
    #[must_use]
    pub fn weight(&self) -> usize {
        /// Marks, times, a position and an id, in the wordiest of the protocols.
        const AROUND_BYTES: usize = 64;
        let Some(text) = &self.text else { return AROUND_BYTES };
        let lines = text.as_str().bytes().filter(|byte| *byte == b'\n').count() + 1;
        text.as_str().len() + lines * (self.nick.as_str().len() + AROUND_BYTES)
    }
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A message.
    Said,
    /// An action of the author (`/me waves`).
    Acted,
    /// The topic was set or cleared.
    Topic,
    /// An event that a later version stored and this version does not know. It has a position and no meaning.
    Unknown,
}

/// A room in which a presence change is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InRoom {
    /// The room.
    pub room: RoomId,
    /// Whether every member is told, by the rules for large rooms ([`crate::Limits::announce_each_max`]).
    /// Otherwise only sessions whose protocol keeps a list of the members are told.
    pub is_announced: bool,
}

/// A change of presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A person joined the room.
    Entered {
        /// The person's nick.
        nick: Nick,
    },
    /// A person left the room and is still on the server.
    Left {
        /// The person's nick.
        nick: Nick,
    },
    /// A person left the server.
    Offline {
        /// The person's nick.
        nick: Nick,
        /// The reason.
        cause: ExitCause,
    },
    /// A person has another nick. Where this is not announced it is not folded either: people see the new nick
    /// with the person's next message.
    Renamed {
        /// The nick before.
        from: Nick,
        /// The nick from here on.
        to: Nick,
    },
    /// A person is typing.
    Typing {
        /// The person's nick.
        nick: Nick,
    },
    /// A summary of joins and leaves that were not announced. In a room of medium size it names the first few;
    /// in a large room it only counts.
    Folded {
        /// Some of those who joined.
        entered: Vec<Nick>,
        /// How many joined in all.
        entered_count: usize,
        /// Some of those who left.
        gone: Vec<Nick>,
        /// How many left in all.
        gone_count: usize,
        /// The number of members at this point.
        members: usize,
    },
}

/// What only one session receives. "You" is that session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// You have entered the server.
    Welcome {
        /// Your nick.
        nick: Nick,
        /// The nick you asked for, if it was taken.
        taken: Option<Nick>,
        /// Whether you resumed an earlier session by its resume key.
        resumed: bool,
    },
    /// You are in that room already.
    AlreadyIn {
        /// The number of the room.
        room: RoomId,
        /// The name of the room.
        name: RoomName,
    },
    /// Your nick has changed.
    Renamed {
        /// The nick before.
        from: Nick,
        /// The nick from here on.
        to: Nick,
    },
    /// A private message for you.
    Private(PrivateMessage),
    /// Your private message was handed over.
    Delivered {
        /// The receiver.
        to: Nick,
    },
    /// You sent a message with this id before; this is its position.
    Duplicate {
        /// The room of the message.
        room: RoomId,
        /// The position of the message.
        position: Position,
        /// The id of the message.
        id: MessageId,
    },
    /// Your message as a visitor is stored, and every member of the room receives it.
    Posted {
        /// The room of the message.
        room: RoomId,
        /// The position of the message.
        position: Position,
        /// The nick that the message shows.
        nick: Nick,
    },
    /// The topic of a room.
    Topic {
        /// The name of the room.
        name: RoomName,
        /// The topic; `None` if it has none.
        topic: Option<Text>,
    },
    /// The state of a room that you are in or follow.
    Room {
        /// The number of the room.
        room: RoomId,
        /// The position of the last event.
        at: Position,
        /// The number of members, suspended ones included.
        members: usize,
        /// The topic of the room.
        topic: Option<Text>,
    },
    /// One page of the members of a room, sorted by nick.
    Members {
        /// The name of the room.
        name: RoomName,
        /// The members on this page.
        nicks: Vec<Nick>,
        /// The number of members in all.
        total: usize,
        /// The number of this page, from 1.
        page: u32,
        /// The number of pages.
        pages: u32,
    },
    /// One page of all rooms, sorted by name.
    Rooms {
        /// The rooms on this page.
        rooms: Vec<RoomSummary>,
        /// The number of rooms in all.
        total: usize,
        /// The number of this page, from 1.
        page: u32,
        /// The number of pages.
        pages: u32,
    },
    /// Your ignore list, after a change or on request.
    Ignoring {
        /// Everybody on the list.
        nicks: Vec<Nick>,
        /// The change, if there was one.
        change: Option<IgnoreChange>,
    },
    /// You may read this part of history.
    ReadGranted(ReadGrant),
    /// Your request was refused.
    Refused(Refusal),
}

/// A change of an ignore list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IgnoreChange {
    /// A person was added.
    Added {
        /// The person's nick.
        nick: Nick,
        /// Whether somebody has that nick at this point. If not, the entry is for the next person with that nick,
        /// in a room or as a visitor.
        is_here: bool,
    },
    /// A person was removed.
    Removed {
        /// The person's nick.
        nick: Nick,
    },
}

/// A message to one person. Delivered at once or refused, never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateMessage {
    /// When it was sent.
    pub time: Time,
    /// The sender's nick.
    pub from: Nick,
    /// The text.
    pub text: Text,
}

/// Permission to read from history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadGrant {
    /// The question that was asked.
    pub question: Question,
    /// The part of history that may be read for it.
    pub scope: Scope,
}

/// A part of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// These rooms: one, or every room the asker is in.
    Rooms(Vec<HistorySpan>),
    /// Every room of the server.
    Everywhere,
}

/// The history of one room from its beginning to `upto`, as it was when the permission was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySpan {
    /// The number of the room.
    pub room: RoomId,
    /// The name of the room.
    pub name: RoomName,
    /// The position of the last event that may be read.
    pub upto: Position,
}

/// A room in a list of rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    /// The name of the room.
    pub name: RoomName,
    /// The number of members.
    pub members: usize,
    /// The topic of the room.
    pub topic: Option<Text>,
}
