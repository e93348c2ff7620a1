//! Not hearing somebody.

use super::{Chat, answer, refuse};
use crate::session::Ignored;
use crate::{Answer, Effect, Nick, Refusal, SessionId};

impl Chat {
    pub(super) fn ignore(&mut self, session: SessionId, nick: Option<Nick>, out: &mut Vec<Effect>) {
        let max = self.limits.ignored_max;
        let target = nick.as_ref().map(|nick| self.nicks.holder(nick));
        let Some(person) = self.sessions.get_mut(&session) else { return };
        let changed = match (nick, target) {
            (Some(nick), target) => {
                let target = target.flatten();
                let key = nick.key();
                let known = person
                    .ignored
                    .iter()
                    .position(|i| i.key == key || (target.is_some() && i.session == target));
                if let Some(index) = known {
                    let removed = person.ignored.remove(index);
                    Some((removed.nick, false))
                } else if target == Some(session) {
                    return refuse(session, Refusal::Yourself, out);
                } else if target.is_none() {
                    return refuse(session, Refusal::NoSuchNick { nick }, out);
                } else if person.ignored.len() >= max {
                    return refuse(session, Refusal::IgnoringTooMany { max }, out);
                } else {
                    person.ignored.push(Ignored { nick: nick.clone(), key, session: target });
                    Some((nick, true))
                }
            }
            (None, _) => None,
        };
        let nicks = person.ignored.iter().map(|i| i.nick.clone()).collect();
        let known_by = person.ignored.iter().map(|i| (i.key.clone(), i.session)).collect();
        answer(session, Answer::Ignoring { nicks, known_by, changed }, out);
    }
}
