//! The chat itself: sessions, rooms, members, messages, limits, and the one order of everything that happens.
//!
//! [`Chat::apply`] is the only thing that changes anything: a [`Proposal`] goes in, [`Effect`]s come
//! out. It is deterministic. Identifiers arrive inside the proposal and time comes from the log
//! ([`Chat::advance`]), so the same log gives the same effects on every node and after every restart.
//! A [`Query`] ([`Chat::ask`]) and a [`Signal`] ([`Chat::signal`]) change nothing.
//!
//! This crate must not know sockets, files, clocks, randomness, threads, and English. It states facts
//! (`Presence::Entered { nick }`); each protocol finds its own words for them.
//!
//! Where to look: each verb has a file in `chat/`. [`Action`] lists every change, [`Query`] every question,
//! [`Effect`] every fact, [`Refusal`] every reason to refuse.

mod action;
mod chat;
mod effect;
mod excerpt;
mod flood;
pub mod harmless;
mod id;
mod ignored;
mod known;
mod limits;
mod look;
mod name;
mod nicks;
mod origin;
mod query;
mod refusal;
mod request;
mod room;
mod session;
mod signal;
mod snapshot;
mod suspended;
mod text;

pub use action::{Action, ExitCause, Proposal, Visit};
pub use chat::{Chat, History, StoredRoom};
pub use effect::{
    Answer, Effect, Event, EventKind, HistorySpan, IgnoreChange, InRoom, Presence, PrivateMessage,
    ReadGrant, RoomSummary, Scope,
};
pub use excerpt::Excerpt;
pub use flood::{Bucket, FloodLimit, Rate, Verdict};
pub use id::{
    Author, LogPosition, MessageId, Moment, NodeId, Origin, Position, RequestId, ResumeKeyHash,
    RoomId, Sequence, SessionId, SteadyTime, Time,
};
pub use ignored::Ignored;
pub use known::{KnownMessage, MessageKey};
pub use limits::Limits;
pub use name::{NameError, Nick, NickKey, RoomName};
pub use query::{Asker, Query, Question};
pub use refusal::{Refusal, TooWide};
pub use request::Request;
pub use signal::Signal;
pub use snapshot::{Snapshot, SnapshotError};
pub use text::{Text, TextError};
