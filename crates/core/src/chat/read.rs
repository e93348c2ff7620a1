//! Leave to read from history. Given in the one order, so that what you said before you asked is in
//! what you read; the reading itself happens elsewhere.

use super::{Chat, answer, refuse};
use crate::room::Room;
use crate::{
    Answer, Effect, Granted, HistorySpan, Question, Refusal, RoomId, RoomName, Scope, SessionId,
};

impl Question {
    /// The one room it is about, if it is about one.
    #[must_use]
    pub fn room(&self) -> Option<&RoomName> {
        match self {
            Self::Latest { room, .. }
            | Self::Before { room, .. }
            | Self::Earlier { room, .. }
            | Self::Later { room, .. }
            | Self::Around { room, .. } => Some(room),
            Self::Search { room, .. } => room.as_ref(),
        }
    }
}

impl Chat {
    pub(super) fn read(&mut self, session: SessionId, question: Question, out: &mut Vec<Effect>) {
        let scope = match question.room() {
            Some(room) => {
                let Some(id) = self.room_of(session, room, out) else { return };
                self.only(id)
            }
            None => {
                let Some(person) = self.sessions.get(&session) else { return };
                let rooms = person.rooms.iter().filter(|place| place.is_heard);
                let rooms = rooms.filter_map(|place| self.rooms.get(place.room));
                Scope::Rooms(rooms.map(span).collect())
            }
        };
        answer(session, Answer::Granted(Granted { question, scope }), out);
    }

    /// As [`Chat::read`], for somebody who is in no room: every room is open.
    pub(super) fn read_as_visitor(
        &mut self,
        session: SessionId,
        question: Question,
        out: &mut Vec<Effect>,
    ) {
        let scope = match question.room() {
            Some(name) => match self.rooms.id_of(name) {
                Some(id) => self.only(id),
                None => {
                    let room = name.clone();
                    return refuse(session, Refusal::NoSuchRoom { room }, out);
                }
            },
            None => Scope::Everywhere,
        };
        answer(session, Answer::Granted(Granted { question, scope }), out);
    }

    fn only(&self, room: RoomId) -> Scope {
        Scope::Rooms(self.rooms.get(room).map(span).into_iter().collect())
    }
}

fn span(room: &Room) -> HistorySpan {
    HistorySpan { room: room.id, name: room.name.clone(), upto: room.head }
}
