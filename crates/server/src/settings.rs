//! The settings of a server: their sources, types and allowed values.
//!
//! [`Settings`] is the whole list: its fields are the keys of the configuration file and give the names of the
//! environment variables (`limits.flood_burst` is `TEAHOUSE_LIMITS_FLOOD_BURST`) and the defaults. The limits are rows
//! of a table ([`limits`]). Flags override the environment, the environment overrides the file, and the file overrides
//! the defaults.

mod layers;
pub mod limits;
mod listen;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use teahouse_core::{Limits, RoomName};
use thiserror::Error;

pub use layers::{Layers, SettingsError};
pub use limits::LimitSettings;
pub use listen::ListenSetting;

use crate::store::{DATABASE, Durability};

/// All settings of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The addresses to listen on; port 0 lets the system choose a port.
    pub listen: Vec<ListenSetting>,
    /// Names under which HTTP requests reach this server, besides addresses, `localhost` and the machine's own names:
    /// `tea.example`, `.tea.example` for it and all names below it, `*` for any.
    pub hosts: Vec<String>,
    /// The address for metrics: `auto`, `off`, or an address.
    pub admin: AdminSetting,
    /// The data directory; empty for the platform's default.
    pub data: PathBuf,
    /// When a message counts as stored.
    pub durability: Durability,
    /// The format and level of the log: `human/info`, `json/debug`, …
    pub log: LogSetting,
    /// Threads that own connections; 0 for one per core, without the core of the hub.
    pub shards: usize,
    /// The room in which every person starts.
    pub first_room: RoomName,
    /// Messages shown to a person who joins a room.
    pub history_shown: u32,
    /// The limits.
    pub limits: LimitSettings,
}

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

impl Settings {
    /// The limits that the chat itself applies.
    #[must_use]
    pub fn chat_limits(&self) -> Limits {
        self.limits.of_chat(self.first_room.clone())
    }
}

/// The platform has no default data directory.
#[derive(Clone, Copy, Debug, Error)]
#[error("there is no home directory to keep data in")]
pub struct NoDataDirectory;

impl Settings {
    /// The database file; `None` if the history is only in memory.
    ///
    /// # Errors
    /// When no directory is set and the platform has no default data directory.
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

/// The default address for metrics: only programs on this machine reach it.
pub(crate) const ADMIN_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5001);

/// The address for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AdminSetting {
    /// `127.0.0.1:5001` if that is free, otherwise no metrics.
    #[default]
    Auto,
    /// No metrics.
    Off,
    /// This address.
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

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object per line.
    Json,
}

/// The setting `log`: `FORMAT/LEVEL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogSetting {
    /// The format of the lines.
    pub format: LogFormat,
    /// The least severe level that is logged.
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
