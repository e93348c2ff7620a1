//! How each connection speaks: the one place of the server where protocols meet. Everything else of a shard
//! knows formats, not protocols; a protocol knows neither the shard nor another protocol.

use teahouse_core::{
    Answer, Event, Excerpt, ExitCause, Granted, Position, Refusal, Request, RequestId, RoomId,
    RoomName, Text, Time,
};
use teahouse_wire::api::{self, ApiSession, Epoch};
use teahouse_wire::line::{self, Clock, EventView, HistoryTitle, LineSession};
use teahouse_wire::websocket;
use teahouse_wire::{Heard, stream};

use super::encoder::Format;

/// How one peer is spoken to.
pub(super) enum ProtocolSession {
    Line(LineSession),
    Api(Box<ApiSession>),
    Follower(Follower),
}

/// Somebody who follows one room over HTTP and says nothing.
#[derive(Clone, Copy)]
pub(crate) struct Follower {
    /// Server-sent events; otherwise lines of text.
    pub(crate) is_stream: bool,
    /// The last event it has, if it said so.
    pub(crate) after: Option<Position>,
    /// The room's last event just before it came, and when that happened.
    pub(crate) last: Option<(Position, Time)>,
}

/// Where a member begins in a room it has just entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// The last event it is not given.
    pub(super) cursor: Position,
    /// It is shown the last events in a way of their own, before it goes on after `cursor`.
    pub(super) wants_tail: bool,
    /// It goes on right after what it had.
    pub(super) is_complete: bool,
    /// That is so if the event at `cursor` happened then.
    pub(super) check: Option<Time>,
}

/// What somebody who has entered a room is told.
#[derive(Clone, Copy)]
pub(super) struct Entered<'a> {
    pub(super) request: RequestId,
    pub(super) room: &'a RoomName,
    pub(super) at: Position,
    pub(super) is_complete: bool,
    pub(super) members: usize,
    pub(super) topic: Option<&'a Text>,
}

impl ProtocolSession {
    /// How messages of a room are encoded for it.
    pub(super) fn format(&self, room: RoomId) -> Format {
        match self {
            Self::Line(line) if line.is_current(room) => Format::Line,
            Self::Line(_) => Format::LineNamed,
            Self::Api(api) if api.takes_deflate() => Format::Deflated,
            Self::Api(_) => Format::Frames,
            Self::Follower(Follower { is_stream: true, .. }) => Format::Stream,
            Self::Follower(_) => Format::Line,
        }
    }

    /// The room it enters with, where the house chooses it.
    pub(super) fn first_room(&self) -> Option<RoomName> {
        match self {
            Self::Line(line) => line.current().cloned(),
            Self::Api(_) | Self::Follower(_) => None,
        }
    }

    /// Whether it is given its own messages, as everybody else.
    pub(super) fn wants_echo(&self) -> bool {
        match self {
            Self::Line(_) => false,
            Self::Api(_) | Self::Follower(_) => true,
        }
    }

    /// Whether it is asked if it is there, and must answer.
    pub(super) fn expects_pings(&self) -> bool {
        match self {
            Self::Api(_) => true,
            Self::Line(_) | Self::Follower(_) => false,
        }
    }

    /// Whether it has so much under way that it is not read any further.
    pub(super) fn is_busy(&self) -> bool {
        match self {
            Self::Api(api) => api.is_busy(),
            Self::Line(_) | Self::Follower(_) => false,
        }
    }

    /// Bytes held of something half said.
    pub(super) fn partial_input_bytes(&self) -> usize {
        match self {
            Self::Line(line) => line.half_said_bytes(),
            Self::Api(api) => api.half_said_bytes(),
            Self::Follower(_) => 0,
        }
    }

    /// Holds it no more, where all together hold too much. `false` when it cannot be understood any further.
    pub(super) fn discard_partial_input(&mut self, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Line(line) => {
                line.give_up_half_said();
                true
            }
            Self::Api(api) => {
                let why = "too much is half said by too many just now; try again";
                api.render_close(websocket::CloseCode::TooBig, why, out);
                false
            }
            Self::Follower(_) => true,
        }
    }

    pub(super) fn handle_bytes(&mut self, bytes: &[u8], clock: &Clock, heard: &mut Vec<Heard>) {
        match self {
            Self::Line(line) => line.handle_bytes(bytes, clock, heard),
            Self::Api(api) => api.handle_bytes(bytes, heard),
            Self::Follower(_) => {}
        }
    }

    pub(super) fn handle_end(&mut self, clock: &Clock, heard: &mut Vec<Heard>) {
        match self {
            Self::Line(line) => line.handle_end(clock, heard),
            Self::Api(api) => api.handle_end(heard),
            Self::Follower(_) => {}
        }
    }

    /// One of its own events is about to be given to it, or was typed by it.
    pub(super) fn handle_own_event(&mut self, event: &Event) {
        match self {
            Self::Api(api) => api.handle_own_event(event),
            Self::Line(_) | Self::Follower(_) => {}
        }
    }

    /// It has entered a room, whose last event is `at`: where does it begin?
    pub(super) fn handle_joined(
        &mut self,
        request: RequestId,
        (room, name): (RoomId, &RoomName),
        (epoch, at): (Epoch, Position),
        shown: u32,
    ) -> Beginning {
        let anew =
            |cursor| Beginning { cursor, wants_tail: false, is_complete: false, check: None };
        match self {
            Self::Line(line) => {
                line.handle_joined(room, name);
                let wants_tail = at > Position::START && shown > 0;
                Beginning { wants_tail, ..anew(at) }
            }
            Self::Api(api) => match api.start(request, epoch, at) {
                api::Start::After(cursor, check) => {
                    Beginning { is_complete: true, check, ..anew(cursor) }
                }
                api::Start::Recent => anew(recent(at, shown)),
            },
            Self::Follower(follower) => match follower.after.filter(|after| *after <= at) {
                Some(after) => Beginning { is_complete: true, ..anew(after) },
                None => anew(at),
            },
        }
    }

    pub(super) fn handle_parted(&mut self, room: RoomId) {
        match self {
            Self::Line(line) => line.handle_parted(room),
            Self::Api(_) | Self::Follower(_) => {}
        }
    }

    pub(super) fn render_entered(&mut self, told: &Entered<'_>, epoch: Epoch, out: &mut Vec<u8>) {
        let Entered { request, room, at, is_complete, members, topic } = *told;
        match self {
            Self::Line(_) => line::render_joined(room, members, topic, out),
            Self::Api(api) => {
                api.render_joined(request, room, epoch, at, is_complete, members, topic, out);
            }
            Self::Follower(Follower { is_stream: true, after, last }) => {
                let time = last.filter(|(last, _)| *last == at).map(|(_, time)| time);
                let begin = match after {
                    None => stream::Begin::Fresh,
                    Some(_) if is_complete => stream::Begin::GoesOn,
                    Some(_) => stream::Begin::Elsewhere,
                };
                stream::render_begin(epoch, (at, time), begin, out);
            }
            Self::Follower(_) => {}
        }
    }

    pub(super) fn render_parted(&mut self, request: RequestId, name: &RoomName, out: &mut Vec<u8>) {
        match self {
            Self::Line(line) => {
                let current = line.current().cloned();
                line::render_parted(name, current.as_ref(), out);
            }
            Self::Api(api) => api.render_parted(request, name, out),
            Self::Follower(_) => {}
        }
    }

    pub(super) fn render_answer(
        &mut self,
        request: RequestId,
        answer: &Answer,
        house: &api::House,
        out: &mut Vec<u8>,
    ) {
        match self {
            Self::Line(line) => {
                match answer {
                    Answer::AlreadyIn { room, name } => line.handle_already_in(*room, name),
                    Answer::Refused(refusal) => line.handle_refused(refusal),
                    Answer::Welcome { .. }
                    | Answer::Renamed { .. }
                    | Answer::Told(_)
                    | Answer::Delivered { .. }
                    | Answer::Duplicate { .. }
                    | Answer::Posted { .. }
                    | Answer::Topic { .. }
                    | Answer::Members { .. }
                    | Answer::Rooms { .. }
                    | Answer::Ignoring { .. }
                    | Answer::Granted(_) => {}
                }
                line::render_answer(answer, out);
            }
            Self::Api(api) => api.render_answer(request, answer, house, out),
            Self::Follower(follower) => {
                if let (Answer::Refused(refusal), true) = (answer, follower.is_stream) {
                    stream::render_error(&api::failure_of(refusal), out);
                }
            }
        }
    }

    /// Refuses a request on the spot, without the hub.
    pub(super) fn render_given_back(
        &mut self,
        (id, request): (RequestId, &Request),
        refusal: &Refusal,
        out: &mut Vec<u8>,
    ) {
        match self {
            Self::Line(line) => {
                line.handle_given_back(request);
                line::render_refusal(refusal, out);
            }
            Self::Api(api) => api.render_refusal(id, refusal, out),
            Self::Follower(_) => {}
        }
    }

    pub(super) fn render_notice(&mut self, text: &str, out: &mut Vec<u8>) {
        match self {
            Self::Line(_) => line::render_notice(text, out),
            Self::Api(api) => api.render_notice(text, out),
            Self::Follower(Follower { is_stream: true, .. }) => stream::render_notice(text, out),
            Self::Follower(_) => line::render_notice(text, out),
        }
    }

    pub(super) fn render_goodbye(&mut self, cause: ExitCause, out: &mut Vec<u8>) {
        match self {
            Self::Line(_) => line::render_goodbye(cause, out),
            Self::Api(api) => api.render_goodbye(cause, out),
            Self::Follower(_) => {}
        }
    }

    /// The house ends the conversation in the protocol's own way; others have been told in words.
    pub(super) fn render_closing(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Api(api) => api.render_goodbye(ExitCause::Closing, out),
            Self::Line(_) | Self::Follower(_) => {}
        }
    }

    /// Ends the conversation with a client that has not said hello in time.
    pub(super) fn render_no_hello(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Api(api) => {
                api.render_close(websocket::CloseCode::NoHello, "say hello within 20 s", out);
            }
            Self::Line(_) | Self::Follower(_) => {}
        }
    }

    /// Asks whether the peer is there, where that is the protocol's business.
    pub(super) fn render_ping(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Api(_) => websocket::render_ping(out),
            Self::Follower(Follower { is_stream: true, .. }) => stream::render_ping(out),
            // An empty line says nothing, and nothing else can be written among lines of text.
            Self::Follower(_) => out.push(b'\n'),
            Self::Line(_) => {}
        }
    }

    /// The last events before it came, shown in a way of their own.
    pub(super) fn render_tail(name: &RoomName, events: &[Event], clock: &Clock, out: &mut Vec<u8>) {
        let shown = events.iter().map(|event| EventView::of(event, None));
        line::render_history(HistoryTitle::Latest(name), shown, clock, out);
    }

    /// What it asked from history.
    pub(super) fn render_page(
        &mut self,
        request: RequestId,
        granted: &Granted,
        excerpt: &Excerpt,
        (epoch, clock): (Epoch, &Clock),
        out: &mut Vec<u8>,
    ) {
        match self {
            Self::Line(line) => {
                line.handle_found(&granted.question, excerpt);
                line::render_page(granted, excerpt, clock, out);
            }
            Self::Api(api) => api.render_page(request, granted, excerpt, epoch, out),
            Self::Follower(_) => {}
        }
    }

    /// A question to history is refused.
    pub(super) fn render_refused(
        &mut self,
        request: RequestId,
        refusal: &Refusal,
        out: &mut Vec<u8>,
    ) {
        match self {
            Self::Line(_) | Self::Follower(_) => line::render_refusal(refusal, out),
            Self::Api(api) => api.render_refusal(request, refusal, out),
        }
    }

    pub(super) fn render_unreadable(&mut self, request: RequestId, out: &mut Vec<u8>) {
        match self {
            Self::Line(_) | Self::Follower(_) => {
                line::render_notice("error: history cannot be read; try again", out);
            }
            Self::Api(api) => api.render_unreadable(request, out),
        }
    }
}

/// The last event before those that are shown to whoever comes in.
pub(super) fn recent(at: Position, shown: u32) -> Position {
    Position(at.0.saturating_sub(u64::from(shown)))
}
