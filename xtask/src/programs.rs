//! The system programs that tests and measurements need, and what some of them must be able to do: each is found, or
//! installed where this process may install, or named in an error.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// A WebSocket client that we did not write.
const WEBSOCKETS: &str = "Python's websockets";

/// Python environments, into which tests install other programs with their own `pip`.
const ENVIRONMENTS: &str = "Python's venv";

/// Each program and its Debian package.
const NEEDED: &[(&str, &str)] = &[
    ("bash", "bash"),
    ("chromium", "chromium"),
    ("curl", "curl"),
    ("git", "git"),
    ("gzip", "gzip"),
    ("kill", "procps"),
    ("nc", "netcat-openbsd"),
    ("nginx", "nginx-light"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("promtool", "prometheus"),
    ("python3", "python3"),
    (ENVIRONMENTS, "python3-venv"),
    (WEBSOCKETS, "python3-websockets"),
    ("strace", "strace"),
    ("telnet", "telnet"),
    ("tmux", "tmux"),
];

/// Other people's servers to compare with, and their Debian packages.
const PEERS: &[(&str, &str)] =
    &[("inspircd", "inspircd"), ("nats-server", "nats-server"), ("ngircd", "ngircd")];

/// Makes sure that every program that tests need is installed.
pub(crate) fn install() -> Result<()> {
    get(NEEDED, "tests need")
}

/// Makes sure that the servers to compare with are installed.
pub(crate) fn install_peers() -> Result<()> {
    get(PEERS, "to compare with are wanted")
}

fn get(wanted: &[(&str, &str)], why: &str) -> Result<()> {
    let missing: Vec<&(&str, &str)> =
        wanted.iter().filter(|(program, _)| !is_there(program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    let programs: Vec<&str> = missing.iter().map(|(program, _)| *program).collect();
    let advice = format!(
        "{why} {}; on Debian or Ubuntu: apt-get install {}",
        programs.join(", "),
        packages.join(" ")
    );
    if !is_there("apt-get") {
        bail!("{advice}");
    }
    println!("== installing {}", packages.join(", "));
    let install = [&["install", "-y", "--no-install-recommends"], packages.as_slice()].concat();
    if as_root(&["update"]).and_then(|()| as_root(&install)).is_err() {
        bail!("{advice}");
    }
    Ok(())
}

/// Runs `apt-get` as root, or with `sudo` if that asks for no password.
pub(crate) fn as_root(arguments: &[&str]) -> Result<()> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if is_root {
        crate::process::run("apt-get", arguments)
    } else {
        crate::process::run("sudo", &[&["-n", "apt-get"], arguments].concat())
    }
}

/// Whether a program is on the path. `nc` must be the variant that knows `-N`.
pub(crate) fn is_there(program: &str) -> bool {
    if program == WEBSOCKETS {
        // Packages are for the system's own Python, which may not be the first on the path.
        return ["/usr/bin/python3", "python3"].into_iter().any(|python| {
            let import = Command::new(python).args(["-c", "import websockets"]).output();
            import.is_ok_and(|import| import.status.success())
        });
    }
    if program == ENVIRONMENTS {
        let import = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
        return import.is_ok_and(|import| import.status.success());
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(std::path::PathBuf::from);
    let is_found =
        std::env::split_paths(&paths).chain(system).any(|path| path.join(program).is_file());
    if program != "nc" {
        return is_found;
    }
    is_found && is_openbsd_nc()
}

fn is_openbsd_nc() -> bool {
    let help = Command::new("nc").arg("-h").stdin(Stdio::null()).output();
    help.is_ok_and(|help| {
        String::from_utf8_lossy(&[help.stdout, help.stderr].concat()).contains("-N")
    }) || Path::new("/bin/nc.openbsd").exists()
}
