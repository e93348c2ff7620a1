//! Taking a seat in a room and giving it up, as a shard does it after the hub has decided.

use teahouse_core::{Position, RequestId, RoomId, RoomName};

use super::Shard;
use super::connection::{Behind, Seat, Stage};
use super::room::{Member, RoomHere};
use super::speaker::Beginning;

impl Shard {
    /// Seats a connection in a room whose last event is `at`.
    pub(super) fn joined(
        &mut self,
        index: usize,
        request: RequestId,
        (id, name): (RoomId, &RoomName),
        at: Position,
    ) -> Beginning {
        let shown = self.settings.history_shown;
        let room = self.rooms.entry(id).or_insert_with(|| RoomHere::new(name.clone(), at));
        let connection = &mut self.connections[index];
        let place = (self.house.epoch, at);
        let beginning = connection.speaker.handle_joined(request, (id, name), place, shown);
        let Beginning { cursor, wants_tail, .. } = beginning;
        let behind = (wants_tail || cursor < at).then_some(Behind { cursor, wants_tail });
        // Most people are in one room: no room is kept for more.
        connection.seats.reserve_exact(1);
        connection.seats.push(Seat { room: id, member: room.members.len(), behind });
        room.members.push(Member { connection: index, is_live: behind.is_none() });
        room.ignoring += usize::from(connection.ignored.is_some());
        beginning
    }

    pub(super) fn parted(
        &mut self,
        index: usize,
        request: RequestId,
        (id, name): (RoomId, &RoomName),
    ) {
        self.unseat(index, id);
        let connection = &mut self.connections[index];
        connection.speaker.handle_parted(id);
        if connection.stage == Stage::In {
            self.tell(index, |speaker, out| speaker.render_parted(request, name, out));
            self.connections[index].wake();
        }
    }

    /// Takes a member out of a room's list; the last one moves into its place.
    fn unseat(&mut self, index: usize, id: RoomId) {
        let connection = &mut self.connections[index];
        let Some(at) = connection.seats.iter().position(|seat| seat.room == id) else { return };
        let seat = connection.seats.swap_remove(at);
        let is_ignoring = connection.ignored.is_some();
        let Some(room) = self.rooms.get_mut(&id) else { return };
        room.members.swap_remove(seat.member);
        room.ignoring -= usize::from(is_ignoring);
        let moved = room.members.get(seat.member).map(|member| member.connection);
        if room.members.is_empty() {
            self.rooms.remove(&id);
        }
        if let Some(moved) = moved
            && let Some(other) = self.connections[moved].seat(id)
        {
            other.member = seat.member;
        }
    }
}
