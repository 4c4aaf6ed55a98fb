//! Reads the logs of a failed run and sums up what they say, without judging it.

pub mod summarise;
pub mod redact;
