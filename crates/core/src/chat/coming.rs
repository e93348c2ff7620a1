//! Coming in, joining, leaving, going, and what the others hear of it.

use super::{Chat, answer, refuse};
use crate::room::{Fold, FoldedNicks};
use crate::session::Session;
use crate::{
    Answer, Effect, ExitCause, Nick, Presence, Refusal, RoomId, RoomName, SessionId, Time,
};

/// Somebody came or went, before it is decided how that is told.
enum Change {
    Came,
    Left,
    Offline(ExitCause),
}

impl Chat {
    pub(super) fn enter(
        &mut self,
        session: SessionId,
        time: Time,
        wish: Option<Nick>,
        room: RoomName,
        out: &mut Vec<Effect>,
    ) {
        if self.sessions.contains_key(&session) {
            return;
        }
        let (nick, taken) = match wish {
            Some(nick) if !self.nicks.contains_key(&nick.key()) => (nick, None),
            taken => (self.guest_nick(), taken),
        };
        let key = nick.key();
        self.nicks.insert(key.clone(), session);
        self.sessions.insert(
            session,
            Session { nick: nick.clone(), key, rooms: Vec::new(), ignored: Vec::new() },
        );
        answer(session, Answer::Welcome { nick, taken }, out);
        self.join(session, time, room, out);
    }

    /// The next `guestN` that nobody has and that looks like nobody's.
    fn guest_nick(&mut self) -> Nick {
        loop {
            self.guests += 1;
            if let Ok(nick) = Nick::parse(&format!("guest{}", self.guests))
                && !self.nicks.contains_key(&nick.key())
            {
                return nick;
            }
        }
    }

    pub(super) fn join(
        &mut self,
        session: SessionId,
        time: Time,
        name: RoomName,
        out: &mut Vec<Effect>,
    ) {
        let Some(person) = self.sessions.get_mut(&session) else { return };
        let id = match self.rooms.id_of(&name) {
            Some(id) if person.rooms.contains(&id) => {
                return answer(session, Answer::AlreadyIn { room: id, name }, out);
            }
            id => id,
        };
        if person.rooms.len() >= self.limits.rooms_per_session_max {
            let max = self.limits.rooms_per_session_max;
            return refuse(session, Refusal::InTooManyRooms { room: name, max }, out);
        }
        let room = match id.and_then(|id| self.rooms.get(id)) {
            Some(room) => room.id,
            None => {
                if let Some(existing) = self.rooms.lookalike(&name) {
                    let existing = existing.name.clone();
                    return refuse(session, Refusal::RoomLooksLike { room: name, existing }, out);
                }
                if self.rooms.len() >= self.limits.rooms_max {
                    let max = self.limits.rooms_max;
                    return refuse(session, Refusal::TooManyRooms { room: name, max }, out);
                }
                self.rooms.found(name).id
            }
        };
        let Some(room) = self.rooms.get_mut(room) else { return };
        room.members.insert(person.key.clone(), session);
        person.rooms.push(room.id);
        let nick = person.nick.clone();
        out.push(Effect::Joined {
            session,
            room: room.id,
            name: room.name.clone(),
            at: room.head,
            members: room.members.len(),
            topic: room.topic.clone(),
        });
        let id = room.id;
        self.announce(id, session, time, nick, Change::Came, out);
    }

    pub(super) fn leave(
        &mut self,
        session: SessionId,
        time: Time,
        name: &RoomName,
        out: &mut Vec<Effect>,
    ) {
        if let Some(room) = self.room_of(session, name, out) {
            self.part(session, time, room, Change::Left, out);
        }
    }

    pub(super) fn exit(
        &mut self,
        session: SessionId,
        time: Time,
        cause: ExitCause,
        out: &mut Vec<Effect>,
    ) {
        let rooms = self.sessions.get(&session).map(|s| s.rooms.clone()).unwrap_or_default();
        for room in rooms {
            self.part(session, time, room, Change::Offline(cause), out);
        }
        if let Some(person) = self.sessions.remove(&session) {
            self.nicks.remove(&person.key);
        }
        out.push(Effect::Ended { session, cause });
    }

    fn part(
        &mut self,
        session: SessionId,
        time: Time,
        id: RoomId,
        change: Change,
        out: &mut Vec<Effect>,
    ) {
        let (Some(person), Some(room)) = (self.sessions.get_mut(&session), self.rooms.get_mut(id))
        else {
            return;
        };
        room.members.remove(&person.key);
        person.rooms.retain(|other| *other != id);
        let nick = person.nick.clone();
        out.push(Effect::Parted { session, room: id, name: room.name.clone() });
        self.announce(id, session, time, nick, change, out);
        self.rooms.drop_if_bare(id);
    }

    /// Tells a room of a change: at once in a small one, folded into a line now and then in others.
    fn announce(
        &mut self,
        id: RoomId,
        session: SessionId,
        time: Time,
        nick: Nick,
        change: Change,
        out: &mut Vec<Effect>,
    ) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if room.members.len() <= self.limits.announce_each_max && room.fold.is_none() {
            let presence = match change {
                Change::Came => Presence::Entered { nick },
                Change::Left => Presence::Left { nick },
                Change::Offline(cause) => Presence::Offline { nick, cause },
            };
            out.push(Effect::Presence { room: id, except: Some(session), presence });
            return;
        }
        let fold = room.fold.get_or_insert_with(|| {
            let due = time.plus_ms(self.limits.fold_ms);
            self.folds_due.insert((due, id));
            Fold { due, entered: FoldedNicks::default(), gone: FoldedNicks::default() }
        });
        match change {
            Change::Came => fold.entered.add(&nick),
            Change::Left | Change::Offline(_) => fold.gone.add(&nick),
        }
    }

    /// Announces what has been gathered for long enough.
    pub(super) fn tick(&mut self, time: Time, out: &mut Vec<Effect>) {
        while let Some((due, id)) = self.folds_due.first().copied() {
            if due > time {
                break;
            }
            self.folds_due.remove(&(due, id));
            let Some(room) = self.rooms.get_mut(id) else { continue };
            // A room may have been dropped and made again in between; then the fold is not this one.
            let Some(Fold { entered, gone, .. }) = room.fold.take_if(|fold| fold.due == due) else {
                continue;
            };
            let members = room.members.len();
            let is_named = members <= self.limits.announce_names_max;
            let named = |nicks: FoldedNicks| if is_named { nicks.named } else { Vec::new() };
            let (entered_count, gone_count) = (entered.count, gone.count);
            let presence = Presence::Folded {
                entered: named(entered),
                entered_count,
                gone: named(gone),
                gone_count,
                members,
            };
            out.push(Effect::Presence { room: id, except: None, presence });
        }
    }
}
