//! The ignore list of a session. An entry is for a person who is present, or for the next person with a nick.

use super::{Chat, answer, refuse};
use crate::ignored::Ignored;
use crate::{Answer, Effect, IgnoreChange, Nick, Refusal, SessionId};

impl Chat {
    pub(super) fn ignore(&mut self, session: SessionId, nick: Nick, out: &mut Vec<Effect>) {
        let change = match self.toggle_ignored(session, nick) {
            Ok(change) => Some(change),
            Err(refusal) => return refuse(session, refusal, out),
        };
        self.emit_ignored(session, out);
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
        let identity = other.map(|(id, person)| person.identity(id));
        let Some(person) = self.sessions.get_mut(&session) else {
            return Err(Refusal::NoSuchNick { nick });
        };
        // `SERVER` is no person's session, so it matches no entry.
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
        person.ignored.push(Ignored::new(nick.clone(), identity));
        Ok(IgnoreChange::Added { nick, is_here: identity.is_some() })
    }

    /// Sends the ignore list to the shard of the session, which filters what it delivers.
    pub(super) fn emit_ignored(&self, session: SessionId, out: &mut Vec<Effect>) {
        let ignored = self.sessions.get(&session).map(|person| person.ignored.clone());
        out.extend(ignored.map(|ignored| Effect::Ignores { session, ignored }));
    }
}
