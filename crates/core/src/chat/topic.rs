//! The topic of a room.

use super::{Chat, refuse};
use crate::{Answer, Asker, Effect, EventKind, Refusal, RoomName, SessionId, Text};

/// The most bytes of a topic: it fits on one line of any screen, and every list of rooms repeats it.
const TOPIC_BYTES_MAX: usize = 390;

impl Chat {
    pub(super) fn topic_of(&self, asker: Asker, name: &RoomName) -> Result<Answer, Refusal> {
        let room = self.rooms.get(self.readable(asker, name)?);
        let topic = room.and_then(|room| room.topic.clone());
        Ok(Answer::Topic { name: name.clone(), topic })
    }

    pub(super) fn set_topic(
        &mut self,
        session: SessionId,
        name: &RoomName,
        topic: Option<Text>,
        out: &mut Vec<Effect>,
    ) {
        let id = match self.room_of(session, name) {
            Ok(id) => id,
            Err(refusal) => return refuse(session, refusal, out),
        };
        let Some(room) = self.rooms.get_mut(id) else { return };
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
