//! What the broker knows apart from the records themselves, kept in one place so that every
//! change of it is an entry that can be written down and read back.

pub(crate) mod codec;
pub(crate) mod entry;
pub(crate) mod state_log;
pub(crate) mod transaction;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use entry::{Entry, Positions};
use transaction::{Phase, Transaction};

/// A topic's shape and the settings it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) n_partitions: i32,
    pub(crate) settings: BTreeMap<String, String>,
}

/// Where a group stands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Offsets {
    pub(crate) committed: Positions,
    /// Positions that open transactions hold, by producer id.
    pub(crate) pending: BTreeMap<i64, Positions>,
}

/// Everything durable; the same entries always lead to the same state.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) topics: BTreeMap<String, Topic>,
    pub(crate) offsets: BTreeMap<String, Offsets>,
    pub(crate) transactions: BTreeMap<String, Transaction>,
    pub(crate) next_producer_id: i64,
    /// The transactional id that a producer id belongs to.
    owners: HashMap<i64, String>,
}

impl State {
    /// The only way in which the state changes, live and when the log is read back.
    pub(crate) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Topic { name, n_partitions, settings } => {
                self.topics.insert(name, Topic { n_partitions, settings });
            }
            Entry::TopicDeleted { name } => self.forget_topic(&name),
            Entry::ProducerIds { next } => self.next_producer_id = next,
            Entry::Transaction { id, transaction } => {
                self.owners.insert(transaction.producer_id, id.clone());
                self.transactions.insert(id, transaction);
            }
            Entry::Committed { group, positions } => {
                self.offsets.entry(group).or_default().committed.extend(positions);
            }
            Entry::Pending { group, producer_id, positions } => {
                let offsets = self.offsets.entry(group).or_default();
                offsets.pending.entry(producer_id).or_default().extend(positions);
            }
            Entry::Settled { group, producer_id, take_effect } => {
                let Some(offsets) = self.offsets.get_mut(&group) else { return };
                let held = offsets.pending.remove(&producer_id).unwrap_or_default();
                if take_effect {
                    offsets.committed.extend(held);
                }
            }
            Entry::GroupDeleted { group } => {
                self.offsets.remove(&group);
            }
        }
    }

    /// The shortest row of entries that leads to this state.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut entries = vec![Entry::ProducerIds { next: self.next_producer_id }];
        entries.extend(self.topics.iter().map(|(name, topic)| Entry::Topic {
            name: name.clone(),
            n_partitions: topic.n_partitions,
            settings: topic.settings.clone(),
        }));
        for (group, offsets) in &self.offsets {
            let positions = offsets.committed.clone();
            entries.push(Entry::Committed { group: group.clone(), positions });
            entries.extend(offsets.pending.iter().map(|(producer_id, positions)| Entry::Pending {
                group: group.clone(),
                producer_id: *producer_id,
                positions: positions.clone(),
            }));
        }
        entries.extend(self.transactions.iter().map(|(id, transaction)| Entry::Transaction {
            id: id.clone(),
            transaction: transaction.clone(),
        }));
        entries
    }

    /// The transaction that a producer id belongs to, with its transactional id.
    pub(crate) fn transaction_of(&self, producer_id: i64) -> Option<(&str, &Transaction)> {
        let id = self.owners.get(&producer_id)?;
        Some((id, self.transactions.get(id)?))
    }

    /// Transactional ids whose transaction is decided but may lack markers.
    pub(crate) fn decided(&self) -> Vec<String> {
        let unfinished = self.transactions.iter();
        unfinished
            .filter(|(_, t)| matches!(t.phase, Phase::Decided(_)))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Transactional ids whose transaction has been open for too long.
    pub(crate) fn expired(&self, now: Instant) -> Vec<String> {
        let open = self.transactions.iter();
        open.filter(|(_, t)| t.expires.is_some_and(|at| at <= now))
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn forget_topic(&mut self, name: &str) {
        self.topics.remove(name);
        for offsets in self.offsets.values_mut() {
            offsets.committed.retain(|(topic, _), _| topic != name);
            for positions in offsets.pending.values_mut() {
                positions.retain(|(topic, _), _| topic != name);
            }
        }
        for transaction in self.transactions.values_mut() {
            transaction.partitions.retain(|(topic, _)| topic != name);
        }
    }
}
