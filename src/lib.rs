//! From a failed pipeline to its cause, a reviewed fix and one message.
//!
//! Read the modules in this order: the facts, the steps that make one from another, and, if you
//! want to know why it survives a crash, the runtime that hosts them.

pub mod records;
pub mod topology;
pub mod signatures;
pub mod stages;
pub mod world;
pub mod text;
pub mod runtime;
pub mod kafka;
pub mod registry;
pub mod service;
pub mod config;
pub mod telemetry;
pub mod serving;
pub mod errors;
pub mod cli;
