//! The only folder that names the Kafka client.
//!
//! An `Endpoint` says where the brokers are, embedded or remote; nothing above it knows which.
//! `Journal` is one step's transactional view; the rest reads and writes without a step.

mod endpoint;
mod errors;
mod topics;
mod read_through;
mod producing;
mod consuming;
mod journal;
mod emit;
mod tail;

pub use emit::Emitter;
pub use endpoint::{Endpoint, Timing};
pub use journal::{Journal, Slot};
pub use read_through::Watermarks;
pub use tail::{TailStart, tail};
pub use topics::{TopicPlan, TopicsError, ensure_topics, plan};

/// Why the brokers could not be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to {doing} at {bootstrap}: {reason}")]
pub struct ClientError {
    pub doing: String,
    pub bootstrap: String,
    pub reason: String,
    /// Whether somebody's open transaction is in the way, which waiting alone does not cure.
    pub transaction_hangs: bool,
}
