//! The steps, in the order a failure walks through them.

pub mod notify;
