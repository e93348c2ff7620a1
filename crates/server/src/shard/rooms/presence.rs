//! Presence on its way to rooms in which a member keeps a list of the members ([`super::super::lists`]).

use teahouse_core::InRoom;

use super::super::connections::Connections;
use super::super::formats::Formats;
use super::super::pending::Round;
use super::super::socket::Socket;
use super::{Member, Room, Rooms};

impl Room {
    /// Checks, in debug builds, that the number of list keepers is right.
    pub(super) fn check_list_keepers(&self, formats: &Formats) {
        let keeps_lists = |member: &&Member| formats.keeps_lists(member.format);
        debug_assert!(
            !formats.has_lists()
                || self.members.iter().filter(keeps_lists).count() == self.list_keepers,
            "{} has not {} members who keep lists",
            self.name,
            self.list_keepers
        );
    }
}

impl Rooms {
    /// Adds a presence effect to what is pending in its rooms. In a room without list keepers, presence that is not
    /// announced costs nothing.
    pub(in super::super) fn push_presence<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        rooms: &[InRoom],
        round: &Round,
        at: (usize, usize),
    ) {
        self.begin_list_change(connections, rooms, round, at);
        let has_lists = self.formats.has_lists();
        for room in rooms.iter().filter(|room| room.is_announced || has_lists) {
            self.add(connections, *room, round, at);
        }
    }

    /// Prepares the rooms with list keepers for one more effect: writes what is pending there if it may not change
    /// places with that effect.
    pub(super) fn begin_list_change<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        rooms: &[InRoom],
        round: &Round,
        at: (usize, usize),
    ) {
        if !self.formats.has_lists() || !rooms.iter().any(|room| self.has_list_keepers(room)) {
            return;
        }
        if self.lists.note_kind(&round[at.0][at.1]) {
            while let Some(room) = self.lists.dirty.pop() {
                self.flush(connections, room, round);
            }
        }
    }

    fn has_list_keepers(&self, room: &InRoom) -> bool {
        self.rooms.get(&room.room).is_some_and(|room| room.list_keepers > 0)
    }
}
