//! What is fuzzed: each file has one function that takes any bytes and panics where a promise is
//! broken. `cargo fuzz` runs them for as long as one likes, `cargo test` for a moment.

pub mod scan;
pub mod redact;
pub mod failure;
pub mod records;
pub mod event_log;
pub mod unpack;

/// A target by its name.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

/// All of them.
pub const ALL: [Target; 6] = [
    Target { name: "scan", run: scan::run },
    Target { name: "redact", run: redact::run },
    Target { name: "failure", run: failure::run },
    Target { name: "records", run: records::run },
    Target { name: "event_log", run: event_log::run },
    Target { name: "unpack", run: unpack::run },
];
