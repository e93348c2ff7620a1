//! The compilers for other platforms, unpacked into one directory: nothing is installed, nothing outside is changed. A
//! second run finds them; a run that was interrupted goes on where it stopped.
//!
//! The distribution's packages have rustc with the source of its standard library, and MinGW's C compiler and linker
//! for Windows ([`debian`]). Python's have Zig, as the C compiler for macOS, and the cargo command that uses it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::debian;
use crate::process::quietly;

/// The name of cargo itself.
pub(super) const CARGO: &str = "cargo";
/// The cargo command that compiles C with Zig.
pub(super) const ZIGBUILD: &str = "cargo-zigbuild";
/// The C compiler for Windows.
pub(super) const MINGW: &str = "x86_64-w64-mingw32-gcc";
/// The names of Zig and its cargo command in Python's package index.
const WHEELS: [&str; 2] = ["ziglang", ZIGBUILD];

/// The unpacked compilers; each of them starts.
pub(super) struct Tools {
    home: PathBuf,
}

impl Tools {
    /// Fetches the compilers that are missing.
    pub(super) fn unpack(home: &Path) -> Result<Self> {
        let tools = Self { home: home.to_owned() };
        debian::unpack(&tools.debian(), env!("CARGO_PKG_RUST_VERSION"))?;
        let rust = tools.version(tools.rustc(), "--version")?;
        let mingw = tools.version(MINGW, "--version")?;
        unpack_zig(&tools.python())?;
        let zig = tools.version(ZIGBUILD, "--version")?;
        println!("   {rust}; {mingw}; {zig}");
        Ok(tools)
    }

    /// A command whose environment finds the compilers.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let program = program.as_ref();
        let mut paths = vec![self.python().join("bin")];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        paths.push(self.debian().join("usr/bin"));
        let mut path = OsString::new();
        for (index, one) in paths.iter().enumerate() {
            path.push(if index == 0 { "" } else { ":" });
            path.push(one);
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| CARGO.into());
        let mut command = Command::new(if program == CARGO { cargo.as_os_str() } else { program });
        command
            .env("PATH", path)
            .env("LD_LIBRARY_PATH", self.debian().join("usr/lib/x86_64-linux-gnu"))
            .env("RUSTC", self.rustc())
            // Only nightly compilers, or those with this variable, build the standard library.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("ZIG_GLOBAL_CACHE_DIR", self.home.join("cache/zig"))
            .env("CARGO_ZIGBUILD_CACHE_DIR", self.home.join("cache/zigbuild"));
        command
    }

    /// The first line of a compiler's version.
    fn version(&self, program: impl AsRef<OsStr>, flag: &str) -> Result<String> {
        let hint = "unpacked compilers use the libraries of the machine's own (apt-get install gcc); if that is \
                    there, begin anew: rm -r target/cross/tools";
        let version = quietly(self.command(program).arg(flag), hint)?;
        Ok(version.lines().next().unwrap_or_default().to_owned())
    }

    fn debian(&self) -> PathBuf {
        self.home.join("debian")
    }

    fn python(&self) -> PathBuf {
        self.home.join("python")
    }

    fn rustc(&self) -> OsString {
        self.debian().join("usr/bin/rustc").into_os_string()
    }
}

/// Makes a Python environment with Zig in it.
fn unpack_zig(home: &Path) -> Result<()> {
    let complete = home.join("complete");
    if complete.exists() {
        return Ok(());
    }
    println!("   fetching {} from Python's package index", WHEELS.join(" and "));
    quietly(
        Command::new("python3").args(["-m", "venv"]).arg(home),
        "on Debian or Ubuntu: apt-get install python3-venv",
    )?;
    let mut pip = Command::new(home.join("bin/python3"));
    pip.args(["-m", "pip", "install", "--no-cache-dir"]).args(WHEELS);
    quietly(&mut pip, "pip needs a package index that it can reach")?;
    std::fs::write(&complete, WHEELS.join("\n")).context("cannot note that Zig is there")
}
