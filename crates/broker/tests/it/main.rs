//! The broker from outside, spoken to byte by byte: what no well-behaved client library would do,
//! and a process that is killed.

mod client;
mod versions;
mod malformed;
mod idempotence;
mod kill;
