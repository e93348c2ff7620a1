//! The invariants of rooms and members between two steps. Tests check them.

use super::super::connection::Stage;
use super::super::connections::Connections;
use super::super::socket::Socket;
use super::{Room, Rooms};
use teahouse_core::RoomId;

impl Rooms {
    pub(in super::super) fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Checks that members of rooms and memberships of connections match one to one and agree.
    pub(in super::super) fn check<S: Socket>(
        &self,
        connections: &Connections<S>,
    ) -> Result<(), String> {
        for (id, room) in &self.rooms {
            if let Some(what) = room.find_violation(*id, connections) {
                return Err(format!("{}: {what}", room.name));
            }
            room.check_list_keepers(&self.formats);
        }
        let members: usize = self.rooms.values().map(|room| room.members.len()).sum();
        let memberships: usize = connections.iter().map(|c| c.memberships.len()).sum();
        if members == memberships && self.dirty.is_empty() && self.lists.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{members} members have {memberships} memberships, or something is not written"
        ))
    }
}

impl Room {
    fn find_violation<S: Socket>(
        &self,
        id: RoomId,
        connections: &Connections<S>,
    ) -> Option<&'static str> {
        for (at, member) in self.members.iter().enumerate() {
            let connection = &connections[member.connection];
            let is_it =
                |membership: &&super::Membership| membership.room == id && membership.member == at;
            let Some(membership) = connection.memberships.iter().find(is_it) else {
                return Some("a member has no membership");
            };
            let is_behind = membership.behind.is_some();
            // A member whose history could not be read is neither until it is removed.
            if is_behind == member.is_live && (is_behind || connection.stage == Stage::Entered) {
                return Some("a member is behind and live, or neither");
            }
            if member.is_single || member.given > 0 {
                return Some("a member has been given some of what is not pending");
            }
            if connection.ignored.is_some() != member.ignores {
                return Some("a member's note whether it ignores anyone is wrong");
            }
        }
        let ignoring = self.members.iter().filter(|member| member.ignores).count();
        if self.members.is_empty() {
            Some("it has no members")
        } else if self.pending.is_some() {
            Some("something pending is not written")
        } else if ignoring != self.ignoring {
            Some("the number of members that ignore anyone is wrong")
        } else {
            None
        }
    }
}
