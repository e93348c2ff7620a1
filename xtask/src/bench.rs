//! Builds and runs the load generator, in release mode, beside the server that it measures.

use anyhow::{Context, Result};

use crate::process::cargo;
use crate::programs;

/// Runs a measurement. Unknown options are passed to the generator (`teahouse-bench run --help`).
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    let (installs, arguments): (Vec<String>, Vec<String>) =
        arguments.partition(|argument| argument == "--install");
    if !installs.is_empty() {
        programs::install_peers()?;
    }
    let release = ["--release", "--locked", "--package"];
    let both = [&["build"], release.as_slice(), &["teahouse", "--package", "teahouse-bench"]];
    cargo(&both.concat()).context("the build failed")?;
    let run = [&["run", "--quiet"], release.as_slice(), &["teahouse-bench", "--", "run"]].concat();
    let arguments: Vec<&str> =
        run.into_iter().chain(arguments.iter().map(String::as_str)).collect();
    cargo(&arguments).context("the measurement failed")
}
