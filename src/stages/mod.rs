//! The steps, in flow order.

pub mod read_logs;
pub mod find_cause;
