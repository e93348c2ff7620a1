//! What an operator may set, where it comes from, and what it may be.
//!
//! One struct is the whole list: its fields name the keys of the configuration file, the environment
//! variables (`limits.flood_burst` is `TEAHOUSE_LIMITS_FLOOD_BURST`) and the defaults. Flags go before
//! the environment, the environment before the file, the file before the defaults.

mod layers;
mod listen;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use teahouse_core::{FloodLimit, Limits, Rate, RoomName};
use thiserror::Error;

pub use layers::{Layers, SettingsError};
pub use listen::ListenSetting;

use crate::store::{DATABASE, Durability};

/// Everything an operator may set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where to listen; port 0 lets the system choose.
    pub listen: Vec<ListenSetting>,
    /// Names under which pages reach this server, beside addresses, `localhost` and the machine's own: `tea.example`,
    /// `.tea.example` with all below it, `*` for any.
    pub hosts: Vec<String>,
    /// Where metrics are served: `auto`, `off`, or an address.
    pub admin: AdminSetting,
    /// Data directory; empty for the platform's own place for such data.
    pub data: PathBuf,
    /// When a message counts as kept.
    pub durability: Durability,
    /// How and how much to log: `human/info`, `json/debug`, …
    pub log: LogSetting,
    /// Threads that own connections; 0 for one per core but one, which the hub has.
    pub shards: usize,
    /// The room everyone begins in.
    pub first_room: RoomName,
    /// Messages shown to someone who enters a room.
    pub history_shown: u32,
    /// Bounds.
    pub limits: LimitSettings,
}

/// Bounds that an operator may move. 0 turns a limit off where that makes sense.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Connections at once; 0 for as many as the open-file limit allows.
    pub connections_max: usize,
    /// Connections at once from one address (IPv6: one /64); 0 for no limit.
    pub connections_per_address_max: usize,
    /// Of these, those that have not come in; 0 for no limit.
    pub newcomers_per_address_max: usize,
    /// Requests of one address that pass at once, and as many new connections; 0 for no limit.
    pub address_requests_burst: u32,
    /// Requests, and new connections, of one address per second after that.
    pub address_requests_per_second: u32,
    /// Messages of one address over HTTP that pass at once; 0 for no limit.
    pub address_posts_burst: u32,
    /// Messages of one address over HTTP per second after that.
    pub address_posts_per_second: u32,
    /// Bytes of text of one address that are kept at once; 0 for no limit.
    pub address_kept_bytes_burst: u32,
    /// Bytes of text of one address that are kept per second after that.
    pub address_kept_bytes_per_second: u32,
    /// Requests of one connection that pass at once; 0 turns flood control off.
    pub flood_burst: u32,
    /// Requests per second after that.
    pub flood_per_second: u32,
    /// Requests held back until it is their turn; more are refused and given back.
    pub flood_held_max: usize,
    /// Queued bytes of one connection past which it is refilled from history instead.
    pub queue_soft_bytes: usize,
    /// Queued bytes of one connection past which it is closed.
    pub queue_hard_bytes: usize,
    /// Seconds for which a peer may take nothing of what it is sent before its connection is closed; 0 for ever.
    pub unread_s: u32,
    /// Seconds of silence after which a connection is closed; 0 for never.
    pub idle_s: u32,
    /// Rooms at once.
    pub rooms_max: usize,
    /// Events up to which a room that nobody is in gives way when there are as many rooms as there may be.
    pub small_room_events: u64,
    /// Rooms that one address may make at once; 0 for no limit.
    pub new_rooms_burst: u32,
    /// Seconds after which it may make another one.
    pub new_room_every_s: u32,
    /// Rooms one person may be in at once.
    pub rooms_per_session_max: usize,
    /// Nicks one person may ignore.
    pub ignored_max: usize,
    /// Listeners, seen and unseen, up to which each coming and going is announced.
    pub announce_each_max: usize,
    /// Members up to which folded announcements name people; above, they count.
    pub announce_names_max: usize,
    /// Seconds over which comings and goings are folded into one announcement.
    pub fold_s: u32,
    /// Seconds for which the seat of somebody whose connection broke is kept.
    pub grace_s: u32,
    /// Seats kept for one address at once; at most half of its connections.
    pub suspended_per_address_max: usize,
    /// Seats kept at once, over all addresses.
    pub suspended_max: usize,
    /// Seconds for which somebody is in a room at least for it not to be a brief stay.
    pub brief_stay_s: u32,
    /// Brief stays of one address that are announced one by one, and renames that are; 0 for all of them.
    pub brief_stays_burst: u32,
    /// Seconds after which another one is.
    pub brief_stay_every_s: u32,
    /// Entries in one page of a list.
    pub page_entries_max: usize,
    /// MiB free on the history's disk below which nothing is said, and reading goes on; 0 for no bound.
    pub disk_free_min_mib: u64,
}

/// Each key under `[limits]` with its unit and reason, for `--help` and the example configuration.
pub const LIMIT_HELP: &[(&str, &str)] = &[
    ("connections_max", "connections at once; 0: what the open-file limit allows"),
    ("connections_per_address_max", "connections from one address (IPv6: /64); 0: no limit"),
    ("newcomers_per_address_max", "of these, those that have not come in; 0: no limit"),
    (
        "address_requests_burst",
        "requests of one address at once, and as many new connections; 0: no limit",
    ),
    (
        "address_requests_per_second",
        "requests, and new connections, of one address per second after that",
    ),
    ("address_posts_burst", "messages of one address over HTTP at once; 0: no limit"),
    ("address_posts_per_second", "messages of one address over HTTP per second after that"),
    ("address_kept_bytes_burst", "bytes of text of one address kept at once; 0: no limit"),
    ("address_kept_bytes_per_second", "bytes of text of one address kept per second after that"),
    ("flood_burst", "requests of one connection that pass at once; 0: no flood control"),
    ("flood_per_second", "requests per second after that"),
    ("flood_held_max", "requests held back until it is their turn; more are given back"),
    ("queue_soft_bytes", "bytes queued to a slow reader before it is refilled from history"),
    ("queue_hard_bytes", "bytes queued to one connection before it is closed"),
    ("unread_s", "seconds of taking nothing before a connection is closed; 0: never"),
    ("idle_s", "seconds of silence before a connection is closed; 0: never"),
    ("rooms_max", "rooms at once, without the first"),
    (
        "small_room_events",
        "events up to which an empty room gives way when the house is full of rooms",
    ),
    ("new_rooms_burst", "rooms one address may make at once; 0: no limit"),
    ("new_room_every_s", "seconds after which it may make another"),
    ("rooms_per_session_max", "rooms one person may be in at once"),
    ("ignored_max", "nicks one person may ignore"),
    ("announce_each_max", "listeners up to which every coming and going is announced"),
    ("announce_names_max", "members up to which folded announcements name people"),
    ("fold_s", "seconds over which comings and goings are folded into one line"),
    ("grace_s", "seconds for which an api client whose connection broke keeps its seat"),
    (
        "suspended_per_address_max",
        "seats kept for one address, at most half of its connections; then the oldest is given up",
    ),
    ("suspended_max", "seats kept at once, over all addresses; past it the oldest is given up"),
    ("brief_stay_s", "seconds in a room below which a stay counts as brief"),
    ("brief_stays_burst", "brief stays, and renames, of one address announced one by one; 0: all"),
    ("brief_stay_every_s", "seconds after which another one is announced by itself"),
    ("page_entries_max", "entries in one page of a list"),
    (
        "disk_free_min_mib",
        "MiB free on the disk below which nothing is said, while reading goes on; 0: no bound",
    ),
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: vec![ListenSetting::All(5000)],
            hosts: Vec::new(),
            admin: AdminSetting::Auto,
            data: PathBuf::new(),
            durability: Durability::Sync,
            log: LogSetting::default(),
            shards: 0,
            first_room: Limits::default().first_room,
            history_shown: 20,
            limits: LimitSettings::default(),
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        let core = Limits::default();
        Self {
            connections_max: 0,
            // 40 people behind one address, each with a few tabs and programs.
            connections_per_address_max: 500,
            newcomers_per_address_max: 50,
            // 40 people who come back at once need ten requests each; then one each a second.
            address_requests_burst: 400,
            address_requests_per_second: 40,
            // Programs: 60 reports at once, then 10 a second.
            address_posts_burst: 60,
            address_posts_per_second: 10,
            // A few long pastes, then what 40 people type: 2.8 GB a day at most.
            address_kept_bytes_burst: 4 * 1024 * 1024,
            address_kept_bytes_per_second: 32 * 1024,
            flood_burst: 10,
            flood_per_second: 2,
            flood_held_max: 10,
            queue_soft_bytes: 64 * 1024,
            queue_hard_bytes: 256 * 1024,
            // With the time it takes to ask: within a minute.
            unread_s: 50,
            idle_s: 0,
            rooms_max: core.rooms_max,
            small_room_events: core.small_room_events,
            new_rooms_burst: core.new_rooms.burst,
            new_room_every_s: core.new_rooms.interval_ms / 1000,
            rooms_per_session_max: core.rooms_per_session_max,
            ignored_max: core.ignored_max,
            announce_each_max: core.announce_each_max,
            announce_names_max: core.announce_names_max,
            fold_s: core.fold_ms / 1000,
            grace_s: core.grace_ms / 1000,
            suspended_per_address_max: core.suspended_per_origin_max,
            suspended_max: core.suspended_max,
            brief_stay_s: core.brief_stay_ms / 1000,
            brief_stays_burst: core.brief_stays.burst,
            brief_stay_every_s: core.brief_stays.interval_ms / 1000,
            page_entries_max: core.page_entries_max,
            disk_free_min_mib: 64,
        }
    }
}

impl Settings {
    /// What the chat state keeps of it.
    #[must_use]
    pub fn chat_limits(&self) -> Limits {
        self.limits.of_chat(self.first_room.clone())
    }
}

/// The platform names no place for data.
#[derive(Clone, Copy, Debug, Error)]
#[error("there is no home directory to keep data in")]
pub struct NoDataDirectory;

impl Settings {
    /// The file of the history; `None` where nothing is kept.
    ///
    /// # Errors
    /// When no directory is set and the platform names no place for data.
    pub fn database(&self) -> Result<Option<PathBuf>, NoDataDirectory> {
        if self.durability == Durability::Memory {
            return Ok(None);
        }
        let directory = if self.data.as_os_str().is_empty() {
            etcetera::choose_base_strategy()
                .map_err(|_| NoDataDirectory)?
                .data_dir()
                .join("teahouse")
        } else {
            self.data.clone()
        };
        Ok(Some(directory.join(DATABASE)))
    }
}

impl LimitSettings {
    /// The part that the chat state keeps, with the room that always exists.
    fn of_chat(&self, first_room: RoomName) -> Limits {
        let seconds = |seconds: u32| seconds.saturating_mul(1000);
        // A suspended session keeps its place among the connections of its address: half of the places stay
        // free to come back on.
        let suspended_possible = match self.connections_per_address_max {
            0 => usize::MAX,
            max => max / 2,
        };
        Limits {
            first_room,
            rooms_max: self.rooms_max,
            small_room_events: self.small_room_events,
            new_rooms: Rate {
                burst: self.new_rooms_burst,
                interval_ms: seconds(self.new_room_every_s),
            },
            rooms_per_session_max: self.rooms_per_session_max,
            ignored_max: self.ignored_max,
            announce_each_max: self.announce_each_max,
            announce_names_max: self.announce_names_max,
            fold_ms: seconds(self.fold_s),
            grace_ms: seconds(self.grace_s),
            suspended_per_origin_max: self.suspended_per_address_max.min(suspended_possible),
            suspended_max: self.suspended_max,
            brief_stay_ms: seconds(self.brief_stay_s),
            brief_stays: Rate {
                burst: self.brief_stays_burst,
                interval_ms: seconds(self.brief_stay_every_s),
            },
            page_entries_max: self.page_entries_max,
        }
    }

    /// Keys and values as in the configuration file.
    #[must_use]
    pub fn table(&self) -> toml::Table {
        toml::Table::try_from(self).unwrap_or_default()
    }

    /// The part that each connection's bucket keeps.
    #[must_use]
    pub fn flood(&self) -> FloodLimit {
        FloodLimit { burst: self.flood_burst, per_second: self.flood_per_second }
    }
}

/// Where metrics are usually served: for programs on this machine only.
pub(crate) const ADMIN_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5001);

/// Where metrics are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AdminSetting {
    /// On `127.0.0.1:5001`, if that is free.
    #[default]
    Auto,
    /// Nowhere.
    Off,
    /// There.
    At(SocketAddr),
}

impl TryFrom<String> for AdminSetting {
    type Error = String;
    fn try_from(input: String) -> Result<Self, String> {
        match input.as_str() {
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            address => address.parse().map(Self::At).map_err(|_| {
                format!("`{input}` is not auto, off or an address like 127.0.0.1:5001")
            }),
        }
    }
}

impl From<AdminSetting> for String {
    fn from(setting: AdminSetting) -> Self {
        match setting {
            AdminSetting::Auto => "auto".to_owned(),
            AdminSetting::Off => "off".to_owned(),
            AdminSetting::At(address) => address.to_string(),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// `FORMAT/LEVEL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogSetting {
    /// How the lines look.
    pub format: LogFormat,
    /// From which level on.
    pub level: tracing::Level,
}

impl Default for LogSetting {
    fn default() -> Self {
        Self { format: LogFormat::Human, level: tracing::Level::INFO }
    }
}

impl FromStr for LogSetting {
    type Err = String;
    fn from_str(input: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{input}` is not FORMAT/LEVEL, with human or json, and error, warn, info, debug or trace"
            )
        };
        let (format, level) = input.split_once('/').ok_or_else(wrong)?;
        let format = match format {
            "human" => LogFormat::Human,
            "json" => LogFormat::Json,
            _ => return Err(wrong()),
        };
        Ok(Self { format, level: level.parse().map_err(|_| wrong())? })
    }
}

impl TryFrom<String> for LogSetting {
    type Error = String;
    fn try_from(input: String) -> Result<Self, String> {
        input.parse()
    }
}

impl From<LogSetting> for String {
    fn from(setting: LogSetting) -> Self {
        let format = match setting.format {
            LogFormat::Human => "human",
            LogFormat::Json => "json",
        };
        format!("{format}/{}", setting.level.as_str().to_lowercase())
    }
}
