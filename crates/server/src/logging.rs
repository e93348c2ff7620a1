//! The server's log: lines on standard error, for people or as JSON. A reload may change the level. Message bodies are
//! never logged.

mod lines;

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::settings::{LogFormat, LogSetting};
use lines::Lines;

/// The started log. Dropping it writes the lines that are still queued.
#[derive(Debug)]
pub struct Log {
    level: reload::Handle<LevelFilter, Registry>,
    lines: Lines,
}

/// Starts the log of this process. Only the first call takes effect.
///
/// # Errors
/// When the writing thread cannot be started.
pub fn start(setting: LogSetting) -> std::io::Result<Log> {
    let queue = Lines::start(std::io::stderr())?;
    let (level, handle) = reload::Layer::new(LevelFilter::from_level(setting.level));
    let lines = fmt::layer().with_writer(queue.clone());
    let lines = match setting.format {
        LogFormat::Human => {
            lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    if let Err(error) = tracing_subscriber::registry().with(level).with(lines).try_init() {
        tracing::debug!(%error, "the log was started before");
    }
    Ok(Log { level: handle, lines: queue })
}

impl Log {
    /// Sets the level.
    pub fn set(&self, setting: LogSetting) {
        if let Err(error) =
            self.level.modify(|level| *level = LevelFilter::from_level(setting.level))
        {
            tracing::warn!(%error, "cannot change the log level");
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.flush();
    }
}
