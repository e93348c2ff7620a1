//! The programs for the fuzzer in `fuzz/fuzz_targets/`, compiled here with another macro in place of libFuzzer's, which
//! needs a special build. Each program has to run the target of its name.

#![allow(missing_docs, unused_attributes, reason = "the included files are crate roots")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use teahouse_fuzz::TARGETS;

extern crate self as libfuzzer_sys;

/// A macro with the same input as libFuzzer's.
#[macro_export]
macro_rules! fuzz_target {
    (|$bytes:ident: &[u8]| $body:expr) => {
        pub(crate) const RUNS: &str = stringify!($body);
        pub(crate) fn run($bytes: &[u8]) {
            $body
        }
    };
}

/// Includes the programs, each as a module.
macro_rules! programs {
    ($($name:ident $path:literal)*) => {
        $(#[path = $path] mod $name;)*
        const PROGRAMS: &[(&str, &str, fn(&[u8]))] = &[$((stringify!($name), $name::RUNS, $name::run)),*];
    };
}

programs! {
    cursors "../../../fuzz/fuzz_targets/cursors.rs"
    frames "../../../fuzz/fuzz_targets/frames.rs"
    lines "../../../fuzz/fuzz_targets/lines.rs"
    messages "../../../fuzz/fuzz_targets/messages.rs"
    parameters "../../../fuzz/fuzz_targets/parameters.rs"
    proposals "../../../fuzz/fuzz_targets/proposals.rs"
    requests "../../../fuzz/fuzz_targets/requests.rs"
    snapshots "../../../fuzz/fuzz_targets/snapshots.rs"
    sniffing "../../../fuzz/fuzz_targets/sniffing.rs"
}

#[test]
fn every_target_has_a_program_that_compiles_and_runs_it() {
    let names: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    let programs: BTreeSet<&str> = PROGRAMS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(programs, names);
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, runs, run) in PROGRAMS {
        assert_eq!(*runs, format!("teahouse_fuzz::targets::{name}::run(bytes)"));
        for input in fs::read_dir(corpora.join(name)).unwrap() {
            run(&fs::read(input.unwrap().path()).unwrap());
        }
    }
}
