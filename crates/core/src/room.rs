//! A room: its sequence, its topic, who is in it, and the comings and goings not yet announced.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{Nick, NickKey, Position, RoomId, RoomName, SessionId, SteadyTime, Text, Time};

/// Nicks that one folded announcement names; the rest are counted.
const FOLD_NAMES_MAX: usize = 8;

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) name: RoomName,
    /// The last event's position.
    pub(crate) head: Position,
    /// When the last event was.
    pub(crate) last: Time,
    pub(crate) topic: Option<Text>,
    /// By nick, so that a page of the list costs a page.
    pub(crate) members: BTreeMap<NickKey, SessionId>,
    /// Visitors that hear it, and sessions in it that are not seen yet.
    pub(crate) unseen: usize,
    /// Whether it has events, and so outlives its members.
    pub(crate) is_kept: bool,
    pub(crate) fold: Option<Fold>,
}

/// Comings and goings gathered since the last announcement.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) due: SteadyTime,
    pub(crate) entered: FoldedNicks,
    pub(crate) gone: FoldedNicks,
}

#[derive(Debug, Default)]
pub(crate) struct FoldedNicks {
    pub(crate) named: Vec<Nick>,
    pub(crate) count: usize,
}

impl FoldedNicks {
    pub(crate) fn add(&mut self, nick: &Nick) {
        self.count += 1;
        if self.named.len() < FOLD_NAMES_MAX {
            self.named.push(nick.clone());
        }
    }
}

/// All rooms, by number and by name.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    by_id: BTreeMap<RoomId, Room>,
    by_name: BTreeMap<RoomName, RoomId>,
    by_look: BTreeMap<CompactString, RoomId>,
    last_id: u32,
}

impl Rooms {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn id_of(&self, name: &RoomName) -> Option<RoomId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.by_id.get_mut(&id)
    }

    /// The room that looks like `name`, if there is one.
    pub(crate) fn lookalike(&self, name: &RoomName) -> Option<&Room> {
        self.by_look.get(&name.look()).and_then(|id| self.get(*id))
    }

    /// All rooms in the order of their names.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = &Room> {
        self.by_name.values().filter_map(|id| self.get(*id))
    }

    /// Makes a room with the next number.
    pub(crate) fn found(&mut self, name: RoomName) -> &mut Room {
        let id = RoomId(self.last_id + 1);
        self.insert(Room {
            id,
            name,
            head: Position::START,
            last: Time::default(),
            topic: None,
            members: BTreeMap::new(),
            unseen: 0,
            is_kept: false,
            fold: None,
        })
    }

    pub(crate) fn insert(&mut self, room: Room) -> &mut Room {
        let id = room.id;
        self.last_id = self.last_id.max(id.0);
        self.by_name.insert(room.name.clone(), id);
        self.by_look.insert(room.name.look(), id);
        self.by_id.entry(id).or_insert(room)
    }

    /// Forgets a room that has neither members, unseen listeners nor events.
    pub(crate) fn drop_if_bare(&mut self, id: RoomId) {
        let is_bare = |room: &Room| room.members.is_empty() && room.unseen == 0 && !room.is_kept;
        if self.get(id).is_some_and(is_bare)
            && let Some(room) = self.by_id.remove(&id)
        {
            self.by_name.remove(&room.name);
            self.by_look.remove(&room.name.look());
        }
    }
}
