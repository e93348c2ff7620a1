//! The api protocol on a WebSocket as a [`ProtocolSession`].

use teahouse_core::{Event, RoomId};

use super::value::Epoch;
use super::{ApiSession, encode};
use crate::protocol::{Begin, Entered, Format, Output, Pings, ProtocolSession, Surroundings};
use crate::websocket::{self, CloseCode};
use crate::{Clock, Input, Work};

impl ProtocolSession for ApiSession {
    fn name(&self) -> &'static str {
        "api"
    }

    fn handle_bytes(
        &mut self,
        bytes: &[u8],
        _: &Clock,
        work: &mut Work,
        input: &mut Vec<Input>,
    ) -> usize {
        self.handle_bytes(bytes, work, input)
    }

    fn handle_end(&mut self, _: &Clock, input: &mut Vec<Input>) {
        input.push(Input::Broken);
    }

    fn is_busy(&self) -> bool {
        self.is_busy()
    }

    fn partial_input_bytes(&self) -> usize {
        self.partial_input_bytes()
    }

    fn discard_partial_input(&mut self, out: &mut Vec<u8>) -> bool {
        let why = "too much is half said by too many just now; try again";
        self.render_close(CloseCode::TooBig, why, out);
        false
    }

    fn pings(&self) -> Pings {
        Pings::Answered
    }

    fn handle_joined(&mut self, joined: &Entered<'_>, epoch: Epoch) -> Begin {
        self.start(joined.request, epoch, joined.at)
    }

    fn format(&self, _: RoomId) -> Format {
        if self.takes_deflate() { encode::DEFLATED } else { encode::FRAMES }
    }

    fn handle_own_event(&mut self, event: &Event) {
        self.handle_own_event(event);
    }

    fn render(&mut self, output: &Output<'_>, here: &Surroundings<'_>, out: &mut Vec<u8>) {
        match *output {
            // After a gap a client sees a second `joined`, which answers no request, and then the events.
            Output::Entered(entered) | Output::Gap(entered, _) => {
                self.render_joined(entered, here.server.epoch, out)
            }
            // The session never asks for this: it receives events of history one by one.
            Output::Recent(..) => {}
            Output::Left(request, room) => self.render_left(request, room, out),
            Output::Answer(request, answer) => self.render_answer(request, answer, here, out),
            Output::GivenBack((request, _), refusal) | Output::HistoryRefused(request, refusal) => {
                self.render_refusal(request, refusal, out);
            }
            Output::Page(request, granted, excerpt) => {
                self.render_page(request, granted, excerpt, here.server.epoch, out);
            }
            Output::Unreadable(request) => self.render_unreadable(request, out),
            Output::Notice(text) => self.render_notice(text, out),
            Output::Goodbye(cause) => self.render_goodbye(cause, out),
            Output::Closing => self.render_goodbye(teahouse_core::ExitCause::Closing, out),
            Output::NoHello => self.render_close(CloseCode::NoHello, "say hello within 20 s", out),
            Output::Ping => websocket::render_ping(out),
        }
    }
}
