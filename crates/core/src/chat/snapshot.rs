//! Taking a snapshot and restoring one. A snapshot may come from a file, so everything in it is checked before it
//! is used; that takes time in proportion to its size.

use std::collections::btree_map::Entry;

use super::Chat;
use crate::session::{Session, Suspension};
use crate::snapshot::{Format, SessionState, Snapshot, SnapshotError};
use crate::{Limits, RoomId, SessionId};

/// The highest start of a counter, so that it never overflows.
const COUNT_MAX: u64 = u64::MAX / 2;

impl Chat {
    /// The whole state, from which [`Chat::restore`] continues.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let sessions = self.sessions.iter().map(|(id, person)| SessionState {
            id: *id,
            nick: person.nick.clone(),
            origin: person.origin,
            rooms: person.rooms.clone(),
            ignored: person.ignored.clone(),
            resume: person.resume.as_deref().copied(),
            is_unseen: self.unseen.contains(id),
        });
        Snapshot {
            format: Format,
            limits: self.limits().cloned(),
            nodes: self.nodes.iter().map(|(node, boot)| (*node, *boot)).collect(),
            last_boot: self.last_boot,
            now: self.now,
            guests: self.guests,
            last_room: self.rooms.last(),
            rooms: self.rooms.states().collect(),
            sessions: sessions.collect(),
            followers: self.followers.iter().map(|(id, room)| (*id, *room)).collect(),
            accounts: self.origins.accounts().collect(),
            unsettled: self.unsettled.iter().map(|(key, said)| (*key, said.clone())).collect(),
        }
    }

    /// The chat as it was when the snapshot was taken: the same proposals have the same effects from there on.
    ///
    /// # Errors
    /// When the snapshot contradicts itself.
    pub fn restore(snapshot: Snapshot) -> Result<Self, SnapshotError> {
        let restored = Self::restored(snapshot).and_then(|chat| chat.check().map(|()| chat));
        restored.map_err(SnapshotError)
    }

    fn restored(snapshot: Snapshot) -> Result<Self, String> {
        let Snapshot { format: Format, limits, now, guests, last_room, .. } = snapshot;
        let mut chat = Self::empty();
        chat.last_boot = snapshot.last_boot;
        for (node, boot) in snapshot.nodes {
            if chat.nodes.insert(node, boot).is_some() {
                return Err(format!("{node:?} takes part twice"));
            }
        }
        if guests > COUNT_MAX {
            return Err(format!("{guests} guests have come"));
        }
        (chat.now, chat.guests) = (now, guests);
        for room in snapshot.rooms {
            chat.rooms.add(room)?;
        }
        if last_room > RoomId::KEPT_MAX {
            return Err(format!("{} rooms have been made", last_room.0));
        }
        let last = chat.rooms.last();
        if last > last_room {
            let (last, made) = (last.0, last_room.0);
            return Err(format!("room {last} is kept, and only {made} rooms have been made"));
        }
        chat.rooms.reserve_up_to(last_room);
        for session in snapshot.sessions {
            chat.add_session(session)?;
        }
        for (id, room) in snapshot.followers {
            chat.add_follower(id, room)?;
        }
        for (origin, account) in snapshot.accounts {
            chat.origins.add(origin, account)?;
        }
        chat.unsettled = snapshot.unsettled.into_iter().collect();
        let folds =
            chat.rooms.by_name().filter_map(|room| Some((room.fold.as_ref()?.due, room.id)));
        chat.folds_due = folds.collect();
        if let Some(limits) = limits {
            chat.add_limits(limits)?;
        }
        Ok(chat)
    }

    fn add_limits(&mut self, limits: Limits) -> Result<(), String> {
        if self.rooms.id_of(&limits.first_room).is_none() {
            return Err(format!("there is no {}, the first room", limits.first_room));
        }
        self.limits = limits;
        let count = self.rooms.len();
        self.apply_limits();
        let bare = count - self.rooms.len();
        if bare > 0 { Err(format!("{bare} rooms are bare and exist")) } else { Ok(()) }
    }

    fn add_session(&mut self, state: SessionState) -> Result<(), String> {
        let SessionState { id, nick, origin, rooms, ignored, resume, is_unseen } = state;
        let Entry::Vacant(entry) = self.sessions.entry(id) else {
            return Err(format!("{id:?} is there twice"));
        };
        if !self.nicks.is_free(&nick) {
            return Err(format!("two are called {nick}, or look so"));
        }
        self.nicks.insert(&nick, id);
        let mut person = Session::new(nick, origin, resume.map(|resume| resume.key));
        for membership in &rooms {
            let room = self.rooms.get_mut(membership.room);
            let room =
                room.ok_or_else(|| format!("{id:?} is in {:?}: no room", membership.room))?;
            if is_unseen {
                room.unseen += 1;
            } else {
                room.members.insert(person.key.clone(), id);
            }
        }
        if let Some(resume) = resume {
            if self.by_resume_key.insert(resume.key, id).is_some() {
                return Err(format!("{id:?} has the seat of somebody else"));
            }
            self.suspensions_due.extend(resume.kept_until.map(|due| (due, id)));
            if let Some(Suspension { since, .. }) = resume.suspension {
                self.suspended.insert(origin, since, id);
            }
        }
        if is_unseen {
            self.unseen.insert(id);
        }
        person.resume = resume.map(Box::new);
        (person.rooms, person.ignored) = (rooms, ignored);
        entry.insert(person);
        Ok(())
    }

    fn add_follower(&mut self, id: SessionId, room: RoomId) -> Result<(), String> {
        let followed = self.rooms.get_mut(room);
        followed.ok_or_else(|| format!("{id:?} follows {room:?}: no room"))?.unseen += 1;
        match self.followers.insert(id, room) {
            None => Ok(()),
            Some(_) => Err(format!("{id:?} follows twice")),
        }
    }
}
