//! Leaving a room, going, and coming back: a seat with a key is kept for a while when its connection
//! breaks, and whoever brings the key is who they were, without the others hearing of the break.

use super::coming::Change;
use super::{Chat, refuse, say_presence};
use crate::origin::Spending;
use crate::session::{Membership, Session, Suspension};
use crate::{
    Answer, Effect, ExitCause, InRoom, Limits, Origin, Presence, Refusal, RequestId, RoomName,
    SessionId, Verdict,
};

impl Chat {
    pub(super) fn leave(&mut self, session: SessionId, name: &RoomName, out: &mut Vec<Effect>) {
        let person = self.sessions.get(&session);
        match self.rooms.id_of(name).and_then(|room| person?.membership(room)) {
            Some(membership) => self.remove_membership(session, membership, out),
            None => refuse(session, Refusal::NotInRoom { room: name.clone() }, out),
        }
    }

    pub(super) fn exit(&mut self, session: SessionId, cause: ExitCause, out: &mut Vec<Effect>) {
        let may_return = match cause {
            ExitCause::Lost | ExitCause::Unread => {
                let Limits { grace_ms, suspended_per_origin_max, suspended_max, .. } = self.limits;
                grace_ms > 0 && suspended_per_origin_max > 0 && suspended_max > 0
            }
            ExitCause::Quit | ExitCause::Idle | ExitCause::Closing | ExitCause::Replaced => false,
        };
        let has_seat = self.sessions.get(&session).is_some_and(|person| person.resume.is_some());
        let is_suspended = may_return && has_seat;
        if is_suspended {
            self.suspend(session, cause, out);
        } else {
            self.forget(session, cause, out);
        }
        out.push(Effect::Ended { session, cause, is_suspended });
        // After that: of several that broke in one moment it may be the one that gives way.
        let origin = self.sessions.get(&session).map(|person| person.origin);
        if let Some(origin) = origin.filter(|_| is_suspended) {
            self.give_up_past_bound(origin, out);
        }
    }

    /// The connection is broken; the seat is kept.
    fn suspend(&mut self, session: SessionId, cause: ExitCause, out: &mut Vec<Effect>) {
        self.detach(session, out);
        self.keep_for_a_while(session);
        let since = self.now.steady;
        let Some(person) = self.sessions.get_mut(&session) else { return };
        let origin = person.origin;
        let Some(resume) = &mut person.resume else { return };
        resume.suspension = Some(Suspension { cause, since });
        self.suspended.insert(origin, since, session);
    }

    /// There may be fewer of them than before.
    pub(super) fn give_up_past_bounds(&mut self, out: &mut Vec<Effect>) {
        for origin in self.suspended.origins().collect::<Vec<_>>() {
            self.give_up_past_bound(origin, out);
        }
    }

    /// Whoever leaves sessions behind keeps the newest: each is a name that nobody else can take.
    fn give_up_past_bound(&mut self, origin: Origin, out: &mut Vec<Effect>) {
        let Limits { suspended_per_origin_max: max_each, suspended_max: max, .. } = self.limits;
        while let Some(session) = self.suspended.pop_past(origin, max_each, max) {
            self.give_up(session, out);
        }
    }

    /// A suspended session is kept no longer.
    fn give_up(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        let suspension = self.sessions.get(&session).and_then(Session::suspension);
        if let Some(Suspension { cause, .. }) = suspension {
            self.forget(session, cause, out);
        }
    }

    /// Its connection hears none of its rooms any more; for the others it is still there.
    fn detach(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        let Some(person) = self.sessions.get_mut(&session) else { return };
        for membership in &mut person.rooms {
            if std::mem::replace(&mut membership.is_attached, false)
                && let Some(room) = self.rooms.get(membership.room)
            {
                out.push(parted(session, membership.room, room.name.clone()));
            }
        }
    }

    fn keep_for_a_while(&mut self, session: SessionId) {
        let due = self.now.steady.plus_ms(self.limits.grace_ms);
        let person = self.sessions.get_mut(&session);
        let Some(resume) = person.and_then(|person| person.resume.as_mut()) else { return };
        if let Some(before) = resume.kept_until.replace(due) {
            self.suspensions_due.remove(&(before, session));
        }
        self.suspensions_due.insert((due, session));
    }

    /// Somebody with the key of a kept seat: they are who they were, on another connection.
    pub(super) fn resume(
        &mut self,
        (session, origin): (SessionId, Origin),
        old: SessionId,
        out: &mut Vec<Effect>,
    ) {
        if self.is_connected(old) {
            self.detach(old, out);
            let cause = ExitCause::Replaced;
            out.push(Effect::Ended { session: old, cause, is_suspended: false });
        } else {
            out.push(Effect::SessionForgotten { session: old });
        }
        let Some(mut person) = self.sessions.remove(&old) else { return };
        self.nicks.insert(&person.nick, session);
        if let Some(Suspension { since, .. }) = person.suspension() {
            self.suspended.remove(person.origin, since, old);
        }
        person.origin = origin;
        if let Some(resume) = &mut person.resume {
            if let Some(due) = resume.kept_until.take() {
                self.suspensions_due.remove(&(due, old));
            }
            resume.suspension = None;
            self.seats.insert(resume.key, session);
        }
        for membership in &person.rooms {
            if let Some(room) = self.rooms.get_mut(membership.room) {
                room.members.insert(person.key.clone(), session);
            }
        }
        let nick = person.nick.clone();
        let has_rooms = !person.rooms.is_empty();
        let has_ignored = !person.ignored.is_empty();
        self.sessions.insert(session, person);
        if has_rooms {
            self.keep_for_a_while(session);
        }
        super::answer(session, Answer::Welcome { nick, taken: None, resumed: true }, out);
        if has_ignored {
            self.tell_shard_of_ignored(session, out);
        }
    }

    /// Gives up seats whose people did not come back, and rooms that those who did come back did not
    /// join again.
    pub(super) fn expire_suspended(&mut self, out: &mut Vec<Effect>) {
        while let Some((due, session)) = self.suspensions_due.first().copied() {
            if due > self.now.steady {
                break;
            }
            self.suspensions_due.remove(&(due, session));
            let Some(person) = self.sessions.get_mut(&session) else { continue };
            if let Some(resume) = &mut person.resume {
                resume.kept_until = None;
            }
            if person.suspension().is_some() {
                self.give_up(session, out);
                continue;
            }
            let unheard: Vec<Membership> =
                person.rooms.iter().filter(|membership| !membership.is_attached).copied().collect();
            for membership in unheard {
                self.remove_membership(session, membership, out);
            }
        }
    }

    fn remove_membership(
        &mut self,
        session: SessionId,
        membership: Membership,
        out: &mut Vec<Effect>,
    ) {
        if let (Some(room), Some(nick)) =
            (self.part(session, membership, out), self.nick_of(session))
        {
            say_presence(Presence::Left { nick }, Some(session), vec![room], out);
        }
    }

    /// They are gone, from every room.
    fn forget(&mut self, session: SessionId, cause: ExitCause, out: &mut Vec<Effect>) {
        let places = self.sessions.get(&session).map(|s| s.rooms.clone()).unwrap_or_default();
        let rooms: Vec<InRoom> = places
            .into_iter()
            .filter_map(|membership| self.part(session, membership, out))
            .collect();
        let Some(person) = self.sessions.remove(&session) else { return };
        let nick = person.nick.clone();
        say_presence(Presence::Offline { nick, cause }, Some(session), rooms, out);
        if let Some(Suspension { since, .. }) = person.suspension() {
            self.suspended.remove(person.origin, since, session);
            out.push(Effect::SessionForgotten { session });
        }
        self.unseen.remove(&session);
        self.nicks.remove(&person.nick);
        if let Some(resume) = person.resume {
            self.seats.remove(&resume.key);
            if let Some(due) = resume.kept_until {
                self.suspensions_due.remove(&(due, session));
            }
        }
    }

    /// It is in a room no longer. Gives the room and whether that is announced there, if it was seen in it.
    fn part(
        &mut self,
        session: SessionId,
        membership: Membership,
        out: &mut Vec<Effect>,
    ) -> Option<InRoom> {
        let id = membership.room;
        let (Some(person), Some(room)) = (self.sessions.get_mut(&session), self.rooms.get_mut(id))
        else {
            return None;
        };
        let is_seen = !self.unseen.contains(&session);
        if is_seen {
            room.members.remove(&person.key);
        } else {
            room.unseen -= 1;
        }
        person.rooms.retain(|other| other.room != id);
        let (nick, origin) = (person.nick.clone(), person.origin);
        let until = person.suspension().map_or(self.now.steady, |suspension| suspension.since);
        // Its coming is in a line that is not told yet: its going is in the same one.
        let is_coming_folded = membership.folded_until.is_some()
            && membership.folded_until == room.fold.as_ref().map(|fold| fold.due);
        if membership.is_attached {
            out.push(parted(session, id, room.name.clone()));
        }
        let in_room = is_seen.then(|| {
            let stay_ms = until.ms_since(membership.since);
            let is_folded = self.goes_briefly(origin, stay_ms) || is_coming_folded;
            let is_announced = self.fold(id, &nick, Change::Went, is_folded).is_none();
            InRoom { room: id, is_announced }
        });
        self.rooms.settle(id);
        in_room
    }

    /// Whether a stay of so many milliseconds is one of too many brief ones of its origin.
    fn goes_briefly(&mut self, origin: Origin, stay_ms: u64) -> bool {
        let rate = self.limits.brief_stays;
        stay_ms < u64::from(self.limits.brief_stay_ms)
            && self.origins.spend(origin, Spending::BriefStay, rate, self.now.steady)
                != Verdict::Pass
    }
}

fn parted(session: SessionId, room: crate::RoomId, name: RoomName) -> Effect {
    Effect::Left { session, request: RequestId::default(), room, name }
}
