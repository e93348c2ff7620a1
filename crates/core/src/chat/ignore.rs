//! Whom a session does not hear: somebody who is here, or whoever will have a nick.

use super::{Chat, answer, refuse};
use crate::ignored::Ignored;
use crate::{Answer, Effect, IgnoreChange, Nick, Refusal, SessionId};

impl Chat {
    pub(super) fn ignore(&mut self, session: SessionId, nick: Nick, out: &mut Vec<Effect>) {
        let change = match self.toggle_ignored(session, nick) {
            Ok(change) => Some(change),
            Err(refusal) => return refuse(session, refusal, out),
        };
        self.tell_shard_of_ignored(session, out);
        let nicks = self.ignored_nicks(session);
        answer(session, Answer::Ignoring { nicks, change }, out);
    }

    pub(super) fn ignored_by(&self, session: SessionId) -> Answer {
        Answer::Ignoring { nicks: self.ignored_nicks(session), change: None }
    }

    fn ignored_nicks(&self, session: SessionId) -> Vec<Nick> {
        let person = self.sessions.get(&session);
        let ignored = person.into_iter().flat_map(|person| &person.ignored);
        ignored.map(|ignored| ignored.nick().clone()).collect()
    }

    fn toggle_ignored(&mut self, session: SessionId, nick: Nick) -> Result<IgnoreChange, Refusal> {
        let max = self.limits.ignored_max as usize;
        let holder = self.seen_holder(&nick);
        let other = holder.and_then(|id| self.sessions.get(&id).map(|person| (id, person)));
        let (nick, key, author) = match other {
            Some((_, person)) => (person.nick.clone(), person.key.clone(), Some(person.author)),
            None => (nick.clone(), nick.key(), None),
        };
        let who = other.map(|(id, person)| person.identity(id));
        let Some(person) = self.sessions.get_mut(&session) else {
            return Err(Refusal::NoSuchNick { nick });
        };
        // The server itself is nobody's session.
        let id = holder.unwrap_or(SessionId::SERVER);
        let known = person.ignored.iter().position(|ignored| ignored.is(id, author, Some(&key)));
        if let Some(index) = known {
            let nick = person.ignored.remove(index).nick().clone();
            return Ok(IgnoreChange::Removed { nick });
        }
        if holder == Some(session) {
            return Err(Refusal::Yourself);
        }
        if person.ignored.len() >= max {
            return Err(Refusal::IgnoringTooMany { max });
        }
        person.ignored.push(Ignored::new(nick.clone(), who));
        Ok(IgnoreChange::Added { nick, is_here: who.is_some() })
    }

    /// What is not delivered to a session is decided where it is delivered.
    pub(super) fn tell_shard_of_ignored(&self, session: SessionId, out: &mut Vec<Effect>) {
        let ignored = self.sessions.get(&session).map(|person| person.ignored.clone());
        out.extend(ignored.map(|ignored| Effect::Ignores { session, ignored }));
    }
}
