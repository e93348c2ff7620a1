//! The interface between a protocol and the server: every protocol implements it, and a shard knows nothing else of a
//! protocol.
//!
//! A [`ProtocolSession`] is the protocol's state for one connection. It turns bytes from the peer into requests
//! ([`Input`]) and output of the server ([`Output`]) into bytes for the peer. Events and presence of a room do not go
//! through the session: it names a [`Format`], and the shard encodes each fact once per format for all members that
//! use that format. A [`View`] says where a member sees its own action differently from the other members.
//!
//! A session does no I/O and reads no clock; it knows no other protocol, and of rooms only what the shard tells it.

mod fact;
mod format;

use std::fmt::Debug;

use teahouse_core::{
    Answer, Event, Excerpt, ExitCause, Position, ReadGrant, Refusal, Request, RequestId, RoomId,
    RoomName, SessionId, Text, Time,
};

use crate::{Clock, Epoch, Input, Work};

pub use fact::Fact;
pub use format::{Format, RoomEncoder};

/// A protocol's state for one connection. A shard calls these methods, one at a time, and writes the bytes that they
/// append to `out` to the peer. Methods with a default body are optional: most protocols need few of them.
pub trait ProtocolSession: Debug {
    /// The protocol's name in metrics: one word, the same for all its sessions.
    fn name(&self) -> &'static str;

    // Input: bytes from the peer.

    /// Reads bytes from the peer, which may be cut anywhere, and appends what they mean to `input`. Returns how many
    /// bytes it consumed. It stops when `work` is used up; the shard passes the remaining bytes again in a later turn.
    /// With fresh `work` it consumes at least one byte.
    fn handle_bytes(
        &mut self,
        bytes: &[u8],
        clock: &Clock,
        work: &mut Work,
        input: &mut Vec<Input>,
    ) -> usize;

    /// Handles the end of the peer's input: the peer has closed its side and sends nothing more.
    fn handle_end(&mut self, clock: &Clock, input: &mut Vec<Input>);

    /// Whether so many requests are in flight that the shard should not read from this connection now.
    fn is_busy(&self) -> bool {
        false
    }

    /// How many bytes of partial input the session holds: of a line or a message that is not complete yet.
    fn partial_input_bytes(&self) -> usize {
        0
    }

    /// Drops the partial input. The shard calls this when all its sessions together hold too much of it. Returns
    /// `false` when nothing that follows can be understood, so that the connection has to close; `out` then tells the
    /// peer why.
    fn discard_partial_input(&mut self, out: &mut Vec<u8>) -> bool {
        let _ = out;
        true
    }

    // Entering the server, and keeping the connection alive.

    /// The room to enter as soon as the protocol of the connection is known. `None` when the peer has to ask for it:
    /// the session then sends [`teahouse_core::Action::Enter`] itself.
    fn first_room(&self) -> Option<RoomName> {
        None
    }

    /// Whether and why the server pings a silent peer that has entered. A peer that does not enter in time gets
    /// [`Output::NoHello`] and is disconnected in any case.
    fn pings(&self) -> Pings {
        Pings::Never
    }

    // Rooms.

    /// Handles the session's joining a room. Returns with which event the room begins for this session.
    fn handle_joined(&mut self, joined: &Entered<'_>, epoch: Epoch) -> Begin;

    /// Handles the session's leaving a room.
    fn handle_left(&mut self, room: RoomId) {
        let _ = room;
    }

    /// The format in which this session receives the events and presence of a room.
    fn format(&self, room: RoomId) -> Format;

    /// Whether the result of [`ProtocolSession::format`] may have changed since the last call of this method.
    fn take_format_change(&mut self) -> bool {
        false
    }

    /// Handles an event that this session caused, so that a request that waits for it can be answered. The shard calls
    /// this when the event happens, which may be before the session receives the event itself.
    fn handle_own_event(&mut self, event: &Event) {
        let _ = event;
    }

    /// How this session sees a fact that it caused: its own event, or presence about itself.
    fn view_own(&self, fact: Fact<'_>) -> View {
        match fact {
            Fact::Event(_) => View::Shared,
            // Answers tell a session of its own joining and leaving.
            Fact::Presence(_) => View::Nothing,
        }
    }

    /// Appends what this session sees instead of a fact, where [`ProtocolSession::view_own`] returns
    /// [`View::Instead`].
    fn render_instead(&mut self, fact: Fact<'_>, room: &RoomName, out: &mut Vec<u8>) {
        let _ = (fact, room, out);
    }

    // Output: what the server sends to this session only.

    /// Appends the bytes for output that goes to this session and to no other.
    fn render(&mut self, output: &Output<'_>, here: &Surroundings<'_>, out: &mut Vec<u8>);

    /// The line that the peer is typing, for a protocol whose server side draws it (the peer's terminal does not).
    /// All output appears above this line. A session has an input line from its beginning to its end, or never.
    fn input_line(&mut self) -> Option<&mut dyn InputLine> {
        None
    }
}

/// The line that a person is typing, drawn by the server on the peer's screen.
pub trait InputLine {
    /// Removes the line from the screen, so that output can begin where the line was. Called only while the line drawn
    /// last is on the screen.
    fn erase(&mut self, out: &mut Vec<u8>);

    /// Draws the line as it is now, below the last output. A line drawn earlier is not on the screen any more; it may
    /// also never have been written.
    fn draw(&mut self, out: &mut Vec<u8>);
}

/// How a member sees a fact of its room that it caused itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As all other members with the same format see it.
    Shared,
    /// Not at all: the member knows it already.
    Nothing,
    /// In words of its own: [`ProtocolSession::render_instead`].
    Instead,
}

/// With which event a room begins for a member that has just joined it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the next event; nothing from history.
    Now,
    /// With the last few events of history, one by one.
    Recent,
    /// With the last few events of history, all in one [`Output::Recent`].
    RecentTogether,
    /// With the event right after this position, up to which the member has the history. With a time: only if the
    /// event at this position happened at that time, so that the history is the one that the member knows.
    After(Position, Option<Time>),
}

/// Whether the server pings a silent peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pings {
    /// No pings.
    Never,
    /// Pings at an interval, so that no proxy or firewall on the way closes the connection as unused. The peer need not
    /// answer.
    Sent,
    /// Pings that the peer has to answer: a peer that does not is disconnected.
    Answered,
}

/// What the server sends to one session.
#[derive(Clone, Copy, Debug)]
pub enum Output<'a> {
    /// The session has joined a room.
    Entered(&'a Entered<'a>),
    /// The last events of a room that the session has joined, for [`Begin::RecentTogether`].
    Recent(&'a RoomName, &'a Excerpt),
    /// Events of a room are missing: history no longer has the event right after this position, the last one that the
    /// session received. The room continues with [`Entered::first`].
    Gap(&'a Entered<'a>, Position),
    /// The session has left a room. The id is that of the request that asked for it.
    Left(RequestId, &'a RoomName),
    /// The hub's answer to a request.
    Answer(RequestId, &'a Answer),
    /// The shard refused a request, which did not reach the hub.
    GivenBack((RequestId, &'a Request), &'a Refusal),
    /// The events of history that the session asked for.
    Page(RequestId, &'a ReadGrant, &'a Excerpt),
    /// A request for history was refused.
    HistoryRefused(RequestId, &'a Refusal),
    /// History cannot be read now.
    Unreadable(RequestId),
    /// A notice for all sessions.
    Notice(&'a str),
    /// The session has ended, for this reason.
    Goodbye(ExitCause),
    /// The server stops; a notice has said so before.
    Closing,
    /// The peer did not ask to enter in time.
    NoHello,
    /// A ping. With [`Pings::Sent`], bytes that the person at the peer does not see.
    Ping,
}

/// A room, as it is when a session joins it or continues after a gap.
#[derive(Clone, Copy, Debug)]
pub struct Entered<'a> {
    /// The session's request that this answers.
    pub request: RequestId,
    /// The room's id.
    pub id: RoomId,
    /// The room's name.
    pub room: &'a RoomName,
    /// The first event that history still has.
    pub first: Position,
    /// The last event before the session joined.
    pub at: Position,
    /// Whether the events continue right after the last one that the session has, without a gap.
    pub is_complete: bool,
    /// The number of members, this session's included.
    pub members: usize,
    /// The topic of the room.
    pub topic: Option<&'a Text>,
}

/// What a session may need to know of the server when it renders output.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The session that the output goes to.
    pub session: SessionId,
    /// The server.
    pub server: &'a ServerFacts,
    /// The current time, and the time zone of the server.
    pub clock: &'a Clock,
}

/// Facts about the server, the same for all sessions.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    /// The epoch of the server's history.
    pub epoch: Epoch,
    /// The server's version.
    pub server: String,
    /// The room that a new session enters when it names none.
    pub first_room: RoomName,
    /// Seconds between two pings of a silent peer.
    pub ping_s: u32,
    /// Seconds for which a session with a resume key stays suspended after its connection breaks.
    pub grace_s: u32,
}
