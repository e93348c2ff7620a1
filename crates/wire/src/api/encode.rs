//! The formats of the api protocol: facts of a room as JSON, and the WebSocket frames around it. The JSON is encoded
//! once for all kinds of frames.

use serde::Serialize;
use teahouse_core::{self as core, Presence, RoomName, Text};

use super::message::{Kind, Message};
use super::value::{Epoch, Id};
use super::{json_into, render};
use crate::protocol::{Fact, Format, RoomEncoder};
use crate::websocket::{self, Deflater};

/// A [`Message`] as JSON. The frames below wrap it.
const JSON: Format = Format::new("api json", |_, epoch| Box::new(Json { epoch }));
/// WebSocket frames.
pub(super) const FRAMES: Format = Format::new("api frames", |_, _| Box::new(Frames));
/// WebSocket frames, compressed.
pub(super) const DEFLATED: Format =
    Format::new("api deflated", |_, _| Box::new(Deflated(Deflater::default())));

#[derive(Debug)]
struct Json {
    epoch: Epoch,
}

#[derive(Debug)]
struct Frames;

#[derive(Debug)]
struct Deflated(Deflater);

impl RoomEncoder for Json {
    fn encode(&mut self, fact: Fact<'_>, room: &RoomName, _: &[u8], out: &mut Vec<u8>) {
        match fact {
            Fact::Event(event) => event_into(event, room, self.epoch, out),
            Fact::Presence(presence) => presence_into(presence, room, out),
        }
    }
}

impl RoomEncoder for Frames {
    fn inner(&self) -> Option<Format> {
        Some(JSON)
    }

    fn encode(&mut self, _: Fact<'_>, _: &RoomName, json: &[u8], out: &mut Vec<u8>) {
        websocket::render_text(json, out);
    }
}

impl RoomEncoder for Deflated {
    fn inner(&self) -> Option<Format> {
        Some(JSON)
    }

    fn encode(&mut self, _: Fact<'_>, _: &RoomName, json: &[u8], out: &mut Vec<u8>) {
        self.0.render_text(json, out);
    }
}

fn presence_into(presence: &Presence, room: &RoomName, out: &mut Vec<u8>) {
    json_into(&Message::Presence(render::presence(presence, room)), out);
}

/// [`Message::Event`] with borrowed fields: the path of every chat message, which is copied only into `out`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Borrowed<'a> {
    Event {
        room: &'a RoomName,
        position: u64,
        epoch: Epoch,
        time_ms: i64,
        sender: Sender<'a>,
        kind: Kind,
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<&'a Text>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Id>,
    },
}

#[derive(Serialize)]
struct Sender<'a> {
    nick: &'a str,
    #[serde(serialize_with = "serialize_as_text")]
    session: u64,
}

fn serialize_as_text<S: serde::Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

fn event_into(event: &core::Event, room: &RoomName, epoch: Epoch, out: &mut Vec<u8>) {
    let sender = Sender { nick: event.nick.as_str(), session: event.session.0 };
    let borrowed = Borrowed::Event {
        room,
        position: event.position.0,
        epoch,
        time_ms: event.time.0,
        sender,
        kind: event.kind.into(),
        text: event.text.as_ref(),
        id: event.id.map(Into::into),
    };
    json_into(&borrowed, out);
}

#[cfg(test)]
mod tests {
    use teahouse_core::{EventKind, MessageId, Nick, Position, RoomId, SessionId, Time};

    use super::*;

    #[test]
    fn a_borrowed_event_is_written_like_the_owned_message() {
        let (room, epoch) = (RoomName::parse("茶").unwrap(), Epoch([0, 1, 2, 3, 4, 5, 6, 0xFF]));
        for kind in [EventKind::Said, EventKind::Acted, EventKind::Topic, EventKind::Unknown] {
            for (text, id) in
                [(Some("a \"quote\"\nand\tmore 火"), Some(MessageId([0xAB; 16]))), (None, None)]
            {
                let event = core::Event {
                    room: RoomId(1),
                    position: Position(u64::MAX),
                    time: Time(-1),
                    session: SessionId(u64::MAX),
                    nick: Nick::parse("ann").unwrap(),
                    kind,
                    text: text.map(|text| Text::parse(text).unwrap()),
                    id,
                    author: None,
                };
                let mut borrowed = Vec::new();
                event_into(&event, &room, epoch, &mut borrowed);
                let message = Message::Event(render::event(&event, &room, epoch));
                let borrowed = String::from_utf8(borrowed).unwrap();
                assert_eq!(borrowed, String::from_utf8(super::super::json(&message)).unwrap());
            }
        }
    }
}
