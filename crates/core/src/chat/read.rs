//! Leave to read from history. Given in the one order, so that what you said before you asked is in
//! what you read; the reading itself happens elsewhere.

use super::Chat;
use crate::room::Room;
use crate::{Answer, Asker, HistorySpan, Question, ReadGrant, Refusal, RoomId, RoomName, Scope};

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
    pub(super) fn read(&self, asker: Asker, question: Question) -> Result<Answer, Refusal> {
        let scope = match (question.room(), asker) {
            (Some(name), _) => {
                let room = self.rooms.get(self.readable(asker, name)?);
                Scope::Rooms(room.map(span).into_iter().collect())
            }
            (None, Asker::Session(session)) => {
                let places = self.sessions.get(&session).map_or(&[][..], |person| &person.rooms);
                let heard = places.iter().filter(|membership| membership.is_attached);
                let rooms = heard.filter_map(|membership| self.rooms.get(membership.room));
                Scope::Rooms(rooms.map(span).collect())
            }
            (None, Asker::Visitor(_)) => Scope::Everywhere,
        };
        Ok(Answer::ReadGranted(ReadGrant { question, scope }))
    }

    /// The number of the room, if what is in it is for the one who asks.
    pub(super) fn readable(&self, asker: Asker, name: &RoomName) -> Result<RoomId, Refusal> {
        match asker {
            Asker::Session(session) => self.room_of(session, name),
            Asker::Visitor(_) => {
                let none = || Refusal::NoSuchRoom { room: name.clone() };
                self.rooms.id_of(name).ok_or_else(none)
            }
        }
    }
}

fn span(room: &Room) -> HistorySpan {
    HistorySpan { room: room.id, name: room.name.clone(), upto: room.head }
}
