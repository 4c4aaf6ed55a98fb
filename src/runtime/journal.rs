//! The only door to the broker: read a batch, commit a turn.
//!
//! The calls block, because a Kafka transaction's do; every step has a thread of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::action::EffectId;
use super::message::{Headers, Message, Received};
use crate::records::{Key, Topic};

/// One assignment of partitions. What was read under one tenure is settled under it or not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenure(pub u64);

/// Next offset to be read, by input topic and partition.
pub type Positions = BTreeMap<(Topic, i32), i64>;

/// What a poll found.
#[derive(Debug, Default)]
pub struct Batch {
    pub tenure: Tenure,
    /// The assignment, when it is new since the last poll.
    pub assigned: Option<Assignment>,
    pub messages: Vec<Received>,
    /// Partition numbers whose inputs have passed what lay there when they were assigned.
    pub caught_up: BTreeSet<i32>,
}

/// What this host now owns, and what its predecessors left.
#[derive(Debug, Default)]
pub struct Assignment {
    pub positions: Positions,
    pub memory: Vec<Kept>,
    pub ledger: Vec<Kept>,
}

/// An entry of a compacted topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub partition: i32,
    pub key: String,
    pub value: Vec<u8>,
}

/// Everything that one turn changes; committed whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    pub tenure: Tenure,
    pub messages: Vec<(Message, Headers)>,
    /// `None` forgets.
    pub memory: Vec<(i32, Key, Option<Vec<u8>>)>,
    pub ledger: Vec<(i32, EffectId, Option<Vec<u8>>)>,
    pub dead: Vec<DeadLetter>,
    /// Position of every partition this host owns: what makes Kafka refuse a former owner's turn.
    pub upto: Positions,
}

/// A record that went no further, with its original bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub received: Received,
    pub stage: &'static str,
    /// A closed set: `malformed`, `rejected`, or the kind of a reason.
    pub error: &'static str,
    pub message: String,
}

/// Why a poll or a commit failed: the host acts on the kind.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Nothing of the turn is visible; the same turn may be committed again.
    #[error("the turn was rolled back: {reason}")]
    RolledBack { reason: String },
    /// The partitions belong to somebody else now.
    #[error("the tenure ended: {reason}")]
    TenureLost { reason: String },
    /// Another instance has our slot.
    #[error("another instance took this slot: {reason}")]
    Fenced { reason: String },
    /// What is remembered cannot be read behind somebody's open transaction.
    #[error("{reason}")]
    RestoreStuck { reason: String },
    /// Something is remembered of a partition whose position is gone.
    #[error("{reason}")]
    PositionsLost { reason: String },
    /// Nothing works until an operator acts.
    #[error("{reason}")]
    Fatal { reason: String },
}

/// One step's connection to its topics.
pub trait Journal {
    /// Waits for at most `wait` and returns at most `most` messages; with `most` zero the inputs
    /// are paused and the place in the group is kept.
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Batch, JournalError>;

    /// Makes the whole turn visible, or nothing of it.
    fn commit(&mut self, turn: &Turn) -> Result<(), JournalError>;
}
