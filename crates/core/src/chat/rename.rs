//! Taking another nick, and who has one.

use super::{Chat, answer, refuse, say_presence};
use crate::origin::Spending;
use crate::{Answer, Author, Effect, InRoom, Nick, Presence, Refusal, SessionId, Verdict};

impl Chat {
    pub(super) fn rename(&mut self, session: SessionId, nick: Nick, out: &mut Vec<Effect>) {
        self.make_way(&nick, out);
        if let Some(holder) = self.nicks.holder(&nick, |holder| holder != session) {
            if let Some(holder) = self.nick_of(holder) {
                refuse(session, Refusal::NickTaken { nick, holder }, out);
            }
            return;
        }
        let Some(person) = self.sessions.get(&session) else { return };
        let (old_key, places, origin) = (person.key.clone(), person.rooms.clone(), person.origin);
        let Some(from) = self.call(session, &nick, out).filter(|from| *from != nick) else {
            return;
        };
        let (rate, now) = (self.limits.brief_stays, self.now.steady);
        let is_told = self.origins.spend(origin, Spending::Rename, rate, now) == Verdict::Pass;
        let mut rooms = Vec::with_capacity(places.len());
        for membership in places {
            let Some(room) = self.rooms.get_mut(membership.room) else { continue };
            room.members.remove(&old_key);
            room.members.insert(nick.key(), session);
            // In a big room, and of an origin that renames without end, the new nick is seen when they speak.
            let is_announced =
                is_told && room.listeners() <= self.limits.announce_each_max as usize;
            rooms.push(InRoom { room: membership.room, is_announced });
        }
        say_presence(Presence::Renamed { from, to: nick }, Some(session), rooms, out);
    }

    /// Whoever is seen under that nick, or under one that looks like it.
    pub(super) fn seen_holder(&self, nick: &Nick) -> Option<SessionId> {
        self.nicks.holder(nick, |id| !self.unseen.contains(&id))
    }

    /// Those who are unseen leave a nick that is wanted: for everybody else nobody is called so.
    pub(super) fn make_way(&mut self, nick: &Nick, out: &mut Vec<Effect>) {
        while let Some(holder) = self.nicks.holder(nick, |id| self.unseen.contains(&id)) {
            // Nobody has it, so it does not look like the one that is wanted.
            let other = self.guest_nick();
            self.call(holder, &other, out);
        }
    }

    /// It has that nick, which nobody else has, and is told. Gives the one before.
    fn call(&mut self, session: SessionId, nick: &Nick, out: &mut Vec<Effect>) -> Option<Nick> {
        let person = self.sessions.get_mut(&session)?;
        let from = std::mem::replace(&mut person.nick, nick.clone());
        person.key = nick.key();
        if person.resume.is_none() {
            person.author = Author::of_nick(nick);
        }
        self.nicks.remove(&from);
        self.nicks.insert(nick, session);
        answer(session, Answer::Renamed { from: from.clone(), to: nick.clone() }, out);
        Some(from)
    }
}
