//! Telling a room that a person is typing: only in a small room, and never stored.

use super::{Chat, emit_presence, refuse};
use crate::{Effect, InRoom, Presence, RoomName, SessionId};

impl Chat {
    pub(super) fn typing(&self, session: SessionId, name: &RoomName, out: &mut Vec<Effect>) {
        let room = match self.room_of(session, name) {
            Ok(room) => room,
            Err(refusal) => return refuse(session, refusal, out),
        };
        let is_small = self
            .rooms
            .get(room)
            .is_some_and(|room| room.listeners() <= self.limits.announce_each_max as usize);
        if let Some(nick) = self.nick_of(session).filter(|_| is_small) {
            let rooms = vec![InRoom { room, is_announced: true }];
            emit_presence(Presence::Typing { nick }, Some(session), rooms, out);
        }
    }
}
