//! The chat state, the one way to change it, [`Chat::apply`], and the two that change nothing, [`Chat::ask`] and
//! [`Chat::signal`]. Dispatch is the tables in these; each verb is a file.
//!
//! Invariants stand in [`Chat::check`], which `tests/properties.rs` asks after every step: a session that is
//! seen is in a room exactly if the room has it as a member under its nick, also while it is suspended; no two
//! sessions have nicks that look alike; a room without members, listeners and events does not exist, but for the
//! first.

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
    Action, Answer, Asker, Effect, InRoom, Limits, MessageKey, Moment, NodeId, Origin, Position,
    Presence, Proposal, Query, Refusal, RequestId, ResumeKeyHash, RoomId, RoomName, Said,
    SessionId, Signal, SteadyTime, Text, Time,
};

/// A room as the store remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoom {
    /// Its number.
    pub room: RoomId,
    /// Its name.
    pub name: RoomName,
    /// The first event's position, of those that are kept; right after `head` where none is.
    pub first: Position,
    /// The last event's position.
    pub head: Position,
    /// When the last event was.
    pub last: Time,
    /// What it is about.
    pub topic: Option<Text>,
}

/// What is kept of a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The highest number that a start of a server ever had; 0 before the first.
    pub last_boot: u32,
    /// The highest number that a room ever had: numbers are not given out again.
    pub last_room: RoomId,
    /// Every room that has events.
    pub rooms: Vec<StoredRoom>,
}

/// Everything that is true of the chat at one place in the order.
#[derive(Debug)]
pub struct Chat {
    /// Those of [`Limits::default`] until the first [`Action::Configure`]; there is no first room until then.
    limits: Limits,
    /// The boot of each server that takes part.
    nodes: BTreeMap<NodeId, u32>,
    /// The highest boot that was ever given out.
    last_boot: u32,
    sessions: BTreeMap<SessionId, Session>,
    /// Those who have asked for nothing yet and of whom the others do not know.
    unseen: BTreeSet<SessionId>,
    nicks: Nicks,
    seats: BTreeMap<ResumeKeyHash, SessionId>,
    /// Visitors that follow a room.
    followers: BTreeMap<SessionId, RoomId>,
    rooms: Rooms,
    unsettled: Unsettled,
    origins: Origins,
    suspended: Suspended,
    /// The log's.
    now: Moment,
    folds_due: BTreeSet<(SteadyTime, RoomId)>,
    /// When what is kept for somebody who may come back is given up.
    suspensions_due: BTreeSet<(SteadyTime, SessionId)>,
    guests: u64,
}

impl Chat {
    /// Nobody in it, and the rooms that the store remembers. No setting is in it, because each server has settings of
    /// its own: limits come with the first [`Action::Configure`], and with them the first room, so that its number
    /// does not hang on a name that no operator has chosen.
    #[must_use]
    pub fn from_history(History { last_boot, last_room, rooms }: History) -> Self {
        let mut chat = Self::empty();
        for founding in rooms {
            chat.rooms.insert(Room::restored(founding));
        }
        chat.rooms.used_up_to(last_room);
        chat.last_boot = last_boot;
        chat
    }

    /// Nothing in it, not even the first room.
    fn empty() -> Self {
        Self {
            limits: Limits::default(),
            nodes: BTreeMap::new(),
            last_boot: 0,
            sessions: BTreeMap::new(),
            nicks: Nicks::default(),
            seats: BTreeMap::new(),
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

    /// Time has passed, as the log says: what was due happens, before anything that comes later in the log. The
    /// same moment once more changes nothing.
    pub fn advance(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        let steady = moment.steady.max(self.now.steady);
        self.now = Moment { steady, ..moment };
        self.expire_suspended(out);
        self.announce_folded(out);
    }

    /// The limits that stand; `None` before the first were set.
    #[must_use]
    pub fn limits(&self) -> Option<&Limits> {
        self.rooms.has_first().then_some(&self.limits)
    }

    /// The moment that it has come to.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.now
    }

    /// The message that the store must be asked for before this proposal is applied, if any: what it knows
    /// goes to [`Chat::recall`].
    #[must_use]
    pub fn to_recall(&self, proposal: &Proposal) -> Option<MessageKey> {
        let key = self.key_of(proposal)?;
        let is_kept = self.rooms.get(key.room).is_some_and(|room| room.is_kept);
        (is_kept && !self.unsettled.contains(&key)).then_some(key)
    }

    /// Takes what the store knows of a message that [`Chat::to_recall`] has named.
    pub fn recall(&mut self, key: MessageKey, said: Said) {
        self.unsettled.insert(key, said);
    }

    /// Everything said so far is in the store, which is asked from here on.
    pub fn settled(&mut self) {
        self.unsettled.clear();
    }

    /// Applies one proposal; what follows from it is added to `out`, in order.
    pub fn apply(&mut self, proposal: Proposal, out: &mut Vec<Effect>) {
        let Proposal { session, origin, request, action } = proposal;
        let start = out.len();
        self.perform((session, origin), action, out);
        for effect in &mut out[start..] {
            stamp(effect, session, request);
        }
    }

    /// Answers one query, once, from what is true at this place in the order. It changes nothing.
    pub fn ask(&self, asker: Asker, request: RequestId, query: Query, out: &mut Vec<Effect>) {
        // It was on its way when its session ended.
        if matches!(asker, Asker::Session(session) if !self.is_connected(session)) {
            return;
        }
        let answer = match query {
            Query::Who { room, page } => self.who(room, page),
            Query::Rooms { page } => self.rooms(page),
            Query::Topic { room } => self.topic_of(asker, &room),
            Query::Ignored => Ok(self.ignored_by(asker.session())),
            Query::Read { question } => self.read(asker, question),
            Query::Room { room } => match self.heard(asker, &room) {
                Some(room) => Ok(room),
                // It has left on the way, and is told that.
                None => return,
            },
        };
        let answer = answer.unwrap_or_else(Answer::Refused);
        out.push(Effect::Answer { session: asker.session(), request, answer });
    }

    /// Tells what passes by to those whom it concerns. It changes nothing.
    pub fn signal(&self, session: SessionId, signal: Signal, out: &mut Vec<Effect>) {
        // Of somebody unseen nobody hears.
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
        if self.has_ended(session) {
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
                self.settle_limits();
                self.give_up_past_bounds(out);
            }
            Action::Exit { cause } if self.followers.contains_key(&session) => {
                self.unfollow(session, cause, out);
            }
            // A proposal that was on its way when its session ended.
            _ if !self.is_connected(session) => {}
            // Whatever is proposed makes one seen.
            Action::Appear => {}
            Action::Exit { cause } => self.exit(session, cause, out),
            Action::Join { room } => self.join(session, room, out),
            Action::Leave { room } => self.leave(session, &room, out),
            Action::Say { room, text, acted, id } => {
                self.say(session, &room, say::Words { text, acted, id }, out);
            }
            Action::Tell { nick, text } => self.tell(session, &nick, text, out),
            Action::Rename { nick } => self.rename(session, nick, out),
            Action::Topic { room, topic } => self.set_topic(session, &room, topic, out),
            Action::Ignore { nick } => self.ignore(session, nick, out),
        }
    }

    /// When something is due next, if anything is: then [`Chat::advance`] is wanted.
    #[must_use]
    pub fn next_due(&self) -> Option<SteadyTime> {
        let fold = self.folds_due.first().map(|(due, _)| *due);
        let kept = self.suspensions_due.first().map(|(due, _)| *due);
        fold.into_iter().chain(kept).min()
    }

    /// How many sessions there are, those whose seats are kept included.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// How many hear a room, at most: what is told to it costs this much.
    #[must_use]
    pub fn listeners(&self, room: RoomId) -> usize {
        self.rooms.get(room).map_or(0, Room::listeners)
    }

    fn settle_limits(&mut self) {
        self.rooms.configure(&self.limits.first_room, self.limits.small_room_events);
    }

    /// Whether a number is somebody's: a session's, or a visitor's that follows a room.
    fn is_here(&self, session: SessionId) -> bool {
        self.sessions.contains_key(&session) || self.followers.contains_key(&session)
    }

    fn is_connected(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|person| person.suspension().is_none())
    }

    /// How a room stands, for a session or a follower that hears it.
    fn heard(&self, asker: Asker, name: &RoomName) -> Option<Answer> {
        let id = match asker {
            Asker::Session(session) => self.room_of(session, name).ok()?,
            Asker::Visitor(session) => *self.followers.get(&session)?,
        };
        let Room { id: room, head, members, topic, .. } = self.rooms.get(id)?;
        Some(Answer::Room { room: *room, at: *head, members: members.len(), topic: topic.clone() })
    }

    /// The number of the room, if the session is in it and hears it.
    fn room_of(&self, session: SessionId, name: &RoomName) -> Result<RoomId, Refusal> {
        let room = self.rooms.id_of(name);
        let membership = |id| self.sessions.get(&session).and_then(|person| person.membership(id));
        let is_in = |id: &RoomId| membership(*id).is_some_and(|membership| membership.is_attached);
        room.filter(is_in).ok_or_else(|| Refusal::NotInRoom { room: name.clone() })
    }
}

/// Says on what answers a request which one it is.
fn stamp(effect: &mut Effect, asker: SessionId, asked: RequestId) {
    match effect {
        Effect::Answer { session, request, .. }
        | Effect::Joined { session, request, .. }
        | Effect::Left { session, request, .. }
            if *session == asker =>
        {
            *request = asked;
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

/// Says something of who is where, if that concerns any room.
fn say_presence(
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
