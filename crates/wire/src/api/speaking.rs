//! The api protocol on a WebSocket as a shard knows it.

use teahouse_core::{Event, RoomId};

use super::value::Epoch;
use super::{ApiSession, encode};
use crate::protocol::{Begin, Entered, Format, Pings, ProtocolSession, Surroundings, Told};
use crate::websocket::{self, CloseCode};
use crate::{Clock, Heard, Work};

impl ProtocolSession for ApiSession {
    fn name(&self) -> &'static str {
        "api"
    }

    fn handle_bytes(
        &mut self,
        bytes: &[u8],
        _: &Clock,
        work: &mut Work,
        heard: &mut Vec<Heard>,
    ) -> usize {
        self.handle_bytes(bytes, work, heard)
    }

    fn handle_end(&mut self, _: &Clock, heard: &mut Vec<Heard>) {
        heard.push(Heard::Broken);
    }

    fn is_busy(&self) -> bool {
        self.is_busy()
    }

    fn partial_input_bytes(&self) -> usize {
        self.half_said_bytes()
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

    fn render(&mut self, told: &Told<'_>, here: &Surroundings<'_>, out: &mut Vec<u8>) {
        match *told {
            // From a gap on it is given the events as if it had come in anew; that answers nothing.
            Told::Entered(entered) | Told::Gap(entered, _) => {
                self.render_joined(entered, here.server.epoch, out)
            }
            // What it is given of the past are events.
            Told::Recent(..) => {}
            Told::Parted(request, room) => self.render_parted(request, room, out),
            Told::Answer(request, answer) => self.render_answer(request, answer, here, out),
            Told::GivenBack((request, _), refusal) | Told::HistoryRefused(request, refusal) => {
                self.render_refusal(request, refusal, out);
            }
            Told::Page(request, granted, excerpt) => {
                self.render_page(request, granted, excerpt, here.server.epoch, out);
            }
            Told::Unreadable(request) => self.render_unreadable(request, out),
            Told::Notice(text) => self.render_notice(text, out),
            Told::Goodbye(cause) => self.render_goodbye(cause, out),
            Told::Closing => self.render_goodbye(teahouse_core::ExitCause::Closing, out),
            Told::NoHello => self.render_close(CloseCode::NoHello, "say hello within 20 s", out),
            Told::Ping => websocket::render_ping(out),
        }
    }
}
