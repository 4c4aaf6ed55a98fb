//! Text that came from elsewhere, made fit for where it goes.

pub mod plain;
pub mod markdown;
