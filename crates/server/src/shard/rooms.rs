//! The rooms that have members on this shard: their members, and what is about to be written to them.
//!
//! The room messages of a round collect in the room's [`Pending`]. They are encoded once per format and leave in one
//! write per member; [`Rooms::flush`] is the hot path. Before output for one session alone, that member is written what
//! is pending so far ([`Rooms::flush_to`]); the next flush of the room continues from there.
//!
//! Members whose clients keep lists receive every join and leave: [`super::lists`].
//!
//! Invariant: a live member has been given every event of its room up to the room's `head`. A member that is not live
//! has a cursor, and [`super::catch_up`] gives it everything after that.

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
use single::{MemberWriter, RoomRef, note_own};

/// The most buffers for encoded messages that are kept for the next round.
const SPARE_PENDING_MAX: usize = 64;

/// A room with members on this shard.
struct Room {
    name: RoomName,
    /// The position of the last event that was written to the live members.
    head: Position,
    members: Vec<Member>,
    /// The number of members that ignore anyone.
    ignoring: usize,
    /// The number of members whose format keeps lists.
    list_keepers: usize,
    pending: Option<Pending>,
}

/// All rooms with members on this shard.
pub(super) struct Rooms {
    rooms: HashMap<RoomId, Room>,
    /// The rooms with something pending.
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

    /// The events and announcements that live members were given, counted per member.
    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    pub(super) fn name(&self, room: RoomId) -> Option<&RoomName> {
        self.rooms.get(&room).map(|room| &room.name)
    }

    /// The position of the last event that was written to the live members of a room.
    pub(super) fn head(&self, room: RoomId) -> Option<Position> {
        self.rooms.get(&room).map(|room| room.head)
    }

    /// Adds a connection to a room. `false` if the shard has too many formats to add one.
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
        // What is pending may now concern a list keeper, so the order of facts matters from here on.
        self.lists.dirty.extend((keeps_lists && room.pending.is_some()).then_some(id));
        let is_live = membership.behind.is_none();
        // Most connections are in one room, so no memory is reserved for more.
        connection.memberships.reserve_exact(1);
        connection.memberships.push(Membership { member: room.members.len(), ..membership });
        let mut member =
            Member { connection: index, format, is_live, ignores, is_single: false, given: 0 };
        if let Some(pending) = &room.pending {
            // The member must not receive events from before it joined.
            member.skip(pending);
        }
        room.members.push(member);
        true
    }

    /// Updates the formats of a connection. `false` if the shard has too many formats to add one; the connection is
    /// then removed from the rooms concerned.
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
            self.leave(connections, index, *room);
        }
        unknown.is_empty()
    }

    /// Removes a connection from a room. The last member of the room's list moves to the freed index.
    pub(super) fn leave<S: Socket>(
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

    /// Marks a member as live: it has been given everything up to its room's head.
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

    /// Sets whom a connection ignores.
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

    /// Renders events of the past as a member sees them; returns how many it sees.
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

    /// Adds an event of the round to what is pending in a room, if the room has members here.
    pub(super) fn push<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        room: RoomId,
        round: &Round,
        at: (usize, usize),
    ) {
        let room = InRoom { room, is_announced: true };
        self.begin_list_change(connections, &[room], round, at);
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

    /// The size of the connection's largest room on this shard: how many members its message reaches at most.
    pub(super) fn most_members<S>(&self, connection: &Connection<S>) -> usize {
        let rooms = connection.memberships.iter();
        rooms.filter_map(|m| self.rooms.get(&m.room)).map(|r| r.members.len()).max().unwrap_or(0)
    }

    /// Writes what is pending in every room to its members, the smallest rooms first.
    pub(super) fn flush_all<S: Socket>(&mut self, connections: &mut Connections<S>, round: &Round) {
        let members = |id: &RoomId| self.rooms.get(id).map_or(0, |room| room.members.len());
        self.dirty.sort_by_cached_key(|id| std::cmp::Reverse(members(id)));
        while let Some(id) = self.dirty.pop() {
            self.flush(connections, id, round);
        }
        self.lists.end_round();
    }

    /// Writes what is pending in the rooms of one connection to that connection alone, so that output for it alone
    /// comes after.
    pub(super) fn flush_to<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        round: &Round,
    ) {
        if self.dirty.is_empty() {
            return;
        }
        let Self { rooms, formats, lists, deliveries, scratch, .. } = self;
        let mut writer = MemberWriter { round, formats, lists, deliveries, scratch };
        for nth in 0..connections[index].memberships.len() {
            let Membership { room: id, member, .. } = connections[index].memberships[nth];
            let Some(room) = rooms.get_mut(&id) else { continue };
            let Some(pending) = &mut room.pending else { continue };
            let target = RoomRef { id, name: &room.name, head: room.head };
            let member = &mut room.members[member];
            writer.write(connections, &target, member, pending);
            member.skip(pending);
        }
    }

    /// Keeps the buffers of a `Pending` for reuse.
    fn keep_buffers(&mut self, mut pending: Pending) {
        if self.spare.len() < SPARE_PENDING_MAX {
            pending.clear();
            self.spare.push(pending);
        }
    }
}
