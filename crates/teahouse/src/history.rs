//! `teahouse backup` and `teahouse check`: copy a history while the server is open, and find out whether a history is
//! sound.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use teahouse_server::store::{self, Soundness, StoreError};
use teahouse_server::{Fault, Layers};

/// The arguments that say where the history is.
#[derive(Args)]
struct Location {
    /// Directory of the history [default: the platform's place for such data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Configuration file (TOML) of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct BackupArgs {
    /// A new file; nothing is overwritten
    file: PathBuf,
    #[command(flatten)]
    location: Location,
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// A database, such as a backup [default: the one of the server]
    file: Option<PathBuf>,
    #[command(flatten)]
    location: Location,
}

impl Location {
    fn database(self) -> Result<PathBuf, Fault> {
        let data = self.data.map(|path| path.to_string_lossy().into_owned());
        let flags = data.into_iter().map(|data| ("data", data, "--data")).collect();
        let settings = Layers::of_process(self.config, flags).settings()?;
        settings
            .database()?
            .ok_or_else(|| StoreError::NoHistory { path: PathBuf::from("memory") }.into())
    }
}

pub(crate) fn backup(BackupArgs { file, location }: BackupArgs) -> anyhow::Result<()> {
    let database = location.database()?;
    let soundness = store::backup(&database, &file).map_err(Fault::from)?;
    print(&format!("{} is a sound copy: {}", file.display(), describe(soundness)))
}

pub(crate) fn check(CheckArgs { file, location }: CheckArgs) -> anyhow::Result<()> {
    let database = match file {
        Some(file) => file,
        None => location.database()?,
    };
    let soundness = store::check(&database).map_err(Fault::from)?;
    print(&format!("{} is sound: {}", database.display(), describe(soundness)))
}

fn describe(Soundness { events, rooms, newest }: Soundness) -> String {
    let counted = |count: u64, one: &str| {
        if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
    };
    let upto = newest
        .and_then(|time| jiff::Timestamp::from_millisecond(time.0).ok())
        .map(|time| format!(", the newest of {}", time.strftime("%Y-%m-%d %H:%M:%S UTC")));
    format!(
        "{} in {}{}",
        counted(events, "message"),
        counted(rooms, "room"),
        upto.unwrap_or_default()
    )
}

fn print(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot print to standard output")
}
