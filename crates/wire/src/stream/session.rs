//! The session of a client that follows one room as server-sent events and sends nothing.

use teahouse_core::{Answer, Position, RoomId, RoomName, Time};

use super::{
    render_begin, render_error, render_event, render_notice, render_ping, render_presence,
};
use crate::api::{self, Epoch};
use crate::protocol::{
    Begin, Entered, Fact, Format, Output, Pings, ProtocolSession, RoomEncoder, Surroundings,
};
use crate::{Clock, Input, Work};

const STREAM: Format = Format::new("stream", |_, epoch| Box::new(Stream { epoch }));

#[derive(Debug)]
struct Stream {
    epoch: Epoch,
}

impl RoomEncoder for Stream {
    fn encode(&mut self, fact: Fact<'_>, room: &RoomName, _: &[u8], out: &mut Vec<u8>) {
        match fact {
            Fact::Event(event) => render_event(&api::event(event, room, self.epoch), out),
            Fact::Presence(presence) => render_presence(&api::presence(presence, room), out),
        }
    }
}

/// The session of a client that follows one room as server-sent events.
#[derive(Debug)]
pub struct StreamSession {
    /// The last event that the client has, if it named one.
    pub after: Option<Position>,
    /// The room's last event just before the session began, and when it happened.
    pub last: Option<(Position, Time)>,
}

impl ProtocolSession for StreamSession {
    fn name(&self) -> &'static str {
        "follow"
    }

    fn handle_bytes(&mut self, bytes: &[u8], _: &Clock, _: &mut Work, _: &mut Vec<Input>) -> usize {
        bytes.len()
    }

    fn handle_end(&mut self, _: &Clock, _: &mut Vec<Input>) {}

    fn pings(&self) -> Pings {
        Pings::Sent
    }

    fn handle_joined(&mut self, joined: &Entered<'_>, _: Epoch) -> Begin {
        match self.after.filter(|after| *after <= joined.at) {
            Some(after) => Begin::After(after, None),
            None => Begin::Now,
        }
    }

    fn format(&self, _: RoomId) -> Format {
        STREAM
    }

    fn render(&mut self, output: &Output<'_>, here: &Surroundings<'_>, out: &mut Vec<u8>) {
        match *output {
            Output::Entered(entered) => self.render_entered(entered, here.server.epoch, out),
            Output::Gap(entered, _) => {
                let Entered { first, at, .. } = *entered;
                render_begin(here.server.epoch, (first, at, None), super::Begin::Gap, out);
            }
            Output::Answer(_, Answer::Refused(refusal)) => {
                render_error(&api::failure_of(refusal), out);
            }
            Output::Notice(text) => render_notice(text, out),
            Output::Ping => render_ping(out),
            Output::Recent(..)
            | Output::Left(..)
            | Output::Answer(..)
            | Output::GivenBack(..)
            | Output::Page(..)
            | Output::HistoryRefused(..)
            | Output::Unreadable(_)
            | Output::Goodbye(_)
            | Output::Closing
            | Output::NoHello => {}
        }
    }
}

impl StreamSession {
    fn render_entered(&self, entered: &Entered<'_>, epoch: Epoch, out: &mut Vec<u8>) {
        let Entered { first, at, .. } = *entered;
        let time = self.last.filter(|(last, _)| *last == at).map(|(_, time)| time);
        let begin = match self.after {
            None => super::Begin::Fresh,
            Some(_) if entered.is_complete => super::Begin::Continues,
            Some(after) if after <= at => super::Begin::Gap,
            Some(_) => super::Begin::UnknownCursor,
        };
        render_begin(epoch, (first, at, time), begin, out);
    }
}
