//! One transactional id: its producer, and how far its transaction has come.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Commit,
    Abort,
}

/// How far a transactional id has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing was begun under this epoch.
    Empty,
    Ongoing,
    /// Decided; its markers may not all be written yet.
    Decided(Outcome),
    /// Decided, and every marker is written.
    Ended(Outcome),
}

/// What is kept of a transactional id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    pub(crate) timeout: Duration,
    pub(crate) phase: Phase,
    /// Partitions that it writes to, by topic and number.
    pub(crate) partitions: BTreeSet<(String, i32)>,
    /// Groups whose offsets it moves.
    pub(crate) groups: BTreeSet<String>,
    /// When the broker aborts it. After a restart the whole timeout runs again.
    pub(crate) expires: Option<Instant>,
}

impl Transaction {
    pub(crate) fn new(producer_id: i64, timeout: Duration) -> Transaction {
        Transaction {
            producer_id,
            epoch: 0,
            timeout,
            phase: Phase::Empty,
            partitions: BTreeSet::new(),
            groups: BTreeSet::new(),
            expires: None,
        }
    }

    /// The same id with its transaction begun, if it was not yet.
    pub(crate) fn begun(&self, now: Instant) -> Transaction {
        let mut next = self.clone();
        if next.phase != Phase::Ongoing {
            next.phase = Phase::Ongoing;
            next.partitions.clear();
            next.groups.clear();
            next.expires = Some(now + self.timeout);
        }
        next
    }

    /// The same id with its transaction decided.
    pub(crate) fn decided(&self, outcome: Outcome) -> Transaction {
        Transaction { phase: Phase::Decided(outcome), expires: None, ..self.clone() }
    }

    /// The same id with nothing left to do for its transaction.
    pub(crate) fn ended(&self, outcome: Outcome) -> Transaction {
        Transaction {
            phase: Phase::Ended(outcome),
            partitions: BTreeSet::new(),
            groups: BTreeSet::new(),
            expires: None,
            ..self.clone()
        }
    }

    /// No producer can have a later epoch than this one, so the id needs a new producer id.
    pub(crate) fn epochs_are_used_up(&self) -> bool {
        // One epoch stays free, so that a timeout can still fence the last producer.
        self.epoch >= i16::MAX - 1
    }
}
