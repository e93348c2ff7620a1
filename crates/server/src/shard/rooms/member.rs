//! A member of a room, as the room keeps it.

use teahouse_core::{Position, RoomId};

use super::super::connections::Connections;
use super::super::formats::FormatId;
use super::super::membership::{Behind, Next};
use super::super::pending::{PIECE_ITEMS, Pending};
use super::super::socket::Socket;

/// A membership, seen from the room.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) connection: usize,
    /// How it is written to.
    pub(super) format: FormatId,
    pub(super) is_live: bool,
    /// It ignores somebody.
    pub(super) ignores: bool,
    /// It is not given what is pending as the others are: it has been given some of it, or sees some of it otherwise.
    pub(super) is_single: bool,
    /// How many of the pending items it has been given. Not 0 only where it is single.
    pub(super) given: u16,
}

const _: () = assert!(PIECE_ITEMS <= u16::MAX as usize, "items that a member may have been given");

impl Member {
    /// It has been given what is pending by now, or that is not for it.
    pub(super) fn skip(&mut self, pending: &Pending) {
        // There are at most `PIECE_ITEMS`.
        self.given = u16::try_from(pending.items.len()).unwrap_or(u16::MAX);
        self.is_single = self.given > 0;
    }

    /// More is queued for it than it is to be behind with: it goes on after this event when it has read that.
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
