//! The trials of the Windows program under Wine, with the Linux program as its peer: one row each in [`TRIALS`].
//!
//! Wine is Windows as Wine's authors understand it. A trial that succeeds here can still fail there; one that fails
//! here deserves a look.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::program::Program;
use super::tools::{MINGW, Tools};
use crate::process::quietly;
use crate::programs;

/// Debian's path of Wine's 64-bit loader, when the script around it is not installed.
const DEBIAN_WINE: &str = "/usr/lib/wine/wine64";
/// The exit code of Wine when a library is missing: the low byte of Windows' `STATUS_DLL_NOT_FOUND`.
const DLL_NOT_FOUND: i32 = 0x35;
/// The library that Rust takes random bytes from.
const RANDOM_DLL: &str = "bcryptprimitives.dll";

/// A trial: its name and how it runs.
struct Trial {
    what: &'static str,
    holds: fn(&Stage) -> Result<()>,
}

const TRIALS: &[Trial] = &[
    Trial {
        what: "Windows clients talk in a Linux server",
        holds: windows_clients_in_a_linux_server,
    },
    Trial {
        what: "people talk in a Windows server; Ctrl-C closes it; opened again, all is there",
        holds: windows_server,
    },
];

/// The two programs, and a directory for their files.
struct Stage {
    wine: PathBuf,
    windows: PathBuf,
    linux: PathBuf,
    home: PathBuf,
}

/// Runs every trial.
pub(super) fn run(tools: &Tools, root: &Path, cross: &Path, program: &Path) -> Result<()> {
    let home = cross.join("trial");
    fs::create_dir_all(&home)?;
    let windows = home.join("teahouse.exe");
    fs::copy(program, &windows).context("cannot copy the Windows program")?;
    let stage = Stage { wine: wine()?, windows, linux: linux(root)?, home };
    begins(&stage, tools)?;
    for Trial { what, holds } in TRIALS {
        holds(&stage).with_context(|| format!("not so: {what}"))?;
        println!("   {what}: yes");
    }
    Ok(())
}

fn wine() -> Result<PathBuf> {
    if Path::new(DEBIAN_WINE).exists() {
        return Ok(DEBIAN_WINE.into());
    }
    match ["wine64", "wine"].into_iter().find(|name| programs::is_there(name)) {
        Some(name) => Ok(name.into()),
        None => bail!("there is no wine\nhint: apt-get install --no-install-recommends wine64"),
    }
}

/// Builds the program for this machine.
fn linux(root: &Path) -> Result<PathBuf> {
    crate::process::cargo(&["build", "--quiet", "--package", "teahouse", "--locked"])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    Ok(target.join("debug/teahouse"))
}

/// Prints the version. If Wine lacks a library that only Wine lacks, a stand-in is put beside the program.
fn begins(stage: &Stage, tools: &Tools) -> Result<()> {
    let stand_in = stage.home.join(RANDOM_DLL);
    fs::remove_file(&stand_in).ok();
    let mut first = stage.windows(&["--version"])?;
    if first.ends()? == Some(DLL_NOT_FOUND) {
        println!("   this wine has no {RANDOM_DLL}: a stand-in is used");
        let source = stage.home.join("bcryptprimitives.c");
        fs::write(&source, include_str!("bcryptprimitives.c"))?;
        let mut compile = tools.command(MINGW);
        compile.arg("-shared").arg("-o").arg(&stand_in).arg(&source).arg("-ladvapi32");
        quietly(&mut compile, "")?;
    }
    let mut second = stage.windows(&["--version"])?;
    let version = second.expect(concat!("teahouse ", env!("CARGO_PKG_VERSION")))?;
    println!("   {}: yes", version.trim());
    second.ends_well()
}

fn windows_clients_in_a_linux_server(stage: &Stage) -> Result<()> {
    let data = stage.directory("linux-house")?;
    let (process, server) = open(stage.linux(&serve(&data.to_string_lossy()))?)?;
    let mut tail = stage.windows(&["tail", "lobby", "--server", &server])?;
    let mut win = stage.windows(&["join", &server, "--plain", "--nick", "win"])?;
    win.expect("you are in #lobby")?;
    let mut lin = stage.linux(&["join", &server, "--plain", "--nick", "lin"])?;
    lin.expect("you are in #lobby")?;
    win.say("from Windows: 茶馆")?;
    lin.expect("from Windows: 茶馆")?;
    lin.say("from Linux: 你好 👩‍👩‍👧")?;
    win.expect("from Linux: 你好 👩‍👩‍👧")?;
    let say = stage.windows(&["say", "lobby", "build", "done", "--server", &server])?;
    say.ends_well()?;
    win.expect("build done")?;
    tail.expect("build done")?;
    win.ends_well()?;
    close(process)
}

fn windows_server(stage: &Stage) -> Result<()> {
    stage.directory("windows-house")?;
    // The path is relative to the directory in which the server starts, which is the same for both systems.
    let (process, server) = open(stage.windows(&serve("windows-house"))?)?;
    let mut win = stage.windows(&["join", &server, "--plain", "--nick", "win"])?;
    win.expect("you are in #lobby")?;
    let mut lin = stage.linux(&["join", &server, "--plain", "--nick", "lin"])?;
    win.expect("lin entered")?;
    lin.say("kept on Windows: 茶馆")?;
    win.expect("kept on Windows: 茶馆")?;
    let lines = stage.linux(&["join", &format!("tcp://{server}"), "--plain"])?;
    lines.ends_well()?;
    close(process)?;
    let log = stage.home.join("windows-house/teahouse.db-wal");
    ensure!(!log.exists(), "the house did not close its database");

    let (process, server) = open(stage.windows(&serve("windows-house"))?)?;
    let mut tail = stage.linux(&["tail", "lobby", "--since", "0", "--server", &server])?;
    tail.expect("kept on Windows: 茶馆")?;
    close(process)
}

/// The arguments of a server on a free port.
fn serve(data: &str) -> Vec<&str> {
    vec!["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--data", data]
}

/// Waits until a server is open, and returns its address.
fn open(mut process: Program) -> Result<(Program, String)> {
    let greeting = process.expect("Ctrl-C closes")?;
    let port = greeting.lines().find_map(|line| line.trim().strip_prefix("nc 127.0.0.1 "));
    let server = format!("127.0.0.1:{}", port.context("the greeting has no port")?);
    Ok((process, server))
}

fn close(mut process: Program) -> Result<()> {
    process.interrupt()?;
    process.ends_well()
}

impl Stage {
    fn windows(&self, arguments: &[&str]) -> Result<Program> {
        let mut command = Command::new(&self.wine);
        command.arg(&self.windows).args(arguments);
        command
            .env("WINEPREFIX", self.home.join("wine"))
            .env("WINEDEBUG", "-all")
            // Otherwise Wine offers to fetch what runs .NET and shows web pages.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            .env_remove("DISPLAY");
        self.start(command, &format!("teahouse.exe {}", arguments.join(" ")))
    }

    fn linux(&self, arguments: &[&str]) -> Result<Program> {
        let mut command = Command::new(&self.linux);
        command.args(arguments);
        self.start(command, &format!("teahouse {}", arguments.join(" ")))
    }

    fn start(&self, mut command: Command, name: &str) -> Result<Program> {
        for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("TEAHOUSE_")) {
            command.env_remove(variable);
        }
        command.current_dir(&self.home).env("XDG_STATE_HOME", self.home.join("state"));
        Program::start(command, name)
    }

    /// Makes an empty directory.
    fn directory(&self, name: &str) -> Result<PathBuf> {
        let directory = self.home.join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir(&directory)?;
        Ok(directory)
    }
}
