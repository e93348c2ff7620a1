//! A room: its sequence, its topic, its members, and the joins and leaves that are not announced yet. And all rooms,
//! found by number, name and look.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::snapshot::RoomState;
use crate::{
    Nick, NickKey, Position, RoomId, RoomName, SessionId, SteadyTime, StoredRoom, Text, Time,
};

/// Nicks that one summary of folded joins or leaves names; the rest are counted.
const FOLD_NAMES_MAX: usize = 8;

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) name: RoomName,
    /// The position of the oldest event in history; right after `head` when history has none.
    pub(crate) first: Position,
    /// The position of the last event.
    pub(crate) head: Position,
    /// The time of the last event.
    pub(crate) last: Time,
    pub(crate) topic: Option<Text>,
    /// Sorted by nick, so that a page of the list costs no more than the page.
    pub(crate) members: BTreeMap<NickKey, SessionId>,
    /// The number of followers, and of sessions in the room that are not seen yet.
    pub(crate) unseen: usize,
    /// Whether it has events, and so continues to exist without members.
    pub(crate) is_durable: bool,
    pub(crate) fold: Option<Fold>,
    /// The time of its last event, under which it is listed among the evictable rooms; `None` if it is not evictable.
    evictable_since: Option<Time>,
}

impl Room {
    /// The most sessions that receive it: a broadcast to the room costs this much.
    pub(crate) fn listeners(&self) -> usize {
        self.members.len() + self.unseen
    }

    /// The room as it was loaded from the store.
    pub(crate) fn from_stored(
        StoredRoom { room, name, first, head, last, topic }: StoredRoom,
    ) -> Self {
        Self { first, head, last, topic, is_durable: true, ..Self::new(room, name) }
    }

    /// Its state without its members.
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
            is_durable: false,
            fold: None,
            evictable_since: None,
        }
    }
}

/// Joins and leaves since the last summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fold {
    pub(crate) due: SteadyTime,
    /// Whether the room is large: then every join and leave is folded, not only those of an origin with too many.
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

/// All rooms.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    by_id: BTreeMap<RoomId, Room>,
    by_name: BTreeMap<RoomName, RoomId>,
    /// Several rooms have one look when an operator chose such a name for the first room, or after the rules for
    /// looks have changed.
    by_look: BTreeSet<(CompactString, RoomId)>,
    last_id: u32,
    /// The room that always exists; `None` before the first [`Rooms::configure`].
    first: Option<RoomId>,
    /// The most events of an evictable room.
    small_events: u64,
    /// The evictable rooms, sorted by the time of their last event.
    evictable: BTreeSet<(Time, RoomId)>,
}

impl Rooms {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The number of rooms that count against the bound: all except the first room.
    pub(crate) fn counted(&self) -> usize {
        self.len() - usize::from(self.first.is_some())
    }

    /// Sets which room always exists, and how small an evictable room is.
    pub(crate) fn configure(&mut self, first: &RoomName, small_events: u64) {
        let before = self.first.take();
        self.first = Some(match self.id_of(first) {
            Some(id) => id,
            None => self.create(first.clone()).id,
        });
        if let Some(before) = before {
            self.refresh(before);
        }
        self.small_events = small_events;
        let ids: Vec<RoomId> = self.by_id.keys().copied().collect();
        for id in ids {
            self.refresh(id);
        }
    }

    /// Whether [`Rooms::configure`] has named the first room.
    pub(crate) fn has_first(&self) -> bool {
        self.first.is_some()
    }

    /// Marks the numbers up to this one as used: by rooms of which some may be deleted.
    pub(crate) fn reserve_up_to(&mut self, last: RoomId) {
        self.last_id = self.last_id.max(last.0);
    }

    /// The highest number that was ever given to a room.
    pub(crate) fn last(&self) -> RoomId {
        RoomId(self.last_id)
    }

    /// The state of every room without its members, in the order of their numbers.
    pub(crate) fn states(&self) -> impl Iterator<Item = RoomState> {
        self.by_id.values().map(Room::state)
    }

    /// Adds a room from a snapshot.
    ///
    /// # Errors
    /// When a room with that number or name exists, or a position is past [`Position::MAX`].
    pub(crate) fn add(&mut self, state: RoomState) -> Result<(), String> {
        let RoomState { id, name, first, head, last, topic, fold } = state;
        if self.by_id.contains_key(&id) || self.by_name.contains_key(&name) {
            return Err(format!("{name} or its number {} is there twice", id.0));
        }
        if head > Position::MAX {
            return Err(format!("{name} has {head} events"));
        }
        let is_durable = head > Position::START;
        self.insert(Room { first, head, last, topic, is_durable, fold, ..Room::new(id, name) });
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

    /// The oldest room that looks like `name`.
    pub(crate) fn lookalike(&self, name: &RoomName) -> Option<&Room> {
        let look = name.look();
        let (found, id) = self.by_look.range((look.clone(), RoomId(0))..).next()?;
        if *found == look { self.get(*id) } else { None }
    }

    /// All rooms, sorted by name.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = &Room> {
        self.by_name.values().filter_map(|id| self.get(*id))
    }

    /// Creates a room with the next number.
    pub(crate) fn create(&mut self, name: RoomName) -> &mut Room {
        self.insert(Room::new(RoomId(self.last_id + 1), name))
    }

    pub(crate) fn insert(&mut self, room: Room) -> &mut Room {
        let id = room.id;
        self.last_id = self.last_id.max(id.0);
        self.by_name.insert(room.name.clone(), id);
        self.by_look.insert((room.name.look(), id));
        self.by_id.entry(id).or_insert(room)
    }

    /// Call this when the members, unseen listeners or events of a room have changed. A room that has none of them
    /// is removed; a small room without members and listeners becomes evictable.
    pub(crate) fn refresh(&mut self, id: RoomId) {
        let (first, small_events) = (self.first, self.small_events);
        let Some(room) = self.by_id.get_mut(&id) else { return };
        let is_empty = room.members.is_empty() && room.unseen == 0 && Some(id) != first;
        let is_evictable = is_empty && room.head.0 <= small_events;
        let wanted = is_evictable.then_some(room.last);
        let before = std::mem::replace(&mut room.evictable_since, wanted);
        let is_bare = is_empty && !room.is_durable;
        if before != wanted {
            self.evictable.extend(wanted.map(|last| (last, id)));
            if let Some(last) = before {
                self.evictable.remove(&(last, id));
            }
        }
        if is_bare {
            self.remove(id);
        }
    }

    /// Whether [`Rooms::evict`] would remove a room.
    pub(crate) fn has_evictable(&self) -> bool {
        !self.evictable.is_empty()
    }

    /// Removes the evictable room that was quiet for longest and returns its number.
    pub(crate) fn evict(&mut self) -> Option<RoomId> {
        let (_, id) = self.evictable.first().copied()?;
        self.remove(id);
        Some(id)
    }

    /// See [`crate::Chat::check`]. `unseen_in` has the room of each follower and each unseen session.
    pub(crate) fn check(&self, unseen_in: impl Iterator<Item = RoomId>) -> Result<(), String> {
        let mut unseen: BTreeMap<RoomId, usize> = BTreeMap::new();
        for room in unseen_in {
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
            if is_empty && !room.is_durable && !is_first {
                return Err(format!("{name} is bare and exists"));
            }
            if *first == Position::START || *first > head.next() {
                return Err(format!("{name} has {head} events and begins at {first}"));
            }
            if room.is_durable != (head.0 > 0) {
                return Err(format!("{name} has {head} events and is not kept, or is"));
            }
            let is_evictable = is_empty && !is_first && head.0 <= self.small_events;
            if room.evictable_since != is_evictable.then_some(*last)
                || self.evictable.contains(&(*last, *id)) != is_evictable
            {
                return Err(format!("{name} may give way and does not stand so, or the reverse"));
            }
        }
        let evictable = self.by_id.values().filter(|room| room.evictable_since.is_some()).count();
        let is_whole = self.by_name.len() == self.by_id.len()
            && evictable == self.evictable.len()
            && unseen.is_empty();
        if is_whole { Ok(()) } else { Err("a room that is gone is still found".to_owned()) }
    }

    fn remove(&mut self, id: RoomId) {
        let Some(room) = self.by_id.remove(&id) else { return };
        if let Some(last) = room.evictable_since {
            self.evictable.remove(&(last, id));
        }
        self.by_name.remove(&room.name);
        self.by_look.remove(&(room.name.look(), id));
    }
}
