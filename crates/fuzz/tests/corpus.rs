//! Runs every target over its corpus and over new mutations of it.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says where")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use teahouse_fuzz::{SEED, Seed, TARGETS, Target, mutate};

/// The number of mutated inputs for each target in one run: all targets together take a few seconds.
const CASES: u64 = 600;
/// The most bytes of an input that a failure prints. The whole input is written to a file.
const SHOWN_BYTES_MAX: usize = 2_000;
/// The environment variable that sets another number of cases, for a run of hours.
const CASES_VARIABLE: &str = "TEAHOUSE_CASES";

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The inputs of a corpus, sorted by their names, which describe them.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut inputs: Vec<(String, Vec<u8>)> = fs::read_dir(fuzz().join("corpus").join(target))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
        })
        .collect();
    inputs.sort();
    inputs
}

/// The input that a target is running on, which is printed if the target fails.
struct CurrentInput<'a> {
    name: &'a str,
    bytes: &'a [u8],
}

impl Drop for CurrentInput<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let CurrentInput { name, bytes } = self;
            let shown = bytes[..bytes.len().min(SHOWN_BYTES_MAX)].escape_ascii();
            eprintln!("with {name}, {} bytes: b\"{shown}\"", bytes.len());
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("input");
            if fs::write(&path, bytes).is_ok() {
                eprintln!("all of them: {}", path.display());
            }
        }
    }
}

fn check(name: &str) {
    let Target { run, .. } = TARGETS.iter().find(|target| target.name == name).unwrap();
    let inputs = corpus(name);
    for (name, bytes) in &inputs {
        let _current = CurrentInput { name, bytes };
        run(bytes);
    }
    let seed = Seed::of_run();
    let others: Vec<Vec<u8>> = inputs.into_iter().map(|(_, bytes)| bytes).collect();
    let cases = std::env::var(CASES_VARIABLE).map_or(CASES, |cases| cases.parse().unwrap());
    for case in 0..cases {
        let mut dice = seed.dice(case);
        let bytes = mutate(&dice.pick(&others), &others, &mut dice);
        let name = format!("case {case}");
        let _current = CurrentInput { name: &name, bytes: &bytes };
        run(&bytes);
    }
}

#[test]
fn lines_mean_the_same_however_they_are_cut_and_are_harmless() {
    check("lines");
}

#[test]
fn frames_mean_the_same_however_they_are_cut_and_replies_are_whole_frames() {
    check("frames");
}

#[test]
fn requests_are_read_as_they_were_written() {
    check("requests");
}

#[test]
fn messages_of_a_server_are_read_as_they_were_written_or_refused_in_harmless_words() {
    check("messages");
}

#[test]
fn the_protocol_of_a_peer_is_the_same_however_its_first_bytes_are_cut() {
    check("sniffing");
}

#[test]
fn parameters_over_http_are_read_or_refused_in_harmless_words() {
    check("parameters");
}

#[test]
fn cursors_are_read_as_they_were_written() {
    check("cursors");
}

#[test]
fn the_chat_stays_sound_under_any_proposals() {
    check("proposals");
}

#[test]
fn a_snapshot_is_refused_or_restored_to_a_sound_state() {
    check("snapshots");
}

#[test]
fn every_target_has_a_corpus_and_a_program_for_the_fuzzer() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let found = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz().join(folder)).unwrap();
        let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        entries.map(|entry| stem(entry.unwrap().path())).collect()
    };
    assert_eq!(found("corpus"), names);
    assert_eq!(found("fuzz_targets"), names);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml has no {name}");
    }
}

#[test]
fn a_seed_gives_the_same_inputs_again() {
    let others = [b"/join tea\n".to_vec()];
    let made = |case: u64| {
        let mut dice = teahouse_fuzz::Dice::new(7 + case);
        mutate(&others[0], &others, &mut dice)
    };
    assert_eq!(made(1), made(1));
    assert!((0..20).any(|case| made(case) != made(case + 1)), "{SEED} changes nothing");
}
