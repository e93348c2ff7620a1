//! What can happen: a closed list of facts. Protocols turn them into bytes, the store keeps the
//! [`Event`]s, the shards move members; nobody else decides anything.

use serde::{Deserialize, Serialize};

use crate::{
    Author, ExitCause, Ignored, MessageId, Nick, NodeId, Position, Question, Refusal, RequestId,
    RoomId, RoomName, SessionId, Text, Time,
};

/// One fact, in its place in the one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A room has its first event: from here on it is kept. Stands right before that event.
    RoomCreated {
        /// Its number.
        room: RoomId,
        /// Its name.
        name: RoomName,
        /// When.
        time: Time,
    },
    /// A room is no more, and neither is its history: it gave way to a new one. Nobody is in it, and its
    /// number is not given out again.
    RoomRemoved {
        /// Which.
        room: RoomId,
    },
    /// Something numbered happened in a room. Durable; for everyone in the room, its author included.
    Event(Event),
    /// A session is in a room from here on: the next event it must see has position `at + 1`.
    Joined {
        /// Who.
        session: SessionId,
        /// Which request of theirs this answers.
        request: RequestId,
        /// Where.
        room: RoomId,
        /// Its name.
        name: RoomName,
        /// The first event that is kept of those before they came; right after `at` where none is.
        first: Position,
        /// The last event before they came.
        at: Position,
        /// Members, this one included.
        members: usize,
        /// What the room is about.
        topic: Option<Text>,
    },
    /// A session is no longer in a room.
    Left {
        /// Who.
        session: SessionId,
        /// Which request of theirs this answers, if it was their wish.
        request: RequestId,
        /// Where.
        room: RoomId,
        /// Its name.
        name: RoomName,
    },
    /// Somebody came, went or changed: for everyone in these rooms but whom it is about, who is told otherwise.
    /// Never history.
    ///
    /// Every coming and going is said, once with all its rooms, whatever their size: a list of members that is
    /// kept by these is right at every place in the order. What is not announced is beside that gathered in a
    /// [`Presence::Folded`].
    Presence {
        /// What.
        presence: Presence,
        /// Whom it is about, if it is one session.
        about: Option<SessionId>,
        /// Every room that it concerns.
        rooms: Vec<InRoom>,
    },
    /// A session does not hear these from here on; nothing is told of it.
    Ignores {
        /// Which.
        session: SessionId,
        /// Everybody it ignores.
        ignored: Vec<Ignored>,
    },
    /// For one session only.
    Answer {
        /// For whom.
        session: SessionId,
        /// Which request of theirs it answers, if any.
        request: RequestId,
        /// What.
        answer: Answer,
    },
    /// A session is gone from its connection. Of one that is suspended [`Effect::SessionForgotten`] follows
    /// some time, of any other nothing.
    Ended {
        /// Which.
        session: SessionId,
        /// Why.
        cause: ExitCause,
        /// Whether its nick and rooms are kept for a while, for somebody who brings its key.
        is_suspended: bool,
    },
    /// A server has started. Durable: a boot is given out once in the life of a history.
    Opened {
        /// Which.
        node: NodeId,
        /// What its sessions are numbered with. `None` when all boots are given out: then it takes nobody.
        boot: Option<u32>,
    },
    /// A session that was suspended is kept no longer: it was resumed under another number, or given up.
    /// What was held for it is free. Nothing about it follows.
    SessionForgotten {
        /// Which.
        session: SessionId,
    },
}

/// A numbered thing that happened in a room, as history keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Where.
    pub room: RoomId,
    /// Its place in the room's one sequence.
    pub position: Position,
    /// When it got its place; not before the event before it (but see `CLOCK_AHEAD_MAX_MS`).
    pub time: Time,
    /// Whose session; unique for the life of the history.
    pub session: SessionId,
    /// What they were called then.
    pub nick: Nick,
    /// What kind of thing.
    pub kind: EventKind,
    /// The words; `None` only for a topic that was cleared.
    pub text: Option<Text>,
    /// The sender's id for it, if they gave one.
    pub id: Option<MessageId>,
    /// Whose id that is, and who said it where they have a seat: the same on every connection and under every
    /// nick of theirs. `None` without an id or seat, and where the message is older than authors.
    pub author: Option<Author>,
}

impl Event {
    /// About how many bytes it has when it is written out: its words, and for each line of them who said it
    /// and where. What is bounded by bytes counts this.
    #[must_use]
    pub fn weight(&self) -> usize {
        /// Marks, times, a position and an id, in the wordiest of the protocols.
        const AROUND_BYTES: usize = 64;
        let Some(text) = &self.text else { return AROUND_BYTES };
        let lines = text.as_str().bytes().filter(|byte| *byte == b'\n').count() + 1;
        text.as_str().len() + lines * (self.nick.as_str().len() + AROUND_BYTES)
    }
}

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// Somebody said something.
    Said,
    /// Somebody did something (`/me`).
    Acted,
    /// Somebody set or cleared the topic.
    Topic,
    /// Something that a later version kept and this one does not know: it has its place and says nothing.
    Unknown,
}

/// A room that a presence concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InRoom {
    /// Which.
    pub room: RoomId,
    /// Whether everyone in it is told, by the rules for big rooms ([`crate::Limits::announce_each_max`]).
    /// Otherwise it is only for those whose protocol keeps a list of the members.
    pub is_announced: bool,
}

/// Who came, went or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Somebody came in.
    Entered {
        /// Who.
        nick: Nick,
    },
    /// Somebody left the room and is still in the server.
    Left {
        /// Who.
        nick: Nick,
    },
    /// Somebody left the server.
    Offline {
        /// Who.
        nick: Nick,
        /// Why.
        cause: ExitCause,
    },
    /// Somebody has another nick. Where that is not announced it is in no fold either: it is seen when they
    /// speak.
    Renamed {
        /// Before.
        from: Nick,
        /// Now.
        to: Nick,
    },
    /// Somebody is typing.
    Typing {
        /// Who.
        nick: Nick,
    },
    /// Those who came and went and were not announced: the first few by name, in a middling room; in a large
    /// one the names are left out.
    Folded {
        /// Some who came.
        entered: Vec<Nick>,
        /// How many came in all.
        entered_count: usize,
        /// Some who went.
        gone: Vec<Nick>,
        /// How many went in all.
        gone_count: usize,
        /// How many are here now.
        members: usize,
    },
}

/// What one session is told and nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// You are in; this is your nick.
    Welcome {
        /// What you are called.
        nick: Nick,
        /// What you wanted to be called and could not be.
        taken: Option<Nick>,
        /// Whether it is your seat of before.
        resumed: bool,
    },
    /// You are in that room already.
    AlreadyIn {
        /// Which.
        room: RoomId,
        /// Its name.
        name: RoomName,
    },
    /// You are called otherwise now.
    Renamed {
        /// Before.
        from: Nick,
        /// Now.
        to: Nick,
    },
    /// Somebody tells you something in private.
    Private(PrivateMessage),
    /// What you told somebody has been handed to them.
    Delivered {
        /// To whom.
        to: Nick,
    },
    /// You sent a message with this id before; here is where it stands.
    Duplicate {
        /// Where.
        room: RoomId,
        /// At which position.
        position: Position,
        /// Its id.
        id: MessageId,
    },
    /// What you said as a visitor is kept, and everyone in the room hears it.
    Posted {
        /// Where.
        room: RoomId,
        /// At which position.
        position: Position,
        /// What you are called in it.
        nick: Nick,
    },
    /// A room's topic.
    Topic {
        /// Where.
        name: RoomName,
        /// What it is about.
        topic: Option<Text>,
    },
    /// How a room stands that the asker hears.
    Room {
        /// Which.
        room: RoomId,
        /// The last event so far.
        at: Position,
        /// Members, those who are suspended included.
        members: usize,
        /// What the room is about.
        topic: Option<Text>,
    },
    /// One page of who is in a room, in the order of their nicks.
    Members {
        /// Where.
        name: RoomName,
        /// Who.
        nicks: Vec<Nick>,
        /// How many in all.
        total: usize,
        /// Which page, from 1.
        page: u32,
        /// How many pages.
        pages: u32,
    },
    /// One page of the rooms there are, in the order of their names.
    Rooms {
        /// The rooms.
        rooms: Vec<RoomSummary>,
        /// How many in all.
        total: usize,
        /// Which page, from 1.
        page: u32,
        /// How many pages.
        pages: u32,
    },
    /// Whom you ignore, after a change or when asked.
    Ignoring {
        /// All of them.
        nicks: Vec<Nick>,
        /// What has changed, if anything has.
        change: Option<IgnoreChange>,
    },
    /// You may read this from history.
    ReadGranted(ReadGrant),
    /// It could not be done.
    Refused(Refusal),
}

/// What has changed in whom somebody ignores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IgnoreChange {
    /// One more is.
    Added {
        /// Whom.
        nick: Nick,
        /// Whether somebody is called that now. If not, it is whoever will be, or says something so without
        /// coming in.
        is_here: bool,
    },
    /// One is not any more.
    Removed {
        /// Whom.
        nick: Nick,
    },
}

/// Something said to one person. Handed over or refused, never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateMessage {
    /// When.
    pub time: Time,
    /// From whom.
    pub from: Nick,
    /// The words.
    pub text: Text,
}

/// Leave to read from history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadGrant {
    /// What was asked.
    pub question: Question,
    /// Where it may be looked for.
    pub scope: Scope,
}

/// Where something may be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In these rooms: one, or every room the asker is in.
    Rooms(Vec<HistorySpan>),
    /// In every room there is.
    Everywhere,
}

/// A stretch of one room's history, from its beginning to `upto`, as it stood when leave was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySpan {
    /// Where.
    pub room: RoomId,
    /// Its name.
    pub name: RoomName,
    /// The last event.
    pub upto: Position,
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    /// Its name.
    pub name: RoomName,
    /// How many are in it.
    pub members: usize,
    /// What it is about.
    pub topic: Option<Text>,
}
