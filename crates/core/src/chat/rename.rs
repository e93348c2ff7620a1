//! Taking another nick.

use super::{Chat, answer, refuse};
use crate::{Answer, Author, Effect, Nick, Presence, Refusal, SessionId};

impl Chat {
    pub(super) fn rename(&mut self, session: SessionId, nick: Nick, out: &mut Vec<Effect>) {
        let key = nick.key();
        if let Some(holder) = self.nicks.other_holder(&nick, session) {
            if let Some(holder) = self.nick_of(holder) {
                refuse(session, Refusal::NickTaken { nick, holder }, out);
            }
            return;
        }
        let Some(person) = self.sessions.get_mut(&session) else { return };
        let from = std::mem::replace(&mut person.nick, nick.clone());
        let old_key = std::mem::replace(&mut person.key, key.clone());
        if person.seat.is_none() {
            person.author = Author::of_nick(&nick);
        }
        self.nicks.remove(&from);
        self.nicks.insert(&nick, session);
        answer(session, Answer::Renamed { from: from.clone(), to: nick.clone() }, out);
        if from == nick {
            return;
        }
        for place in person.rooms.clone() {
            let id = place.room;
            let Some(room) = self.rooms.get_mut(id) else { continue };
            room.members.remove(&old_key);
            room.members.insert(key.clone(), session);
            // In a big room the new nick is seen when they speak.
            if room.listeners() <= self.limits.announce_each_max {
                let presence = Presence::Renamed { from: from.clone(), to: nick.clone() };
                out.push(Effect::Presence { room: id, except: Some(session), presence });
            }
        }
    }
}
