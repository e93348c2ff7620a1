//! Coming in and joining, and what the others hear of comings and goings.

use super::{Chat, answer, refuse, say_presence};
use crate::origin::Spending;
use crate::room::{Fold, FoldedNicks, Room};
use crate::session::{Membership, Session};
use crate::{
    Answer, Effect, InRoom, Nick, Origin, Presence, Refusal, RequestId, ResumeKeyHash, RoomId,
    RoomName, SessionId, SteadyTime, Verdict,
};

/// What of a fold somebody is in.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Came,
    Went,
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
        if self.is_here(session) {
            return;
        }
        let kept = resume_key.and_then(|resume_key| self.seats.get(&resume_key).copied());
        if let Some(old) = kept {
            self.resume((session, origin), old, out);
        } else {
            self.admit((session, origin), wish, resume_key, out);
        }
        if let Some(room) = room {
            self.join(session, room, out);
        }
    }

    /// Somebody of whom it is not known yet that it is a person: hears, and is not heard of.
    pub(super) fn enter_unseen(
        &mut self,
        (session, origin): (SessionId, Origin),
        room: RoomName,
        out: &mut Vec<Effect>,
    ) {
        if self.is_here(session) {
            return;
        }
        self.admit((session, origin), None, None, out);
        self.unseen.insert(session);
        self.join(session, room, out);
    }

    /// The others learn of somebody who was not seen before.
    pub(super) fn appear(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        let Some(person) = self.sessions.get(&session) else { return };
        let key = person.key.clone();
        for membership in person.rooms.clone() {
            let Some(room) = self.rooms.get_mut(membership.room) else { continue };
            room.unseen -= 1;
            room.members.insert(key.clone(), session);
            self.announce_coming(membership.room, session, out);
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
            self.make_way(nick, out);
        }
        let (nick, taken) = match wish {
            Some(nick) if self.nicks.is_free(&nick) => (nick, None),
            taken => (self.guest_nick(), taken),
        };
        let person = Session::new(nick.clone(), origin, resume_key);
        self.nicks.insert(&person.nick, session);
        self.sessions.insert(session, person);
        if let Some(resume_key) = resume_key {
            self.seats.insert(resume_key, session);
        }
        answer(session, Answer::Welcome { nick, taken, resumed: false }, out);
    }

    /// The next `guestN` that nobody has and that looks like nobody's.
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
            // Was here all the time for the others.
            return out.extend(self.rooms.get(id).map(|room| joined(session, room, true)));
        }
        let max = self.limits.rooms_per_session_max as usize;
        if person.rooms.len() >= max {
            return refuse(session, Refusal::InTooManyRooms { room: name, max }, out);
        }
        let origin = person.origin;
        let id = match self.room_or_new(name, origin, out) {
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
        self.rooms.settle(id);
        if is_seen {
            self.announce_coming(id, session, out);
        }
    }

    /// Says of one that it is seen in a room from here on, and remembers when the room is told of that.
    fn announce_coming(&mut self, id: RoomId, session: SessionId, out: &mut Vec<Effect>) {
        let Some(person) = self.sessions.get(&session) else { return };
        let (nick, rate) = (person.nick.clone(), self.limits.brief_stays);
        let is_folded =
            self.origins.has_spent(person.origin, Spending::BriefStay, rate, self.now.steady);
        let folded_until = self.fold(id, &nick, Change::Came, is_folded);
        let room = InRoom { room: id, is_announced: folded_until.is_none() };
        say_presence(Presence::Entered { nick }, Some(session), vec![room], out);
        let person = self.sessions.get_mut(&session);
        let places = person.into_iter().flat_map(|person| &mut person.rooms);
        for membership in places.filter(|membership| membership.room == id) {
            *membership = Membership { since: self.now.steady, folded_until, ..*membership };
        }
    }

    /// The room of that name, made if there is none. When there are as many as there may be, a small one
    /// that nobody is in gives way.
    pub(super) fn room_or_new(
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
        if is_full && !self.rooms.can_give_way() {
            return Err(Refusal::TooManyRooms { room: name, max });
        }
        match self.origins.spend(origin, Spending::NewRoom, rate, self.now.steady) {
            Verdict::Pass => {}
            Verdict::Wait { ms } => {
                return Err(Refusal::TooManyNewRooms { room: name, rate, wait_ms: ms });
            }
        }
        if is_full && let Some(room) = self.rooms.give_way() {
            out.push(Effect::RoomRemoved { room });
        }
        Ok(self.rooms.found(name).id)
    }

    /// Gathers a coming or going with others, in a room that is not small and where `is_folded`. Gives when the
    /// line with them is due; `None` where it is announced by itself.
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
            Change::Came => fold.entered.add(nick),
            Change::Went => fold.gone.add(nick),
        }
        Some(fold.due)
    }

    /// Announces what was gathered for long enough.
    pub(super) fn announce_folded(&mut self, out: &mut Vec<Effect>) {
        while let Some((due, id)) = self.folds_due.first().copied() {
            if due > self.now.steady {
                break;
            }
            self.folds_due.remove(&(due, id));
            let Some(room) = self.rooms.get_mut(id) else { continue };
            // A room may have been dropped and made again in between; then the fold is not this one.
            let Some(fold) = room.fold.take_if(|fold| fold.due == due) else { continue };
            let members = room.members.len();
            let is_named = members <= self.limits.announce_names_max as usize;
            let room = InRoom { room: id, is_announced: true };
            say_presence(folded(fold, members, is_named), None, vec![room], out);
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
        // It counts itself.
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
