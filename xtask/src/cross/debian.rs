//! Packages of the distribution, unpacked without being installed. The package index decides which ones and in which
//! version; the compiler must be new enough for us.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process::quietly;
use crate::programs;

/// The packages of rustc and of the source of its standard library. Debian's stable releases get a new compiler as
/// `rustc-web`, for the browsers that need it.
const COMPILERS: &[[&str; 2]] = &[["rustc-web", "rust-web-src"], ["rustc", "rust-src"]];
/// The C compiler, linker and libraries for Windows.
const MINGW: &str = "gcc-mingw-w64-x86-64-posix";
/// The dependencies of those that are unpacked; the others are on every machine that compiles.
const UNPACKED: &[&str] =
    &["rust", "libstd-rust-", "libllvm", "gcc-mingw-w64-", "mingw-w64-", "binutils-mingw-w64-"];
/// Options of `apt-cache depends`: dependencies of dependencies too, but nothing that is only recommended.
const DEPENDENCIES: &[&str] = &[
    "depends",
    "--recurse",
    "--no-recommends",
    "--no-suggests",
    "--no-conflicts",
    "--no-breaks",
    "--no-replaces",
    "--no-enhances",
];

/// Makes sure that the compilers are in `home`, rustc in at least the version `needed`.
pub(super) fn unpack(home: &Path, needed: &str) -> Result<()> {
    let complete = home.join("complete");
    let is_enough = |version: &str| number(version) >= number(needed);
    if fs::read_to_string(&complete).is_ok_and(|version| is_enough(&version)) {
        return Ok(());
    }
    ensure!(
        programs::is_there("apt-get") && programs::is_there("dpkg"),
        "this needs Debian's packages, and there is no apt-get\nhint: run it on Debian or Ubuntu"
    );
    let mut offer = newest()?;
    if !is_enough(&offer.version) {
        println!("   the package index offers no rustc {needed}; reading a newer index");
        // On failure, apt-get has printed why; the packages that it knows decide then.
        programs::as_root(&["update"]).ok();
        offer = newest()?;
    }
    ensure!(
        is_enough(&offer.version),
        "rustc {needed} is needed, and the package index offers {}\nhint: apt-get update; on Debian's stable \
         release newer compilers come with its security updates",
        if offer.version.is_empty() { "none" } else { &offer.version }
    );
    let packages = packages(&offer)?;
    fetch(home, &packages, &offer.version)?;
    name_programs(&home.join("usr/bin"))?;
    let library = home.join("usr/lib/rustlib/src/rust/library/std/Cargo.toml");
    ensure!(library.exists(), "{} has no source of the standard library", offer.source);
    fs::write(&complete, &offer.version).context("cannot note that the packages are there")
}

/// A compiler that the distribution offers.
struct Offer {
    rustc: &'static str,
    source: &'static str,
    version: String,
}

fn newest() -> Result<Offer> {
    let mut offers = Vec::new();
    for [rustc, source] in COMPILERS {
        let policy =
            quietly(Command::new("apt-cache").args(["policy", rustc]).env("LC_ALL", "C"), "")?;
        offers.push(Offer { rustc, source, version: candidate(&policy).to_owned() });
    }
    // Of two equal ones the last, which has the usual name.
    offers.into_iter().max_by_key(|offer| number(&offer.version)).context("no compiler is known")
}

/// The version that `apt-cache policy` would install; empty if there is none.
fn candidate(policy: &str) -> &str {
    let line = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
    line.filter(|version| *version != "(none)").unwrap_or_default()
}

/// The first two numbers of a version, for comparing.
fn number(version: &str) -> (u32, u32) {
    let upstream = version.split_once(':').map_or(version, |(_epoch, rest)| rest);
    let mut numbers = upstream.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
    (next(), next())
}

fn packages(offer: &Offer) -> Result<BTreeSet<String>> {
    let mut command = Command::new("apt-cache");
    command.args(DEPENDENCIES).args([offer.rustc, offer.source, MINGW]).env("LC_ALL", "C");
    let packages = unpacked(&quietly(&mut command, "")?);
    if !packages.contains(MINGW) {
        bail!(
            "the package index has no {MINGW}\nhint: on Ubuntu it is in the component `universe`"
        );
    }
    Ok(packages)
}

/// The packages to unpack, from the output of `apt-cache depends --recurse`.
fn unpacked(depends: &str) -> BTreeSet<String> {
    let is_package = |line: &&str| !line.starts_with([' ', '<', '|']) && !line.contains(':');
    let is_ours = |line: &&str| UNPACKED.iter().any(|start| line.starts_with(start));
    depends.lines().filter(is_package).filter(is_ours).map(str::to_owned).collect()
}

/// Downloads and unpacks one package after the other, and records each, so that a second try goes on where the first
/// stopped. Files of another version of the compiler are removed first.
fn fetch(home: &Path, packages: &BTreeSet<String>, version: &str) -> Result<()> {
    let downloads = home.join("download");
    let noted = home.join("unpacked");
    let mut there = fs::read_to_string(&noted).unwrap_or_default();
    if there.lines().next() != Some(version) {
        empty(home)?;
        there = format!("{version}\n");
        fs::write(&noted, &there)?;
    }
    for package in packages {
        if there.lines().any(|line| line == package) {
            continue;
        }
        println!("   unpacking {package}");
        empty(&downloads)?;
        let mut download = Command::new("apt-get");
        download.args(["download", "--quiet", package]).current_dir(&downloads);
        quietly(&mut download, "apt-get update, and try again")?;
        for file in fs::read_dir(&downloads)? {
            let mut unpack = Command::new("dpkg");
            unpack.arg("-x").arg(file?.path()).arg(home);
            quietly(&mut unpack, "is the disk full? About 3 GB are needed")?;
        }
        there += &format!("{package}\n");
        fs::write(&noted, &there)?;
    }
    empty(&downloads)
}

fn empty(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))
}

/// Gives MinGW's programs the names that build scripts look for, as installing the package would.
fn name_programs(programs: &Path) -> Result<()> {
    for entry in fs::read_dir(programs)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some(plain) = name.strip_suffix("-posix") else { continue };
        let link = programs.join(plain);
        match fs::hard_link(programs.join(&name), &link) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot make {}", link.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_packages_are_compared_by_their_first_two_numbers() {
        assert_eq!(number("1.96.0+dfsg1-1~deb12u2"), (1, 96));
        assert_eq!(number("2:1.100.1-1"), (1, 100));
        assert!(number("1.100") > number("1.96.0"));
        assert!(number("") < number("1.0"));
    }

    #[test]
    fn the_candidate_is_the_version_to_install() {
        let policy =
            "rustc-web:\n  Installed: (none)\n  Candidate: 1.96.0+dfsg1-1\n  Version table:\n";
        assert_eq!(candidate(policy), "1.96.0+dfsg1-1");
        assert_eq!(candidate("rustc:\n  Installed: (none)\n  Candidate: (none)\n"), "");
        assert_eq!(candidate(""), "");
    }

    #[test]
    fn of_all_dependencies_only_compilers_are_unpacked() {
        let depends = "rustc-web\n  Depends: libc6\n  Depends: <libc-dev>\n    libc6-dev\nlibc6\n<libc-dev>\n\
                       libllvm22\n  Depends: libz3-4\nrust-web-src\ngcc-mingw-w64-base\nlibllvm22:i386\n";
        let packages = unpacked(depends);
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        assert_eq!(packages, ["gcc-mingw-w64-base", "libllvm22", "rust-web-src", "rustc-web"]);
    }
}
