//! See the target of the same name.
#![no_main]

#[path = "../targets/records.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
