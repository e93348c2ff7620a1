//! The measure: loads chat servers on loopback, one after the other, with the same generator, and reports the cost of
//! each delivery. `cargo xtask bench` builds and runs it.
//!
//! A [`scenario`] says how many members there are and what they do; a [`swarm`] is the members; a [`server`] is started
//! for each run; a [`report`] has the figures. Two of the servers are in this crate: the [`floor`], which is the cost
//! of the kernel without any chat, and the [`textbook`]. It is a library so that the test suite can count deliveries
//! with it ([`count_deliveries`]).

#![expect(
    clippy::print_stderr,
    reason = "progress goes to standard error, tables to standard output"
)]

mod attack;
mod dialect;
mod disk;
mod floor;
mod pairs;
mod plot;
mod report;
mod scenario;
mod server;
mod smoke;
mod swarm;
mod textbook;
mod trial;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use scenario::SCENARIOS;
pub use smoke::count_deliveries;

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
        /// Runs of which the median is reported, as far as two minutes a scenario allow
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// Only servers with this in their name; may be given several times
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
        /// Where tables, JSON and drawings go
        #[arg(long, value_name = "DIRECTORY", default_value = "target/bench")]
        out: PathBuf,
    },
    /// Be the floor: forward bytes, nothing else
    Floor {
        /// How often it writes
        writes: floor::Writes,
    },
    /// Be the textbook server
    Textbook,
}

/// Runs the command line.
///
/// # Errors
/// When a scenario, a file or a server fails.
pub fn run() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    match Cli::parse().command {
        Command::Run { scenarios, runs, only, out } => measure(&scenarios, runs, &only, &out),
        Command::Floor { writes } => floor::serve(writes),
        Command::Textbook => textbook::serve(),
    }
}

#[expect(clippy::print_stdout, reason = "the tables are what this program is for")]
fn measure(names: &[String], runs: usize, only: &[String], out: &std::path::Path) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !SCENARIOS.iter().any(|s| s.name == **name)) {
        bail!("there is no scenario {unknown}\n{}", scenarios());
    }
    for scenario in SCENARIOS {
        if names.is_empty() || names.iter().any(|name| name == scenario.name) {
            let report = scenario::run(scenario, runs.max(1), only);
            println!("{}\n{}", report.table(), report.ratios());
            report.save(out)?;
            plot::draw(&report, &out.join(format!("{}.svg", report.scenario)))?;
        }
    }
    Ok(())
}

fn scenarios() -> String {
    let lines =
        SCENARIOS.iter().map(|scenario| format!("  {:<8} {}", scenario.name, scenario.what));
    format!("Scenarios:\n{}", lines.collect::<Vec<_>>().join("\n"))
}
