//! The hot path: writes what is pending to the members of a room.

use teahouse_core::RoomId;

use super::super::connections::Connections;
use super::super::outbox::What;
use super::super::pending::{Encoding, Round};
use super::super::socket::Socket;
use super::super::writer::Delivery;
use super::Rooms;
use super::single::{MemberWriter, RoomRef};

impl Rooms {
    /// Writes the same bytes to every member, with one direct write each. For a member that is given everything as the
    /// others are, it touches only the member's entry here and its output.
    pub(super) fn flush<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        id: RoomId,
        round: &Round,
    ) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let Some(mut pending) = room.pending.take() else { return };
        room.check_list_keepers(&self.formats);
        let Self { formats, lists, deliveries, scratch, .. } = self;
        let mut writer = MemberWriter { round, formats, lists, deliveries, scratch };
        let target = RoomRef { id, name: &room.name, head: room.head };
        let about = (round, target.name);
        pending.complete(about, writer.formats);
        for member in &mut room.members {
            let receives_presence = pending.has_presence
                && (!member.is_live || writer.formats.keeps_lists(member.format));
            if std::mem::take(&mut member.is_single) || member.ignores || receives_presence {
                writer.write(connections, &target, member, &mut pending);
                member.given = 0;
                continue;
            }
            if !member.is_live {
                continue;
            }
            let encoded = pending.encoded(member.format, about, writer.formats);
            let Encoding { bytes, facts, shared, .. } = pending.encoding(encoded);
            match connections.deliver(member.connection, bytes, What::Room, shared) {
                Delivery::Accepted => *writer.deliveries += *facts,
                Delivery::Behind => member.fall_behind(connections, id, target.head),
                Delivery::Lost => {}
            }
        }
        room.head = pending.head.unwrap_or(room.head);
        self.keep_buffers(pending);
    }
}
