//! The hot path: what is pending is written to the members of a room.

use teahouse_core::RoomId;
use teahouse_wire::protocol::{Fact, View};

use super::super::connections::Connections;
use super::super::membership::Behind;
use super::super::outbox::{Shared, What};
use super::super::pending::{Encoding, Item, Pending, Round};
use super::super::socket::Socket;
use super::super::views::{hears_presence, render_items};
use super::super::writer::Delivery;
use super::{Member, Rooms, SPARE_PENDING_MAX};

impl Rooms {
    /// The same bytes to every member, one direct write each. Of a member that nothing of it concerns,
    /// only its place here and its way to the peer are looked at.
    pub(in super::super) fn flush<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        id: RoomId,
        round: &Round,
    ) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let Some(mut pending) = room.pending.take() else { return };
        room.check_list_keepers(&self.formats);
        note_own(connections, (id, &mut room.members), &pending, round);
        for member in &mut room.members {
            let keeps_lists = pending.has_presence && self.formats.keeps_lists(member.format);
            let is_concerned =
                std::mem::take(&mut member.is_concerned) || member.ignores || keeps_lists;
            if !member.is_live && !pending.has_presence {
                continue;
            }
            let index = member.connection;
            let encoded = pending.encoded(member.format, round, &room.name, &mut self.formats);
            let delivery = if member.is_live && !is_concerned {
                let Encoding { bytes, shared, .. } = pending.encoding(encoded);
                connections.send(index, bytes, What::Room, shared)
            } else {
                let has_all = member.is_live && !(keeps_lists && connections.is_past_soft(index));
                if !has_all && !hears_presence(&connections[index], id, keeps_lists) {
                    continue;
                }
                self.scratch.clear();
                let (items, encoding) = pending.items_in(encoded);
                let (connection, about) = (&mut connections[index], (round, &room.name));
                let lists = &mut self.lists;
                let is_given = |item: &Item| {
                    (has_all || item.author.is_none())
                        && !(keeps_lists && lists.has_been_given(index, item))
                };
                render_items(connection, (items, encoding), about, is_given, &mut self.scratch);
                if has_all || !keeps_lists {
                    connections.send(index, &self.scratch, What::Room, &mut Shared::default())
                } else {
                    // Its list would be wrong for ever: it is told, or let go where too much is queued.
                    connections.give(index, &self.scratch, What::Room);
                    Delivery::Behind
                }
            };
            match delivery {
                Delivery::Accepted if member.is_live => {
                    self.deliveries += pending.encoding(encoded).facts;
                }
                Delivery::Behind if member.is_live => {
                    member.is_live = false;
                    if let Some(membership) = connections[index].membership(id) {
                        membership.behind = Some(Behind { cursor: room.head, together: false });
                    }
                }
                Delivery::Accepted | Delivery::Behind | Delivery::Lost => {}
            }
        }
        room.head = pending.head.unwrap_or(room.head);
        pending.clear();
        if self.spare.len() < SPARE_PENDING_MAX {
            self.spare.push(pending);
        }
    }
}

/// Notes which members do not see all of this as the others do, because some of it is their own doing.
fn note_own<S: Socket>(
    connections: &mut Connections<S>,
    (room, members): (RoomId, &mut [Member]),
    pending: &Pending,
    round: &Round,
) {
    for item in &pending.items {
        let Some(index) = item.about.and_then(|session| connections.of_session(session)) else {
            continue;
        };
        let Some(fact) = item.fact(round) else { continue };
        let connection = &mut connections[index];
        if let Fact::Event(event) = fact {
            connection.protocol.handle_own_event(event);
            // It may have waited with its next request for this.
            connection.wake_to_read();
        }
        if connection.protocol.view_own(fact) != View::Shared
            && let Some(membership) = connection.membership(room)
        {
            members[membership.member].is_concerned = true;
        }
    }
}
