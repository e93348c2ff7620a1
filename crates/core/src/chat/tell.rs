//! Private messages: delivered at once or refused, never stored.

use super::{Chat, answer, refuse};
use crate::{Answer, Effect, Nick, PrivateMessage, Refusal, SessionId, Text};

impl Chat {
    pub(super) fn tell(
        &mut self,
        session: SessionId,
        nick: &Nick,
        text: Text,
        out: &mut Vec<Effect>,
    ) {
        let found = self.seen_holder(nick);
        let (Some(to), Some(sender)) = (found, self.sessions.get(&session)) else {
            return refuse(session, Refusal::NoSuchNick { nick: nick.clone() }, out);
        };
        let Some(receiver) = self.sessions.get(&to) else { return };
        if to == session {
            return refuse(session, Refusal::Yourself, out);
        }
        if receiver.ignores(session, sender) {
            return refuse(session, Refusal::Ignored { nick: receiver.nick.clone() }, out);
        }
        if receiver.suspension().is_some() {
            return refuse(session, Refusal::Away { nick: receiver.nick.clone() }, out);
        }
        let (time, from) = (self.now.time, sender.nick.clone());
        answer(to, Answer::Private(PrivateMessage { time, from, text }), out);
        answer(session, Answer::Delivered { to: receiver.nick.clone() }, out);
    }
}
