//! Permission to read from history. It is given at a point in the order, so that a session's own earlier messages
//! are in what it reads. The reading itself happens elsewhere.

use super::Chat;
use crate::room::Room;
use crate::{Answer, Asker, HistorySpan, Question, ReadGrant, Refusal, RoomId, RoomName, Scope};

impl Question {
    /// The room, if the question is about one room.
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
                let memberships =
                    self.sessions.get(&session).map_or(&[][..], |person| &person.rooms);
                let attached = memberships.iter().filter(|membership| membership.is_attached);
                let rooms = attached.filter_map(|membership| self.rooms.get(membership.room));
                Scope::Rooms(rooms.map(span).collect())
            }
            (None, Asker::Visitor(_)) => Scope::Everywhere,
        };
        Ok(Answer::ReadGranted(ReadGrant { question, scope }))
    }

    /// The number of the room, if the asker may read it.
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
