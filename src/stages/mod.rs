//! The steps, in the order a failure walks through them.

pub mod write_fix;
pub mod open_pr;
pub mod notify;
