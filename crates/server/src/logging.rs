//! The server's log: to standard error, for people or as JSON, from a level on that a reload may change.
//! Message bodies are never logged.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::settings::{LogFormat, LogSetting};

/// Changes the level of a started log.
#[derive(Clone, Debug)]
pub struct LogLevel(reload::Handle<LevelFilter, Registry>);

/// Starts the log of this process; the first call counts.
#[must_use]
pub fn start(setting: LogSetting) -> LogLevel {
    let (level, handle) = reload::Layer::new(LevelFilter::from_level(setting.level));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match setting.format {
        LogFormat::Human => {
            lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    if let Err(error) = tracing_subscriber::registry().with(level).with(lines).try_init() {
        tracing::debug!(%error, "the log was started before");
    }
    LogLevel(handle)
}

impl LogLevel {
    /// Logs from this level on.
    pub fn set(&self, setting: LogSetting) {
        if let Err(error) = self.0.modify(|level| *level = LevelFilter::from_level(setting.level)) {
            tracing::warn!(%error, "the log level stays as it is");
        }
    }
}
