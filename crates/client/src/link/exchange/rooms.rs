//! The rooms of a link: where we are in each, and what of it we have seen.

use std::time::Duration;

use teahouse_core::RoomName;
use teahouse_wire::api::{Cursor, Joined};
use teahouse_wire::line::gone;

/// How a room stands with the server, on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not asked for yet.
    Outside,
    /// `join` is on its way; an answer is due.
    Joining(Duration),
    /// In.
    Inside,
    /// `leave` is on its way under this reference; an answer is due.
    Leaving(u64, Duration),
}

/// How far a room has been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoomCursor {
    /// Nothing of it.
    Nowhere,
    /// In since the room's last event was this one; which event comes first is for the server to say.
    Before(Cursor),
    /// Seen up to here.
    At(Cursor),
}

/// A room that we are in, or shall be.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: RoomName,
    /// What our `join` is called.
    pub(super) reference: u64,
    pub(super) standing: Standing,
    cursor: RoomCursor,
    /// The last hole that a connection was given up for: between which events.
    hole: Option<(u64, u64)>,
    /// Somebody is, or was, ignored, whose events are left out: a hole before the next event may be theirs.
    may_skip: bool,
}

/// What an event is to us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The next one.
    New,
    /// The next one that there is: what was before it is gone, as this says.
    NewAfter(String),
    /// Seen before.
    Seen,
    /// Of a room that we are not in.
    Elsewhere,
    /// Not the next one.
    Gap(String),
}

/// What is missing between what we have seen of a room and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// These events, the first and the last, and nothing else.
    Between(u64, u64),
    /// What, cannot be said: the server has another history.
    Unknown,
}

impl Missing {
    /// In words.
    pub(super) fn told(self, room: &RoomName) -> String {
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
    /// Whether we may ignore somebody.
    ignoring: bool,
}

impl Room {
    pub(super) fn new(name: RoomName, reference: u64, seen: Option<Cursor>) -> Self {
        let cursor = seen.map_or(RoomCursor::Nowhere, RoomCursor::At);
        Self { name, reference, standing: Standing::Outside, cursor, hole: None, may_skip: false }
    }

    /// The last event that was seen.
    pub(super) fn seen(&self) -> Option<Cursor> {
        match self.cursor {
            RoomCursor::At(place) => Some(place),
            RoomCursor::Nowhere | RoomCursor::Before(_) => None,
        }
    }

    /// What is missing when the server says that we are in.
    pub(super) fn missing(&self, joined: &Joined) -> Option<Missing> {
        let seen = self.seen().filter(|seen| seen.position > 0)?;
        let next = seen.position.saturating_add(1);
        if self.goes_on(joined) && joined.complete {
            None
        } else if self.goes_on(joined) && next < joined.first {
            Some(Missing::Between(next, joined.first - 1))
        } else {
            Some(Missing::Unknown)
        }
    }

    /// Whether the server has the history that we have seen a beginning of.
    fn goes_on(&self, joined: &Joined) -> bool {
        self.seen()
            .is_some_and(|seen| seen.epoch == joined.epoch && seen.position <= joined.position)
    }

    /// We are in. Where the server goes on elsewhere than we left off, `complete` becomes false and what
    /// we have seen is forgotten.
    pub(super) fn enter(&mut self, joined: &mut Joined) {
        self.standing = Standing::Inside;
        joined.complete &= self.goes_on(joined);
        if !joined.complete {
            let head = Cursor { epoch: joined.epoch, position: joined.position, time_ms: None };
            // An empty room has no first event to wait for.
            self.cursor =
                if head.position == 0 { RoomCursor::At(head) } else { RoomCursor::Before(head) };
        }
    }

    fn take(&mut self, place: Cursor, ignoring: bool) -> Taken {
        let (epoch, upto, is_first) = match self.cursor {
            RoomCursor::Nowhere => return Taken::Elsewhere,
            RoomCursor::Before(head) => (head.epoch, head.position, true),
            RoomCursor::At(seen) => (seen.epoch, seen.position, false),
        };
        if place.epoch != epoch {
            return Taken::Gap(format!("{} has another history", self.name));
        }
        if !is_first && place.position <= upto {
            return Taken::Seen;
        }
        let may_skip = std::mem::replace(&mut self.may_skip, ignoring) || ignoring;
        if place.position > upto.saturating_add(1) && !may_skip {
            let hole = (upto, place.position);
            if self.hole.replace(hole) != Some(hole) {
                return Taken::Gap(format!(
                    "{} went from event {upto} to {}, which leaves a gap",
                    self.name, place.position
                ));
            }
            // Asked again, the server has nothing there either: it would be so for ever.
            self.cursor = RoomCursor::At(place);
            let (from, to) = (upto + 1, place.position - 1);
            return Taken::NewAfter(Missing::Between(from, to).told(&self.name));
        }
        self.cursor = RoomCursor::At(place);
        Taken::New
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

    pub(super) fn named(&mut self, name: &RoomName) -> Option<&mut Room> {
        self.list.iter_mut().find(|room| room.name == *name)
    }

    pub(super) fn add(&mut self, room: Room) {
        self.list.push(room);
    }

    pub(super) fn remove(&mut self, name: &RoomName) {
        self.list.retain(|room| room.name != *name);
    }

    /// Whether we ignore somebody from now on.
    pub(super) fn set_ignoring(&mut self, ignoring: bool) {
        self.ignoring = ignoring;
        for room in &mut self.list {
            room.may_skip |= ignoring;
        }
    }

    /// Takes the event that stands at this place of a room.
    pub(super) fn take(&mut self, name: &RoomName, place: Cursor) -> Taken {
        let ignoring = self.ignoring;
        self.named(name).map_or(Taken::Elsewhere, |room| room.take(place, ignoring))
    }

    /// The connection is gone, and with it the rooms that we were about to leave: their names.
    pub(super) fn fall_out(&mut self) -> Vec<RoomName> {
        let is_leaving = |room: &Room| matches!(room.standing, Standing::Leaving(..));
        let left = self.list.iter().filter(|room| is_leaving(room)).map(|room| room.name.clone());
        let left = left.collect();
        self.list.retain(|room| !is_leaving(room));
        for room in &mut self.list {
            room.standing = Standing::Outside;
        }
        left
    }

    /// When the first answer is due.
    pub(super) fn due(&self) -> Option<Duration> {
        let due = |room: &Room| match room.standing {
            Standing::Outside | Standing::Inside => None,
            Standing::Joining(due) | Standing::Leaving(_, due) => Some(due),
        };
        self.list.iter().filter_map(due).min()
    }
}
