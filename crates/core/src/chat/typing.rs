//! Telling the others that one is typing: only where few are, and never kept.

use super::{Chat, refuse, say_presence};
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
            say_presence(Presence::Typing { nick }, Some(session), rooms, out);
        }
    }
}
