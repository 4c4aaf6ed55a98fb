//! The steps, in the order a failure walks through them.

pub mod check_metrics;
pub mod notify;
