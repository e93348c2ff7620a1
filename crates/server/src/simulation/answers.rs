//! The order of answers. A session that asks who is in a room has received everything that was decided before the
//! answer, and nothing that was decided after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_core::{Answer, Effect, Position, RoomId, SessionId};

/// What a shard has handled, as far as answers need it.
#[derive(Default)]
pub(super) struct Answers {
    /// The position of the last event of each room, if known.
    heads: BTreeMap<RoomId, Position>,
    /// The sessions that ignore anyone, which do not receive every event.
    ignoring: BTreeSet<SessionId>,
    /// For each session and each of its answers, in order: the last positions of all rooms. `None` if the session was
    /// behind then, since history is read for it at another time.
    given: BTreeMap<SessionId, Vec<Option<BTreeMap<RoomId, Position>>>>,
}

impl Answers {
    /// Records that a shard has handled a round. The sessions in `behind` were behind before or after it.
    pub(super) fn note(&mut self, round: &[Arc<Vec<Effect>>], behind: &BTreeSet<SessionId>) {
        for effect in round.iter().flat_map(|batch| batch.iter()) {
            match effect {
                Effect::Event(event) => drop(self.heads.insert(event.room, event.position)),
                Effect::Answer { session, answer: Answer::Members { .. }, .. } => {
                    let receives_all =
                        !behind.contains(session) && !self.ignoring.contains(session);
                    let heads = receives_all.then(|| self.heads.clone());
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

    /// The last position of a room at the time of a session's answer number `nth`, if known.
    pub(super) fn head(&self, session: SessionId, nth: usize, room: RoomId) -> Option<Position> {
        self.given.get(&session)?.get(nth)?.as_ref()?.get(&room).copied()
    }
}
