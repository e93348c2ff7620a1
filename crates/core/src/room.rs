//! A room: its sequence, its topic, who is in it, and the comings and goings not yet announced.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::snapshot::RoomState;
use crate::{
    Nick, NickKey, Position, RoomId, RoomName, SessionId, SteadyTime, StoredRoom, Text, Time,
};

/// Nicks that one folded announcement names; the rest are counted.
const FOLD_NAMES_MAX: usize = 8;

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) name: RoomName,
    /// The first event's position, of those that are kept; right after `head` where none is.
    pub(crate) first: Position,
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
    /// Where it stands among the rooms that may give way, if it is one of them.
    giving_way: Option<Time>,
}

impl Room {
    /// How many hear it, at most: what is told to the room costs this much.
    pub(crate) fn listeners(&self) -> usize {
        self.members.len() + self.unseen
    }

    /// As the store remembers it.
    pub(crate) fn restored(
        StoredRoom { room, name, first, head, last, topic }: StoredRoom,
    ) -> Self {
        Self { first, head, last, topic, is_kept: true, ..Self::new(room, name) }
    }

    /// Without its members.
    fn state(&self) -> RoomState {
        RoomState {
            id: self.id,
            name: self.name.clone(),
            first: self.first,
            head: self.head,
            last: self.last,
            topic: self.topic.clone(),
            fold: self.fold.clone(),
        }
    }

    fn new(id: RoomId, name: RoomName) -> Self {
        Self {
            id,
            name,
            first: Position::START.next(),
            head: Position::START,
            last: Time::default(),
            topic: None,
            members: BTreeMap::new(),
            unseen: 0,
            is_kept: false,
            fold: None,
            giving_way: None,
        }
    }
}

/// Comings and goings gathered since the last announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fold {
    pub(crate) due: SteadyTime,
    /// Whether it is because the room is big: then everyone is in it.
    pub(crate) is_of_size: bool,
    pub(crate) entered: FoldedNicks,
    pub(crate) gone: FoldedNicks,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoldedNicks {
    pub(crate) named: Vec<Nick>,
    pub(crate) count: u32,
}

impl FoldedNicks {
    pub(crate) fn add(&mut self, nick: &Nick) {
        self.count = self.count.saturating_add(1);
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
    /// Several of one look where an operator has named the first room so, or the rules for looks have changed.
    by_look: BTreeSet<(CompactString, RoomId)>,
    last_id: u32,
    /// The room that always exists, once limits have named it.
    first: Option<RoomId>,
    /// Events up to which a room may give way.
    small_events: u64,
    /// Those that may give way, by their last event.
    giving_way: BTreeSet<(Time, RoomId)>,
}

impl Rooms {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Those that count against the bound: all but the first.
    pub(crate) fn counted(&self) -> usize {
        self.len() - usize::from(self.first.is_some())
    }

    /// Which room always exists, and which ones may give way.
    pub(crate) fn configure(&mut self, first: &RoomName, small_events: u64) {
        let before = self.first.take();
        self.first = Some(match self.id_of(first) {
            Some(id) => id,
            None => self.found(first.clone()).id,
        });
        if let Some(before) = before {
            self.settle(before);
        }
        self.small_events = small_events;
        let ids: Vec<RoomId> = self.by_id.keys().copied().collect();
        for id in ids {
            self.settle(id);
        }
    }

    /// Whether one was named that always exists.
    pub(crate) fn has_first(&self) -> bool {
        self.first.is_some()
    }

    /// Numbers up to this one have been given to rooms, of which some may be gone.
    pub(crate) fn used_up_to(&mut self, last: RoomId) {
        self.last_id = self.last_id.max(last.0);
    }

    /// The highest number that a room ever had.
    pub(crate) fn last(&self) -> RoomId {
        RoomId(self.last_id)
    }

    /// Every room without its members, in the order of their numbers.
    pub(crate) fn states(&self) -> impl Iterator<Item = RoomState> {
        self.by_id.values().map(Room::state)
    }

    /// Adds a room as it was when its state was taken.
    ///
    /// # Errors
    /// When there is one with that number or name, or a number in it is past the last of its kind.
    pub(crate) fn add(&mut self, state: RoomState) -> Result<(), String> {
        let RoomState { id, name, first, head, last, topic, fold } = state;
        if self.by_id.contains_key(&id) || self.by_name.contains_key(&name) {
            return Err(format!("{name} or its number {} is there twice", id.0));
        }
        if head > Position::MAX {
            return Err(format!("{name} has {head} events"));
        }
        let is_kept = head > Position::START;
        self.insert(Room { first, head, last, topic, is_kept, fold, ..Room::new(id, name) });
        Ok(())
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

    /// The room that looks like `name`, if there is one; of several the oldest.
    pub(crate) fn lookalike(&self, name: &RoomName) -> Option<&Room> {
        let look = name.look();
        let (found, id) = self.by_look.range((look.clone(), RoomId(0))..).next()?;
        if *found == look { self.get(*id) } else { None }
    }

    /// All rooms in the order of their names.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = &Room> {
        self.by_name.values().filter_map(|id| self.get(*id))
    }

    /// Makes a room with the next number.
    pub(crate) fn found(&mut self, name: RoomName) -> &mut Room {
        self.insert(Room::new(RoomId(self.last_id + 1), name))
    }

    pub(crate) fn insert(&mut self, room: Room) -> &mut Room {
        let id = room.id;
        self.last_id = self.last_id.max(id.0);
        self.by_name.insert(room.name.clone(), id);
        self.by_look.insert((room.name.look(), id));
        self.by_id.entry(id).or_insert(room)
    }

    /// Draws the conclusions when members, unseen listeners or events of a room have changed: one that has
    /// none of them is forgotten, a small one that nobody is in or hears may give way.
    pub(crate) fn settle(&mut self, id: RoomId) {
        let (first, small_events) = (self.first, self.small_events);
        let Some(room) = self.by_id.get_mut(&id) else { return };
        let is_empty = room.members.is_empty() && room.unseen == 0 && Some(id) != first;
        let may_give_way = is_empty && room.head.0 <= small_events;
        let wanted = may_give_way.then_some(room.last);
        let before = std::mem::replace(&mut room.giving_way, wanted);
        let is_bare = is_empty && !room.is_kept;
        if before != wanted {
            self.giving_way.extend(wanted.map(|last| (last, id)));
            if let Some(last) = before {
                self.giving_way.remove(&(last, id));
            }
        }
        if is_bare {
            self.remove(id);
        }
    }

    /// Whether there is one that [`Rooms::give_way`] would give.
    pub(crate) fn can_give_way(&self) -> bool {
        !self.giving_way.is_empty()
    }

    /// The small room that nobody is in or hears and that was quiet for longest: it is forgotten.
    pub(crate) fn give_way(&mut self) -> Option<RoomId> {
        let (_, id) = self.giving_way.first().copied()?;
        self.remove(id);
        Some(id)
    }

    /// See [`crate::Chat::check`]. `heard` has the room of each who hears one unseen.
    pub(crate) fn check(&self, heard: impl Iterator<Item = RoomId>) -> Result<(), String> {
        let mut unseen: BTreeMap<RoomId, usize> = BTreeMap::new();
        for room in heard {
            *unseen.entry(room).or_default() += 1;
        }
        if self.first.is_some_and(|first| !self.by_id.contains_key(&first)) {
            return Err("there is no first room".to_owned());
        }
        for (id, room) in &self.by_id {
            let Room { name, first, head, last, .. } = room;
            let is_empty = room.members.is_empty() && room.unseen == 0;
            let is_first = self.first == Some(*id);
            if room.id != *id || self.by_name.get(name) != Some(id) || id.0 > self.last_id {
                return Err(format!("{name} is not where it is looked for"));
            }
            if unseen.remove(id).unwrap_or_default() != room.unseen {
                return Err(format!("{name} has not {} unseen listeners", room.unseen));
            }
            if is_empty && !room.is_kept && !is_first {
                return Err(format!("{name} is bare and exists"));
            }
            if *first == Position::START || *first > head.next() {
                return Err(format!("{name} has {head} events and begins at {first}"));
            }
            if room.is_kept != (head.0 > 0) {
                return Err(format!("{name} has {head} events and is not kept, or is"));
            }
            let may_give_way = is_empty && !is_first && head.0 <= self.small_events;
            if room.giving_way != may_give_way.then_some(*last)
                || self.giving_way.contains(&(*last, *id)) != may_give_way
            {
                return Err(format!("{name} may give way and does not stand so, or the reverse"));
            }
        }
        let giving_way = self.by_id.values().filter(|room| room.giving_way.is_some()).count();
        let is_whole = self.by_name.len() == self.by_id.len()
            && giving_way == self.giving_way.len()
            && unseen.is_empty();
        if is_whole { Ok(()) } else { Err("a room that is gone is still found".to_owned()) }
    }

    fn remove(&mut self, id: RoomId) {
        let Some(room) = self.by_id.remove(&id) else { return };
        if let Some(last) = room.giving_way {
            self.giving_way.remove(&(last, id));
        }
        self.by_name.remove(&room.name);
        self.by_look.remove(&(room.name.look(), id));
    }
}
