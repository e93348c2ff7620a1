//! A reference that is simpler than the product: it only knows the effects.

use super::*;

/// What can be known from the effects alone.
#[derive(Default)]
pub(super) struct Reference {
    pub(super) nicks: BTreeMap<SessionId, Nick>,
    members: BTreeMap<RoomId, BTreeSet<SessionId>>,
    heads: BTreeMap<RoomId, u64>,
    created: BTreeMap<RoomId, RoomName>,
    ids: BTreeSet<(RoomId, Author, MessageId)>,
    pub(super) suspended: BTreeSet<SessionId>,
    times: BTreeMap<RoomId, Time>,
    /// Sessions that entered unseen and have proposed nothing since.
    unseen: BTreeSet<SessionId>,
    removed: BTreeSet<RoomId>,
    /// The boot of each server, and below it the last that was given out.
    open: BTreeMap<NodeId, u32>,
    last_boot: u32,
}

impl Reference {
    pub(super) fn receive(&mut self, proposal: &Proposal) {
        let Proposal { session, action, .. } = proposal;
        let was_unseen = !matches!(action, Action::Exit { .. }) && self.unseen.remove(session);
        let is_known = self.nicks.contains_key(session) || self.suspended.contains(session);
        let is_new = !was_unseen && !is_known;
        let is_late = self.has_ended(*session);
        if is_new && !is_late && matches!(action, Action::EnterUnseen { .. }) {
            self.unseen.insert(*session);
        }
    }

    pub(super) fn believe(&mut self, effect: &Effect) {
        match effect {
            Effect::RoomCreated { room, name, .. } => {
                assert_eq!(self.created.insert(*room, name.clone()), None, "created twice");
                assert_eq!(self.heads.get(room).copied().unwrap_or(0), 0);
            }
            Effect::RoomRemoved { room } => {
                assert!(self.members.remove(room).is_none_or(|here| here.is_empty()));
                assert!(self.created.contains_key(room), "removed without being created");
                assert!(self.removed.insert(*room), "removed twice");
            }
            Effect::Event(event) => {
                assert!(!self.removed.contains(&event.room), "an event in a removed room");
                assert!(self.created.contains_key(&event.room), "an event before its room");
                let head = self.heads.entry(event.room).or_default();
                assert_eq!(event.position, Position(*head + 1), "a gap or a duplicate");
                *head += 1;
                let last = self.times.insert(event.room, event.time).unwrap_or(event.time);
                assert!(event.time >= last, "a room's time decreased");
                if !is_visitor(event.session) {
                    let here = &self.members[&event.room];
                    assert!(
                        here.contains(&event.session),
                        "a message of a session that is no member"
                    );
                    assert_eq!(
                        event.nick, self.nicks[&event.session],
                        "a message under another nick"
                    );
                }
                if let Some(id) = event.id {
                    assert!(
                        self.ids.insert((event.room, event.author.unwrap(), id)),
                        "the same message twice"
                    );
                }
            }
            Effect::Joined { session, room, at, members, .. } => {
                assert!(!self.has_ended(*session), "a session of a boot that has ended joined");
                let is_known = is_visitor(*session) || self.nicks.contains_key(session);
                assert!(is_known, "joined before it was welcome");
                assert_eq!(at.0, self.heads.get(room).copied().unwrap_or(0));
                let here = self.members.entry(*room).or_default();
                assert!(here.insert(*session), "joined twice");
                // Followers are not members; suspended sessions are members and receive nothing.
                let others = here.iter().filter(|other| *other != session);
                let seen = others.filter(|s| !is_visitor(**s) && !self.unseen.contains(s)).count();
                let myself = usize::from(!is_visitor(*session));
                assert!(*members >= seen + myself);
            }
            Effect::Left { session, room, .. } => {
                assert!(
                    self.members.get_mut(room).unwrap().remove(session),
                    "left without being in"
                );
            }
            Effect::Answer { session, answer, .. } => {
                if let Answer::Welcome { nick, .. } | Answer::Renamed { to: nick, .. } = answer {
                    assert!(
                        !self.has_ended(*session),
                        "a session of a boot that has ended entered"
                    );
                    self.nicks.insert(*session, nick.clone());
                    self.check_nicks();
                }
                let is_known = is_visitor(*session) || self.nicks.contains_key(session);
                assert!(is_known, "answered nobody");
            }
            Effect::Ended { session, is_suspended, .. } => {
                self.unseen.remove(session);
                let was_known = is_visitor(*session) || self.nicks.remove(session).is_some();
                assert!(was_known, "ended twice");
                if *is_suspended {
                    assert!(self.suspended.insert(*session), "suspended twice");
                }
                assert!(self.members.values().all(|here| !here.contains(session)));
            }
            Effect::Ignores { session, ignored } => {
                assert!(
                    self.nicks.contains_key(session),
                    "a session that is not connected ignores nobody"
                );
                assert!(ignored.len() <= limits().ignored_max as usize);
            }
            Effect::Opened { node, boot } => {
                let boot = boot.expect("there are boots left");
                assert!(boot > self.last_boot, "given out twice");
                self.last_boot = boot;
                if let Some(ended) = self.open.insert(*node, boot) {
                    let inside = self.members.values().flatten();
                    let here = self.nicks.keys().chain(inside).chain(&self.unseen);
                    assert!(
                        here.into_iter().all(|session| session.boot() != ended),
                        "a session outlived its boot"
                    );
                }
            }
            Effect::SessionForgotten { session } => {
                assert!(self.suspended.remove(session), "forgotten without being suspended");
            }
            // `lists.rs` checks the rest.
            Effect::Presence { rooms, .. } => {
                assert!(rooms.iter().all(|room| self.members.contains_key(&room.room)));
            }
        }
    }

    fn has_ended(&self, session: SessionId) -> bool {
        let boot = session.boot();
        let is_given = (1..=self.last_boot).contains(&boot);
        is_given && !self.open.values().any(|open| *open == boot)
    }

    pub(super) fn check_nicks(&self) {
        let looks: Vec<NickKey> = self.nicks.values().flat_map(Nick::looks).collect();
        let different: BTreeSet<&NickKey> = looks.iter().collect();
        assert_eq!(different.len(), looks.len(), "two people look alike: {:?}", self.nicks);
    }
}
