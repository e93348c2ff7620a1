//! What a protocol is to the server: the one interface that every protocol implements and that a shard knows.
//!
//! A [`ProtocolSession`] is one peer, as its protocol speaks with it. Bytes go in, requests come out
//! ([`Input`]); what the session is told goes in ([`Output`]), bytes come out. What everyone in a room hears is not
//! asked of a session: it names a [`Format`], and whoever has the same format is given the same bytes, encoded once.
//! Where a member sees something else than the others, because it did that itself, it says so with a [`View`].
//!
//! A session knows no socket, no clock, no other protocol, and of rooms only what it is told.

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

/// One peer, as its protocol speaks with it. Methods with a body are for protocols that need them.
pub trait ProtocolSession: Debug {
    /// What figures call the protocol: one word, the same for all its sessions.
    fn name(&self) -> &'static str;

    // What the peer says.

    /// Takes what this turn may take of some bytes, cut anywhere; gives how many were taken. The rest is handed in
    /// again, in a later turn. Of a turn that has not begun something is taken.
    fn handle_bytes(
        &mut self,
        bytes: &[u8],
        clock: &Clock,
        work: &mut Work,
        input: &mut Vec<Input>,
    ) -> usize;

    /// The peer has closed its side.
    fn handle_end(&mut self, clock: &Clock, input: &mut Vec<Input>);

    /// Whether it has so much under way that it is not read any further.
    fn is_busy(&self) -> bool {
        false
    }

    /// Bytes held of something that has not ended.
    fn partial_input_bytes(&self) -> usize {
        0
    }

    /// Holds nothing of that any more, where all sessions together hold too much. `false` when the peer cannot be
    /// understood any further; `out` says why.
    fn discard_partial_input(&mut self, out: &mut Vec<u8>) -> bool {
        let _ = out;
        true
    }

    // How it comes in.

    /// The room that a peer is in as soon as it is known what it speaks. `None` where it asks to come in, with
    /// [`teahouse_core::Action::Enter`].
    fn first_room(&self) -> Option<RoomName> {
        None
    }

    /// Whether a silent peer that is in is asked if it is there. One that has not asked to come in in time is told
    /// [`Output::NoHello`] and closed in any case.
    fn pings(&self) -> Pings {
        Pings::Never
    }

    // Rooms.

    /// It is in a room from here on; where do that room's events begin for it?
    fn handle_joined(&mut self, joined: &Entered<'_>, epoch: Epoch) -> Begin;

    /// It is in a room no longer.
    fn handle_left(&mut self, room: RoomId) {
        let _ = room;
    }

    /// How events of a room are encoded for it.
    fn format(&self, room: RoomId) -> Format;

    /// Whether [`ProtocolSession::format`] may answer otherwise than when this was asked last.
    fn take_format_change(&mut self) -> bool {
        false
    }

    /// One of its own events has happened, whether or not it is given to it by now: what waits for that is answered.
    fn handle_own_event(&mut self, event: &Event) {
        let _ = event;
    }

    /// How it sees what it did itself: its own event, or an announcement about itself.
    fn view_own(&self, fact: Fact<'_>) -> View {
        match fact {
            Fact::Event(_) => View::Shared,
            // It is told of its own coming and going in answers.
            Fact::Presence(_) => View::Nothing,
        }
    }

    /// What it sees of its own doing where that is [`View::Instead`].
    fn render_instead(&mut self, fact: Fact<'_>, room: &RoomName, out: &mut Vec<u8>) {
        let _ = (fact, room, out);
    }

    // What it is told alone.

    /// Renders what this session is told and nobody else.
    fn render(&mut self, told: &Output<'_>, here: &Surroundings<'_>, out: &mut Vec<u8>);

    /// The line that its peer is typing, where the server shows it and not the peer itself. Everything that the peer is
    /// told stands above it. Whether there is one does not change.
    fn input_line(&mut self) -> Option<&mut dyn InputLine> {
        None
    }
}

/// A line that is being typed, on its peer's screen.
pub trait InputLine {
    /// Takes it off the screen: what is told next begins where it stood. Asked only while what was drawn last is
    /// there.
    fn erase(&mut self, out: &mut Vec<u8>);

    /// Shows it as it is now, below what was told last. What was drawn before is not on the screen, and may never have
    /// been.
    fn draw(&mut self, out: &mut Vec<u8>);
}

/// How a member sees something that others in its room are told as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As everyone who has the same format.
    Shared,
    /// Not at all: it knows.
    Nothing,
    /// In its own way: [`ProtocolSession::render_instead`].
    Instead,
}

/// Where the events of a room begin for a member that has just entered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With what comes from now on.
    Now,
    /// With the last few, one by one.
    Recent,
    /// With the last few, shown together ([`Output::Recent`]).
    RecentTogether,
    /// Right after this event, which it has; with a time, if the event there happened then.
    After(Position, Option<Time>),
}

/// Whether a silent peer is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pings {
    /// It is left alone.
    Never,
    /// It is written to now and then, so that nothing on the way takes the connection for unused.
    Sent,
    /// It has to answer: a peer that does not is given up.
    Answered,
}

/// What a session is told.
#[derive(Clone, Copy, Debug)]
pub enum Output<'a> {
    /// It is in a room.
    Entered(&'a Entered<'a>),
    /// The last events of a room it has entered, for [`Begin::RecentTogether`].
    Recent(&'a RoomName, &'a Excerpt),
    /// What a room had right after this event, the last that the session was given, is gone: it goes on with
    /// [`Entered::first`].
    Gap(&'a Entered<'a>, Position),
    /// It is no longer in a room.
    Left(RequestId, &'a RoomName),
    /// The hub's answer.
    Answer(RequestId, &'a Answer),
    /// A request was refused on the spot, without the hub.
    GivenBack((RequestId, &'a Request), &'a Refusal),
    /// What it asked from history.
    Page(RequestId, &'a ReadGrant, &'a Excerpt),
    /// A question to history was refused.
    HistoryRefused(RequestId, &'a Refusal),
    /// History cannot be read.
    Unreadable(RequestId),
    /// Something that everyone is told.
    Notice(&'a str),
    /// Its session has ended.
    Goodbye(ExitCause),
    /// The server stops; everyone has been told so in a notice.
    Closing,
    /// It has not asked to come in in time.
    NoHello,
    /// Are you there? For [`Pings::Sent`], nothing that is seen.
    Ping,
}

/// What a session is told that has entered a room.
#[derive(Clone, Copy, Debug)]
pub struct Entered<'a> {
    /// Which request of its this answers.
    pub request: RequestId,
    /// The room.
    pub id: RoomId,
    /// Its name.
    pub room: &'a RoomName,
    /// The first event that is kept; what was before it is gone.
    pub first: Position,
    /// The last event before it came in.
    pub at: Position,
    /// Its events go on right after what it had.
    pub is_complete: bool,
    /// Members, this one included.
    pub members: usize,
    /// What the room is about.
    pub topic: Option<&'a Text>,
}

/// What is the same for everyone who is told something now.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The session that is told.
    pub session: SessionId,
    /// The server.
    pub server: &'a ServerFacts,
    /// What time it is.
    pub clock: &'a Clock,
}

/// What the server tells of itself.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    /// The history's epoch.
    pub epoch: Epoch,
    /// The server's version.
    pub server: String,
    /// The room everyone begins in.
    pub first_room: RoomName,
    /// Seconds between two pings.
    pub ping_s: u32,
    /// Seconds for which a session that has a key is kept when its connection breaks.
    pub grace_s: u32,
}
