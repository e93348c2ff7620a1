//! Types of the core as types and JSON of the api.

use serde::Serialize;
use teahouse_core::{self as core, Answer, RoomName, RoomSummary};

use super::failure;
use super::message::{Event, Message, Room, RoomsPage, Sender};
use super::presence::{Change, Presence};
use super::value::Epoch;

/// Renders a value as one JSON text.
#[must_use]
pub fn json(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    json_into(value, &mut out);
    out
}

/// Appends a value as one JSON text, as [`json`] renders it.
pub fn json_into(value: &impl Serialize, out: &mut Vec<u8>) {
    // This cannot fail: our types have string keys only, and writing to a Vec does not fail.
    serde_json::to_writer(out, value).ok();
}

/// An event of history, as the api shows it.
#[must_use]
pub fn event(event: &core::Event, room: &RoomName, epoch: Epoch) -> Event {
    Event {
        room: room.clone(),
        position: event.position.0,
        epoch,
        time_ms: event.time.0,
        sender: Sender { nick: event.nick.clone(), session: event.session.0.to_string() },
        kind: event.kind.into(),
        text: event.text.clone(),
        id: event.id.map(Into::into),
    }
}

/// A change of who is in a room, as the api shows it.
#[must_use]
pub fn presence(presence: &core::Presence, room: &RoomName) -> Presence {
    let change = match presence.clone() {
        core::Presence::Entered { nick } => Change::Entered { nick },
        core::Presence::Left { nick } => Change::Left { nick },
        core::Presence::Offline { nick, cause } => Change::Offline { nick, cause: cause.into() },
        core::Presence::Renamed { from, to } => Change::Renamed { from, to },
        core::Presence::Typing { nick } => Change::Typing { nick },
        core::Presence::Folded { entered, entered_count, gone, gone_count, members } => {
            Change::Folded { entered, entered_count, gone, gone_count, members }
        }
    };
    Presence { room: room.clone(), change }
}

/// A page of the list of rooms.
#[must_use]
pub fn rooms(rooms: Vec<RoomSummary>, total: usize, page: u32, pages: u32) -> RoomsPage {
    let shown =
        |room: RoomSummary| Room { name: room.name, members: room.members, topic: room.topic };
    RoomsPage { rooms: rooms.into_iter().map(shown).collect(), total, page, pages }
}

/// The message for an answer that needs no other data; `None` for the answers that the session renders itself.
pub(super) fn answer(answer: &Answer) -> Option<Message> {
    Some(match answer.clone() {
        Answer::AlreadyIn { name, .. } => Message::Error(failure::already_in(&name)),
        Answer::Renamed { from, to } => Message::Renamed { from, to },
        Answer::Private(message) => {
            Message::Told { time_ms: message.time.0, from: message.from, text: message.text }
        }
        Answer::Delivered { to } => Message::Delivered { to },
        Answer::Topic { name, topic } => Message::Topic { room: name, topic },
        Answer::Members { name, nicks, total, page, pages } => {
            Message::Members { room: name, nicks, total, page, pages }
        }
        Answer::Rooms { rooms, total, page, pages } => {
            Message::Rooms(self::rooms(rooms, total, page, pages))
        }
        Answer::Ignoring { nicks, .. } => Message::Ignoring { nicks },
        Answer::Refused(refusal) => Message::Error(failure::of(&refusal)),
        Answer::Welcome { .. }
        | Answer::Duplicate { .. }
        | Answer::Posted { .. }
        | Answer::Room { .. }
        | Answer::ReadGranted(_) => return None,
    })
}
