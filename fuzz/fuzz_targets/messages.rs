//! `messages`, for libFuzzer: what must hold is said in `teahouse_fuzz::targets`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teahouse_fuzz::targets::messages::run(bytes));
