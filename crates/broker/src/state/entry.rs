//! The entries of the state log: each says one thing that must survive the process.

use std::collections::BTreeMap;

use super::transaction::Transaction;

/// Where a group stands in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
}

/// A topic and the number of a partition.
pub(crate) type TopicPartition = (String, i32);

/// Positions by partition.
pub(crate) type Positions = BTreeMap<TopicPartition, Position>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A topic was made or changed.
    Topic {
        name: String,
        n_partitions: i32,
        settings: BTreeMap<String, String>,
    },
    TopicDeleted {
        name: String,
    },
    /// Producer ids below this one are taken.
    ProducerIds {
        next: i64,
    },
    /// A transactional id took its next step.
    Transaction {
        id: String,
        transaction: Transaction,
    },
    /// A group committed positions.
    Committed {
        group: String,
        positions: Positions,
    },
    /// A transaction holds positions until it is decided.
    Pending {
        group: String,
        producer_id: i64,
        positions: Positions,
    },
    /// The positions that a transaction held take effect, or do not.
    Settled {
        group: String,
        producer_id: i64,
        take_effect: bool,
    },
    GroupDeleted {
        group: String,
    },
}
