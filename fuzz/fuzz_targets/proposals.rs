//! Runs `teahouse_fuzz::targets::proposals` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teahouse_fuzz::targets::proposals::run(bytes));
