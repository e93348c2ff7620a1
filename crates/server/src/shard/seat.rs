//! Taking a seat in a room and giving it up, as a shard does it after the hub has decided.

use teahouse_core::{Event, Position, RequestId, RoomId, RoomName};

use super::Shard;
use super::connection::{Behind, Check, Seat, Stage};
use super::room::{Member, RoomHere};
use super::speaker::{Beginning, Entered, recent};

impl Shard {
    /// Seats a connection in a room and tells it so; where it says that it has an event, once that was looked
    /// for in history.
    pub(super) fn joined(&mut self, index: usize, id: RoomId, told: &Entered<'_>) {
        let Entered { request, room: name, at, members, topic, .. } = *told;
        let shown = self.settings.history_shown;
        let room = self.rooms.entry(id).or_insert_with(|| RoomHere::new(name.clone(), at));
        let connection = &mut self.connections[index];
        let place = (self.house.epoch, at);
        let beginning = connection.speaker.handle_joined(request, (id, name), place, shown);
        let Beginning { cursor, wants_tail, is_complete, check } = beginning;
        let is_behind = wants_tail || cursor < at || check.is_some();
        let behind = is_behind.then_some(Behind { cursor, wants_tail });
        let check = check.map(|time| {
            let topic = topic.cloned();
            Box::new(Check { request, time, at, members, topic })
        });
        let is_checked = check.is_none();
        // Most people are in one room: no room is kept for more.
        connection.seats.reserve_exact(1);
        connection.seats.push(Seat { room: id, member: room.members.len(), behind, check });
        room.members.push(Member { connection: index, is_live: behind.is_none() });
        room.ignoring += usize::from(connection.ignored.is_some());
        if is_checked {
            self.tell_entered(index, &Entered { is_complete, ..*told });
        }
    }

    fn tell_entered(&mut self, index: usize, told: &Entered<'_>) {
        let epoch = self.house.epoch;
        self.tell(index, |speaker, out| speaker.render_entered(told, epoch, out));
        self.connections[index].wake();
    }

    /// History was asked for the event that a member says to have: it goes on after that, or begins anew with
    /// the last few. A history that was brought back from a copy has others at the same positions.
    pub(super) fn checked(
        &mut self,
        index: usize,
        id: RoomId,
        position: Position,
        found: &[Event],
    ) {
        let shown = self.settings.history_shown;
        let Some(name) = self.rooms.get(&id).map(|room| room.name.clone()) else { return };
        let Some(seat) = self.connections[index].seat(id) else { return };
        // A room left and entered again meanwhile has a check of its own to come.
        let Some(behind) = seat.behind.as_mut().filter(|behind| behind.cursor == position) else {
            return;
        };
        let Some(check) = seat.check.take() else { return };
        let has_it = |event: &Event| event.position == position && event.time == check.time;
        let is_complete = found.iter().any(has_it);
        if !is_complete {
            behind.cursor = recent(check.at, shown);
        }
        self.tell_checked(index, &name, &check, is_complete);
    }

    fn tell_checked(&mut self, index: usize, name: &RoomName, check: &Check, is_complete: bool) {
        let Check { request, at, members, ref topic, .. } = *check;
        let topic = topic.as_ref();
        self.tell_entered(index, &Entered { request, room: name, at, is_complete, members, topic });
    }

    pub(super) fn parted(
        &mut self,
        index: usize,
        request: RequestId,
        (id, name): (RoomId, &RoomName),
    ) {
        // What was asked first is answered first.
        if let Some(check) = self.connections[index].seat(id).and_then(|seat| seat.check.take()) {
            self.tell_checked(index, name, &check, false);
        }
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
