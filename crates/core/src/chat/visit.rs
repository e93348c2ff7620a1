//! What a visitor can do without entering the server. Visitors have a session number for their answers and nothing
//! else: they are in no list, and other people notice them only by their messages.

use super::say::visitor_author;
use super::{Chat, answer, refuse};
use crate::room::Room;
use crate::{
    Answer, Effect, EventKind, ExitCause, MessageId, MessageKey, Nick, Origin, Refusal, RequestId,
    RoomName, SessionId, Text, Visit,
};

impl Chat {
    pub(super) fn visit(
        &mut self,
        (session, origin): (SessionId, Origin),
        visit: Visit,
        out: &mut Vec<Effect>,
    ) {
        match visit {
            Visit::Post { nick, room, text, id } => {
                self.post((session, origin), nick, room, text, id, out);
            }
            Visit::Follow { room, create } => self.follow((session, origin), room, create, out),
        }
    }

    fn post(
        &mut self,
        (session, origin): (SessionId, Origin),
        nick: Option<Nick>,
        name: RoomName,
        text: Text,
        id: Option<MessageId>,
        out: &mut Vec<Effect>,
    ) {
        let author = visitor_author(nick.as_ref());
        let key = |room, id| MessageKey { room, author, id };
        if let (Some(room), Some(id)) = (self.rooms.id_of(&name), id)
            && self.is_known(session, key(room, id), EventKind::Said, &text, out)
        {
            return;
        }
        let nick = match nick {
            Some(nick) => match self.seen_holder(&nick).and_then(|id| self.nick_of(id)) {
                Some(holder) => return refuse(session, Refusal::NickTaken { nick, holder }, out),
                None => nick,
            },
            None => self.guest_nick(),
        };
        let room = match self.find_or_create_room(name, origin, out) {
            Ok(room) => room,
            Err(refusal) => return refuse(session, refusal, out),
        };
        let sender = (session, nick.clone());
        let key = id.map(|id| key(room, id));
        let position = self.record(sender, room, EventKind::Said, Some(text), key, out);
        if let Some(position) = position {
            answer(session, Answer::Posted { room, position, nick }, out);
        }
    }

    fn follow(
        &mut self,
        (session, origin): (SessionId, Origin),
        name: RoomName,
        create: bool,
        out: &mut Vec<Effect>,
    ) {
        if self.is_number_in_use(session) {
            return;
        }
        let found = self.rooms.id_of(&name).ok_or(Refusal::NoSuchRoom { room: name.clone() });
        let found =
            if create { self.find_or_create_room(name.clone(), origin, out) } else { found };
        let id = match found {
            Ok(id) => id,
            Err(refusal) => return refuse(session, refusal, out),
        };
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.unseen += 1;
        self.followers.insert(session, id);
        let joined = Effect::Joined {
            session,
            request: RequestId::default(),
            room: id,
            name,
            first: room.first,
            at: room.head,
            members: room.members.len(),
            topic: room.topic.clone(),
        };
        out.push(joined);
        self.rooms.refresh(id);
    }

    /// Ends the following of a visitor.
    pub(super) fn unfollow(&mut self, session: SessionId, cause: ExitCause, out: &mut Vec<Effect>) {
        let Some(id) = self.followers.remove(&session) else { return };
        if let Some(room) = self.rooms.get_mut(id) {
            room.unseen -= 1;
            let Room { name, .. } = room;
            let (request, name) = (RequestId::default(), name.clone());
            out.push(Effect::Left { session, request, room: id, name });
            self.rooms.refresh(id);
        }
        out.push(Effect::Ended { session, cause, is_suspended: false });
    }
}
