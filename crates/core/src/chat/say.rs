//! Saying something to a room: the hot path.

use super::{Chat, answer, refuse};
use crate::known::Known;
use crate::{
    Action, Answer, Author, Effect, Event, EventKind, MessageId, MessageKey, Nick, Position,
    Proposal, Refusal, RoomId, RoomName, Said, SessionId, Text, Visit,
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
        let room = match self.room_of(session, name) {
            Ok(room) => room,
            Err(refusal) => return refuse(session, refusal, out),
        };
        let kind = if words.acted { EventKind::Acted } else { EventKind::Said };
        let Some(person) = self.sessions.get(&session) else { return };
        let key = words.id.map(|id| MessageKey { room, author: person.author, id });
        let nick = person.nick.clone();
        if key.is_some_and(|key| self.is_known(session, key, kind, &words.text, out)) {
            return;
        }
        self.record((session, nick), room, kind, Some(words.text), key, out);
    }

    /// By which key a message that is proposed is known, if it has an id.
    pub(super) fn key_of(&self, Proposal { session, action, .. }: &Proposal) -> Option<MessageKey> {
        let (name, id, author) = if let Action::Say { room, id: Some(id), .. } = action {
            (room, *id, self.sessions.get(session)?.author)
        } else if let Action::Visit(Visit::Post { nick, room, id: Some(id), .. }) = action {
            (room, *id, author_outside(nick.as_ref()))
        } else {
            return None;
        };
        Some(MessageKey { room: self.rooms.id_of(name)?, author, id })
    }

    /// Whether a message of this author with this id is there already. Then its sender is told where; with
    /// other words, that the id is used.
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

    /// Gives an event the room's next position.
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
        if !room.is_kept {
            room.is_kept = true;
            out.push(Effect::RoomCreated { room: room.id, name: room.name.clone(), time });
        }
        room.head = room.head.next();
        let (room, position, is_empty) = (room.id, room.head, room.members.is_empty());
        if let Some(key) = key {
            let text = text.clone();
            self.unsettled.insert(key, Said { position, kind, text, is_of_author: true });
        }
        if is_empty {
            self.rooms.settle(room);
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

/// Whose the ids of somebody are who says something without coming in.
pub(super) fn author_outside(nick: Option<&Nick>) -> Author {
    nick.map_or_else(Author::nameless, Author::of_nick)
}
