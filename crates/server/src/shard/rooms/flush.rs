//! The hot path: what is pending is written to the members of a room.

use teahouse_core::RoomId;

use super::super::connections::Connections;
use super::super::outbox::What;
use super::super::pending::{Encoding, Round};
use super::super::socket::Socket;
use super::super::writer::Delivery;
use super::Rooms;
use super::single::{Giving, ShardSetup};

impl Rooms {
    /// The same bytes to every member, one direct write each. Of a member that is given all of it as the others are,
    /// only its place here and its way to the peer are looked at.
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
        let mut giving = Giving { round, formats, lists, deliveries, scratch };
        let place = ShardSetup { id, name: &room.name, head: room.head };
        let about = (round, place.name);
        pending.complete(about, giving.formats);
        for member in &mut room.members {
            let hears_presence = pending.has_presence
                && (!member.is_live || giving.formats.keeps_lists(member.format));
            if std::mem::take(&mut member.is_single) || member.ignores || hears_presence {
                giving.give(connections, &place, member, &mut pending);
                member.given = 0;
                continue;
            }
            if !member.is_live {
                continue;
            }
            let encoded = pending.encoded(member.format, about, giving.formats);
            let Encoding { bytes, facts, shared, .. } = pending.encoding(encoded);
            match connections.send(member.connection, bytes, What::Room, shared) {
                Delivery::Accepted => *giving.deliveries += *facts,
                Delivery::Behind => member.fall_behind(connections, id, place.head),
                Delivery::Lost => {}
            }
        }
        room.head = pending.head.unwrap_or(room.head);
        self.keep_buffers(pending);
    }
}
