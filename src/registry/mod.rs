//! Schemas by id: what a Confluent-compatible schema registry does for us.
//!
//! `Store` is the registry itself, in memory or in a file; `server` puts it on HTTP for the
//! embedded mode, `client` asks somebody else's.

mod store;

pub use store::Store;

/// Number that stands before every datum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub u32);

/// Why the registry gave no answer, or not the wanted one.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("no schema has the id {}", .0.0)]
    Unknown(SchemaId),
    #[error("subject {subject} refuses the schema: {reason}")]
    Incompatible { subject: String, reason: String },
    #[error("failed to reach the schema registry at {address}: {reason}")]
    Unavailable { address: String, reason: String },
    #[error("failed to keep the schema in {path}")]
    NotKept {
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// A registry, near or far. Calls may block for as long as a request takes.
pub trait Registry: Send + Sync {
    /// The id of the schema under the subject; the same text has the same id for ever.
    fn register(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError>;
    fn schema(&self, id: SchemaId) -> Result<String, RegistryError>;
}
