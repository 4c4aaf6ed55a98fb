//! What the platform says about itself: metrics, health, and its own log.

mod metrics;
mod labels;
mod health;
pub mod logging;

pub use health::{Missing, Need, Readiness, serve};
pub use labels::{DeadLetterReason, EventOutcome, Label, ReloadOutcome, TurnResult};
pub use metrics::Metrics;

#[cfg(test)]
mod tests;
