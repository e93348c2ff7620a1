//! Where answers stand in the order: who asks who is in a room has heard everything that was decided before the answer,
//! and nothing that was decided after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_core::{Answer, Effect, Position, RoomId, SessionId};

/// What a shard has been told, as far as answers go.
#[derive(Default)]
pub(super) struct Answers {
    /// The last event of each room so far, as far as that is known.
    heads: BTreeMap<RoomId, Position>,
    /// Who ignores somebody does not hear every event.
    ignoring: BTreeSet<SessionId>,
    /// The rooms as each session had them when it was answered, in order; none where it was behind just then, since history is
    /// read for it at another time.
    given: BTreeMap<SessionId, Vec<Option<BTreeMap<RoomId, Position>>>>,
}

impl Answers {
    /// A shard has handled a round; these were behind before or after that.
    pub(super) fn note(&mut self, round: &[Arc<Vec<Effect>>], behind: &BTreeSet<SessionId>) {
        for effect in round.iter().flat_map(|batch| batch.iter()) {
            match effect {
                Effect::Event(event) => drop(self.heads.insert(event.room, event.position)),
                Effect::Answer { session, answer: Answer::Members { .. }, .. } => {
                    let hears_all = !behind.contains(session) && !self.ignoring.contains(session);
                    let heads = hears_all.then(|| self.heads.clone());
                    self.given.entry(*session).or_default().push(heads);
                }
                Effect::Joined { room, at, .. } => drop(self.heads.insert(*room, *at)),
                Effect::Ignores { session, .. } => drop(self.ignoring.insert(*session)),
                Effect::Answer { .. }
                | Effect::RoomCreated { .. }
                | Effect::RoomRemoved { .. }
                | Effect::Presence { .. }
                | Effect::Left { .. }
                | Effect::Ended { .. }
                | Effect::Opened { .. }
                | Effect::SessionForgotten { .. } => {}
            }
        }
    }

    /// What was the last event of a room where a session was answered for the so many-th time, if that is known.
    pub(super) fn head(&self, session: SessionId, nth: usize, room: RoomId) -> Option<Position> {
        self.given.get(&session)?.get(nth)?.as_ref()?.get(&room).copied()
    }
}
