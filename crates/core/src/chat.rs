//! The chat state and its one entrance. Dispatch is the table in [`Chat::apply`]; each verb is a file.
//!
//! Invariants (checked by `tests/properties.rs`): a session is in a room exactly if the room has it as
//! a member under its nick; positions of a room count up by one; no two sessions have nicks that look
//! alike; a room without members and events does not exist.

mod coming;
mod ignore;
mod listing;
mod read;
mod rename;
mod say;
mod tell;
mod topic;

use std::collections::{BTreeMap, BTreeSet};

use crate::recent::Recent;
use crate::room::{Room, Rooms};
use crate::session::Session;
use crate::{
    Action, Answer, Effect, Limits, MessageId, NickKey, Position, Proposal, Refusal, RoomId,
    RoomName, SessionId, Text, Time,
};

/// A room as the store remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founding {
    /// Its number.
    pub room: RoomId,
    /// Its name.
    pub name: RoomName,
    /// The last event's position.
    pub head: Position,
    /// What it is about.
    pub topic: Option<Text>,
}

/// Everything that is true of the chat at one place in the order.
#[derive(Debug, Default)]
pub struct Chat {
    limits: Limits,
    sessions: BTreeMap<SessionId, Session>,
    nicks: BTreeMap<NickKey, SessionId>,
    rooms: Rooms,
    recent: Recent,
    folds_due: BTreeSet<(Time, RoomId)>,
    guests: u64,
}

impl Chat {
    /// A house with nobody in it, and the rooms and message ids that the store remembers (oldest id
    /// first).
    pub fn restore(
        limits: Limits,
        rooms: impl IntoIterator<Item = Founding>,
        recent: impl IntoIterator<Item = (RoomId, MessageId, Position)>,
    ) -> Self {
        let mut chat = Self { limits, ..Self::default() };
        for Founding { room, name, head, topic } in rooms {
            chat.rooms.insert(Room {
                id: room,
                name,
                head,
                topic,
                members: BTreeMap::new(),
                is_kept: true,
                fold: None,
            });
        }
        for (room, id, position) in recent {
            chat.recent.insert(room, id, position, chat.limits.recent_ids_max);
        }
        chat
    }

    /// Applies one proposal; what follows from it is added to `out`, in order.
    pub fn apply(&mut self, proposal: Proposal, out: &mut Vec<Effect>) {
        let Proposal { session, time, action } = proposal;
        match action {
            Action::Enter { nick, room } => self.enter(session, time, nick, room, out),
            Action::Tick => self.tick(time, out),
            Action::Configure { limits } => self.limits = *limits,
            // A proposal that was on its way when its session ended.
            _ if !self.sessions.contains_key(&session) => {}
            Action::Exit { cause } => self.exit(session, time, cause, out),
            Action::Join { room } => self.join(session, time, room, out),
            Action::Leave { room } => self.leave(session, time, &room, out),
            Action::Say { room, text, acted, id } => {
                self.say(session, time, &room, say::Words { text, acted, id }, out);
            }
            Action::Tell { nick, text } => self.tell(session, time, &nick, text, out),
            Action::Rename { nick } => self.rename(session, nick, out),
            Action::Topic { room, change } => self.topic(session, time, &room, change, out),
            Action::Who { room, page } => self.who(session, room, page, out),
            Action::Rooms { page } => self.rooms(session, page, out),
            Action::Ignore { nick } => self.ignore(session, nick, out),
            Action::Read { question } => self.read(session, question, out),
        }
    }

    /// When the chat wants an [`Action::Tick`] next, if at all.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        self.folds_due.first().map(|(due, _)| *due)
    }

    /// How many sessions there are.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// The number and state of the room, if the session is in it; says why not otherwise.
    fn room_of(
        &mut self,
        session: SessionId,
        name: &RoomName,
        out: &mut Vec<Effect>,
    ) -> Option<RoomId> {
        let room = self.rooms.id_of(name);
        let is_in = room.is_some_and(|id| {
            self.sessions.get(&session).is_some_and(|session| session.rooms.contains(&id))
        });
        if !is_in {
            refuse(session, Refusal::NotInRoom { room: name.clone() }, out);
        }
        room.filter(|_| is_in)
    }
}

fn answer(session: SessionId, answer: Answer, out: &mut Vec<Effect>) {
    out.push(Effect::Answer { session, answer });
}

fn refuse(session: SessionId, refusal: Refusal, out: &mut Vec<Effect>) {
    answer(session, Answer::Refused(refusal), out);
}
