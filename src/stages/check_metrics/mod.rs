//! Asks Spark's own metrics whether the cause that the log gave is right.
//!
//! The log comes first and people hear of it at once; metrics confirm it, refute it, or explain
//! what the log could not say: a run that was slow because one task held the rows of all.
//! A fault of the metrics never becomes a fault of the diagnosis: without them it goes out as
//! unconfirmed, and says so.

mod ask;
mod secrets;
mod thresholds;
mod findings;
mod judge;
mod remedies;
mod wording;
mod action;

pub use action::CheckMetrics;
pub use ask::{Places, ask};
pub use judge::{judge, unconfirmed};
pub use thresholds::Thresholds;
