//! What a partition knows of the producers that wrote to it: who repeats himself, whose
//! transaction is open, and which were aborted.
//!
//! All of it follows from the batches in the log, so it is rebuilt from them at start.

use std::collections::{BTreeMap, HashMap, VecDeque};

use kafka_protocol::ResponseError;

use super::batch::Header;
use crate::state::transaction::Outcome;

/// Batches per producer that are recognised when they are sent again. A client has at most five
/// requests under way, so more are never needed.
const REMEMBERED_BATCHES: usize = 5;

/// What to do with a producer's batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Append,
    /// It is in the log already, from this offset on.
    Duplicate(i64),
}

/// A transaction that was aborted in this partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aborted {
    pub(crate) producer_id: i64,
    pub(crate) first_offset: i64,
    /// The offset of its marker.
    pub(crate) marker_offset: i64,
}

#[derive(Debug)]
struct Written {
    first_sequence: i32,
    last_sequence: i32,
    base_offset: i64,
}

#[derive(Debug)]
struct Producer {
    epoch: i16,
    recent: VecDeque<Written>,
    open_from: Option<i64>,
}

#[derive(Debug, Default)]
pub(crate) struct Producers {
    by_id: HashMap<i64, Producer>,
    /// First offset of every open transaction, and whose it is.
    open: BTreeMap<i64, i64>,
    /// In the order of their markers.
    aborted: Vec<Aborted>,
}

impl Producers {
    /// Judges a batch of an idempotent or transactional producer by its epoch and sequence.
    pub(crate) fn judge(&self, batch: &Header) -> Result<Verdict, ResponseError> {
        let Some(known) = self.by_id.get(&batch.producer_id) else { return Ok(Verdict::Append) };
        if batch.producer_epoch < known.epoch {
            return Err(ResponseError::InvalidProducerEpoch);
        }
        if batch.producer_epoch > known.epoch {
            return match batch.base_sequence {
                0 => Ok(Verdict::Append),
                _ => Err(ResponseError::OutOfOrderSequenceNumber),
            };
        }
        let repeated = known.recent.iter().find(|w| {
            (w.first_sequence, w.last_sequence) == (batch.base_sequence, batch.last_sequence())
        });
        if let Some(written) = repeated {
            return Ok(Verdict::Duplicate(written.base_offset));
        }
        match known.recent.back() {
            Some(last) if batch.base_sequence != following(last.last_sequence) => {
                Err(ResponseError::OutOfOrderSequenceNumber)
            }
            _ => Ok(Verdict::Append),
        }
    }

    /// Takes note of a data batch that is in the log.
    pub(crate) fn note_batch(&mut self, batch: &Header) {
        if batch.producer_id < 0 {
            return;
        }
        let producer = self.at_epoch(batch.producer_id, batch.producer_epoch);
        if producer.recent.len() == REMEMBERED_BATCHES {
            producer.recent.pop_front();
        }
        producer.recent.push_back(Written {
            first_sequence: batch.base_sequence,
            last_sequence: batch.last_sequence(),
            base_offset: batch.base_offset,
        });
        if batch.is_transactional() && producer.open_from.is_none() {
            producer.open_from = Some(batch.base_offset);
            self.open.insert(batch.base_offset, batch.producer_id);
        }
    }

    /// Takes note of an end-of-transaction marker that is in the log.
    pub(crate) fn note_marker(&mut self, marker: &Header, outcome: Outcome) {
        let producer = self.at_epoch(marker.producer_id, marker.producer_epoch);
        let Some(first_offset) = producer.open_from.take() else { return };
        self.open.remove(&first_offset);
        if outcome == Outcome::Abort {
            self.aborted.push(Aborted {
                producer_id: marker.producer_id,
                first_offset,
                marker_offset: marker.base_offset,
            });
        }
    }

    /// Where the oldest open transaction begins.
    pub(crate) fn first_open_offset(&self) -> Option<i64> {
        self.open.keys().next().copied()
    }

    /// Producers with an open transaction here, and their epochs.
    pub(crate) fn with_open_transaction(&self) -> Vec<(i64, i16)> {
        self.open.values().map(|id| (*id, self.by_id[id].epoch)).collect()
    }

    /// Aborted transactions that have records from `from` to `to`, both inclusive.
    pub(crate) fn aborted_between(&self, from: i64, to: i64) -> Vec<Aborted> {
        let first = self.aborted.partition_point(|a| a.marker_offset < from);
        self.aborted[first..].iter().filter(|a| a.first_offset <= to).copied().collect()
    }

    fn at_epoch(&mut self, id: i64, epoch: i16) -> &mut Producer {
        let producer = self.by_id.entry(id).or_insert_with(|| Producer {
            epoch,
            recent: VecDeque::new(),
            open_from: None,
        });
        if epoch > producer.epoch {
            producer.epoch = epoch;
            producer.recent.clear();
        }
        producer
    }
}

fn following(sequence: i32) -> i32 {
    sequence.checked_add(1).unwrap_or(0)
}
