//! The invariants: what is true between any two proposals.

use std::collections::{BTreeMap, BTreeSet};

use super::Chat;
use crate::nicks::Nicks;
use crate::session::{Session, Suspension};
use crate::suspended::Suspended;
use crate::{NickKey, ResumeKeyHash, RoomId, SessionId, SteadyTime};

impl Chat {
    /// Checks every invariant. Takes time in proportion to the state: for tests.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check(&self) -> Result<(), String> {
        self.check_boots()?;
        self.check_names()?;
        self.check_membership()?;
        self.check_suspended()?;
        self.check_due()?;
        let unseen = self.unseen.iter().filter_map(|id| self.sessions.get(id));
        let unseen_in =
            unseen.flat_map(|person| person.rooms.iter().map(|membership| membership.room));
        self.rooms.check(self.followers.values().copied().chain(unseen_in))?;
        self.origins.check()
    }

    /// Every server that takes part has its own boot number, which was given out. No connected session or follower
    /// is of a boot that has ended.
    fn check_boots(&self) -> Result<(), String> {
        if self.last_boot > SessionId::BOOTS_MAX {
            return Err(format!("{} boots were given out", self.last_boot));
        }
        let boots: BTreeSet<u32> = self.nodes.values().copied().collect();
        let are_given = boots.iter().all(|boot| (1..=self.last_boot).contains(boot));
        if boots.len() < self.nodes.len() || !are_given {
            return Err(format!("not all of {:?} are boots of one server", self.nodes));
        }
        let connected = self.sessions.iter().filter(|(_, person)| person.suspension().is_none());
        let mut present = connected.map(|(id, _)| id).chain(self.followers.keys());
        let ended = present.find(|id| self.is_of_ended_boot(**id));
        ended.map_or(Ok(()), |id| Err(format!("{id:?} is here and its boot has ended")))
    }

    /// Every session is found by its nick and its resume key, and these belong to nobody else.
    fn check_names(&self) -> Result<(), String> {
        let mut nicks = Nicks::default();
        for (id, person) in &self.sessions {
            if person.key != person.nick.key() {
                return Err(format!("{} is not known by its key", person.nick));
            }
            if person.resume.is_some() && self.unseen.contains(id) {
                return Err(format!("{} has a seat and is not seen", person.nick));
            }
            nicks.insert(&person.nick, *id);
        }
        same("nicks", &nicks, &self.nicks)?;
        let by_resume_key: BTreeMap<ResumeKeyHash, SessionId> = self
            .sessions
            .iter()
            .filter_map(|(id, person)| person.resume.as_ref().map(|resume| (resume.key, *id)))
            .collect();
        same("seats", &by_resume_key, &self.by_resume_key)?;
        let followers_inside = self.followers.keys().find(|id| self.sessions.contains_key(id));
        followers_inside.map_or(Ok(()), |id| Err(format!("{id:?} is inside and follows")))
    }

    /// A seen session is in a room exactly if the room has it as a member under its nick.
    fn check_membership(&self) -> Result<(), String> {
        let by_session: BTreeSet<(RoomId, NickKey, SessionId)> = self
            .sessions
            .iter()
            .filter(|(id, _)| !self.unseen.contains(id))
            .flat_map(|(id, person)| {
                person.rooms.iter().map(|membership| (membership.room, person.key.clone(), *id))
            })
            .collect();
        let by_room: BTreeSet<(RoomId, NickKey, SessionId)> = self
            .rooms
            .by_name()
            .flat_map(|room| room.members.iter().map(|(key, id)| (room.id, key.clone(), *id)))
            .collect();
        same("members", &by_session, &by_room)?;
        for (id, person) in &self.sessions {
            let rooms: BTreeSet<RoomId> =
                person.rooms.iter().map(|membership| membership.room).collect();
            if rooms.len() != person.rooms.len() {
                return Err(format!("{id:?} is twice in a room"));
            }
            let hears = person.rooms.iter().any(|membership| membership.is_attached);
            if person.suspension().is_some() && hears {
                return Err(format!("{id:?} is suspended and hears a room"));
            }
        }
        Ok(())
    }

    /// Every suspended session is listed under its origin, and the bounds on them hold.
    fn check_suspended(&self) -> Result<(), String> {
        let mut suspended = Suspended::default();
        for (id, person) in &self.sessions {
            if let Some(Suspension { since, .. }) = person.suspension() {
                suspended.insert(person.origin, since, *id);
            }
        }
        same("suspended sessions", &suspended, &self.suspended)?;
        let (max_each, max) = (self.limits.suspended_per_origin_max, self.limits.suspended_max);
        let origins: Vec<_> = suspended.origins().collect();
        let past = origins.into_iter().find_map(|origin| suspended.pop_past(origin, max_each, max));
        past.map_or(Ok(()), |id| Err(format!("{id:?} is suspended past the bound")))
    }

    /// Every grace period and every fold has its deadline, and nothing else has one.
    fn check_due(&self) -> Result<(), String> {
        let suspensions: BTreeSet<(SteadyTime, SessionId)> = self
            .sessions
            .iter()
            .filter_map(|(id, person)| Some((person.resume.as_ref()?.kept_until?, *id)))
            .collect();
        same("kept sessions", &suspensions, &self.suspensions_due)?;
        let is_without_end = |person: &&Session| {
            let resume = person.resume.as_ref();
            resume.is_some_and(|resume| resume.suspension.is_some() && resume.kept_until.is_none())
        };
        if let Some(person) = self.sessions.values().find(is_without_end) {
            return Err(format!("{} is suspended for ever", person.nick));
        }
        let folds: BTreeSet<(SteadyTime, RoomId)> = self
            .rooms
            .by_name()
            .filter_map(|room| Some((room.fold.as_ref()?.due, room.id)))
            .collect();
        // The fold of a removed room is ignored when it is due.
        let is_live = |(_, room): &&(SteadyTime, RoomId)| self.rooms.get(*room).is_some();
        let folds_due = self.folds_due.iter().filter(is_live).copied().collect();
        same("folds", &folds, &folds_due)
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, indexed: &T) -> Result<(), String> {
    if found == indexed {
        return Ok(());
    }
    Err(format!("{what} are {found:?} and stand as {indexed:?}"))
}
