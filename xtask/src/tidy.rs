//! Rules of this repository that no compiler and no linter checks: one row each in [`RULES`].

mod characters;
mod circles;
mod fields;
mod file;
mod named;
mod protocols;
mod tokens;
mod words;

use std::path::Path;

use anyhow::{Result, bail, ensure};

use file::{File, files};

/// The most lines of a source file. A longer one has more than one subject.
const LINES_MAX: usize = 400;

/// The most fields of a struct of the server. A struct with more has parts that lack a name.
const FIELDS_MAX: usize = 12;

/// A rule: its name, and a function that finds violations in a file (line from 1, 0 for the file as a whole).
struct Rule {
    wants: &'static str,
    check: fn(&File) -> Vec<(usize, String)>,
}

/// Folders in which no two files may need each other: what both need belongs in a third.
const WITHOUT_CIRCLES: &[&str] = &[
    "crates/editor/src/",
    "crates/wire/src/",
    "crates/server/src/",
    "crates/client/src/",
    "crates/bench/src/",
    "crates/fuzz/src/",
    "crates/teahouse/src/",
    "xtask/src/",
];
const NO_CIRCLES: &str = "modules do not need each other in a circle";

const RULES: &[Rule] = &[
    Rule { wants: "a source file opens with `//!`: what it is for", check: opens_with_doc },
    Rule { wants: "a source file has one subject", check: is_short },
    Rule {
        wants: "a type of the server is cut into parts that have a meaning",
        check: has_few_fields,
    },
    Rule { wants: "modules are nouns, and `foo.rs` beside `foo/`", check: has_a_name },
    Rule { wants: "tests run, and nothing is left for later", check: is_finished },
    Rule { wants: "no tabs, no white space at line ends, no CRLF", check: is_clean },
    Rule {
        wants: "crates point one way: core <- editor, wire <- server | client",
        check: points_one_way,
    },
    Rule { wants: "dependency versions stand in the workspace only", check: has_no_versions },
    Rule { wants: "the core, the editor, the protocols and shards are pure", check: is_pure },
    Rule {
        wants: "dangerous characters stand in one table",
        check: characters::stand_in_one_table,
    },
    Rule { wants: "protocols know neither each other nor the shard", check: protocols::are_apart },
    Rule { wants: "one word for each concept", check: words::are_the_fields },
    Rule { wants: "links between documents lead somewhere", check: links_lead_somewhere },
    Rule { wants: "the README begins with the two commands", check: begins_with_commands },
];

/// Checks every rule on every file that git tracks.
pub(crate) fn run() -> Result<()> {
    let files = files()?;
    ensure!(!files.is_empty(), "there are no files to check; run this in the repository");
    let mut findings = 0;
    for file in &files {
        for Rule { wants, check } in RULES {
            for (line, what) in check(file) {
                findings += 1;
                println!("{}:{line}: {what} ({wants})", file.path);
            }
        }
    }
    for circle in circles_in(&files) {
        findings += 1;
        println!("{circle} ({NO_CIRCLES})");
    }
    for name in named::missing(&files) {
        findings += 1;
        println!("ARCHITECTURE.md:{name} does not exist (a newcomer is led to what is there)");
    }
    if findings > 0 {
        bail!("tidy found {findings} places");
    }
    println!("tidy: {} files, {} rules, nothing found", files.len(), RULES.len() + 2);
    Ok(())
}

fn when(is_wrong: bool, what: &str) -> Vec<(usize, String)> {
    if is_wrong { vec![(0, what.to_owned())] } else { Vec::new() }
}

fn opens_with_doc(file: &File) -> Vec<(usize, String)> {
    when(file.is(".rs") && !file.text.starts_with("//!"), "no `//!` at the top")
}

fn is_short(file: &File) -> Vec<(usize, String)> {
    let lines = file.text.lines().count();
    let is_wrong = file.is(".rs") && lines > LINES_MAX;
    when(is_wrong, &format!("{lines} lines; the limit is {LINES_MAX}"))
}

fn has_few_fields(file: &File) -> Vec<(usize, String)> {
    let structs = fields::structs(&file.text).into_iter();
    let wrong = structs.filter(|(_, fields)| file.is_of_server() && *fields > FIELDS_MAX);
    wrong
        .map(|(name, fields)| (0, format!("{name} has {fields} fields; the limit is {FIELDS_MAX}")))
        .collect()
}

fn circles_in(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for home in WITHOUT_CIRCLES {
        let modules = files.iter().filter(|file| file.is(".rs") && !file.is_test());
        let modules =
            modules.filter_map(|file| Some((file.path.strip_prefix(home)?, file.text.as_str())));
        let circles = circles::circles(modules);
        found.extend(circles.iter().map(|circle| format!("{home}: {}", circle.join(" <-> "))));
    }
    found
}

fn has_a_name(file: &File) -> Vec<(usize, String)> {
    let name = Path::new(&file.path).file_stem().unwrap_or_default().to_string_lossy();
    let is_nameless = ["mod", "util", "utils", "helper", "helpers", "common", "manager", "misc"]
        .contains(&name.as_ref());
    when(file.is(".rs") && is_nameless, &format!("`{name}` says nothing"))
}

fn is_finished(file: &File) -> Vec<(usize, String)> {
    // The strings are put together here, so that this file does not find itself.
    let marks =
        [("#[", "ignore"), ("to", "do!("), ("unimple", "mented!("), ("FIX", "ME"), ("XX", "X")];
    let marks: Vec<String> = marks.iter().map(|(a, b)| format!("{a}{b}")).collect();
    let is_found = |line: &str| marks.iter().any(|mark| line.contains(mark));
    if file.is(".rs") { file.lines_where(is_found, str::to_owned) } else { Vec::new() }
}

fn is_clean(file: &File) -> Vec<(usize, String)> {
    if ![".rs", ".md", ".toml"].iter().any(|ending| file.is(ending)) {
        return Vec::new();
    }
    let is_found = |line: &str| line.contains(['\t', '\r']) || line.ends_with(' ');
    file.lines_where(is_found, |_| "tab, space at the end or carriage return".to_owned())
}

/// The crates of ours that each crate may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("editor", &["core"]),
    ("wire", &["core", "editor"]),
    ("server", &["core", "editor", "wire"]),
    // The client's tests use inputs that `fuzz` makes; `fuzz` depends on the core and the wire crate alone.
    ("client", &["core", "editor", "wire", "fuzz"]),
];

fn points_one_way(file: &File) -> Vec<(usize, String)> {
    let allowed = ALLOWED.iter().find(|(name, _)| file.path == format!("crates/{name}/Cargo.toml"));
    let Some((name, allowed)) = allowed else { return Vec::new() };
    let is_found = |line: &str| {
        let ours = line.strip_prefix("teahouse-").and_then(|rest| rest.split(['.', ' ']).next());
        ours.is_some_and(|other| !allowed.contains(&other))
    };
    file.lines_where(is_found, |line| format!("{name} may not depend on {line}"))
}

fn has_no_versions(file: &File) -> Vec<(usize, String)> {
    // A workspace of its own (`fuzz`) has its versions itself.
    let is_workspace = file.text.lines().any(|line| line == "[workspace]");
    let is_member = file.is("/Cargo.toml") && !is_workspace;
    let mut is_dependency = false;
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate().filter(|_| is_member) {
        if line.starts_with('[') {
            is_dependency = line.contains("dependencies");
        } else if is_dependency && line.contains('=') && !line.contains("workspace = true") {
            found.push((index + 1, line.to_owned()));
        }
    }
    found
}

fn is_pure(file: &File) -> Vec<(usize, String)> {
    let clocks_and_files = [
        // A name in braces would not be found.
        "std::{",
        "std::net",
        "std::fs",
        "std::env",
        "std::thread",
        "time::Instant",
        "SystemTime",
        "rusqlite",
    ];
    let everything = ["std::io", "std::process", "tokio"];
    let tasks = ["tokio::net", "tokio::time", "tokio::task", "crate::clock", "crate::reactor"];
    let pure = ["crates/core/src/", "crates/editor/src/", "crates/wire/src/"];
    // A shard is driven from outside, so that a simulation can drive it.
    let driven = ["crates/server/src/shard.rs", "crates/server/src/shard/"];
    let is_in = |homes: &[&str]| homes.iter().any(|home| file.path.starts_with(home));
    let more: &[&str] = match () {
        () if is_in(&pure) => &everything,
        () if is_in(&driven) => &tasks,
        () => return Vec::new(),
    };
    let is_found = |line: &str| {
        let is_code = !line.trim_start().starts_with("//");
        // A cursor over bytes in memory is neither a file nor a socket.
        let is_cursor = line.contains("std::io::Cursor");
        is_code && !is_cursor && clocks_and_files.iter().chain(more).any(|word| line.contains(word))
    };
    file.lines_where(is_found, str::to_owned)
}

fn links_lead_somewhere(file: &File) -> Vec<(usize, String)> {
    let home = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate().filter(|_| file.is(".md")) {
        for link in line.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            if target.contains(':') {
                continue;
            }
            let path = home.join(target);
            if !target.is_empty() && !path.exists() {
                found.push((index + 1, format!("{target} does not exist")));
            } else if !anchor.is_empty() {
                let read = || std::fs::read_to_string(&path).unwrap_or_default();
                let text = if target.is_empty() { file.text.clone() } else { read() };
                if !text.lines().any(|line| line.starts_with('#') && anchor_of(line) == anchor) {
                    found.push((index + 1, format!("no heading is called #{anchor}")));
                }
            }
        }
    }
    found
}

/// The anchor of a heading in links.
fn anchor_of(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    words.chars().filter(is_kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn begins_with_commands(file: &File) -> Vec<(usize, String)> {
    if file.path != "README.md" && file.path != "README.zh-CN.md" {
        return Vec::new();
    }
    let block = file.text.split("```").nth(1).unwrap_or_default();
    let has_both =
        block.contains("cargo run --release -- serve") && block.contains("nc localhost 5000");
    when(!has_both, "the first code block does not show how to start a server and join it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: fn(&File) -> Vec<(usize, String)>, path: &str, text: &str) -> Vec<usize> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&file).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn each_rule_finds_its_violation_and_nothing_else() {
        assert_eq!(found(opens_with_doc, "a.rs", "use x;\n"), [0]);
        assert_eq!(found(opens_with_doc, "a.rs", "//! A.\n"), [0; 0]);
        assert_eq!(found(is_short, "a.rs", &"x\n".repeat(401)), [0]);
        assert_eq!(found(is_short, "a/tests/b.rs", &"x\n".repeat(401)), [0]);
        assert_eq!(found(is_short, "a.md", &"x\n".repeat(401)), [0; 0]);
        let fields = |count| format!("struct A {{\n{}}}\n", "    b: C,\n".repeat(count));
        assert_eq!(found(has_few_fields, "crates/server/src/a.rs", &fields(12)), [0; 0]);
        assert_eq!(found(has_few_fields, "crates/server/src/a.rs", &fields(13)), [0]);
        assert_eq!(found(has_few_fields, "crates/client/src/a.rs", &fields(13)), [0; 0]);
        assert_eq!(found(has_a_name, "src/util.rs", ""), [0]);
        assert_eq!(found(has_a_name, "src/room.rs", ""), [0; 0]);
        assert_eq!(found(is_finished, "a.rs", &format!("fn a() {{\n    {}()\n", "todo!")), [2]);
        assert_eq!(found(is_clean, "a.md", "fine\nnot \n"), [2]);
        let wire =
            "[dependencies]\nteahouse-core.workspace = true\nteahouse-server.workspace = true\n";
        assert_eq!(found(points_one_way, "crates/wire/Cargo.toml", wire), [3]);
        let editor =
            "[dependencies]\nteahouse-core.workspace = true\nteahouse-wire.workspace = true\n";
        assert_eq!(found(points_one_way, "crates/editor/Cargo.toml", editor), [3]);
        let client = "[dependencies]\nteahouse-editor.workspace = true\n";
        assert_eq!(found(points_one_way, "crates/client/Cargo.toml", client), [0; 0]);
        let versions = "[package]\nversion = \"1\"\n[dependencies]\nserde = \"1\"\n";
        assert_eq!(found(has_no_versions, "crates/core/Cargo.toml", versions), [4]);
        assert_eq!(found(is_pure, "crates/core/src/a.rs", "// tokio\nuse std::fs;\n"), [2]);
        assert_eq!(found(is_pure, "crates/editor/src/a.rs", "use std::env;\n"), [1]);
        assert_eq!(found(is_pure, "crates/wire/src/a.rs", "use std::{fs, io};\n"), [1]);
        assert_eq!(found(is_pure, "crates/server/src/a.rs", "use std::fs;\n"), [0; 0]);
        assert_eq!(found(links_lead_somewhere, "A.md", "[x](no/such.md) [y](https://a)\n"), [1]);
        let anchors = "# Two words!\n[x](#two-words)\n[y](#three)\n";
        assert_eq!(found(links_lead_somewhere, "A.md", anchors), [3]);
        assert_eq!(found(begins_with_commands, "README.md", "```\nmake\n```\n"), [0]);
    }
}
