//! What is the same for everyone in a room who is spoken to in the same way: facts turned into the bytes of a
//! format, once for all of them.

use teahouse_core::{Event, Presence, RoomName};
use teahouse_wire::api::{self, Epoch};
use teahouse_wire::websocket::{self, Deflater};
use teahouse_wire::{line, stream};

/// What is the same for everyone in a room who is spoken to in this way: encoded once for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Lines, for those whose current room it is.
    Line,
    /// Lines that name the room.
    LineNamed,
    /// WebSocket frames.
    Frames,
    /// WebSocket frames, compressed.
    Deflated,
    /// Server-sent events.
    Stream,
}

impl Format {
    pub(super) const COUNT: usize = 5;

    pub(super) fn index(self) -> usize {
        match self {
            Self::Line => 0,
            Self::LineNamed => 1,
            Self::Frames => 2,
            Self::Deflated => 3,
            Self::Stream => 4,
        }
    }
}

/// Turns facts into the bytes of a format.
pub(super) struct Encoder {
    epoch: Epoch,
    json: Vec<u8>,
    deflater: Deflater,
}

impl Encoder {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self { epoch, json: Vec::new(), deflater: Deflater::default() }
    }

    pub(super) fn event(
        &mut self,
        format: Format,
        event: &Event,
        room: &RoomName,
        out: &mut Vec<u8>,
    ) {
        match format {
            Format::Line => line::render_event(event, None, out),
            Format::LineNamed => line::render_event(event, Some(room), out),
            Format::Frames | Format::Deflated => {
                let message = api::Message::Event(api::event(event, room, self.epoch));
                self.frame(format, &message, out);
            }
            Format::Stream => {
                stream::render_event(&api::event(event, room, self.epoch), out);
            }
        }
    }

    pub(super) fn presence(
        &mut self,
        format: Format,
        presence: &Presence,
        room: &RoomName,
        out: &mut Vec<u8>,
    ) {
        match format {
            Format::Line => line::render_presence(presence, room, None, out),
            Format::LineNamed => line::render_presence(presence, room, Some(room), out),
            Format::Frames | Format::Deflated => {
                let message = api::Message::Presence(api::presence(presence, room));
                self.frame(format, &message, out);
            }
            Format::Stream => stream::render_presence(&api::presence(presence, room), out),
        }
    }

    fn frame(&mut self, format: Format, message: &api::Message, out: &mut Vec<u8>) {
        self.json.clear();
        api::json_into(message, &mut self.json);
        if format == Format::Deflated {
            self.deflater.render_text(&self.json, out);
        } else {
            websocket::render_text(&self.json, out);
        }
    }
}
