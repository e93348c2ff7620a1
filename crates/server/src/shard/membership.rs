//! The membership of a connection in a room, as the shard stores it.

use teahouse_core::{Position, RequestId, RoomId, Text, Time};

/// A membership in a room.
pub(super) struct Membership {
    pub(super) room: RoomId,
    /// The index in the room's list of members.
    pub(super) member: usize,
    /// How far it is behind; `None` while it is live.
    pub(super) behind: Option<Behind>,
    /// Set while history is being asked for the event at the cursor, which the client says it has. Until the answer the
    /// member is behind, receives nothing of the room, and its `Entered` waits.
    pub(super) check: Option<Box<Check>>,
}

/// What a member is sent once history has answered whether it has the event that the client says it has.
pub(super) struct Check {
    pub(super) request: RequestId,
    /// The time of that event, as the client says.
    pub(super) time: Time,
    /// The position of the room's first event, as the hub knows it.
    pub(super) first: Position,
    /// The position of the room's last event when the member entered.
    pub(super) at: Position,
    pub(super) members: usize,
    pub(super) topic: Option<Text>,
}

/// How far a member is that is not live.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    /// The position of the last event that it has been given, or that is gone.
    pub(super) cursor: Position,
    pub(super) next: Next,
}

/// What a member that is not live receives next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The last events up to the cursor, all together: the member has just entered.
    Together,
    /// The events after the cursor.
    Events,
    /// The report of a gap: the events after `given` up to the cursor are gone. The report waits for the state of the
    /// room, which the hub was asked for.
    Gap { given: Position },
}
