//! Saying something to a room: the hot path.

use super::{Chat, answer};
use crate::{
    Answer, Effect, Event, EventKind, MessageId, Nick, Position, RoomId, RoomName, SessionId, Text,
    Time,
};

/// What is said.
pub(super) struct Words {
    pub(super) text: Text,
    pub(super) acted: bool,
    pub(super) id: Option<MessageId>,
}

impl Chat {
    pub(super) fn say(
        &mut self,
        session: SessionId,
        time: Time,
        name: &RoomName,
        words: Words,
        out: &mut Vec<Effect>,
    ) {
        let Some(room) = self.room_of(session, name, out) else { return };
        if self.is_known(session, room, words.id, out) {
            return;
        }
        let kind = if words.acted { EventKind::Acted } else { EventKind::Said };
        let Some(nick) = self.nick_of(session) else { return };
        self.record((session, nick), time, room, kind, Some(words.text), words.id, out);
    }

    /// Whether a message with this id is there already; then its sender is told where.
    pub(super) fn is_known(
        &self,
        session: SessionId,
        room: RoomId,
        id: Option<MessageId>,
        out: &mut Vec<Effect>,
    ) -> bool {
        let Some(id) = id else { return false };
        let Some(position) = self.recent.position(room, id) else { return false };
        answer(session, Answer::Duplicate { room, position, id }, out);
        true
    }

    /// Gives an event the room's next position.
    #[expect(clippy::too_many_arguments, reason = "the fields of an event, in their order")]
    pub(super) fn record(
        &mut self,
        (session, nick): (SessionId, Nick),
        time: Time,
        room: RoomId,
        kind: EventKind,
        text: Option<Text>,
        id: Option<MessageId>,
        out: &mut Vec<Effect>,
    ) -> Option<Position> {
        let room = self.rooms.get_mut(room)?;
        if !room.is_kept {
            room.is_kept = true;
            out.push(Effect::Founded { room: room.id, name: room.name.clone(), time });
        }
        room.head = room.head.next();
        if let Some(id) = id {
            self.recent.insert(room.id, id, room.head, self.limits.recent_ids_max);
        }
        let (room, position) = (room.id, room.head);
        out.push(Effect::Event(Event { room, position, time, session, nick, kind, text, id }));
        Some(position)
    }

    pub(super) fn nick_of(&self, session: SessionId) -> Option<Nick> {
        self.sessions.get(&session).map(|person| person.nick.clone())
    }
}
