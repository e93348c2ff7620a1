//! What a room is about.

use super::{Chat, answer, refuse};
use crate::{Answer, Effect, EventKind, Refusal, RoomName, SessionId, Text, TopicChange};

/// Bytes in a topic: one line on any screen, and it is repeated in every list of rooms.
const TOPIC_BYTES_MAX: usize = 390;

impl Chat {
    pub(super) fn topic(
        &mut self,
        session: SessionId,
        name: &RoomName,
        change: TopicChange,
        out: &mut Vec<Effect>,
    ) {
        let Some(id) = self.room_of(session, name, out) else { return };
        let Some(room) = self.rooms.get_mut(id) else { return };
        let topic = match change {
            TopicChange::Ask => {
                let (name, topic) = (room.name.clone(), room.topic.clone());
                return answer(session, Answer::Topic { name, topic }, out);
            }
            TopicChange::Set(text) => Some(text),
            TopicChange::Clear => None,
        };
        if let Some(text) = &topic
            && !is_topic(text)
        {
            let bytes = text.as_str().len();
            return refuse(session, Refusal::TopicTooLong { bytes, max: TOPIC_BYTES_MAX }, out);
        }
        room.topic.clone_from(&topic);
        let Some(nick) = self.nick_of(session) else { return };
        self.record((session, nick), id, EventKind::Topic, topic, None, out);
    }
}

fn is_topic(text: &Text) -> bool {
    text.as_str().len() <= TOPIC_BYTES_MAX && !text.as_str().contains('\n')
}
