//! The rooms of a link: the state of our membership and the last event received, for each.

use std::time::Duration;

use teahouse_core::RoomName;
use teahouse_wire::api::{Cursor, Joined};
use teahouse_wire::line::gone;

/// The state of our membership in a room, on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    /// `join` is not sent yet.
    NotJoined,
    /// `join` is in flight; the answer is due at this time.
    Joining(Duration),
    /// Joined.
    Joined,
    /// `leave` is in flight with this reference; the answer is due at this time.
    Leaving(u64, Duration),
}

/// How far the events of a room have been received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoomCursor {
    /// No event, and no `joined`.
    Nowhere,
    /// Joined when this was the room's last event, and no event received yet. The server decides with which event it
    /// starts.
    Before(Cursor),
    /// Received up to this event.
    At(Cursor),
}

/// A room that is joined or will be.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: RoomName,
    /// The reference of our `join`.
    pub(super) reference: u64,
    pub(super) membership: Membership,
    cursor: RoomCursor,
    /// The last gap for which the link closed a connection: the positions before and after it.
    gap: Option<(u64, u64)>,
    /// Someone is or was ignored, so the server may have skipped their events before the next event.
    may_skip: bool,
}

/// What a received event is, compared with the cursor of its room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The next event.
    Next,
    /// The next event that exists: the events before it are lost. The text says which.
    NextAfterLoss(String),
    /// An event that was received before.
    Duplicate,
    /// An event of a room that we have not joined.
    NotInRoom,
    /// Not the next event. The text says what is wrong.
    Gap(String),
}

/// The events that are missing between the last event received and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The events from the first to the last of these positions.
    Between(u64, u64),
    /// Unknown: the server has another history.
    Unknown,
}

impl Missing {
    /// The loss as a sentence for people.
    pub(super) fn render(self, room: &RoomName) -> String {
        match self {
            Self::Between(from, to) => gone(room, (from, to)),
            Self::Unknown => format!(
                "the history of {room} was changed, as when a server is brought back from a copy: \
                 what was shown before may be gone from it"
            ),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Rooms {
    /// In the order they were joined.
    list: Vec<Room>,
    /// Whether someone may be ignored.
    ignoring: bool,
}

impl Room {
    pub(super) fn new(name: RoomName, reference: u64, seen: Option<Cursor>) -> Self {
        let cursor = seen.map_or(RoomCursor::Nowhere, RoomCursor::At);
        Self {
            name,
            reference,
            membership: Membership::NotJoined,
            cursor,
            gap: None,
            may_skip: false,
        }
    }

    /// The cursor of the last event received.
    pub(super) fn seen(&self) -> Option<Cursor> {
        match self.cursor {
            RoomCursor::At(cursor) => Some(cursor),
            RoomCursor::Nowhere | RoomCursor::Before(_) => None,
        }
    }

    /// What is missing when the room continues as `joined` says.
    pub(super) fn missing(&self, joined: &Joined) -> Option<Missing> {
        let seen = self.seen().filter(|seen| seen.position > 0)?;
        let next = seen.position.saturating_add(1);
        if self.continues_from_seen(joined) && joined.complete {
            None
        } else if self.continues_from_seen(joined) && next < joined.first {
            Some(Missing::Between(next, joined.first - 1))
        } else {
            Some(Missing::Unknown)
        }
    }

    /// Whether the server has the history whose beginning we have received.
    fn continues_from_seen(&self, joined: &Joined) -> bool {
        self.seen()
            .is_some_and(|seen| seen.epoch == joined.epoch && seen.position <= joined.position)
    }

    /// The room is joined. If the server does not continue from our cursor, `complete` becomes false and the cursor is
    /// set to where the server continues.
    pub(super) fn enter(&mut self, joined: &mut Joined) {
        self.membership = Membership::Joined;
        joined.complete &= self.continues_from_seen(joined);
        if !joined.complete {
            let head = Cursor { epoch: joined.epoch, position: joined.position, time_ms: None };
            // In an empty room the first event is known: position 1.
            self.cursor =
                if head.position == 0 { RoomCursor::At(head) } else { RoomCursor::Before(head) };
        }
    }

    fn accept(&mut self, cursor: Cursor, ignoring: bool) -> Arrival {
        let (epoch, last, is_first) = match self.cursor {
            RoomCursor::Nowhere => return Arrival::NotInRoom,
            RoomCursor::Before(head) => (head.epoch, head.position, true),
            RoomCursor::At(seen) => (seen.epoch, seen.position, false),
        };
        if cursor.epoch != epoch {
            return Arrival::Gap(format!("{} has another history", self.name));
        }
        if !is_first && cursor.position <= last {
            return Arrival::Duplicate;
        }
        let may_skip = std::mem::replace(&mut self.may_skip, ignoring) || ignoring;
        if cursor.position > last.saturating_add(1) && !may_skip {
            let gap = (last, cursor.position);
            if self.gap.replace(gap) != Some(gap) {
                return Arrival::Gap(format!(
                    "{} went from event {last} to {}, which leaves a gap",
                    self.name, cursor.position
                ));
            }
            // The same gap a second time: another reconnect would not help.
            self.cursor = RoomCursor::At(cursor);
            let (from, to) = (last + 1, cursor.position - 1);
            return Arrival::NextAfterLoss(Missing::Between(from, to).render(&self.name));
        }
        self.cursor = RoomCursor::At(cursor);
        Arrival::Next
    }
}

impl Rooms {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Room> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        self.list.iter_mut()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn find(&mut self, name: &RoomName) -> Option<&mut Room> {
        self.list.iter_mut().find(|room| room.name == *name)
    }

    pub(super) fn add(&mut self, room: Room) {
        self.list.push(room);
    }

    pub(super) fn remove(&mut self, name: &RoomName) {
        self.list.retain(|room| room.name != *name);
    }

    /// Records whether someone is ignored from now on.
    pub(super) fn set_ignoring(&mut self, ignoring: bool) {
        self.ignoring = ignoring;
        for room in &mut self.list {
            room.may_skip |= ignoring;
        }
    }

    /// Compares the event at this cursor with what was received, and advances the room's cursor to it.
    pub(super) fn accept(&mut self, name: &RoomName, cursor: Cursor) -> Arrival {
        let ignoring = self.ignoring;
        self.find(name).map_or(Arrival::NotInRoom, |room| room.accept(cursor, ignoring))
    }

    /// The connection is closed. Removes the rooms that were about to be left, and returns their names with the
    /// references of the leaves; the others are to be joined again.
    pub(super) fn detach_all(&mut self) -> Vec<(RoomName, u64)> {
        let leaving = |room: &Room| match room.membership {
            Membership::Leaving(reference, _) => Some((room.name.clone(), reference)),
            Membership::NotJoined | Membership::Joining(_) | Membership::Joined => None,
        };
        let left: Vec<_> = self.list.iter().filter_map(leaving).collect();
        self.list.retain(|room| leaving(room).is_none());
        for room in &mut self.list {
            room.membership = Membership::NotJoined;
        }
        left
    }

    /// When the first answer is due.
    pub(super) fn due(&self) -> Option<Duration> {
        let due = |room: &Room| match room.membership {
            Membership::NotJoined | Membership::Joined => None,
            Membership::Joining(due) | Membership::Leaving(_, due) => Some(due),
        };
        self.list.iter().filter_map(due).min()
    }
}
