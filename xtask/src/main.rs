//! The project's chores: `cargo xtask test` is what CI runs, `cargo xtask tidy` checks what no other tool checks,
//! `cargo xtask bench` measures, `cargo xtask schema` writes what is generated from types, `cargo xtask picture` draws
//! the client, `cargo xtask cross` finds out whether the program still builds for Windows and macOS.

mod bench;
mod cross;
mod picture;
mod process;
mod programs;
mod tidy;

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use process::{cargo, program};

const USAGE: &str = "usage: cargo xtask COMMAND

  test     install what tests need, then check formatting, lints, tests and tidiness; two tools that
           tests drive (from npm and PyPI) are fetched into target/tmp
  tidy     check the rules of this repository that no other tool knows
  schema   write the descriptions of the api in docs/ again, from its types, and the limits of
           teahouse.example.toml, from their table
  picture  draw the client in docs/ again, from a real one in tmux
  bench [--install] [SCENARIO]... [--runs N] [--only SERVER]
           build in release mode and measure, ours beside others' servers; tables, JSON and
           drawings go to target/bench. --install gets the others that Debian packages;
           --help lists the scenarios
  cross [--try]
           link the program for Windows and check it for macOS, on Debian or Ubuntu; with --try
           run the Windows program under Wine";

/// The descriptions of the api: the argument of the wire crate's example `describe`, and the file that it makes.
const DESCRIPTIONS: &[(&str, &str)] =
    &[("schema", "docs/api.schema.json"), ("openapi", "docs/openapi.json")];

/// The example configuration: the text after `[limits]` is generated from the table of limits.
const CONFIGURATION: &str = "teahouse.example.toml";

/// The steps of `test` after the programs are installed, in order.
const STEPS: &[(&str, &[&str])] = &[
    ("formatting", &["fmt", "--all", "--check"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    ("tests", &["test", "--workspace", "--locked"]),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let arguments: Vec<String> = arguments.collect();
    let result = match (command.as_deref(), arguments.as_slice()) {
        (Some("bench"), _) => bench::run(arguments.into_iter()),
        (Some("help" | "--help" | "-h"), _) => help(),
        (Some(_), [only]) if only == "--help" || only == "-h" => help(),
        (Some("test"), []) => test(),
        (Some("tidy"), []) => tidy::run(),
        (Some("schema"), []) => schema(),
        (Some("picture"), []) => picture::run(),
        (Some("cross"), _) => cross::run(arguments.into_iter()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> Result<()> {
    println!("{USAGE}");
    Ok(())
}

fn test() -> Result<()> {
    programs::install()?;
    for (name, arguments) in STEPS {
        let start = Instant::now();
        println!("== {name}: cargo {}", arguments.join(" "));
        cargo(arguments).with_context(|| format!("{name} failed"))?;
        println!("== {name}: good after {} s", start.elapsed().as_secs());
    }
    println!("== tidy");
    tidy::run()
}

fn schema() -> Result<()> {
    for (name, path) in DESCRIPTIONS {
        write(path, &example_of("teahouse-wire", &["describe", "--", name])?)?;
    }
    let text = std::fs::read_to_string(CONFIGURATION)
        .with_context(|| format!("cannot read {CONFIGURATION}"))?;
    let (head, _) = text
        .split_once("[limits]\n")
        .with_context(|| format!("{CONFIGURATION} has no line [limits]"))?;
    let limits = example_of("teahouse-server", &["limits"])?;
    write(CONFIGURATION, &[head.as_bytes(), &limits].concat())
}

/// The output of an example of one of our packages.
fn example_of(package: &str, example: &[&str]) -> Result<Vec<u8>> {
    let run = ["run", "--quiet", "--locked", "--package", package, "--example"];
    let arguments = [run.as_slice(), example].concat();
    let output = Command::new(program())
        .args(&arguments)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "to see it again: cargo {}", arguments.join(" "));
    Ok(output.stdout)
}

fn write(path: &str, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {path}"))?;
    println!("{path} is written");
    Ok(())
}
