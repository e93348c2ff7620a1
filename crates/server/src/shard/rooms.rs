//! The rooms that have members on this shard: who is in them, and what is about to be written to them.
//!
//! Room messages of a whole round are gathered in the room's [`Pending`], encoded once per format when they are
//! written, and leave in one write per member. [`Rooms::flush`] is the hot path. A member that is told something alone
//! is first given what is pending by then ([`Rooms::bring_up`]), and goes on from there when its room is flushed.
//!
//! Members whose clients keep lists are given everyone who comes and goes: [`super::lists`].
//!
//! Invariant: a member that is live has been given every event of its room up to the room's `head`; a member that
//! is not has a cursor, and is given everything after it by [`super::catch_up`].

#[cfg(test)]
mod check;
mod flush;
mod member;
mod presence;
mod single;

use hashbrown::HashMap;
use teahouse_core::{Event, Ignored, InRoom, Position, RoomId, RoomName};
use teahouse_wire::Epoch;

use super::connection::Connection;
use super::connections::Connections;
use super::formats::Formats;
use super::lists::Lists;
use super::membership::Membership;
use super::pending::{Pending, Round};
use super::socket::Socket;
use super::views::render_past;
use member::Member;
use single::{Giving, ShardSetup, note_own};

/// Buffers for encoded room messages kept for the next round.
const SPARE_PENDING_MAX: usize = 64;

/// A room with members on this shard.
struct Room {
    name: RoomName,
    /// The last event that was written to the live members.
    head: Position,
    members: Vec<Member>,
    /// How many of them ignore somebody.
    ignoring: usize,
    /// How many of them have a format that keeps lists.
    list_keepers: usize,
    pending: Option<Pending>,
}

/// All rooms with members here.
pub(super) struct Rooms {
    rooms: HashMap<RoomId, Room>,
    /// Those with something pending.
    dirty: Vec<RoomId>,
    spare: Vec<Pending>,
    formats: Formats,
    lists: Lists,
    deliveries: u64,
    scratch: Vec<u8>,
}

impl Rooms {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self {
            rooms: HashMap::new(),
            dirty: Vec::new(),
            spare: Vec::new(),
            formats: Formats::new(epoch),
            lists: Lists::default(),
            deliveries: 0,
            scratch: Vec::new(),
        }
    }

    /// Events and announcements given to members as they happened.
    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    pub(super) fn name(&self, room: RoomId) -> Option<&RoomName> {
        self.rooms.get(&room).map(|room| &room.name)
    }

    /// The last event that was written to the live members of a room.
    pub(super) fn head(&self, room: RoomId) -> Option<Position> {
        self.rooms.get(&room).map(|room| room.head)
    }

    /// A connection is a member of a room from here on. `false` where there are too many formats for one more.
    #[must_use]
    pub(super) fn join<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        (name, at): (&RoomName, Position),
        membership: Membership,
    ) -> bool {
        let id = membership.room;
        let connection = &mut connections[index];
        let Some(format) = self.formats.intern(connection.protocol.format(id)) else {
            return false;
        };
        let room = self.rooms.entry(id).or_insert_with(|| Room {
            name: name.clone(),
            head: at,
            members: Vec::new(),
            ignoring: 0,
            list_keepers: 0,
            pending: None,
        });
        let ignores = connection.ignored.is_some();
        room.ignoring += usize::from(ignores);
        let keeps_lists = self.formats.keeps_lists(format);
        room.list_keepers += usize::from(keeps_lists);
        // What is added to that has its order for those who keep lists.
        self.lists.dirty.extend((keeps_lists && room.pending.is_some()).then_some(id));
        let is_live = membership.behind.is_none();
        // Most people are in one room: no memory is kept for more.
        connection.memberships.reserve_exact(1);
        connection.memberships.push(Membership { member: room.members.len(), ..membership });
        let mut member =
            Member { connection: index, format, is_live, ignores, is_single: false, given: 0 };
        if let Some(pending) = &room.pending {
            // What was said before it came in is not for it.
            member.skip(pending);
        }
        room.members.push(member);
        true
    }

    /// A connection is written to in other formats, perhaps. `false` where there are too many for one more: it is in
    /// the rooms concerned no longer.
    #[must_use]
    pub(super) fn renew_formats<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
    ) -> bool {
        let mut unknown = Vec::new();
        let connection = &connections[index];
        for membership in &connection.memberships {
            let Some(room) = self.rooms.get_mut(&membership.room) else { continue };
            match self.formats.intern(connection.protocol.format(membership.room)) {
                Some(format) => {
                    let before = &mut room.members[membership.member].format;
                    let keeps_lists = self.formats.keeps_lists(format);
                    room.list_keepers += usize::from(keeps_lists);
                    let is_pending = keeps_lists && room.pending.is_some();
                    self.lists.dirty.extend(is_pending.then_some(membership.room));
                    room.list_keepers -= usize::from(self.formats.keeps_lists(*before));
                    *before = format;
                }
                None => unknown.push(membership.room),
            }
        }
        for room in &unknown {
            self.part(connections, index, *room);
        }
        unknown.is_empty()
    }

    /// A connection is no member of a room any more; the last of the room's list moves into its place.
    pub(super) fn part<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        id: RoomId,
    ) {
        let connection = &mut connections[index];
        let is_there = |membership: &Membership| membership.room == id;
        let Some(at) = connection.memberships.iter().position(is_there) else { return };
        let membership = connection.memberships.swap_remove(at);
        let is_ignoring = connection.ignored.is_some();
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let member = room.members.swap_remove(membership.member);
        room.ignoring -= usize::from(is_ignoring);
        room.list_keepers -= usize::from(self.formats.keeps_lists(member.format));
        let moved = room.members.get(membership.member).map(|member| member.connection);
        if room.members.is_empty()
            && let Some(Room { pending: Some(pending), .. }) = self.rooms.remove(&id)
        {
            self.keep_buffers(pending);
        }
        if let Some(moved) = moved
            && let Some(other) = connections[moved].membership(id)
        {
            other.member = membership.member;
        }
    }

    /// A member has been given everything up to its room's head.
    pub(super) fn go_live<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        id: RoomId,
    ) {
        let (Some(membership), Some(room)) =
            (connections[index].membership(id), self.rooms.get_mut(&id))
        else {
            return;
        };
        membership.behind = None;
        room.members[membership.member].is_live = true;
    }

    /// A connection does not hear these from here on.
    pub(super) fn ignore<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        ignored: &[Ignored],
    ) {
        let connection = &mut connections[index];
        let was = connection.ignored.is_some();
        connection.ignored = (!ignored.is_empty()).then(|| Box::new(ignored.to_vec()));
        let is = connection.ignored.is_some();
        for membership in &connection.memberships {
            if let Some(room) = self.rooms.get_mut(&membership.room) {
                room.ignoring = room.ignoring + usize::from(is) - usize::from(was);
                room.members[membership.member].ignores = is;
            }
        }
    }

    /// What a member sees of events of the past, and how many of them that are.
    pub(super) fn render_past<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        id: RoomId,
        events: &[Event],
        out: &mut Vec<u8>,
    ) -> usize {
        let connection = &mut connections[index];
        let (Some(room), Some(membership)) = (self.rooms.get(&id), connection.membership(id))
        else {
            return 0;
        };
        let (name, format) = (&room.name, room.members[membership.member].format);
        let mut render =
            |event| render_past(connection, event, name, (&mut self.formats, format), out);
        events.iter().filter(|event| render(event)).count()
    }

    /// Adds an event of the round to what is about to be written to a room, if it has members here.
    pub(super) fn push<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        room: RoomId,
        round: &Round,
        at: (usize, usize),
    ) {
        let room = InRoom { room, is_announced: true };
        self.begin(connections, &[room], round, at);
        self.add(connections, room, round, at);
    }

    fn add<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        InRoom { room: id, is_announced }: InRoom,
        round: &Round,
        at: (usize, usize),
    ) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if !is_announced && room.list_keepers == 0 {
            return;
        }
        if room.pending.is_none() {
            self.dirty.push(id);
            self.lists.dirty.extend((room.list_keepers > 0).then_some(id));
        }
        let spare = &mut self.spare;
        let pending = room.pending.get_or_insert_with(|| spare.pop().unwrap_or_default());
        if let Some(item) = pending.push(round, at, room.ignoring > 0, !is_announced) {
            note_own(connections, (id, &mut room.members), item, round);
        }
        if pending.is_full() {
            self.flush(connections, id, round);
        }
    }

    /// How many on this shard hear what a connection says, at most.
    pub(super) fn most_members<S>(&self, connection: &Connection<S>) -> usize {
        let rooms = connection.memberships.iter();
        rooms.filter_map(|m| self.rooms.get(&m.room)).map(|r| r.members.len()).max().unwrap_or(0)
    }

    /// Writes what is pending to the members of every room: first where it takes least.
    pub(super) fn flush_all<S: Socket>(&mut self, connections: &mut Connections<S>, round: &Round) {
        let members = |id: &RoomId| self.rooms.get(id).map_or(0, |room| room.members.len());
        self.dirty.sort_by_cached_key(|id| std::cmp::Reverse(members(id)));
        while let Some(id) = self.dirty.pop() {
            self.flush(connections, id, round);
        }
        self.lists.end_round();
    }

    /// Gives one connection what is pending in its rooms, and nobody else: what it is told alone has its place behind
    /// that.
    pub(super) fn bring_up<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        round: &Round,
    ) {
        if self.dirty.is_empty() {
            return;
        }
        let Self { rooms, formats, lists, deliveries, scratch, .. } = self;
        let mut giving = Giving { round, formats, lists, deliveries, scratch };
        for nth in 0..connections[index].memberships.len() {
            let Membership { room: id, member, .. } = connections[index].memberships[nth];
            let Some(room) = rooms.get_mut(&id) else { continue };
            let Some(pending) = &mut room.pending else { continue };
            let place = ShardSetup { id, name: &room.name, head: room.head };
            let member = &mut room.members[member];
            giving.give(connections, &place, member, pending);
            member.skip(pending);
        }
    }

    /// Keeps the buffers of what was pending.
    fn keep_buffers(&mut self, mut pending: Pending) {
        if self.spare.len() < SPARE_PENDING_MAX {
            pending.clear();
            self.spare.push(pending);
        }
    }
}
