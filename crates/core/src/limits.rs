//! The limits of the chat state that an operator can set. The fixed limits of names and texts are constants of
//! their types ([`crate::Nick`], [`crate::RoomName`], [`crate::Text`]).

use serde::{Deserialize, Serialize};

use crate::{Rate, RoomName};

/// Origins whose accounts are kept at once, about 200 bytes each. Past this, the account that expires next is
/// dropped early. An attacker with more networks than this gains nothing by it.
pub(crate) const ORIGINS_MAX: usize = 65_536;
/// The default name of the first room.
const FIRST_ROOM: &str = "lobby";

/// The limits of the chat state. They are set by a proposal ([`crate::Action::Configure`]), so every node changes
/// them at the same point in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The room that always exists, also without members and history, so that every new session can join a room.
    /// It does not count against `rooms_max`.
    pub first_room: RoomName,
    /// Rooms that may exist at once. A room costs a few hundred bytes and a database row.
    pub rooms_max: u32,
    /// A room with at most this many events and without members and followers is evicted when `rooms_max` is
    /// reached and a new room is created, the longest quiet one first. 0: no room is evicted.
    pub small_room_events: u64,
    /// Rooms that one origin may create.
    pub new_rooms: Rate,
    /// Rooms that one session may be in at once. Bounds how much one connection can make the server fan out.
    pub rooms_per_session_max: u32,
    /// Entries in the ignore list of one session. Each costs a comparison per private message.
    pub ignored_max: u32,
    /// While a room has at most this many listeners (members, unseen sessions and followers), every join and
    /// leave is announced by itself.
    pub announce_each_max: u32,
    /// While a room has at most this many members, the summary of folded joins and leaves names people; above
    /// this it only counts them.
    pub announce_names_max: u32,
    /// How long joins and leaves are folded before their summary is announced, milliseconds.
    pub fold_ms: u32,
    /// How long a session is suspended after its connection broke, milliseconds. Only a session with a resume
    /// key is.
    pub grace_ms: u32,
    /// Suspended sessions of one origin; past this the oldest ends. Each holds a nick that others see and cannot
    /// take.
    pub suspended_per_origin_max: u32,
    /// Suspended sessions of all origins together; past this the oldest ends. No connection bounds them, and each
    /// costs a few hundred bytes.
    pub suspended_max: u32,
    /// A stay in a room shorter than this is brief and counts against `brief_stays`, milliseconds.
    pub brief_stay_ms: u32,
    /// Brief stays of one origin that are announced one by one; past this they are folded. The same rate bounds
    /// the announced renames of one origin; past it people see a new nick with its holder's next message.
    pub brief_stays: Rate,
    /// Entries in one page of members or rooms; a page has at least one.
    pub page_entries_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_room: RoomName::parse(FIRST_ROOM).expect("the first room's name is a name"),
            rooms_max: 10_000,
            small_room_events: 20,
            new_rooms: Rate { burst: 30, interval_ms: 60_000 },
            rooms_per_session_max: 50,
            ignored_max: 100,
            announce_each_max: 50,
            announce_names_max: 500,
            fold_ms: 30_000,
            grace_ms: 30_000,
            suspended_per_origin_max: 100,
            suspended_max: 100_000,
            brief_stay_ms: 30_000,
            brief_stays: Rate { burst: 20, interval_ms: 10_000 },
            page_entries_max: 100,
        }
    }
}
