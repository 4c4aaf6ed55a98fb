//! Schemas by id: what a Confluent-compatible schema registry does for us.
//!
//! `Store` is the registry itself, in memory or in a file; `server` puts it on HTTP for the
//! embedded mode, `client` asks somebody else's. Nothing here knows what the schemas mean.

mod store;
mod file;
mod compatibility;
mod server;
mod client;

use std::path::PathBuf;

pub use client::{Account, HttpRegistry};
pub use server::serve;
pub use store::{Store, Version};

use crate::errors::ErrorCode;

/// Number that stands before every datum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub u32);

/// Why the registry gave no answer, or not the wanted one.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The registry answered, and knows no such id.
    #[error("no schema has the id {}", .0.0)]
    Unknown(SchemaId),
    /// A reader of the subject could not read on, or old data could not be read any more.
    #[error("subject {subject} refuses the schema: {reason}")]
    Incompatible { subject: String, reason: String },
    /// The text is no schema that the registry takes.
    #[error("not a valid Avro schema: {reason}")]
    Invalid { reason: String },
    /// The registry answered, and will go on answering so until somebody changes a setting.
    #[error("the schema registry at {address} refused the request: {reason}")]
    Refused { address: String, reason: String },
    /// No answer, or none that can be understood; the same request may succeed later.
    #[error("failed to reach the schema registry at {address}: {reason}")]
    Unavailable { address: String, reason: String },
    /// The schema has no id yet: it could not be written down.
    #[error("failed to keep the schema in {path}")]
    NotKept {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Another process has the registry's file open.
    #[error("{path} is in use by another process")]
    InUse { path: PathBuf },
    /// The registry's file is not what was written; going on could give an id a second meaning.
    #[error("{path} is damaged at line {line}: {reason}")]
    Damaged { path: PathBuf, line: usize, reason: String },
}

impl RegistryError {
    /// The page that helps, where it is an operator's matter: an unknown id is its writer's.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            RegistryError::Unknown(_) => None,
            RegistryError::Incompatible { .. } => Some(ErrorCode::SchemaIncompatible),
            RegistryError::Invalid { .. } | RegistryError::Refused { .. } => {
                Some(ErrorCode::RegistryRefused)
            }
            RegistryError::Unavailable { .. } => Some(ErrorCode::RegistryUnavailable),
            RegistryError::NotKept { .. } => Some(ErrorCode::DataNotKept),
            RegistryError::InUse { .. } => Some(ErrorCode::DataInUse),
            RegistryError::Damaged { .. } => Some(ErrorCode::DataDamaged),
        }
    }
}

/// A registry, near or far. Calls may block for as long as a request takes.
pub trait Registry: Send + Sync {
    /// The id of the schema under the subject; the same text has the same id for ever.
    fn register(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError>;
    /// The schema that the id stands for.
    fn schema(&self, id: SchemaId) -> Result<String, RegistryError>;
}

#[cfg(test)]
mod tests;
