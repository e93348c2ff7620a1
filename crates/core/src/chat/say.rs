//! Sending a message to a room: the hot path.

use super::{Chat, answer, refuse};
use crate::known::Known;
use crate::{
    Action, Answer, Author, Effect, Event, EventKind, KnownMessage, MessageId, MessageKey, Nick,
    Position, Proposal, Refusal, RoomId, RoomName, SessionId, Text, Visit,
};

/// When a clock is set back, an event gets the time of the room's last event, so that times never decrease with
/// positions; but only if that time is at most this far ahead of the clock. A time more than a day ahead comes from a
/// clock that was wrong, and would keep the room's times wrong for as long.
const CLOCK_AHEAD_MAX_MS: u32 = 24 * 60 * 60 * 1000;

/// A message to a room.
pub(super) struct Message {
    pub(super) text: Text,
    pub(super) acted: bool,
    pub(super) id: Option<MessageId>,
}

impl Chat {
    pub(super) fn say(
        &mut self,
        session: SessionId,
        name: &RoomName,
        message: Message,
        out: &mut Vec<Effect>,
    ) {
        let room = match self.room_of(session, name) {
            Ok(room) => room,
            Err(refusal) => return refuse(session, refusal, out),
        };
        let kind = if message.acted { EventKind::Acted } else { EventKind::Said };
        let Some(person) = self.sessions.get(&session) else { return };
        let key = message.id.map(|id| MessageKey { room, author: person.author, id });
        let nick = person.nick.clone();
        if key.is_some_and(|key| self.is_known(session, key, kind, &message.text, out)) {
            return;
        }
        self.record((session, nick), room, kind, Some(message.text), key, out);
    }

    /// The key of the message in a proposal, if it has an id.
    pub(super) fn key_of(&self, Proposal { session, action, .. }: &Proposal) -> Option<MessageKey> {
        let (name, id, author) = if let Action::Say { room, id: Some(id), .. } = action {
            (room, *id, self.sessions.get(session)?.author)
        } else if let Action::Visit(Visit::Post { nick, room, id: Some(id), .. }) = action {
            (room, *id, visitor_author(nick.as_ref()))
        } else {
            return None;
        };
        Some(MessageKey { room: self.rooms.id_of(name)?, author, id })
    }

    /// Whether this author already has a message with this id. Then the session gets its position as an answer, or
    /// a refusal if the text is another.
    pub(super) fn is_known(
        &self,
        session: SessionId,
        key: MessageKey,
        kind: EventKind,
        text: &Text,
        out: &mut Vec<Effect>,
    ) -> bool {
        let MessageKey { room, id, .. } = key;
        match self.unsettled.compare(&key, kind, text) {
            Known::No => return false,
            Known::Same(position) => {
                answer(session, Answer::Duplicate { room, position, id }, out);
            }
            Known::Other(position) => {
                let Some(room) = self.rooms.get(room).map(|room| room.name.clone()) else {
                    return false;
                };
                refuse(session, Refusal::Conflict { room, position, id }, out);
            }
        }
        true
    }

    /// Emits an event with the room's next position.
    pub(super) fn record(
        &mut self,
        (session, nick): (SessionId, Nick),
        room: RoomId,
        kind: EventKind,
        text: Option<Text>,
        key: Option<MessageKey>,
        out: &mut Vec<Effect>,
    ) -> Option<Position> {
        let resume = self.sessions.get(&session).filter(|person| person.resume.is_some());
        let author = key.map(|key| key.author).or(resume.map(|person| person.author));
        let room = self.rooms.get_mut(room)?;
        let time = self.now.time;
        let is_plausible = room.last <= time.plus_ms(CLOCK_AHEAD_MAX_MS);
        let time = if is_plausible { time.max(room.last) } else { time };
        room.last = time;
        if !room.is_durable {
            room.is_durable = true;
            out.push(Effect::RoomCreated { room: room.id, name: room.name.clone(), time });
        }
        room.head = room.head.next();
        let (room, position, is_empty) = (room.id, room.head, room.members.is_empty());
        if let Some(key) = key {
            let text = text.clone();
            self.unsettled.insert(key, KnownMessage { position, kind, text, is_of_author: true });
        }
        if is_empty {
            self.rooms.refresh(room);
        }
        let id = key.map(|key| key.id);
        out.push(Effect::Event(Event {
            room,
            position,
            time,
            session,
            nick,
            kind,
            text,
            id,
            author,
        }));
        Some(position)
    }

    pub(super) fn nick_of(&self, session: SessionId) -> Option<Nick> {
        self.sessions.get(&session).map(|person| person.nick.clone())
    }
}

/// The author of a visitor's messages.
pub(super) fn visitor_author(nick: Option<&Nick>) -> Author {
    nick.map_or_else(Author::nameless, Author::of_nick)
}
