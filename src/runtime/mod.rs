//! Hosts the steps: everything that is hard about running them lives here and nowhere else.
//!
//! The shapes come first: what a step is and what it reads and writes. Then the turn and the
//! journal that commits it, then the workers that host one step each, then who drives them.

pub mod clock;
mod message;
mod stage;
mod action;
mod step;
mod topology;
mod journal;
mod partition;
mod draft;
mod stage_worker;
mod ledger;
mod lanes;
mod action_worker;
mod effects;
mod host;
mod hosting;
mod in_memory;
mod driver;

pub use action::{
    About, Action, Ask, Effect, EffectId, End, Fault, Lane, Reason, ReasonKind, Receipt, Repeat,
};
pub use clock::{Clock, Moment, WallClock};
pub use driver::{CrashPoint, Driver};
pub use host::{Progress, Stop};
pub use hosting::{Hosting, host_step};
pub use journal::{
    Assignment, Batch, DeadLetter, Journal, JournalError, Kept, Positions, Tenure, Turn,
};
pub use message::{Headers, Input, Message, Output, Place, Received};
pub use partition::partition_of;
pub use stage::{Memory, Outbox, Rejected, Stage};
pub use step::Step;
pub use topology::{Miswired, Topology};

/// Why a worker could not take a record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error(transparent)]
    RegistryDown(crate::registry::RegistryError),
    #[error("{0}")]
    Fatal(String),
}
