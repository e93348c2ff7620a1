//! Entering the server and joining a room, and how joins and leaves are announced.

use super::{Chat, answer, emit_presence, refuse};
use crate::origin::Spending;
use crate::room::{Fold, FoldedNicks, Room};
use crate::session::{Membership, Session};
use crate::{
    Answer, Effect, InRoom, Nick, Origin, Presence, Refusal, RequestId, ResumeKeyHash, RoomId,
    RoomName, SessionId, SteadyTime, Verdict,
};

/// The part of a fold that a change belongs to.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Joined,
    Left,
}

impl Chat {
    pub(super) fn enter(
        &mut self,
        (session, origin): (SessionId, Origin),
        wish: Option<Nick>,
        room: Option<RoomName>,
        resume_key: Option<ResumeKeyHash>,
        out: &mut Vec<Effect>,
    ) {
        if self.is_number_in_use(session) {
            return;
        }
        let old = resume_key.and_then(|resume_key| self.by_resume_key.get(&resume_key).copied());
        if let Some(old) = old {
            self.resume((session, origin), old, out);
        } else {
            self.admit((session, origin), wish, resume_key, out);
        }
        if let Some(room) = room {
            self.join(session, room, out);
        }
    }

    /// Enters a session that may not be a person's: it receives the room, and other people do not see it.
    pub(super) fn enter_unseen(
        &mut self,
        (session, origin): (SessionId, Origin),
        room: RoomName,
        out: &mut Vec<Effect>,
    ) {
        if self.is_number_in_use(session) {
            return;
        }
        self.admit((session, origin), None, None, out);
        self.unseen.insert(session);
        self.join(session, room, out);
    }

    /// Makes an unseen session seen: it becomes a member of its rooms, and this is announced.
    pub(super) fn appear(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        let Some(person) = self.sessions.get(&session) else { return };
        let key = person.key.clone();
        for membership in person.rooms.clone() {
            let Some(room) = self.rooms.get_mut(membership.room) else { continue };
            room.unseen -= 1;
            room.members.insert(key.clone(), session);
            self.announce_join(membership.room, session, out);
        }
    }

    fn admit(
        &mut self,
        (session, origin): (SessionId, Origin),
        wish: Option<Nick>,
        resume_key: Option<ResumeKeyHash>,
        out: &mut Vec<Effect>,
    ) {
        if let Some(nick) = &wish {
            self.rename_unseen_holders(nick, out);
        }
        let (nick, taken) = match wish {
            Some(nick) if self.nicks.is_free(&nick) => (nick, None),
            taken => (self.guest_nick(), taken),
        };
        let person = Session::new(nick.clone(), origin, resume_key);
        self.nicks.insert(&person.nick, session);
        self.sessions.insert(session, person);
        if let Some(resume_key) = resume_key {
            self.by_resume_key.insert(resume_key, session);
        }
        answer(session, Answer::Welcome { nick, taken, resumed: false }, out);
    }

    /// The next `guestN` that is free.
    pub(super) fn guest_nick(&mut self) -> Nick {
        loop {
            self.guests += 1;
            if let Ok(nick) = Nick::parse(&format!("guest{}", self.guests))
                && self.nicks.is_free(&nick)
            {
                return nick;
            }
        }
    }

    pub(super) fn join(&mut self, session: SessionId, name: RoomName, out: &mut Vec<Effect>) {
        let Some(person) = self.sessions.get_mut(&session) else { return };
        if let Some(id) = self.rooms.id_of(&name)
            && let Some(membership) =
                person.rooms.iter_mut().find(|membership| membership.room == id)
        {
            if std::mem::replace(&mut membership.is_attached, true) {
                return answer(session, Answer::AlreadyIn { room: id, name }, out);
            }
            // For other people the session never left, so nothing is announced.
            return out.extend(self.rooms.get(id).map(|room| joined(session, room, true)));
        }
        let max = self.limits.rooms_per_session_max as usize;
        if person.rooms.len() >= max {
            return refuse(session, Refusal::InTooManyRooms { room: name, max }, out);
        }
        let origin = person.origin;
        let id = match self.find_or_create_room(name, origin, out) {
            Ok(id) => id,
            Err(refusal) => return refuse(session, refusal, out),
        };
        let Some(person) = self.sessions.get_mut(&session) else { return };
        let Some(room) = self.rooms.get_mut(id) else { return };
        let (since, is_seen) = (self.now.steady, !self.unseen.contains(&session));
        person.rooms.push(Membership { room: id, since, folded_until: None, is_attached: true });
        if is_seen {
            room.members.insert(person.key.clone(), session);
        } else {
            room.unseen += 1;
        }
        out.push(joined(session, room, is_seen));
        self.rooms.refresh(id);
        if is_seen {
            self.announce_join(id, session, out);
        }
    }

    /// Emits that the session is a member of a room from here on, and records when the room is told.
    fn announce_join(&mut self, id: RoomId, session: SessionId, out: &mut Vec<Effect>) {
        let Some(person) = self.sessions.get(&session) else { return };
        let (nick, rate) = (person.nick.clone(), self.limits.brief_stays);
        let is_folded =
            self.origins.has_spent(person.origin, Spending::BriefStay, rate, self.now.steady);
        let folded_until = self.fold(id, &nick, Change::Joined, is_folded);
        let room = InRoom { room: id, is_announced: folded_until.is_none() };
        emit_presence(Presence::Entered { nick }, Some(session), vec![room], out);
        let person = self.sessions.get_mut(&session);
        let memberships = person.into_iter().flat_map(|person| &mut person.rooms);
        for membership in memberships.filter(|membership| membership.room == id) {
            *membership = Membership { since: self.now.steady, folded_until, ..*membership };
        }
    }

    /// The room of that name; it is created if there is none. When the server has as many rooms as it may have, an
    /// evictable room is removed for it.
    pub(super) fn find_or_create_room(
        &mut self,
        name: RoomName,
        origin: Origin,
        out: &mut Vec<Effect>,
    ) -> Result<RoomId, Refusal> {
        if let Some(id) = self.rooms.id_of(&name) {
            return Ok(id);
        }
        if name.mixes_scripts() {
            return Err(Refusal::RoomMixesScripts { room: name });
        }
        if let Some(existing) = self.rooms.lookalike(&name) {
            let existing = existing.name.clone();
            return Err(Refusal::RoomLooksLike { room: name, existing });
        }
        let (max, rate) = (self.limits.rooms_max as usize, self.limits.new_rooms);
        let is_full = self.rooms.counted() >= max;
        if is_full && !self.rooms.has_evictable() {
            return Err(Refusal::TooManyRooms { room: name, max });
        }
        match self.origins.spend(origin, Spending::NewRoom, rate, self.now.steady) {
            Verdict::Pass => {}
            Verdict::Wait { ms } => {
                return Err(Refusal::TooManyNewRooms { room: name, rate, wait_ms: ms });
            }
        }
        if is_full && let Some(room) = self.rooms.evict() {
            out.push(Effect::RoomRemoved { room });
        }
        Ok(self.rooms.create(name).id)
    }

    /// Adds a join or leave to the fold of its room, if the room is not small or `is_folded`. Returns when the
    /// summary is due; `None` if the change is announced by itself.
    pub(super) fn fold(
        &mut self,
        id: RoomId,
        nick: &Nick,
        change: Change,
        is_folded: bool,
    ) -> Option<SteadyTime> {
        let room = self.rooms.get_mut(id)?;
        let is_small = room.listeners() <= self.limits.announce_each_max as usize;
        let is_folding = room.fold.as_ref().is_some_and(|fold| fold.is_of_size);
        if is_small && !is_folding && !is_folded {
            return None;
        }
        let fold = room.fold.get_or_insert_with(|| {
            let due = self.now.steady.plus_ms(self.limits.fold_ms);
            self.folds_due.insert((due, id));
            let (entered, gone) = (FoldedNicks::default(), FoldedNicks::default());
            Fold { due, is_of_size: false, entered, gone }
        });
        fold.is_of_size |= !is_small;
        match change {
            Change::Joined => fold.entered.add(nick),
            Change::Left => fold.gone.add(nick),
        }
        Some(fold.due)
    }

    /// Announces every summary that is due.
    pub(super) fn announce_folded(&mut self, out: &mut Vec<Effect>) {
        while let Some((due, id)) = self.folds_due.first().copied() {
            if due > self.now.steady {
                break;
            }
            self.folds_due.remove(&(due, id));
            // The room may have been removed in between.
            let Some(room) = self.rooms.get_mut(id) else { continue };
            let Some(fold) = room.fold.take_if(|fold| fold.due == due) else { continue };
            let members = room.members.len();
            let is_named = members <= self.limits.announce_names_max as usize;
            let room = InRoom { room: id, is_announced: true };
            emit_presence(folded(fold, members, is_named), None, vec![room], out);
        }
    }
}

fn joined(session: SessionId, room: &Room, is_seen: bool) -> Effect {
    Effect::Joined {
        session,
        request: RequestId::default(),
        room: room.id,
        name: room.name.clone(),
        first: room.first,
        at: room.head,
        // An unseen session is no member and counts itself.
        members: room.members.len() + usize::from(!is_seen),
        topic: room.topic.clone(),
    }
}

fn folded(Fold { entered, gone, .. }: Fold, members: usize, is_named: bool) -> Presence {
    let (entered_count, gone_count) = (entered.count as usize, gone.count as usize);
    let named = |nicks: FoldedNicks| if is_named { nicks.named } else { Vec::new() };
    let (entered, gone) = (named(entered), named(gone));
    Presence::Folded { entered, entered_count, gone, gone_count, members }
}
