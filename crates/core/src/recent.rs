//! The message ids of the last messages, so that one sent again is known again (promise P3). Bounded by
//! count and filled from the store at start: the same on every node and after every restart.

use std::collections::{BTreeMap, VecDeque};

use crate::{MessageId, Position, RoomId};

#[derive(Debug, Default)]
pub(crate) struct Recent {
    positions: BTreeMap<(RoomId, MessageId), Position>,
    order: VecDeque<(RoomId, MessageId)>,
}

impl Recent {
    pub(crate) fn position(&self, room: RoomId, id: MessageId) -> Option<Position> {
        self.positions.get(&(room, id)).copied()
    }

    pub(crate) fn insert(&mut self, room: RoomId, id: MessageId, position: Position, max: usize) {
        if self.positions.insert((room, id), position).is_none() {
            self.order.push_back((room, id));
        }
        while self.order.len() > max {
            if let Some(oldest) = self.order.pop_front() {
                self.positions.remove(&oldest);
            }
        }
    }
}
