//! A step that decides: a plain function of record, memory and moment.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Input, Moment, Output};

/// A step without network, clock or chance.
pub trait Stage: Send + Sync + 'static {
    const NAME: &'static str;
    type In: Input;
    type Out: Output;
    /// `()` when there is nothing to remember.
    type Memory: Memory;

    /// # Errors
    /// When the record is readable and still cannot be: it becomes a dead letter.
    fn on_record(
        &self,
        at: Moment,
        input: Self::In,
        memory: &mut Self::Memory,
        out: &mut Outbox<Self::Out>,
    ) -> Result<(), Rejected>;

    /// Called when the memory's `wake_at` has come.
    fn on_alarm(&self, _at: Moment, _memory: &mut Self::Memory, _out: &mut Outbox<Self::Out>) {}
}

/// What a stage keeps for one input key. Bounded in size by its type.
pub trait Memory: Default + Serialize + DeserializeOwned + Send + 'static {
    /// Grows when the shape changes in a way that an old reader cannot read.
    const VERSION: u32;

    /// When the stage wants to be woken for this key.
    fn wake_at(&self) -> Option<Moment> {
        None
    }

    /// When this memory may be dropped.
    fn forget_at(&self) -> Option<Moment> {
        None
    }
}

/// The memory of a stage that keeps nothing; it is never written.
impl Memory for () {
    const VERSION: u32 = 0;
}

/// Records that a stage hands out, in order.
#[derive(Debug)]
pub struct Outbox<O> {
    emitted: Vec<O>,
}

impl<O> Default for Outbox<O> {
    fn default() -> Self {
        Outbox { emitted: Vec::new() }
    }
}

impl<O> Outbox<O> {
    pub fn emit(&mut self, record: O) {
        self.emitted.push(record);
    }

    pub fn into_records(self) -> Vec<O> {
        self.emitted
    }
}

/// A readable record that makes no sense to the stage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Rejected {
    pub reason: String,
}
