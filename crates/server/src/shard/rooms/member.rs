//! A member of a room, as the room stores it.

use teahouse_core::{Position, RoomId};

use super::super::connections::Connections;
use super::super::formats::FormatId;
use super::super::membership::{Behind, Next};
use super::super::pending::{PIECE_ITEMS, Pending};
use super::super::socket::Socket;

/// The room's entry for one membership.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) connection: usize,
    /// The format of what is written to it.
    pub(super) format: FormatId,
    pub(super) is_live: bool,
    /// Whether the member ignores anyone.
    pub(super) ignores: bool,
    /// Whether the member is written to separately: it has been given some of what is pending already, or it sees some
    /// of it differently.
    pub(super) is_single: bool,
    /// How many of the pending items it has been given. More than 0 only if `is_single`.
    pub(super) given: u16,
}

const _: () = assert!(PIECE_ITEMS <= u16::MAX as usize, "items that a member may have been given");

impl Member {
    /// Records that the member has been given what is pending so far, or that this is not for it.
    pub(super) fn skip(&mut self, pending: &Pending) {
        // There are at most `PIECE_ITEMS` items.
        self.given = u16::try_from(pending.items.len()).unwrap_or(u16::MAX);
        self.is_single = self.given > 0;
    }

    /// The queue is past its soft bound: the member is behind, and continues after `cursor` when it has read its queue.
    pub(super) fn fall_behind<S: Socket>(
        &mut self,
        connections: &mut Connections<S>,
        room: RoomId,
        cursor: Position,
    ) {
        self.is_live = false;
        if let Some(membership) = connections[self.connection].membership(room) {
            membership.behind = Some(Behind { cursor, next: Next::Events });
        }
    }
}
