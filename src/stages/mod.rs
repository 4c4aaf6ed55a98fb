//! The steps, in the order a failure walks through them.

pub mod read_logs;
pub mod find_cause;
pub mod check_metrics;
pub mod write_fix;
pub mod open_pr;
pub mod notify;
