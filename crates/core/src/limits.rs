//! The limits of the chat state that an operator may set. Fixed limits of names and texts stand with
//! their types ([`crate::Nick`], [`crate::RoomName`], [`crate::Text`]).

use serde::{Deserialize, Serialize};

use crate::{Rate, RoomName};

/// Origins whose spending is remembered at once, about 200 bytes each. Past it the one that would be
/// forgotten next is forgotten: with more networks than this somebody can do what one may do anyway.
pub(crate) const ORIGINS_MAX: usize = 65_536;
/// The room everyone begins in, unless an operator says otherwise.
const FIRST_ROOM: &str = "lobby";

/// Limits of the chat state. They travel as a proposal ([`crate::Action::Configure`]), so every node
/// changes them at the same place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The room that always exists, also without members and history, so that whoever comes can come in. It
    /// does not count.
    pub first_room: RoomName,
    /// Rooms that may exist at once. A room costs a few hundred bytes and a database row.
    pub rooms_max: u32,
    /// Events up to which a room that nobody is in or follows gives way when there are as many rooms as there
    /// may be, the one that was quiet for longest first. 0: none gives way.
    pub small_room_events: u64,
    /// Rooms that one origin may make.
    pub new_rooms: Rate,
    /// Rooms one session may be in at once. Bounds what one connection can make the server fan out.
    pub rooms_per_session_max: u32,
    /// Nicks one session may ignore. Each costs a comparison per private message.
    pub ignored_max: u32,
    /// Up to this many who hear a room (members, and those who listen unseen), every coming and going is
    /// announced on its own.
    pub announce_each_max: u32,
    /// Up to this many members, comings and goings are folded into one line that names people;
    /// above it the line only counts them.
    pub announce_names_max: u32,
    /// How long comings and goings are gathered before they are announced in one line, milliseconds.
    pub fold_ms: u32,
    /// How long the seat of somebody whose connection broke is kept, milliseconds. Only seats with a key are.
    pub grace_ms: u32,
    /// Sessions of one origin that are suspended at once; past it the oldest is given up. Each is a name that
    /// others see and cannot take.
    pub suspended_per_origin_max: u32,
    /// Sessions that are suspended at once, of all origins; past it the oldest is given up. They have no
    /// connection that would bound them, and cost a few hundred bytes each.
    pub suspended_max: u32,
    /// How long somebody is in a room at least for others to be told of it again and again, milliseconds.
    pub brief_stay_ms: u32,
    /// Stays shorter than that which are announced one by one for one origin; past it they are folded. So many
    /// renames of one origin are told, too; past it a new nick is seen when its holder speaks.
    pub brief_stays: Rate,
    /// Entries in one page of members or rooms; at least one is in each.
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
