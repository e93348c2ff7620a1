//! The measure: loads chat servers on loopback, one after the other, with the same generator, and says
//! what each delivery costs. `cargo xtask bench` builds and runs it.
//!
//! Two of the servers stand here: the [`floor`], which is what the kernel costs without any chat, and the
//! [`textbook`].

#![expect(
    clippy::print_stderr,
    reason = "progress goes to standard error, tables to standard output"
)]

mod dialect;
mod floor;
mod report;
mod scenario;
mod server;
mod swarm;
mod textbook;

use std::path::Path;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use scenario::SCENARIOS;

/// Load chat servers on loopback and compare what a delivery costs
#[derive(Parser)]
#[command(after_help = scenarios())]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios, all of them if none is named
    Run {
        /// Their names
        scenarios: Vec<String>,
        /// Runs of which the median is reported
        #[arg(long, default_value_t = 3)]
        runs: usize,
    },
    /// Be the floor: forward bytes, nothing else
    Floor {
        /// How often it writes
        writes: floor::Writes,
    },
    /// Be the textbook server
    Textbook,
}

fn main() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    match Cli::parse().command {
        Command::Run { scenarios, runs } => run(&scenarios, runs),
        Command::Floor { writes } => floor::serve(writes),
        Command::Textbook => textbook::serve(),
    }
}

#[expect(clippy::print_stdout, reason = "the tables are what this program is for")]
fn run(names: &[String], runs: usize) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !SCENARIOS.iter().any(|s| s.name == **name)) {
        bail!("there is no scenario {unknown}\n{}", scenarios());
    }
    for scenario in SCENARIOS {
        if names.is_empty() || names.iter().any(|name| name == scenario.name) {
            let report = (scenario.run)(runs)?;
            println!("{}", report.table());
            report.keep(Path::new("target/bench"))?;
        }
    }
    Ok(())
}

fn scenarios() -> String {
    let lines =
        SCENARIOS.iter().map(|scenario| format!("  {:<8} {}", scenario.name, scenario.what));
    format!("Scenarios:\n{}", lines.collect::<Vec<_>>().join("\n"))
}
