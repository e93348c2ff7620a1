//! Taking another nick, and finding the holder of a nick.

use super::{Chat, answer, emit_presence, refuse};
use crate::origin::Spending;
use crate::{Answer, Author, Effect, InRoom, Nick, Presence, Refusal, SessionId, Verdict};

impl Chat {
    pub(super) fn rename(&mut self, session: SessionId, nick: Nick, out: &mut Vec<Effect>) {
        self.rename_unseen_holders(&nick, out);
        if let Some(holder) = self.nicks.holder(&nick, |holder| holder != session) {
            if let Some(holder) = self.nick_of(holder) {
                refuse(session, Refusal::NickTaken { nick, holder }, out);
            }
            return;
        }
        let Some(person) = self.sessions.get(&session) else { return };
        let (old_key, memberships, origin) =
            (person.key.clone(), person.rooms.clone(), person.origin);
        let Some(from) = self.set_nick(session, &nick, out).filter(|from| *from != nick) else {
            return;
        };
        let (rate, now) = (self.limits.brief_stays, self.now.steady);
        let is_in_rate = self.origins.spend(origin, Spending::Rename, rate, now) == Verdict::Pass;
        let mut rooms = Vec::with_capacity(memberships.len());
        for membership in memberships {
            let Some(room) = self.rooms.get_mut(membership.room) else { continue };
            room.members.remove(&old_key);
            room.members.insert(nick.key(), session);
            // If it is not announced, people see the new nick with the person's next message.
            let is_announced =
                is_in_rate && room.listeners() <= self.limits.announce_each_max as usize;
            rooms.push(InRoom { room: membership.room, is_announced });
        }
        emit_presence(Presence::Renamed { from, to: nick }, Some(session), rooms, out);
    }

    /// The seen session that has this nick, or one that looks like it.
    pub(super) fn seen_holder(&self, nick: &Nick) -> Option<SessionId> {
        self.nicks.holder(nick, |id| !self.unseen.contains(&id))
    }

    /// Gives unseen sessions another nick if theirs is wanted: to other people that nick is free.
    pub(super) fn rename_unseen_holders(&mut self, nick: &Nick, out: &mut Vec<Effect>) {
        while let Some(holder) = self.nicks.holder(nick, |id| self.unseen.contains(&id)) {
            // A guest nick is free, so it does not look like the wanted one.
            let other = self.guest_nick();
            self.set_nick(holder, &other, out);
        }
    }

    /// Sets the nick of a session, which must be free, and answers it. Returns the previous nick.
    fn set_nick(&mut self, session: SessionId, nick: &Nick, out: &mut Vec<Effect>) -> Option<Nick> {
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
