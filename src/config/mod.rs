//! One tree of settings: every default, every environment variable and every secret is read here.
//!
//! `settings` is the tree, `load` lays the file and the environment over the defaults, `check`
//! refuses what cannot work, `explain` says where each value came from.

mod settings;
mod log_sources;
mod client_properties;
mod secret;
mod environment;
mod load;
mod check;
mod explain;

pub use client_properties::Properties;
pub use environment::Environment;
pub use explain::{Explained, Leaf, Origin};
pub use load::ConfigError;
pub use log_sources::*;
pub use secret::Secret;
pub use settings::*;

#[cfg(test)]
mod tests;
