//! What an operator may set, where it comes from, and what it may be.
//!
//! [`Settings`] is the whole list: its fields name the keys of the configuration file, the environment
//! variables (`limits.flood_burst` is `TEAHOUSE_LIMITS_FLOOD_BURST`) and the defaults. The limits among them
//! are rows of a table ([`limits`]). Flags go before the environment, the environment before the file, the file
//! before the defaults.

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
