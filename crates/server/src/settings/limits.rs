//! Every limit that an operator can set: one row each. The rows give the fields, the keys of the file and of the
//! environment, their bounds, `teahouse serve --help` and the `[limits]` part of the example configuration.
//!
//! A row reads `key: type = default, least..=most, "unit", zero "what 0 means", "help";`. The comment above a row is
//! also its comment in the example configuration; a row without a comment belongs to the one above it. A limit that the
//! chat applies has its default in [`teahouse_core::Limits`]. Limits that cannot be set are constants where they apply.

mod keys;
mod row;

use teahouse_core::{FloodLimit, Limits, Rate, RoomName};

use row::{Number, limits};

/// One limit that an operator can set.
#[derive(Debug)]
pub struct Limit {
    /// The key under `[limits]`.
    pub key: &'static str,
    /// The unit of the value.
    pub unit: &'static str,
    /// The smallest allowed value.
    pub least: u64,
    /// The largest allowed value.
    pub most: u64,
    /// The meaning of 0, if 0 has a special meaning.
    pub zero: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
    /// The comment lines in the example configuration; empty if the limit shares the comment above it.
    pub reason: &'static [&'static str],
    /// Reads the value.
    pub read: fn(&LimitSettings) -> u64,
    /// Sets the value, which must be within the bounds.
    pub write: fn(&mut LimitSettings, u64),
}

/// The largest count of connections, sessions, rooms or entries: more than one machine holds.
const COUNT_MAX: u64 = 1_000_000_000;
/// The largest value of a rate: buckets count in 32 bits.
const RATE_MAX: u64 = u32::MAX as u64;
/// 49 days; more milliseconds do not fit in 32 bits.
const SECONDS_MAX: u64 = u32::MAX as u64 / 1000;
/// The largest bound of an outbox: 1 GiB.
const QUEUE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// The largest bound of free space: 1 EiB.
const DISK_MIB_MAX: u64 = 1024 * 1024 * 1024 * 1024;

/// The default limits of the chat.
fn chat() -> Limits {
    Limits::default()
}

limits! {
    /// The number of connections, and when an inactive one is closed.
    connections: ConnectionLimits {
        /// The most connections at once. 0: as many as the open-file limit allows.
        connections_max: usize = 0, 0..=COUNT_MAX, "connections",
            zero "as many as the open-file limit allows", "connections at once";

        /// The most connections from one address (IPv6: one /64 network), so that one machine cannot use up the server;
        /// and, among these, the most that have not entered (they speak HTTP or have sent nothing). The defaults are
        /// enough for 40 people behind one address, each with a few tabs and programs. 0: no limit.
        connections_per_address_max: usize = 500, 0..=COUNT_MAX, "connections",
            zero "no limit", "connections from one address (IPv6: /64)";
        newcomers_per_address_max: usize = 50, 0..=COUNT_MAX, "connections",
            zero "no limit", "connections from one address that have not entered";

        /// A connection is closed when its peer accepts no data for this many seconds, because the peer is gone or has
        /// stopped reading. With the default, and the time of TCP's probes, this happens within a minute. 0: never.
        unread_s: u32 = 50, 0..=SECONDS_MAX, "seconds",
            zero "never", "seconds without accepting data before a connection is closed";

        /// A connection is closed when its peer sends nothing for this many seconds. 0: never.
        idle_s: u32 = 0, 0..=SECONDS_MAX, "seconds",
            zero "never", "seconds without input before a connection is closed";
    }

    /// The limits of one address over all its connections.
    addresses: AddressLimits {
        /// The limits of one address over all its connections, including closed ones: a burst, then a steady rate per
        /// second. They apply to requests (and, in a bucket of their own, to new connections), to messages posted over
        /// HTTP, and to stored bytes of text. The defaults are enough for 40 people behind one address who reconnect
        /// at once with ten requests each, for programs that report, and for a few long pastes besides what 40 people
        /// type (at most 2.8 GB a day). Behind a proxy all clients share one address. A burst of 0: no limit.
        address_requests_burst: u32 = 400, 0..=RATE_MAX, "requests",
            zero "no limit", "burst of requests, and of new connections, from one address";
        address_requests_per_second: u32 = 40, 0..=RATE_MAX, "requests per second",
            "requests, and new connections, per second from one address after the burst";
        address_posts_burst: u32 = 60, 0..=RATE_MAX, "messages",
            zero "no limit", "burst of messages over HTTP from one address";
        address_posts_per_second: u32 = 10, 0..=RATE_MAX, "messages per second",
            "messages over HTTP per second from one address after the burst";
        address_kept_bytes_burst: u32 = 4 * 1024 * 1024, 0..=RATE_MAX, "bytes",
            zero "no limit", "burst of stored bytes of text from one address";
        address_kept_bytes_per_second: u32 = 32 * 1024, 0..=RATE_MAX, "bytes per second",
            "stored bytes of text per second from one address after the burst";
        /// The work that one address may cause: one token for each line, frame, read and KiB, whether refused or not,
        /// and some for each HTTP request. Without tokens, the connections of the address are not read. A burst, then a
        /// rate per second; both are ten times those of one connection. With the defaults one address can keep 1 to 9 %
        /// of a core busy (`cargo xtask bench overload`). A burst of 0: no limit.
        address_work_burst: u32 = 4000, 0..=RATE_MAX, "tokens",
            zero "no limit", "burst of lines, frames, reads and KiB from one address";
        address_work_per_second: u32 = 2000, 0..=RATE_MAX, "tokens per second",
            "lines, frames, reads and KiB per second from one address after the burst";
    }

    /// The limits of one connection.
    flood: FloodLimits {
        /// Flood control: the requests of one connection that pass at once, and those that pass per second after that;
        /// the defaults allow what a person can type. Further requests are held back; when flood_held_max are held,
        /// more are refused. flood_burst 0: no flood control.
        flood_burst: u32 = 10, 0..=RATE_MAX, "requests",
            zero "no flood control", "burst of requests from one connection";
        flood_per_second: u32 = 2, 0..=RATE_MAX, "requests per second",
            "requests per second from one connection after the burst";
        flood_held_max: usize = 10, 0..=COUNT_MAX, "requests",
            "requests of one connection held back; more are refused";
        /// The work that one connection may cause: one token for each line, frame, read and KiB, refused or not.
        /// Without tokens, the connection is not read. A paste of 200 lines of 80 bytes costs 216 tokens, and nobody
        /// types faster than 200 keys a second. work_burst 0: no limit.
        work_burst: u32 = 400, 0..=RATE_MAX, "tokens",
            zero "no limit", "burst of lines, frames, reads and KiB from one connection";
        work_per_second: u32 = 200, 0..=RATE_MAX, "tokens per second",
            "lines, frames, reads and KiB per second from one connection after the burst";
    }

    /// The memory for one slow reader.
    queues: QueueLimits {
        /// The bytes queued for a slow reader before it gets its events from history instead of memory, and the bytes
        /// queued for one connection before it is closed. The second must be at least twice the first.
        queue_soft_bytes: usize = 64 * 1024, 1..=QUEUE_BYTES_MAX, "bytes",
            "bytes queued for a slow reader before it gets its events from history";
        queue_hard_bytes: usize = 256 * 1024, 1..=QUEUE_BYTES_MAX, "bytes",
            "bytes queued for one connection before it is closed";
    }

    /// The number of rooms.
    rooms: RoomLimits {
        /// The most rooms at once, not counting the first room. Each costs a few hundred bytes and a database row. When
        /// the limit is reached, a new room replaces an empty one that has at most small_room_events events and that
        /// nobody follows, and the history of the old room is deleted. The room that was quiet for longest goes first.
        /// small_room_events 0: no room is replaced.
        rooms_max: u32 = chat().rooms_max, 1..=COUNT_MAX, "rooms",
            "rooms at once, not counting the first room";
        small_room_events: u64 = chat().small_room_events, 0..=COUNT_MAX, "events",
            zero "no room is replaced", "events up to which a new room may replace an empty one at the limit";

        /// The rooms that one address (IPv6: one /64 network) may create at once, and the seconds after which it may
        /// create another, so that one address cannot use up all rooms. new_rooms_burst 0: no limit.
        new_rooms_burst: u32 = chat().new_rooms.burst, 0..=RATE_MAX, "rooms",
            zero "no limit", "burst of rooms that one address may create";
        new_room_every_s: u32 = chat().new_rooms.interval_ms / 1000, 0..=SECONDS_MAX, "seconds",
            zero "no limit", "seconds after which one address may create another room";
    }

    /// The limits of one session.
    sessions: SessionLimits {
        /// The most rooms in which one person may be at once.
        rooms_per_session_max: u32 = chat().rooms_per_session_max, 1..=COUNT_MAX, "rooms",
            "rooms in which one person may be at once";

        /// The most nicks that one person may ignore.
        ignored_max: u32 = chat().ignored_max, 0..=COUNT_MAX, "nicks",
            "nicks that one person may ignore";

        /// The most entries in one page of a list of members or rooms.
        page_entries_max: u32 = chat().page_entries_max, 1..=COUNT_MAX, "entries",
            "entries in one page of a list of members or rooms";
    }

    /// How joins and leaves are announced.
    presence: PresenceLimits {
        /// In a room with at most announce_each_max listeners (members, and sessions that are not visible yet) every
        /// join and leave is announced. In a larger room, those of fold_s seconds are folded into one line. The line
        /// names people in a room with at most announce_names_max members, and only counts them in a larger one.
        announce_each_max: u32 = chat().announce_each_max, 0..=COUNT_MAX, "listeners",
            "listeners up to which every join and leave is announced";
        announce_names_max: u32 = chat().announce_names_max, 0..=COUNT_MAX, "members",
            "members up to which folded announcements name people";
        fold_s: u32 = chat().fold_ms / 1000, 0..=SECONDS_MAX, "seconds",
            "seconds of joins and leaves that are folded into one line";

        /// A stay in a room of less than brief_stay_s seconds is brief. Of one address, brief_stays_burst brief stays
        /// are announced one by one, then one more every brief_stay_every_s seconds; the others are folded into one
        /// line every fold_s seconds. Renames have the same limits; past them others see a new nick when its holder
        /// writes. brief_stays_burst 0: all are announced.
        brief_stay_s: u32 = chat().brief_stay_ms / 1000, 0..=SECONDS_MAX, "seconds",
            "seconds below which a stay in a room is brief";
        brief_stays_burst: u32 = chat().brief_stays.burst, 0..=RATE_MAX, "stays",
            zero "all", "brief stays, and renames, of one address announced one by one";
        brief_stay_every_s: u32 = chat().brief_stays.interval_ms / 1000, 0..=SECONDS_MAX, "seconds",
            zero "at once", "seconds after which one more of them is announced by itself";
    }

    /// Sessions whose connection broke.
    seats: SeatLimits {
        /// When the connection of an api client breaks, its session keeps its nick and rooms for this many seconds, so
        /// that the client can resume it. 0: not at all.
        grace_s: u32 = chat().grace_ms / 1000, 0..=SECONDS_MAX, "seconds",
            zero "not at all", "seconds for which an api client can resume its session after its connection breaks";

        /// The most such suspended sessions of one address at once; others still see the name of each. Past the limit
        /// the oldest ends. At most half of connections_per_address_max counts, because a suspended session keeps the
        /// slot of its connection.
        suspended_per_address_max: u32 = chat().suspended_per_origin_max, 0..=COUNT_MAX, "sessions",
            "suspended sessions of one address, at most half of its connections; past it the oldest ends";

        /// The most suspended sessions over all addresses; no limit of connections bounds them.
        suspended_max: u32 = chat().suspended_max, 0..=COUNT_MAX, "sessions",
            "suspended sessions over all addresses; past it the oldest ends";
    }

    /// The free space of the disk.
    space: SpaceLimits {
        /// When less than this many MiB are free on the disk of the history, the server refuses new messages, so that
        /// reading goes on. 0: no bound.
        disk_free_min_mib: u64 = 64, 0..=DISK_MIB_MAX, "MiB",
            zero "no bound", "MiB free on the disk below which new messages are refused";
    }
}

impl FloodLimits {
    /// The limit of each connection's requests.
    #[must_use]
    pub fn of_connection(&self) -> FloodLimit {
        FloodLimit { burst: self.flood_burst, per_second: self.flood_per_second }
    }

    /// The limit of each connection's work.
    #[must_use]
    pub fn work_of_connection(&self) -> FloodLimit {
        FloodLimit { burst: self.work_burst, per_second: self.work_per_second }
    }
}

impl LimitSettings {
    /// The limits that the chat applies, with the name of the first room.
    pub(super) fn of_chat(&self, first_room: RoomName) -> Limits {
        let Self { connections, rooms, sessions, presence, seats, .. } = self;
        // A suspended session keeps the slot of its connection: half of an address's slots stay free for resuming.
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

    /// Checks rules between limits. An error has the key, what is wrong, and what to do.
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
