//! The rooms that have members on this shard: who is in them, and what is about to be written to them.
//!
//! Room messages of a whole round are gathered in the room's [`Pending`], encoded once per format when they are
//! written, and leave in one write per member. [`Rooms::flush`] is the hot path.
//!
//! Invariant: a member that is live has been given every event of its room up to the room's `head`; a member that
//! is not has a cursor, and is given everything after it by [`super::catch_up`].

use hashbrown::HashMap;
use teahouse_core::{Effect, Event, Ignored, Position, RoomId, RoomName, SessionId};

use super::connection::Connection;
use super::connections::{Connections, Delivery};
use super::encoder::{Encoder, Format};
use super::membership::{Behind, Membership};
use super::outbox::{Shared, What};
use super::pending::{Author, Item, Pending, Round, is_typed};
use super::socket::Socket;

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
    pending: Option<Pending>,
}

/// A membership, seen from the room.
#[derive(Clone, Copy)]
struct Member {
    connection: usize,
    is_live: bool,
}

/// All rooms with members here.
pub(super) struct Rooms {
    rooms: HashMap<RoomId, Room>,
    /// Those with something pending.
    dirty: Vec<RoomId>,
    spare: Vec<Pending>,
    pub(super) encoder: Encoder,
    /// Counts flushes: a connection that is not given all of one has its number.
    flush: u64,
    deliveries: u64,
    scratch: Vec<u8>,
}

impl Rooms {
    pub(super) fn new(encoder: Encoder) -> Self {
        Self {
            rooms: HashMap::new(),
            dirty: Vec::new(),
            spare: Vec::new(),
            encoder,
            flush: 0,
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

    /// A connection is a member of a room from here on.
    pub(super) fn join<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        (name, at): (&RoomName, Position),
        membership: Membership,
    ) {
        let id = membership.room;
        let room = self.rooms.entry(id).or_insert_with(|| Room {
            name: name.clone(),
            head: at,
            members: Vec::new(),
            ignoring: 0,
            pending: None,
        });
        let connection = &mut connections[index];
        room.ignoring += usize::from(connection.ignored.is_some());
        let is_live = membership.behind.is_none();
        // Most people are in one room: no memory is kept for more.
        connection.memberships.reserve_exact(1);
        connection.memberships.push(Membership { member: room.members.len(), ..membership });
        room.members.push(Member { connection: index, is_live });
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
        room.members.swap_remove(membership.member);
        room.ignoring -= usize::from(is_ignoring);
        let moved = room.members.get(membership.member).map(|member| member.connection);
        if room.members.is_empty() {
            self.rooms.remove(&id);
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
            }
        }
    }

    /// Adds an effect of the round to what is about to be written to a room, if it has members here.
    pub(super) fn push<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        id: RoomId,
        round: &Round,
        (batch, effect): (usize, usize),
    ) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if room.pending.is_none() {
            self.dirty.push(id);
        }
        let spare = &mut self.spare;
        let pending = room.pending.get_or_insert_with(|| spare.pop().unwrap_or_default());
        pending.push(round, batch, effect, room.ignoring > 0);
        if pending.is_full() {
            self.flush(connections, id, round);
        }
    }

    /// Writes what is pending to the members of every room.
    pub(super) fn flush_all<S: Socket>(&mut self, connections: &mut Connections<S>, round: &Round) {
        while let Some(id) = self.dirty.pop() {
            self.flush(connections, id, round);
        }
    }

    /// Writes what is pending to the rooms of one connection: it hears everything in the order in which it was
    /// decided, and nobody else's rooms are written in small pieces for that.
    pub(super) fn flush_rooms_of<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        index: usize,
        round: &Round,
    ) {
        if self.dirty.is_empty() {
            return;
        }
        for membership in 0..connections[index].memberships.len() {
            let room = connections[index].memberships[membership].room;
            self.flush(connections, room, round);
        }
    }

    /// The hot path: the same bytes to every member, one direct write each.
    pub(super) fn flush<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        id: RoomId,
        round: &Round,
    ) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let Some(mut pending) = room.pending.take() else { return };
        self.flush += 1;
        mark_own(connections, &pending, round, self.flush);
        let mut shared = Pending::shared();
        for member in &mut room.members {
            if !member.is_live && !pending.has_presence {
                continue;
            }
            let index = member.connection;
            let connection = &connections[index];
            let format = connection.protocol.format(id);
            let picks = connection.ignored.is_some() || connection.output.own_flush == self.flush;
            pending.encode(format, round, &room.name, &mut self.encoder);
            if !member.is_live {
                send_presence(connections, index, id, (format, &pending), &mut self.scratch);
                continue;
            }
            let delivery = if picks {
                send_picked(connections, index, (format, &pending), &mut self.scratch)
            } else {
                let shared = &mut shared[format.index()];
                connections.send(index, pending.bytes(format), What::Room, shared)
            };
            match delivery {
                Delivery::Accepted => self.deliveries += pending.items.len() as u64,
                Delivery::Behind => {
                    member.is_live = false;
                    if let Some(membership) = connections[index].membership(id) {
                        membership.behind = Some(Behind { cursor: room.head, wants_tail: false });
                    }
                }
                Delivery::Lost => {}
            }
        }
        room.head = pending.head.unwrap_or(room.head);
        pending.clear();
        if self.spare.len() < SPARE_PENDING_MAX {
            self.spare.push(pending);
        }
    }
}

/// Notes which connections are not given all of this flush, because some of it is their own doing.
fn mark_own<S: Socket>(
    connections: &mut Connections<S>,
    pending: &Pending,
    round: &Round,
    flush: u64,
) {
    for item in &pending.items {
        let Some(index) = item.about.and_then(|session| connections.of_session(session)) else {
            continue;
        };
        let connection = &mut connections[index];
        let mut hears_it = false;
        if let Effect::Event(event) = &round[item.batch][item.effect] {
            hears_it = !item.is_typed || connection.protocol.wants_echo();
            connection.protocol.handle_own_event(event);
            // It may have waited with its next request for this.
            connection.wake_to_read();
        }
        if !hears_it {
            connection.output.own_flush = flush;
        }
    }
}

/// To a member that has done some of it or ignores somebody: what it is to hear of it.
fn send_picked<S: Socket>(
    connections: &mut Connections<S>,
    index: usize,
    (format, pending): (Format, &Pending),
    scratch: &mut Vec<u8>,
) -> Delivery {
    let connection = &connections[index];
    scratch.clear();
    pending.pick(format, scratch, |item| {
        !is_about_itself(connection, item)
            && item.author.as_ref().is_none_or(|Author { session, author, key }| {
                !connection.ignores(*session, *author, key.as_ref())
            })
    });
    if scratch.is_empty() {
        return Delivery::Accepted;
    }
    connections.send(index, scratch, What::Room, &mut Shared::default())
}

/// To a member that is about to be given the events from history: who came and went meanwhile, which history does
/// not have. One that is not reading misses it.
fn send_presence<S: Socket>(
    connections: &mut Connections<S>,
    index: usize,
    id: RoomId,
    (format, pending): (Format, &Pending),
    scratch: &mut Vec<u8>,
) {
    let connection = &connections[index];
    let is_in = |membership: &Membership| membership.room == id && membership.check.is_none();
    if connection.output.queue.is_some() || !connection.memberships.iter().any(is_in) {
        return;
    }
    let session: SessionId = connection.session;
    scratch.clear();
    pending.pick(format, scratch, |item| item.author.is_none() && item.about != Some(session));
    if !scratch.is_empty() {
        connections.send(index, scratch, What::Room, &mut Shared::default());
    }
}

/// Whether an item says to a member only what it knows: it typed it, or it is about its own coming.
fn is_about_itself<S>(connection: &Connection<S>, item: &Item) -> bool {
    let is_news = item.author.is_some() && (connection.protocol.wants_echo() || !item.is_typed);
    item.about == Some(connection.session) && !is_news
}

/// Whether a member that is refilled hears this event: as when it happens, not what it typed itself and nobody it
/// ignores.
pub(super) fn is_wanted<S>(connection: &Connection<S>, event: &Event) -> bool {
    let is_known = event.session == connection.session
        && is_typed(event.kind)
        && !connection.protocol.wants_echo();
    !is_known && !connection.ignores_author_of(event)
}
