//! The line protocol as a [`ProtocolSession`]: for people, and for clients that follow a room with `curl` and send
//! nothing.

use teahouse_core::{Answer, Event, EventKind, Excerpt, Position, RoomId, RoomName};

use super::{
    EventView, HistoryTitle, LineSession, gone, handle_piece, render_answer, render_event,
    render_goodbye, render_history, render_joined, render_left, render_notice, render_page,
    render_presence, render_refusal,
};
use crate::protocol::{
    Begin, Entered, Fact, Format, Output, ProtocolSession, RoomEncoder, Surroundings, View,
};
use crate::{Clock, Epoch, Input, Work};

/// Lines for members whose current room this is.
const LINES: Format = Format::new("lines", |named, _| Box::new(Lines { is_named: named == NAMED }));
/// The variant of [`LINES`] that names the room in each line.
const NAMED: u16 = 1;

/// Encodes facts as lines.
#[derive(Debug)]
struct Lines {
    is_named: bool,
}

impl RoomEncoder for Lines {
    fn encode(&mut self, fact: Fact<'_>, room: &RoomName, _: &[u8], out: &mut Vec<u8>) {
        let named = self.is_named.then_some(room);
        match fact {
            Fact::Event(event) => render_event(event, named, out),
            Fact::Presence(presence) => render_presence(presence, room, named, out),
        }
    }
}

impl ProtocolSession for LineSession {
    fn name(&self) -> &'static str {
        "line"
    }

    fn handle_bytes(
        &mut self,
        bytes: &[u8],
        clock: &Clock,
        work: &mut Work,
        input: &mut Vec<Input>,
    ) -> usize {
        let Self { framing, rooms } = self;
        framing.handle_bytes(bytes, work, &mut |piece| handle_piece(rooms, piece, clock, input))
    }

    /// Bytes without a line end count as a line.
    fn handle_end(&mut self, clock: &Clock, input: &mut Vec<Input>) {
        let Self { framing, rooms } = self;
        framing.handle_end(&mut |piece| handle_piece(rooms, piece, clock, input));
        input.push(Input::Quit);
    }

    fn partial_input_bytes(&self) -> usize {
        self.framing.partial_input_bytes()
    }

    fn discard_partial_input(&mut self, _: &mut Vec<u8>) -> bool {
        // The line is refused when it ends.
        self.framing.discard_partial_input();
        true
    }

    fn first_room(&self) -> Option<RoomName> {
        self.current().cloned()
    }

    fn handle_joined(&mut self, joined: &Entered<'_>, _: Epoch) -> Begin {
        self.make_current(joined.id, joined.room);
        Begin::RecentTogether
    }

    fn handle_left(&mut self, room: RoomId) {
        self.rooms.remove(room);
    }

    fn format(&self, room: RoomId) -> Format {
        if self.is_current(room) { LINES } else { LINES.variant(NAMED) }
    }

    fn take_format_change(&mut self) -> bool {
        std::mem::take(&mut self.rooms.has_moved)
    }

    /// The person's own message is on the screen already, as it was typed.
    fn view_own(&self, fact: Fact<'_>) -> View {
        match fact {
            Fact::Event(Event { kind: EventKind::Said | EventKind::Acted, .. })
            | Fact::Presence(_) => View::Nothing,
            Fact::Event(Event { kind: EventKind::Topic | EventKind::Unknown, .. }) => View::Shared,
        }
    }

    fn render(&mut self, output: &Output<'_>, here: &Surroundings<'_>, out: &mut Vec<u8>) {
        match *output {
            Output::Entered(entered) => {
                render_joined(entered.room, entered.members, entered.topic, out);
            }
            Output::Recent(room, excerpt) => render_recent(room, excerpt, here.clock, out),
            Output::Gap(entered, after) => render_gap(entered, after, out),
            Output::Left(_, room) => render_left(room, self.current(), out),
            Output::Answer(_, answer) => {
                self.handle_answer(answer);
                render_answer(answer, out);
            }
            Output::GivenBack((_, request), refusal) => {
                self.handle_given_back(request);
                render_refusal(refusal, out);
            }
            Output::Page(_, granted, excerpt) => {
                self.handle_found(&granted.question, excerpt);
                render_page(granted, excerpt, here.clock, out);
            }
            Output::HistoryRefused(_, refusal) => render_refusal(refusal, out),
            Output::Unreadable(_) => {
                render_notice("error: history cannot be read; try again", out);
            }
            Output::Notice(text) => render_notice(text, out),
            Output::Goodbye(cause) => render_goodbye(cause, out),
            Output::Closing | Output::NoHello | Output::Ping => {}
        }
    }
}

impl LineSession {
    fn handle_answer(&mut self, answer: &Answer) {
        match answer {
            Answer::AlreadyIn { room, name } => self.make_current(*room, name),
            Answer::Refused(refusal) => self.handle_refused(refusal),
            Answer::Welcome { .. }
            | Answer::Renamed { .. }
            | Answer::Private(_)
            | Answer::Delivered { .. }
            | Answer::Duplicate { .. }
            | Answer::Posted { .. }
            | Answer::Topic { .. }
            | Answer::Members { .. }
            | Answer::Rooms { .. }
            | Answer::Ignoring { .. }
            | Answer::Room { .. }
            | Answer::ReadGranted(_) => {}
        }
    }
}

fn render_recent(room: &RoomName, excerpt: &Excerpt, clock: &Clock, out: &mut Vec<u8>) {
    let shown = excerpt.events.iter().map(|event| EventView::of(event, None));
    render_history((HistoryTitle::Latest(room), excerpt.gone_upto()), shown, clock, out);
}

/// Says which events are missing after the last one that the session received.
fn render_gap(entered: &Entered<'_>, after: Position, out: &mut Vec<u8>) {
    let missing = (after.next().0, entered.first.0.saturating_sub(1));
    render_notice(&gone(entered.room, missing), out);
}

/// The session of a client that follows one room as lines, beginning with the next event, and sends nothing.
#[derive(Debug)]
pub struct LineFollower;

impl ProtocolSession for LineFollower {
    fn name(&self) -> &'static str {
        "follow"
    }

    fn handle_bytes(&mut self, bytes: &[u8], _: &Clock, _: &mut Work, _: &mut Vec<Input>) -> usize {
        bytes.len()
    }

    fn handle_end(&mut self, _: &Clock, _: &mut Vec<Input>) {}

    fn handle_joined(&mut self, _: &Entered<'_>, _: Epoch) -> Begin {
        Begin::Now
    }

    fn format(&self, _: RoomId) -> Format {
        LINES
    }

    fn render(&mut self, output: &Output<'_>, _: &Surroundings<'_>, out: &mut Vec<u8>) {
        match *output {
            Output::Notice(text) => render_notice(text, out),
            // In a stream of lines of text only an empty line means nothing.
            Output::Ping => out.push(b'\n'),
            Output::HistoryRefused(_, refusal) => render_refusal(refusal, out),
            Output::Gap(entered, after) => render_gap(entered, after, out),
            Output::Entered(_)
            | Output::Recent(..)
            | Output::Left(..)
            | Output::Answer(..)
            | Output::GivenBack(..)
            | Output::Page(..)
            | Output::Unreadable(_)
            | Output::Goodbye(_)
            | Output::Closing
            | Output::NoHello => {}
        }
    }
}
