//! A store in memory, with a disk that may be full.

use std::collections::BTreeMap;

use teahouse_core::{
    Effect, Event, EventKind, Excerpt, History, KnownMessage, LogPosition, MessageKey, Position,
    Question, ReadGrant, RoomId, RoomName, Scope, StoredRoom,
};

use crate::history::{Unread, Wanted};

/// The most events in one page: few, so that catching up takes many pages.
const PAGE_EVENTS: usize = 3;

#[derive(Default)]
pub(super) struct ListStore {
    rooms: BTreeMap<RoomId, (RoomName, Vec<Event>)>,
    /// A backup of `rooms`.
    backup: BTreeMap<RoomId, (RoomName, Vec<Event>)>,
    /// Rooms that were evicted, and those that were replaced by a backup.
    removed: Vec<(RoomName, Vec<Event>)>,
    /// The highest number that a room ever had.
    last_room: u32,
    pub(super) is_full: bool,
    /// Whether every read fails.
    pub(super) is_unreadable: bool,
    /// The highest boot number so far.
    pub(super) last_boot: u32,
    /// The last log position that it has recorded.
    pub(super) recorded: LogPosition,
}

impl ListStore {
    /// Stores the effects that must be stored; `false` when the disk is full.
    pub(super) fn commit(&mut self, position: LogPosition, effects: &[Effect]) -> bool {
        let is_stored =
            |effect: &Effect| matches!(effect, Effect::Event(_) | Effect::Opened { .. });
        if effects.iter().any(is_stored) {
            if self.is_full {
                return false;
            }
            assert!(position > self.recorded, "stored effects have their own log position");
            self.recorded = position;
        }
        for effect in effects {
            match effect {
                Effect::RoomCreated { room, name, .. } => {
                    self.last_room = self.last_room.max(room.0);
                    self.rooms.insert(*room, (name.clone(), Vec::new()));
                }
                Effect::RoomRemoved { room } => self.removed.extend(self.rooms.remove(room)),
                Effect::Event(event) => {
                    let (_, events) =
                        self.rooms.get_mut(&event.room).expect("the room was created");
                    assert_eq!(event.position.0, events.len() as u64 + 1, "P1: without a hole");
                    events.push(event.clone());
                }
                Effect::Opened { boot, .. } => {
                    self.last_boot = boot.unwrap_or_default().max(self.last_boot);
                }
                Effect::Joined { .. }
                | Effect::Left { .. }
                | Effect::Presence { .. }
                | Effect::Ignores { .. }
                | Effect::Answer { .. }
                | Effect::Ended { .. }
                | Effect::SessionForgotten { .. } => {}
            }
        }
        true
    }

    /// The history that a restarted server loads.
    pub(super) fn load(&self) -> History {
        let rooms = self.rooms.iter().map(|(room, (name, events))| {
            let last = events.last().expect("a room is stored with its first event");
            let is_topic = |event: &&Event| event.kind == EventKind::Topic;
            let topic = events.iter().rfind(is_topic).and_then(|event| event.text.clone());
            let (head, last) = (last.position, last.time);
            let first = Position::START.next();
            StoredRoom { room: *room, name: name.clone(), first, head, last, topic }
        });
        let (last_boot, last_room) = (self.last_boot, RoomId(self.last_room));
        History { last_boot, last_room, rooms: rooms.collect() }
    }

    pub(super) fn back_up(&mut self) {
        self.backup = self.rooms.clone();
    }

    /// Replaces all rooms by the backup.
    pub(super) fn restore_backup(&mut self) {
        self.removed.extend(std::mem::replace(&mut self.rooms, self.backup.clone()).into_values());
    }

    /// The message with this id.
    pub(super) fn find(&self, key: &MessageKey) -> Option<KnownMessage> {
        let is_it = |event: &&Event| event.id == Some(key.id) && event.author == Some(key.author);
        let event = self.events(key.room).iter().find(is_it)?;
        Some(KnownMessage {
            position: event.position,
            kind: event.kind,
            text: event.text.clone(),
            is_of_author: true,
        })
    }

    pub(super) fn events(&self, room: RoomId) -> &[Event] {
        self.rooms.get(&room).map_or(&[], |(_, events)| events)
    }

    /// The events of the room with this name.
    pub(super) fn events_in(&self, name: &str) -> &[Event] {
        let mut rooms = self.rooms.values();
        rooms.find(|(room, _)| room.as_str() == name).map_or(&[], |(_, events)| events)
    }

    /// The events of all rooms that ever had this name.
    pub(super) fn events_ever_in<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Event> {
        let all = self.rooms.values().chain(&self.removed);
        all.filter(move |(room, _)| room.as_str() == name).flat_map(|(_, events)| events)
    }

    pub(super) fn all_events(&self) -> impl Iterator<Item = &Event> {
        self.rooms.values().chain(&self.removed).flat_map(|(_, events)| events)
    }

    /// How many rooms of this name were evicted or replaced by a backup.
    pub(super) fn removed_count(&self, name: &str) -> usize {
        self.removed.iter().filter(|(room, _)| room.as_str() == name).count()
    }

    /// Reads a page, as a history thread does.
    pub(super) fn read(&self, wanted: &Wanted) -> Result<Excerpt, Unread> {
        if self.is_unreadable {
            return Err(Unread::Fault);
        }
        let between = |room, after: Position, upto: Position| {
            let events = self.events(room).iter();
            events.filter(move |event| event.position > after && event.position <= upto).cloned()
        };
        let events: Vec<Event> = match wanted {
            Wanted::Recent { room, upto, count } => latest(self.events(*room), *upto, *count),
            Wanted::Refill { room, after, upto } => {
                between(*room, *after, *upto).take(PAGE_EVENTS).collect()
            }
            Wanted::Check { room, position, upto } => {
                between(*room, Position(position.0.saturating_sub(1)), *upto).take(1).collect()
            }
            Wanted::Asked(_, ReadGrant { question: Question::Latest { count, .. }, scope }) => {
                let Scope::Rooms(spans) = scope else { return Err(Unread::Fault) };
                spans
                    .first()
                    .map_or(Vec::new(), |span| latest(self.events(span.room), span.upto, *count))
            }
            Wanted::Asked(..) => return Err(Unread::Fault),
        };
        Ok(Excerpt { events, ..Excerpt::default() })
    }
}

fn latest(events: &[Event], upto: Position, count: u32) -> Vec<Event> {
    let known = events.iter().filter(|event| event.position <= upto).count();
    events[known.saturating_sub(count as usize)..known].to_vec()
}
