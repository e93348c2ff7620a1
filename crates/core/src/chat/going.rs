//! Leaving a room, leaving the server, and resuming. When a connection breaks, a session with a resume key is
//! suspended for a while. A connection with that key resumes it, and other people do not notice the break.

use super::coming::Change;
use super::{Chat, emit_presence, refuse};
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
        let has_key = self.sessions.get(&session).is_some_and(|person| person.resume.is_some());
        let is_suspended = may_return && has_key;
        if is_suspended {
            self.suspend(session, cause, out);
        } else {
            self.remove_session(session, cause, out);
        }
        out.push(Effect::Ended { session, cause, is_suspended });
        // This comes after `Ended`, because the session that is too many may be this one.
        let origin = self.sessions.get(&session).map(|person| person.origin);
        if let Some(origin) = origin.filter(|_| is_suspended) {
            self.end_suspended_past_bound(origin, out);
        }
    }

    /// Keeps the session without its connection.
    fn suspend(&mut self, session: SessionId, cause: ExitCause, out: &mut Vec<Effect>) {
        self.detach(session, out);
        self.start_grace_period(session);
        let since = self.now.steady;
        let Some(person) = self.sessions.get_mut(&session) else { return };
        let origin = person.origin;
        let Some(resume) = &mut person.resume else { return };
        resume.suspension = Some(Suspension { cause, since });
        self.suspended.insert(origin, since, session);
    }

    /// Ends the suspended sessions that are too many after the limits have changed.
    pub(super) fn end_suspended_past_bounds(&mut self, out: &mut Vec<Effect>) {
        for origin in self.suspended.origins().collect::<Vec<_>>() {
            self.end_suspended_past_bound(origin, out);
        }
    }

    /// Ends the oldest suspended sessions past the bounds: each holds a nick that nobody else can take.
    fn end_suspended_past_bound(&mut self, origin: Origin, out: &mut Vec<Effect>) {
        let Limits { suspended_per_origin_max: max_each, suspended_max: max, .. } = self.limits;
        while let Some(session) = self.suspended.pop_past(origin, max_each, max) {
            self.end_suspended(session, out);
        }
    }

    /// Ends a session that is suspended.
    fn end_suspended(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        let suspension = self.sessions.get(&session).and_then(Session::suspension);
        if let Some(Suspension { cause, .. }) = suspension {
            self.remove_session(session, cause, out);
        }
    }

    /// Stops the session from receiving its rooms; it remains a member of them.
    fn detach(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        let Some(person) = self.sessions.get_mut(&session) else { return };
        for membership in &mut person.rooms {
            if std::mem::replace(&mut membership.is_attached, false)
                && let Some(room) = self.rooms.get(membership.room)
            {
                out.push(left(session, membership.room, room.name.clone()));
            }
        }
    }

    fn start_grace_period(&mut self, session: SessionId) {
        let due = self.now.steady.plus_ms(self.limits.grace_ms);
        let person = self.sessions.get_mut(&session);
        let Some(resume) = person.and_then(|person| person.resume.as_mut()) else { return };
        if let Some(before) = resume.kept_until.replace(due) {
            self.suspensions_due.remove(&(before, session));
        }
        self.suspensions_due.insert((due, session));
    }

    /// Moves the session `old` to the connection of `session`, which has brought its resume key.
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
            self.by_resume_key.insert(resume.key, session);
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
            self.start_grace_period(session);
        }
        super::answer(session, Answer::Welcome { nick, taken: None, resumed: true }, out);
        if has_ignored {
            self.emit_ignored(session, out);
        }
    }

    /// Handles every grace period that is over: ends the session if it is still suspended; if it was resumed, it
    /// leaves the rooms that it has not joined again.
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
                self.end_suspended(session, out);
                continue;
            }
            let detached: Vec<Membership> =
                person.rooms.iter().filter(|membership| !membership.is_attached).copied().collect();
            for membership in detached {
                self.remove_membership(session, membership, out);
            }
        }
    }

    /// Leaves a room and tells its members.
    fn remove_membership(
        &mut self,
        session: SessionId,
        membership: Membership,
        out: &mut Vec<Effect>,
    ) {
        if let (Some(room), Some(nick)) =
            (self.leave_room(session, membership, out), self.nick_of(session))
        {
            emit_presence(Presence::Left { nick }, Some(session), vec![room], out);
        }
    }

    /// Removes the session from every room and from the state.
    fn remove_session(&mut self, session: SessionId, cause: ExitCause, out: &mut Vec<Effect>) {
        let person = self.sessions.get(&session);
        let memberships = person.map(|person| person.rooms.clone()).unwrap_or_default();
        let rooms: Vec<InRoom> = memberships
            .into_iter()
            .filter_map(|membership| self.leave_room(session, membership, out))
            .collect();
        let Some(person) = self.sessions.remove(&session) else { return };
        let nick = person.nick.clone();
        emit_presence(Presence::Offline { nick, cause }, Some(session), rooms, out);
        if let Some(Suspension { since, .. }) = person.suspension() {
            self.suspended.remove(person.origin, since, session);
            out.push(Effect::SessionForgotten { session });
        }
        self.unseen.remove(&session);
        self.nicks.remove(&person.nick);
        if let Some(resume) = person.resume {
            self.by_resume_key.remove(&resume.key);
            if let Some(due) = resume.kept_until {
                self.suspensions_due.remove(&(due, session));
            }
        }
    }

    /// Takes the session out of a room. Returns the room, and whether the leave is announced there, if the session
    /// was seen in it.
    fn leave_room(
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
        // The join is in a summary that is still due: the leave goes into the same one.
        let is_join_folded = membership.folded_until.is_some()
            && membership.folded_until == room.fold.as_ref().map(|fold| fold.due);
        if membership.is_attached {
            out.push(left(session, id, room.name.clone()));
        }
        let in_room = is_seen.then(|| {
            let stay_ms = until.ms_since(membership.since);
            let is_folded = self.exceeds_brief_stays(origin, stay_ms) || is_join_folded;
            let is_announced = self.fold(id, &nick, Change::Left, is_folded).is_none();
            InRoom { room: id, is_announced }
        });
        self.rooms.refresh(id);
        in_room
    }

    /// Counts a stay of `stay_ms` against the limit of its origin if it was brief. Returns whether that is too many.
    fn exceeds_brief_stays(&mut self, origin: Origin, stay_ms: u64) -> bool {
        let rate = self.limits.brief_stays;
        stay_ms < u64::from(self.limits.brief_stay_ms)
            && self.origins.spend(origin, Spending::BriefStay, rate, self.now.steady)
                != Verdict::Pass
    }
}

fn left(session: SessionId, room: crate::RoomId, name: RoomName) -> Effect {
    Effect::Left { session, request: RequestId::default(), room, name }
}
