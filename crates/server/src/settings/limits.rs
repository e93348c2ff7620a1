//! Every limit an operator may move: one row each. From the rows come the fields, the keys of the file and of
//! the environment, their bounds, `teahouse serve --help` and the `[limits]` part of the example configuration.
//!
//! A row reads `key: type = default, least..=most, "unit", zero "what 0 means", "help";`. The lines of
//! comment above it are the reason, and the comment of the example configuration; rows without one belong to
//! the comment above them. A limit that the chat state keeps has its default in [`teahouse_core::Limits`].
//! Limits that nobody may move stand as constants where they apply.

mod keys;
mod row;

use teahouse_core::{FloodLimit, Limits, Rate, RoomName};

use row::{Number, limits};

/// One limit that an operator may move.
#[derive(Debug)]
pub struct Limit {
    /// Its key under `[limits]`.
    pub key: &'static str,
    /// What it counts.
    pub unit: &'static str,
    /// The least that it takes.
    pub least: u64,
    /// The most that it takes.
    pub most: u64,
    /// What 0 means, where it means something of its own.
    pub zero: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
    /// The lines of comment above it in the example configuration, if it has its own.
    pub reason: &'static [&'static str],
    /// What it is.
    pub read: fn(&LimitSettings) -> u64,
    /// Sets it, to something within the bounds.
    pub write: fn(&mut LimitSettings, u64),
}

/// Connections, sessions, rooms or entries: more than one machine holds.
const COUNT_MAX: u64 = 1_000_000_000;
/// What a rate takes: the bucket counts in 32 bits.
const RATE_MAX: u64 = u32::MAX as u64;
/// 49 days: with more, milliseconds would not fit in 32 bits.
const SECONDS_MAX: u64 = u32::MAX as u64 / 1000;
/// Bytes queued to one connection: 1 GiB.
const QUEUE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// One exbibyte.
const DISK_MIB_MAX: u64 = 1024 * 1024 * 1024 * 1024;

/// The defaults of the chat state.
fn chat() -> Limits {
    Limits::default()
}

limits! {
    /// How many may be connected, and how long without a sign of life.
    connections: ConnectionLimits {
        /// Connections at once; 0 for what the open-file limit allows.
        connections_max: usize = 0, 0..=COUNT_MAX, "connections",
            zero "what the open-file limit allows", "connections at once";

        /// Connections from one address (IPv6: /64), so that one machine cannot take all places; of these, those that
        /// have not come in (they speak HTTP or say nothing). The defaults do for 40 people behind one address, each with
        /// a few tabs and programs. 0 for no limit.
        connections_per_address_max: usize = 500, 0..=COUNT_MAX, "connections",
            zero "no limit", "connections from one address (IPv6: /64)";
        newcomers_per_address_max: usize = 50, 0..=COUNT_MAX, "connections",
            zero "no limit", "of these, those that have not come in";

        /// Seconds for which somebody may take nothing of what they are sent, because they are gone or have stopped
        /// reading, before the connection is closed; 0 for never. With the time it takes to ask: within a minute.
        unread_s: u32 = 50, 0..=SECONDS_MAX, "seconds",
            zero "never", "seconds of taking nothing before a connection is closed";

        /// Seconds of silence before a connection is closed; 0 for never.
        idle_s: u32 = 0, 0..=SECONDS_MAX, "seconds",
            zero "never", "seconds of silence before a connection is closed";
    }

    /// What one address may ask for over all its connections.
    addresses: AddressLimits {
        /// What one address may ask for over all its connections, also those that have ended: so many at once, then so
        /// many per second. Requests (and as many new connections), messages over HTTP, bytes of text that are kept.
        /// The defaults do for 40 people behind one address, who come back at once with ten requests each, for
        /// programs that report, and for a few long pastes and what 40 people type (2.8 GB a day at most). Behind a
        /// proxy everybody is one address. burst 0: no limit.
        address_requests_burst: u32 = 400, 0..=RATE_MAX, "requests",
            zero "no limit", "requests of one address at once, and as many new connections";
        address_requests_per_second: u32 = 40, 0..=RATE_MAX, "requests per second",
            "requests, and new connections, of one address per second after that";
        address_posts_burst: u32 = 60, 0..=RATE_MAX, "messages",
            zero "no limit", "messages of one address over HTTP at once";
        address_posts_per_second: u32 = 10, 0..=RATE_MAX, "messages per second",
            "messages of one address over HTTP per second after that";
        address_kept_bytes_burst: u32 = 4 * 1024 * 1024, 0..=RATE_MAX, "bytes",
            zero "no limit", "bytes of text of one address kept at once";
        address_kept_bytes_per_second: u32 = 32 * 1024, 0..=RATE_MAX, "bytes per second",
            "bytes of text of one address kept per second after that";
        /// The work that one address may make: a token for each line, frame, read and KiB, refused or not, and some for each
        /// request over HTTP. While there are none its connections are not read. So many at once, then so many per second:
        /// with the defaults an address can keep 1 to 9 % of a core busy (`cargo xtask bench overload`). Ten times what one
        /// connection may.
        address_work_burst: u32 = 4000, 0..=RATE_MAX, "tokens",
            zero "no limit", "lines, frames, reads and KiB of one address taken at once";
        address_work_per_second: u32 = 2000, 0..=RATE_MAX, "tokens per second",
            "lines, frames, reads and KiB of one address taken per second after that";
    }

    /// What one connection may ask for.
    flood: FloodLimits {
        /// Requests of one connection that pass at once, and per second after that: what a person can type.
        /// Past that they are held back, then refused and given back. flood_burst 0: no flood control.
        flood_burst: u32 = 10, 0..=RATE_MAX, "requests",
            zero "no flood control", "requests of one connection that pass at once";
        flood_per_second: u32 = 2, 0..=RATE_MAX, "requests per second",
            "requests per second after that";
        flood_held_max: usize = 10, 0..=COUNT_MAX, "requests",
            "requests held back until it is their turn; more are given back";
        /// The work that one connection may make: a token for each line, frame, read and KiB, refused or not. While there are
        /// none it is not read. A paste of 200 lines of 80 bytes is 216, and nobody types faster than 200 keys a second.
        work_burst: u32 = 400, 0..=RATE_MAX, "tokens",
            zero "no limit", "lines, frames, reads and KiB of one connection taken at once";
        work_per_second: u32 = 200, 0..=RATE_MAX, "tokens per second",
            "lines, frames, reads and KiB of one connection taken per second after that";
    }

    /// What is kept in memory for one slow reader.
    queues: QueueLimits {
        /// Bytes queued to a slow reader before it is refilled from history, and before it is closed. The hard
        /// bound is at least twice the soft one.
        queue_soft_bytes: usize = 64 * 1024, 1..=QUEUE_BYTES_MAX, "bytes",
            "bytes queued to a slow reader before it is refilled from history";
        queue_hard_bytes: usize = 256 * 1024, 1..=QUEUE_BYTES_MAX, "bytes",
            "bytes queued to one connection before it is closed";
    }

    /// How many rooms there may be.
    rooms: RoomLimits {
        /// Rooms at once, without the first; each costs a few hundred bytes and a database row. When there are as
        /// many, a room with at most small_room_events events that nobody is in or follows gives way to a new one,
        /// with its history, the one that was quiet for longest first; 0: none does.
        rooms_max: u32 = chat().rooms_max, 1..=COUNT_MAX, "rooms",
            "rooms at once, without the first";
        small_room_events: u64 = chat().small_room_events, 0..=COUNT_MAX, "events",
            zero "none does", "events up to which an empty room is removed when the server has as many rooms as it may";

        /// Rooms that one address (IPv6: /64) may make at once, and the seconds after which it may make another, so
        /// that nobody takes all rooms there may be. new_rooms_burst 0: no limit.
        new_rooms_burst: u32 = chat().new_rooms.burst, 0..=RATE_MAX, "rooms",
            zero "no limit", "rooms one address may make at once";
        new_room_every_s: u32 = chat().new_rooms.interval_ms / 1000, 0..=SECONDS_MAX, "seconds",
            zero "no limit", "seconds after which it may make another";
    }

    /// What one session may have, and see at once.
    sessions: SessionLimits {
        /// Rooms one person may be in at once.
        rooms_per_session_max: u32 = chat().rooms_per_session_max, 1..=COUNT_MAX, "rooms",
            "rooms one person may be in at once";

        /// Nicks one person may ignore.
        ignored_max: u32 = chat().ignored_max, 0..=COUNT_MAX, "nicks",
            "nicks one person may ignore";

        /// Entries in one page of members or rooms.
        page_entries_max: u32 = chat().page_entries_max, 1..=COUNT_MAX, "entries",
            "entries in one page of a list";
    }

    /// How comings and goings are announced.
    presence: PresenceLimits {
        /// Listeners (members, and who is not seen yet) up to which every coming and going is announced; members up to
        /// which they are folded into one line that names people (above, it counts them); and seconds over which they
        /// are folded.
        announce_each_max: u32 = chat().announce_each_max, 0..=COUNT_MAX, "listeners",
            "listeners up to which every coming and going is announced";
        announce_names_max: u32 = chat().announce_names_max, 0..=COUNT_MAX, "members",
            "members up to which folded announcements name people";
        fold_s: u32 = chat().fold_ms / 1000, 0..=SECONDS_MAX, "seconds",
            "seconds over which comings and goings are folded into one line";

        /// Who is in a room for less than brief_stay_s seconds stays briefly. So many brief stays of one address are
        /// announced one by one, then one more each brief_stay_every_s; others are folded into one line each fold_s.
        /// As many renames of one address are told; then a new nick is seen when its holder speaks. brief_stays_burst 0: all.
        brief_stay_s: u32 = chat().brief_stay_ms / 1000, 0..=SECONDS_MAX, "seconds",
            "seconds in a room below which a stay counts as brief";
        brief_stays_burst: u32 = chat().brief_stays.burst, 0..=RATE_MAX, "stays",
            zero "all", "brief stays, and renames, of one address announced one by one";
        brief_stay_every_s: u32 = chat().brief_stays.interval_ms / 1000, 0..=SECONDS_MAX, "seconds",
            zero "at once", "seconds after which another one is announced by itself";
    }

    /// What is kept for people whose connection broke.
    seats: SeatLimits {
        /// Seconds for which an api client whose connection broke keeps its seat; 0 for not at all.
        grace_s: u32 = chat().grace_ms / 1000, 0..=SECONDS_MAX, "seconds",
            zero "not at all", "seconds for which an api client whose connection broke keeps its seat";

        /// Seats kept for one address at once, each a name that others see; past it the oldest is given up. At most half of
        /// connections_per_address_max, because each keeps the place of its connection.
        suspended_per_address_max: u32 = chat().suspended_per_origin_max, 0..=COUNT_MAX, "seats",
            "seats kept for one address, at most half of its connections; then the oldest is given up";

        /// Seats kept at once, over all addresses; they have no connection that would bound them.
        suspended_max: u32 = chat().suspended_max, 0..=COUNT_MAX, "seats",
            "seats kept at once, over all addresses; past it the oldest is given up";
    }

    /// What the disk must have left.
    space: SpaceLimits {
        /// MiB free on the history's disk below which nothing is said, so that reading goes on; 0 for no bound.
        disk_free_min_mib: u64 = 64, 0..=DISK_MIB_MAX, "MiB",
            zero "no bound", "MiB free on the disk below which nothing is said, while reading goes on";
    }
}

impl FloodLimits {
    /// The part that each connection's bucket keeps.
    #[must_use]
    pub fn of_connection(&self) -> FloodLimit {
        FloodLimit { burst: self.flood_burst, per_second: self.flood_per_second }
    }

    /// The work that each connection may make.
    #[must_use]
    pub fn work_of_connection(&self) -> FloodLimit {
        FloodLimit { burst: self.work_burst, per_second: self.work_per_second }
    }
}

impl LimitSettings {
    /// The part that the chat state keeps, with the room that always exists.
    pub(super) fn of_chat(&self, first_room: RoomName) -> Limits {
        let Self { connections, rooms, sessions, presence, seats, .. } = self;
        // A suspended session keeps its place among the connections of its address: half of the places stay
        // free to come back on.
        let suspended_possible = match connections.connections_per_address_max {
            0 => u32::MAX,
            max => u32::try_from(max / 2).unwrap_or(u32::MAX),
        };
        let rate = |burst, every_s| Rate { burst, interval_ms: ms(every_s) };
        Limits {
            first_room,
            rooms_max: rooms.rooms_max,
            small_room_events: rooms.small_room_events,
            new_rooms: rate(rooms.new_rooms_burst, rooms.new_room_every_s),
            rooms_per_session_max: sessions.rooms_per_session_max,
            ignored_max: sessions.ignored_max,
            page_entries_max: sessions.page_entries_max,
            announce_each_max: presence.announce_each_max,
            announce_names_max: presence.announce_names_max,
            fold_ms: ms(presence.fold_s),
            brief_stay_ms: ms(presence.brief_stay_s),
            brief_stays: rate(presence.brief_stays_burst, presence.brief_stay_every_s),
            grace_ms: ms(seats.grace_s),
            suspended_per_origin_max: seats.suspended_per_address_max.min(suspended_possible),
            suspended_max: seats.suspended_max,
        }
    }

    /// What no row can say by itself, as key, what is wrong and what to do.
    pub(super) fn check(&self) -> Result<(), (String, String, String)> {
        for Limit { key: rate, read, .. } in LIMITS {
            let Some(what) = rate.strip_suffix("_per_second") else { continue };
            let burst = format!("{what}_burst");
            let is_on = Limit::called(&burst).is_some_and(|burst| (burst.read)(self) > 0);
            if is_on && read(self) == 0 {
                let hint = format!("give it at least 1, or turn this limit off with {burst} = 0");
                return Err(((*rate).to_owned(), "is 0".to_owned(), hint));
            }
        }
        let QueueLimits { queue_soft_bytes, queue_hard_bytes } = self.queues;
        if queue_hard_bytes < queue_soft_bytes.saturating_mul(2) {
            let what = "is less than twice queue_soft_bytes";
            let hint = "a batch must fit between the two bounds";
            return Err(("queue_hard_bytes".to_owned(), what.to_owned(), hint.to_owned()));
        }
        Ok(())
    }
}

fn ms(seconds: u32) -> u32 {
    seconds.saturating_mul(1000)
}

#[cfg(test)]
mod tests;
