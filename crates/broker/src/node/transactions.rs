//! Transactions: who has a transactional id, what its transaction covers, and how it ends.
//!
//! A transaction is decided by one entry of the state log. Its markers and positions follow; a
//! broker that dies in between writes them at its next start. Writing a marker twice does no harm.

use std::time::{Duration, Instant};

use kafka_protocol::ResponseError;

use super::{Node, since_epoch, storage_failed};
use crate::state::entry::{Entry, TopicPartition};
use crate::state::transaction::{Outcome, Phase, Transaction};

/// Kafka's own limit on how long a transaction may stay open.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// A producer id and an epoch of it.
pub(crate) type Producer = (i64, i16);

impl Node {
    /// Gives out an identity for a producer that only wants to be recognised when it repeats itself.
    pub(crate) fn new_producer(&mut self) -> Result<Producer, ResponseError> {
        let id = self.state.next_producer_id;
        self.record(Entry::ProducerIds { next: id + 1 })?;
        Ok((id, 0))
    }

    /// Gives a transactional id to the caller and fences whoever had it; an open transaction is
    /// aborted. `claimed` is what the caller says it had, if it had it before.
    pub(crate) fn take_transactional_id(
        &mut self,
        id: &str,
        timeout: Duration,
        claimed: Option<Producer>,
    ) -> Result<Producer, ResponseError> {
        if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
            return Err(ResponseError::InvalidTransactionTimeout);
        }
        let Some(known) = self.state.transactions.get(id).cloned() else {
            return self.give_out(id, timeout);
        };
        if claimed.is_some_and(|c| c != (known.producer_id, known.epoch)) {
            return Err(ResponseError::ProducerFenced);
        }
        match known.phase {
            Phase::Decided(_) => self.write_markers(id)?,
            // The epoch of these markers is the one that the caller gets.
            Phase::Ongoing => self.fence(id)?,
            Phase::Empty | Phase::Ended(_) => {}
        }
        if known.epochs_are_used_up() {
            return self.give_out(id, timeout);
        }
        let epoch = known.epoch + 1;
        let transaction = Transaction { epoch, ..Transaction::new(known.producer_id, timeout) };
        self.record(Entry::Transaction { id: id.to_owned(), transaction })?;
        Ok((known.producer_id, epoch))
    }

    fn give_out(&mut self, id: &str, timeout: Duration) -> Result<Producer, ResponseError> {
        let (producer_id, epoch) = self.new_producer()?;
        let transaction = Transaction::new(producer_id, timeout);
        self.record(Entry::Transaction { id: id.to_owned(), transaction })?;
        Ok((producer_id, epoch))
    }

    /// Whether this producer has the transactional id now.
    pub(crate) fn verify_producer(
        &self,
        id: &str,
        producer: Producer,
    ) -> Result<&Transaction, ResponseError> {
        match self.state.transactions.get(id) {
            Some(t) if t.producer_id != producer.0 => Err(ResponseError::InvalidProducerIdMapping),
            Some(t) if t.epoch != producer.1 => Err(ResponseError::ProducerFenced),
            Some(t) => Ok(t),
            None => Err(ResponseError::InvalidProducerIdMapping),
        }
    }

    /// Extends the transaction of `id`, begun now if need be, to these partitions and group.
    pub(crate) fn extend_transaction(
        &mut self,
        id: &str,
        producer: Producer,
        partitions: Vec<TopicPartition>,
        group: Option<&str>,
        now: Instant,
    ) -> Result<(), ResponseError> {
        let known = self.verify_producer(id, producer)?;
        if let Phase::Decided(_) = known.phase {
            return Err(ResponseError::ConcurrentTransactions);
        }
        let mut next = known.begun(now);
        next.partitions.extend(partitions);
        next.groups.extend(group.map(str::to_owned));
        if next == *known {
            return Ok(());
        }
        self.record(Entry::Transaction { id: id.to_owned(), transaction: next })
    }

    /// Ends the transaction of `id`. Asking again for the same end is no error.
    pub(crate) fn end_transaction(
        &mut self,
        id: &str,
        producer: Producer,
        outcome: Outcome,
    ) -> Result<(), ResponseError> {
        let known = self.verify_producer(id, producer)?;
        match known.phase {
            Phase::Ongoing => {
                let transaction = known.decided(outcome);
                self.record(Entry::Transaction { id: id.to_owned(), transaction })?;
                self.write_markers(id)
            }
            Phase::Decided(decided) if decided == outcome => self.write_markers(id),
            Phase::Ended(ended) if ended == outcome => Ok(()),
            Phase::Empty | Phase::Decided(_) | Phase::Ended(_) => {
                Err(ResponseError::InvalidTxnState)
            }
        }
    }

    /// Aborts the open transaction of `id` under a new epoch, so that its producer is shut out.
    fn fence(&mut self, id: &str) -> Result<(), ResponseError> {
        let Some(known) = self.state.transactions.get(id) else { return Ok(()) };
        let transaction = Transaction { epoch: known.epoch + 1, ..known.decided(Outcome::Abort) };
        self.record(Entry::Transaction { id: id.to_owned(), transaction })?;
        self.write_markers(id)
    }

    /// Writes what follows from a decision: a marker in each partition, and the positions.
    pub(super) fn write_markers(&mut self, id: &str) -> Result<(), ResponseError> {
        let Some(known) = self.state.transactions.get(id).cloned() else { return Ok(()) };
        let Phase::Decided(outcome) = known.phase else { return Ok(()) };
        let timestamp = since_epoch().as_millis() as i64;
        for (topic, partition) in &known.partitions {
            if let Some(log) = self.log_mut(topic, *partition) {
                log.append_marker((known.producer_id, known.epoch), outcome, timestamp)
                    .map_err(storage_failed)?;
            }
        }
        self.appended = true;
        for group in &known.groups {
            self.record(Entry::Settled {
                group: group.clone(),
                producer_id: known.producer_id,
                take_effect: outcome == Outcome::Commit,
            })?;
        }
        let transaction = known.ended(outcome);
        self.record(Entry::Transaction { id: id.to_owned(), transaction })
    }

    /// Aborts transactions that were open for too long, and tries again to finish those whose
    /// markers could not be written.
    pub(super) fn abort_expired(&mut self, now: Instant) {
        for id in self.state.expired(now) {
            tracing::info!(transactional_id = %id, "a transaction timed out");
            if let Err(error) = self.fence(&id) {
                tracing::error!(transactional_id = %id, %error, "failed to abort it");
            }
        }
        for id in self.state.decided() {
            if let Err(error) = self.write_markers(&id) {
                tracing::error!(transactional_id = %id, %error, "failed to finish a transaction");
            }
        }
    }

    /// Aborts transactions that are open in a partition but unknown to the state. Only a machine
    /// that lost power before the state log was on the disk leaves them.
    pub(super) fn abort_orphans(&mut self) {
        let timestamp = since_epoch().as_millis() as i64;
        for (topic, logs) in &mut self.logs {
            for (number, log) in logs.iter_mut().enumerate() {
                for producer in log.open_transactions() {
                    let partition = (topic.clone(), number as i32);
                    let known = self.state.transaction_of(producer.0).is_some_and(|(_, t)| {
                        t.phase == Phase::Ongoing && t.partitions.contains(&partition)
                    });
                    if known {
                        continue;
                    }
                    tracing::warn!(topic, partition = number, "aborting an orphaned transaction");
                    if let Err(error) = log.append_marker(producer, Outcome::Abort, timestamp) {
                        tracing::error!(%error, "failed to abort an orphaned transaction");
                    }
                }
            }
        }
    }
}
