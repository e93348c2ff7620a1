//! Saying something to a room: the hot path.

use super::{Chat, answer};
use crate::{
    Answer, Effect, Event, EventKind, MessageId, Nick, Position, RoomId, RoomName, SessionId, Text,
};

/// How far ahead of the clock the last event of a room may be for the next one to be stamped as late, so
/// that times of a room follow its positions when a clock is set back. What is further ahead than a day
/// comes from a clock that was wrong, and would keep the room's times wrong for as long.
const CLOCK_AHEAD_MAX_MS: u32 = 24 * 60 * 60 * 1000;

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
        self.record((session, nick), room, kind, Some(words.text), words.id, out);
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
    pub(super) fn record(
        &mut self,
        (session, nick): (SessionId, Nick),
        room: RoomId,
        kind: EventKind,
        text: Option<Text>,
        id: Option<MessageId>,
        out: &mut Vec<Effect>,
    ) -> Option<Position> {
        let room = self.rooms.get_mut(room)?;
        let time = self.now.time;
        let is_plausible = room.last <= time.plus_ms(CLOCK_AHEAD_MAX_MS);
        let time = if is_plausible { time.max(room.last) } else { time };
        room.last = time;
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
