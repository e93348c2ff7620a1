//! A connection's membership in a room, as its shard keeps it.

use teahouse_core::{Position, RequestId, RoomId, Text, Time};

/// A membership in a room.
pub(super) struct Membership {
    pub(super) room: RoomId,
    /// Where the room's list of members has it.
    pub(super) member: usize,
    /// What it has yet to be given; `None` while it is live.
    pub(super) behind: Option<Behind>,
    /// It says that it has the event at its cursor, and is told that it is in once history was asked for that
    /// event. Until then it is behind, and hears nothing of the room.
    pub(super) check: Option<Box<Check>>,
}

/// What a member is told once it is known whether history has the event that it says to have.
pub(super) struct Check {
    pub(super) request: RequestId,
    /// When that event happened, as the member says.
    pub(super) time: Time,
    /// The room's first event, as the hub knows.
    pub(super) first: Position,
    /// The room's last event when it came in.
    pub(super) at: Position,
    pub(super) members: usize,
    pub(super) topic: Option<Text>,
}

/// How far a member that is not live has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    /// The last event that it has been given, or that is gone.
    pub(super) cursor: Position,
    pub(super) next: Next,
}

/// What a member that is not live is given next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It has just come in: the last events up to the cursor, together.
    Together,
    /// The events after the cursor.
    Events,
    /// What came right after the last event that it was `given` is gone up to the cursor. It is told that with how the
    /// room stands, which the hub was asked.
    Gap { given: Position },
}
