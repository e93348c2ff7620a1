//! `cargo xtask cross`: on Debian or Ubuntu, links the program for Windows and checks it for macOS, so that neither
//! breaks unnoticed. With `--try` the Windows program also runs, under Wine.
//!
//! A compiler for both comes without any installation: [`tools`] unpacks packages into `target/cross/tools`, and cargo
//! builds the standard library from its source. `docs/platforms.md` says what this proves and what not.

mod debian;
mod program;
mod tools;
mod trial;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tools::Tools;

/// The triple that Windows programs are linked for; the one with Microsoft's linker needs Microsoft's libraries.
const WINDOWS: &str = "x86_64-pc-windows-gnu";
/// The triple that is only checked: linking needs Apple's libraries.
const MACOS: &str = "aarch64-apple-darwin";
/// The parts of the standard library that are built.
const STD: &str = "-Zbuild-std=std,panic_abort,panic_unwind";

/// Fetches what is missing, builds, checks, and runs the trials.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    let arguments: Vec<String> = arguments.collect();
    let is_tried = arguments == ["--try"];
    ensure!(is_tried || arguments.is_empty(), "cross takes --try or nothing");
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "this builds on Linux on x86_64 only; elsewhere build for the machine itself: cargo build"
    );
    let root = root()?;
    let home = root.join("target/cross");
    let build = home.join("build");
    let tools = step("tools", || Tools::unpack(&home.join("tools")))?;

    step(&format!("build for {WINDOWS}"), || {
        cargo(&tools, &root, &build, tools::CARGO, &["build", "--target", WINDOWS])
    })?;
    let program = build.join(WINDOWS).join("debug/teahouse.exe");
    let bytes = program.metadata().with_context(|| format!("no {}", program.display()))?.len();
    println!("   {} ({} MB)", program.display(), bytes / 1_000_000);

    step(&format!("check for {MACOS}"), || {
        cargo(&tools, &root, &build, tools::ZIGBUILD, &["check", "--target", MACOS])
    })?;
    if is_tried {
        step("trial under wine", || trial::run(&tools, &root, &home, &program))?;
    }
    Ok(())
}

/// Builds or checks the program with the unpacked compiler. A warning fails: on another platform nobody sees it.
fn cargo(
    tools: &Tools,
    root: &Path,
    build: &Path,
    program: &str,
    arguments: &[&str],
) -> Result<()> {
    let status = tools
        .command(program)
        .current_dir(root)
        .args(arguments)
        .args(["--package", "teahouse", "--locked", STD, "-Zwarnings"])
        .args(["--config", "build.warnings='deny'"])
        .env("CARGO_TARGET_DIR", build)
        // With debug information the Windows program has 165 MB, without it 54, and nobody debugs it here.
        .env("CARGO_PROFILE_DEV_DEBUG", "none")
        .status()
        .with_context(|| format!("cannot run {program}"))?;
    ensure!(
        status.success(),
        "{program} {} failed\nhint: what another platform does not have goes behind #[cfg(unix)] or the \
         like; if it is the compiler that is broken, begin anew: rm -r target/cross",
        arguments.join(" ")
    );
    Ok(())
}

/// The root of the repository.
fn root() -> Result<PathBuf> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask cross`")?;
    let root = Path::new(&own).parent().context("xtask is in no directory")?;
    Ok(root.to_owned())
}

/// Prints the name of a step, runs it, and prints how long it took.
fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("== {name}");
    let start = Instant::now();
    let result = work().with_context(|| format!("{name} failed"))?;
    println!("== {name}: good after {:.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}
