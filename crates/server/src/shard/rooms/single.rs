//! Members that are written to separately. Such a member has been given some of what is pending already because it was
//! sent something for it alone, or it sees some of it differently, or it is behind and receives presence.

use teahouse_core::{Position, RoomId, RoomName};
use teahouse_wire::protocol::{Fact, View};

use super::super::connections::Connections;
use super::super::formats::Formats;
use super::super::lists::Lists;
use super::super::outbox::{Shared, What};
use super::super::pending::{Item, Pending, Round};
use super::super::socket::Socket;
use super::super::views::{receives_presence, render_items};
use super::super::writer::Delivery;
use super::member::Member;

/// What a write to a member needs to know about its room.
pub(super) struct RoomRef<'a> {
    pub(super) id: RoomId,
    pub(super) name: &'a RoomName,
    /// The last event before what is pending.
    pub(super) head: Position,
}

/// Writes what is pending to single members.
pub(super) struct MemberWriter<'a> {
    pub(super) round: &'a Round,
    pub(super) formats: &'a mut Formats,
    pub(super) lists: &'a mut Lists,
    pub(super) deliveries: &'a mut u64,
    pub(super) scratch: &'a mut Vec<u8>,
}

impl MemberWriter<'_> {
    /// Writes to one member the pending items that it has not been given, as it sees them.
    pub(super) fn write<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        target: &RoomRef<'_>,
        member: &mut Member,
        pending: &mut Pending,
    ) {
        let (given, index) = (usize::from(member.given), member.connection);
        let keeps_lists = self.formats.keeps_lists(member.format);
        let is_listing = keeps_lists && pending.has_presence;
        let has_all = member.is_live && !(is_listing && connections.is_past_soft(index));
        let has_presence = pending.has_presence
            && (has_all || receives_presence(&connections[index], target.id, keeps_lists));
        if given == pending.items.len() || !(has_all || has_presence) {
            return;
        }
        let about = (self.round, target.name);
        let encoded = pending.encoded_whole(member.format, about, self.formats);
        let (items, encoding) = pending.items_in(encoded);
        let is_given = |item: &Item| {
            (has_all || item.author.is_none())
                && !(is_listing && self.lists.has_been_given(index, item))
        };
        self.scratch.clear();
        let rest = (items, given, encoding);
        render_items(&mut connections[index], rest, about, is_given, self.scratch);
        let delivery = if has_all || !is_listing {
            connections.deliver(index, self.scratch, What::Room, &mut Shared::default())
        } else {
            // Without this its list would be wrong for ever: it is sent, or the member is disconnected past the hard
            // bound.
            connections.send(index, self.scratch, What::Room);
            Delivery::Behind
        };
        match delivery {
            Delivery::Accepted if member.is_live => {
                let is_wanted = |item: &&Item| keeps_lists || !item.is_for_lists;
                *self.deliveries += items[given..].iter().filter(is_wanted).count() as u64;
            }
            Delivery::Behind if member.is_live => {
                let cursor = pending.reached(given, self.round).unwrap_or(target.head);
                member.fall_behind(connections, target.id, cursor);
            }
            Delivery::Accepted | Delivery::Behind | Delivery::Lost => {}
        }
    }
}

/// Reports an item to the session that caused it, if that is here, and notes if its member sees the item differently.
pub(super) fn note_own<S: Socket>(
    connections: &mut Connections<S>,
    (room, members): (RoomId, &mut [Member]),
    item: &Item,
    round: &Round,
) {
    let own = item.about.and_then(|session| connections.of_session(session));
    let (Some(index), Some(fact)) = (own, item.fact(round)) else { return };
    let connection = &mut connections[index];
    if let Fact::Event(event) = fact {
        connection.protocol.handle_own_event(event);
        // Its protocol may have delayed the next request until this event.
        connection.wake_to_read();
    }
    if connection.protocol.view_own(fact) != View::Shared
        && let Some(membership) = connection.membership(room)
    {
        members[membership.member].is_single = true;
    }
}
