//! The steps, in the order a failure walks through them.

pub mod check_metrics;
pub mod notify;
//! The steps, in flow order.
pub mod read_logs;
pub mod find_cause;
