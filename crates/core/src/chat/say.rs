//! Saying something to a room: the hot path.

use super::{Chat, answer};
use crate::{
    Answer, Effect, Event, EventKind, MessageId, Nick, RoomId, RoomName, SessionId, Text, Time,
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
        if let Some(id) = words.id
            && let Some(position) = self.recent.position(room, id)
        {
            return answer(session, Answer::Duplicate { room, position, id }, out);
        }
        let kind = if words.acted { EventKind::Acted } else { EventKind::Said };
        self.record(session, time, room, kind, Some(words.text), words.id, out);
    }

    /// Gives an event the room's next position.
    #[expect(clippy::too_many_arguments, reason = "the fields of an event, in their order")]
    pub(super) fn record(
        &mut self,
        session: SessionId,
        time: Time,
        room: RoomId,
        kind: EventKind,
        text: Option<Text>,
        id: Option<MessageId>,
        out: &mut Vec<Effect>,
    ) {
        let Some(nick) = self.nick_of(session) else { return };
        let Some(room) = self.rooms.get_mut(room) else { return };
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
    }

    pub(super) fn nick_of(&self, session: SessionId) -> Option<Nick> {
        self.sessions.get(&session).map(|person| person.nick.clone())
    }
}
