//! The chat state. [`Chat::apply`] and [`Chat::advance`] change it; [`Chat::ask`] and [`Chat::signal`] only read it.
//! Each of these dispatches in one table; each verb has its own file.
//!
//! [`Chat::check`] verifies the invariants, and `tests/properties.rs` calls it after every step. A seen session is
//! in a room exactly if the room has it as a member under its nick, also while it is suspended. No two sessions have
//! nicks that look alike. A room without members, listeners and events does not exist, except the first room.

mod check;
mod coming;
mod going;
mod ignore;
mod listing;
mod open;
mod read;
mod rename;
mod say;
mod snapshot;
mod tell;
mod topic;
mod typing;
mod visit;

use std::collections::{BTreeMap, BTreeSet};

use crate::known::Unsettled;
use crate::nicks::Nicks;
use crate::origin::Origins;
use crate::room::{Room, Rooms};
use crate::session::Session;
use crate::suspended::Suspended;
use crate::{
    Action, Answer, Asker, Effect, InRoom, KnownMessage, Limits, MessageKey, Moment, NodeId,
    Origin, Position, Presence, Proposal, Query, Refusal, RequestId, ResumeKeyHash, RoomId,
    RoomName, SessionId, Signal, SteadyTime, Text, Time,
};

/// A room as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoom {
    /// The number of the room.
    pub room: RoomId,
    /// The name of the room.
    pub name: RoomName,
    /// The position of the oldest event in history; right after `head` when history has none.
    pub first: Position,
    /// The position of the last event.
    pub head: Position,
    /// The time of the last event.
    pub last: Time,
    /// The topic of the room.
    pub topic: Option<Text>,
}

/// What the store keeps of a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The highest boot number ever given out; 0 before the first.
    pub last_boot: u32,
    /// The highest number ever given to a room: numbers are not used again.
    pub last_room: RoomId,
    /// Every room with events.
    pub rooms: Vec<StoredRoom>,
}

/// The whole state of the chat at one point in the order.
#[derive(Debug)]
pub struct Chat {
    /// [`Limits::default`] until the first [`Action::Configure`]; there is no first room until then.
    limits: Limits,
    /// The boot number of each server that takes part.
    nodes: BTreeMap<NodeId, u32>,
    /// The highest boot number ever given out.
    last_boot: u32,
    sessions: BTreeMap<SessionId, Session>,
    /// Sessions that have requested nothing yet; other people do not see them.
    unseen: BTreeSet<SessionId>,
    nicks: Nicks,
    by_resume_key: BTreeMap<ResumeKeyHash, SessionId>,
    /// Visitors that follow a room, with the room.
    followers: BTreeMap<SessionId, RoomId>,
    rooms: Rooms,
    unsettled: Unsettled,
    origins: Origins,
    suspended: Suspended,
    /// The moment of the log.
    now: Moment,
    folds_due: BTreeSet<(SteadyTime, RoomId)>,
    /// The end of the grace period of each session that has one.
    suspensions_due: BTreeSet<(SteadyTime, SessionId)>,
    /// The number of the last guest nick.
    guests: u64,
}

impl Chat {
    /// A chat with the stored rooms and without sessions. It has no settings, because each server has its own: the
    /// limits come with the first [`Action::Configure`], and with them the first room, so that its number does not
    /// depend on a name that no operator has chosen.
    #[must_use]
    pub fn from_history(History { last_boot, last_room, rooms }: History) -> Self {
        let mut chat = Self::empty();
        for room in rooms {
            chat.rooms.insert(Room::from_stored(room));
        }
        chat.rooms.reserve_up_to(last_room);
        chat.last_boot = last_boot;
        chat
    }

    /// A chat without rooms, not even the first.
    fn empty() -> Self {
        Self {
            limits: Limits::default(),
            nodes: BTreeMap::new(),
            last_boot: 0,
            sessions: BTreeMap::new(),
            nicks: Nicks::default(),
            by_resume_key: BTreeMap::new(),
            followers: BTreeMap::new(),
            unseen: BTreeSet::new(),
            rooms: Rooms::default(),
            unsettled: Unsettled::default(),
            origins: Origins::default(),
            suspended: Suspended::default(),
            now: Moment::default(),
            folds_due: BTreeSet::new(),
            suspensions_due: BTreeSet::new(),
            guests: 0,
        }
    }

    /// Moves to the moment that the log gives and does what is due, before anything that comes later in the log.
    /// The same moment again changes nothing.
    pub fn advance(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        let steady = moment.steady.max(self.now.steady);
        self.now = Moment { steady, ..moment };
        self.expire_suspended(out);
        self.announce_folded(out);
    }

    /// The limits; `None` before the first [`Action::Configure`].
    #[must_use]
    pub fn limits(&self) -> Option<&Limits> {
        self.rooms.has_first().then_some(&self.limits)
    }

    /// The moment of the last [`Chat::advance`].
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.now
    }

    /// The message that must be looked up in the store before this proposal is applied, if any. What the store
    /// has goes to [`Chat::recall`].
    #[must_use]
    pub fn to_recall(&self, proposal: &Proposal) -> Option<MessageKey> {
        let key = self.key_of(proposal)?;
        let is_durable = self.rooms.get(key.room).is_some_and(|room| room.is_durable);
        (is_durable && !self.unsettled.contains(&key)).then_some(key)
    }

    /// Takes what the store has for a message that [`Chat::to_recall`] has named.
    pub fn recall(&mut self, key: MessageKey, said: KnownMessage) {
        self.unsettled.insert(key, said);
    }

    /// Call this after a commit: all messages so far are in the store and are looked up there from here on.
    pub fn mark_committed(&mut self) {
        self.unsettled.clear();
    }

    /// Applies one proposal and adds its effects to `out`, in order.
    pub fn apply(&mut self, proposal: Proposal, out: &mut Vec<Effect>) {
        let Proposal { session, origin, request, action } = proposal;
        let start = out.len();
        self.perform((session, origin), action, out);
        for effect in &mut out[start..] {
            stamp(effect, session, request);
        }
    }

    /// Answers one query from the state at this point in the order. It changes nothing.
    pub fn ask(&self, asker: Asker, request: RequestId, query: Query, out: &mut Vec<Effect>) {
        // The session ended while its query was in flight.
        if matches!(asker, Asker::Session(session) if !self.is_connected(session)) {
            return;
        }
        let answer = match query {
            Query::Who { room, page } => self.who(room, page),
            Query::Rooms { page } => self.rooms(page),
            Query::Topic { room } => self.topic_of(asker, &room),
            Query::Ignored => Ok(self.ignored_by(asker.session())),
            Query::Read { question } => self.read(asker, question),
            Query::Room { room } => match self.room_state(asker, &room) {
                Some(room) => Ok(room),
                // The session left the room while its query was in flight, and gets `Left`.
                None => return,
            },
        };
        let answer = answer.unwrap_or_else(Answer::Refused);
        out.push(Effect::Answer { session: asker.session(), request, answer });
    }

    /// Passes a signal on to the sessions that it concerns. It changes nothing.
    pub fn signal(&self, session: SessionId, signal: Signal, out: &mut Vec<Effect>) {
        // Nobody is told of an unseen session.
        if !self.is_connected(session) || self.unseen.contains(&session) {
            return;
        }
        match signal {
            Signal::Typing { room } => self.typing(session, &room, out),
        }
    }

    fn perform(
        &mut self,
        (session, origin): (SessionId, Origin),
        action: Action,
        out: &mut Vec<Effect>,
    ) {
        if self.is_of_ended_boot(session) {
            return;
        }
        if !matches!(action, Action::Exit { .. }) && self.unseen.remove(&session) {
            self.appear(session, out);
        }
        match action {
            Action::Enter { nick, room, resume_key } => {
                self.enter((session, origin), nick, room, resume_key, out);
            }
            Action::EnterUnseen { room } => self.enter_unseen((session, origin), room, out),
            Action::Visit(visit) => self.visit((session, origin), visit, out),
            Action::Open { node } => self.open(node, out),
            Action::Configure { limits } => {
                self.limits = *limits;
                self.apply_limits();
                self.end_suspended_past_bounds(out);
            }
            Action::Exit { cause } if self.followers.contains_key(&session) => {
                self.unfollow(session, cause, out);
            }
            // The session ended while its proposal was in flight.
            _ if !self.is_connected(session) => {}
            // Every proposal makes the session seen, above.
            Action::Appear => {}
            Action::Exit { cause } => self.exit(session, cause, out),
            Action::Join { room } => self.join(session, room, out),
            Action::Leave { room } => self.leave(session, &room, out),
            Action::Say { room, text, acted, id } => {
                self.say(session, &room, say::Message { text, acted, id }, out);
            }
            Action::Tell { nick, text } => self.tell(session, &nick, text, out),
            Action::Rename { nick } => self.rename(session, nick, out),
            Action::Topic { room, topic } => self.set_topic(session, &room, topic, out),
            Action::Ignore { nick } => self.ignore(session, nick, out),
        }
    }

    /// When something is due next, if anything is: [`Chat::advance`] must be called then.
    #[must_use]
    pub fn next_due(&self) -> Option<SteadyTime> {
        let fold = self.folds_due.first().map(|(due, _)| *due);
        let suspension = self.suspensions_due.first().map(|(due, _)| *due);
        fold.into_iter().chain(suspension).min()
    }

    /// The number of sessions, suspended ones included.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// The most sessions that receive a room: a broadcast to it costs this much.
    #[must_use]
    pub fn listeners(&self, room: RoomId) -> usize {
        self.rooms.get(room).map_or(0, Room::listeners)
    }

    fn apply_limits(&mut self) {
        self.rooms.configure(&self.limits.first_room, self.limits.small_room_events);
    }

    /// Whether a session or a follower has this number.
    fn is_number_in_use(&self, session: SessionId) -> bool {
        self.sessions.contains_key(&session) || self.followers.contains_key(&session)
    }

    fn is_connected(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|person| person.suspension().is_none())
    }

    /// The state of a room, for a session or follower that receives it.
    fn room_state(&self, asker: Asker, name: &RoomName) -> Option<Answer> {
        let id = match asker {
            Asker::Session(session) => self.room_of(session, name).ok()?,
            Asker::Visitor(session) => *self.followers.get(&session)?,
        };
        let Room { id: room, head, members, topic, .. } = self.rooms.get(id)?;
        Some(Answer::Room { room: *room, at: *head, members: members.len(), topic: topic.clone() })
    }

    /// The number of the room, if the session is in it and receives it.
    fn room_of(&self, session: SessionId, name: &RoomName) -> Result<RoomId, Refusal> {
        let room = self.rooms.id_of(name);
        let membership = |id| self.sessions.get(&session).and_then(|person| person.membership(id));
        let is_in = |id: &RoomId| membership(*id).is_some_and(|membership| membership.is_attached);
        room.filter(is_in).ok_or_else(|| Refusal::NotInRoom { room: name.clone() })
    }
}

/// Writes the number of the request into an effect that answers it.
fn stamp(effect: &mut Effect, asker: SessionId, answered: RequestId) {
    match effect {
        Effect::Answer { session, request, .. }
        | Effect::Joined { session, request, .. }
        | Effect::Left { session, request, .. }
            if *session == asker =>
        {
            *request = answered;
        }
        Effect::Answer { .. }
        | Effect::Joined { .. }
        | Effect::Left { .. }
        | Effect::RoomCreated { .. }
        | Effect::RoomRemoved { .. }
        | Effect::Event(_)
        | Effect::Presence { .. }
        | Effect::Ignores { .. }
        | Effect::Ended { .. }
        | Effect::Opened { .. }
        | Effect::SessionForgotten { .. } => {}
    }
}

/// Emits a change of presence, if it is visible in any room.
fn emit_presence(
    presence: Presence,
    about: Option<SessionId>,
    rooms: Vec<InRoom>,
    out: &mut Vec<Effect>,
) {
    if !rooms.is_empty() {
        out.push(Effect::Presence { presence, about, rooms });
    }
}

fn answer(session: SessionId, answer: Answer, out: &mut Vec<Effect>) {
    out.push(Effect::Answer { session, request: RequestId::default(), answer });
}

fn refuse(session: SessionId, refusal: Refusal, out: &mut Vec<Effect>) {
    answer(session, Answer::Refused(refusal), out);
}
