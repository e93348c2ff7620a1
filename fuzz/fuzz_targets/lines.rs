//! Runs `teahouse_fuzz::targets::lines` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teahouse_fuzz::targets::lines::run(bytes));
