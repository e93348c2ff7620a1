//! Leave to read from history. Given in the one order, so that what you said before you asked is in
//! what you read; the reading itself happens elsewhere.

use super::{Chat, answer};
use crate::room::Room;
use crate::{Answer, Effect, Granted, HistorySpan, Question, SessionId};

impl Chat {
    pub(super) fn read(&mut self, session: SessionId, question: Question, out: &mut Vec<Effect>) {
        let spans = match &question {
            Question::Latest { room, .. }
            | Question::Before { room, .. }
            | Question::Earlier { room, .. } => {
                let Some(id) = self.room_of(session, room, out) else { return };
                self.rooms.get(id).map(span).into_iter().collect()
            }
            Question::Search { .. } => {
                let Some(person) = self.sessions.get(&session) else { return };
                person.rooms.iter().filter_map(|id| self.rooms.get(*id)).map(span).collect()
            }
        };
        answer(session, Answer::Granted(Granted { question, spans }), out);
    }
}

fn span(room: &Room) -> HistorySpan {
    HistorySpan { room: room.id, name: room.name.clone(), upto: room.head }
}
