//! Runs other programs.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// The path of the cargo that runs this program.
pub(crate) fn program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs cargo and fails unless it succeeds.
pub(crate) fn cargo(arguments: &[&str]) -> Result<()> {
    let status = Command::new(program()).args(arguments).status().context("cannot run cargo")?;
    ensure!(status.success(), "to see it again: cargo {}", arguments.join(" "));
    Ok(())
}

/// Runs a command and fails unless it succeeds.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let status = Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .status()
        .with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        bail!("{program} {} failed", arguments.join(" "));
    }
    Ok(())
}

/// Runs a command without showing its output, and returns what it printed. On failure, the error has its standard error
/// and the hint.
pub(crate) fn quietly(command: &mut Command, hint: &str) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let arguments: Vec<_> = command.get_args().map(|one| one.to_string_lossy()).collect();
    let shown = format!("{program} {}", arguments.join(" "));
    let hint = if hint.is_empty() { String::new() } else { format!("\nhint: {hint}") };
    match command.output() {
        Err(error) => bail!("cannot run {shown}: {error}{hint}"),
        Ok(output) if !output.status.success() => {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{shown} failed: {}{hint}", said.trim())
        }
        Ok(output) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
    }
}
