//! Text for people, made from text that nobody should trust.

pub mod plain;
pub mod markdown;
