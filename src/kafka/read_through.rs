//! Reads partitions up to what lay there when the reading began.
//!
//! Under read-committed the end of a partition is the last stable offset: behind somebody's open
//! transaction, committed records are not seen yet. So the end to reach is the high watermark
//! that a read-uncommitted client sees, and the reading waits until that is stable.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::{ClientError, Endpoint};
use crate::runtime::clock::Stopwatch;

/// A few transaction timeouts: by then the broker has aborted whatever hung.
const TRANSACTION_TIMEOUTS_TO_WAIT: u32 = 4;
/// Silence after which the brokers are held not to answer.
const LONGEST_READING: Duration = Duration::from_secs(120);

/// Ends of partitions as they are, open transactions or not.
pub struct Watermarks {
    endpoint: Endpoint,
    client: BaseConsumer,
}

impl Watermarks {
    /// # Errors
    /// When the client cannot be set up.
    pub fn new(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let client = endpoint.watermark_reader().create();
        let client = client.map_err(|error| endpoint.error("set up a reader", error))?;
        Ok(Watermarks { endpoint: endpoint.clone(), client })
    }

    /// Lowest offset and high watermark.
    ///
    /// # Errors
    /// When the brokers do not tell.
    pub fn of(&self, topic: &str, partition: i32) -> Result<(i64, i64), ClientError> {
        self.client.fetch_watermarks(topic, partition, self.endpoint.timing.request).map_err(
            |error| {
                self.endpoint.error(format!("read the watermarks of {topic}[{partition}]"), error)
            },
        )
    }
}

pub(super) struct Reader {
    endpoint: Endpoint,
    committed: BaseConsumer,
    watermarks: Watermarks,
}

impl Reader {
    pub fn new(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let committed = endpoint.committed_reader("adp-restore").create();
        Ok(Reader {
            endpoint: endpoint.clone(),
            committed: committed.map_err(|error| endpoint.error("set up a reader", error))?,
            watermarks: Watermarks::new(endpoint)?,
        })
    }

    pub fn watermarks(&self, topic: &str, partition: i32) -> Result<(i64, i64), ClientError> {
        self.watermarks.of(topic, partition)
    }

    /// Hands over every committed message of the partitions from the given offsets (`None`: from
    /// the beginning) up to the high watermark of now.
    ///
    /// # Errors
    /// When that cannot be reached within a few transaction timeouts: a transaction hangs.
    pub fn read_through(
        &self,
        topic: &str,
        from: &[(i32, Option<i64>)],
        mut each: impl FnMut(&BorrowedMessage<'_>),
    ) -> Result<(), ClientError> {
        let mut open = BTreeSet::new();
        let mut list = TopicPartitionList::new();
        for &(partition, start) in from {
            let (low, high) = self.watermarks(topic, partition)?;
            let start = start.unwrap_or(low);
            if start < high {
                self.wait_until_stable(topic, partition, high)?;
                let added = list.add_partition_offset(topic, partition, Offset::Offset(start));
                added.map_err(|error| self.failed(topic, error))?;
                open.insert(partition);
            }
        }
        // Assigned only now, every end that is told lies past what was asked for.
        self.committed.assign(&list).map_err(|error| self.failed(topic, error))?;
        let watch = Stopwatch::start();
        while !open.is_empty() {
            match self.committed.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => each(&message),
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    open.remove(&partition);
                }
                Some(Err(error)) => tracing::warn!(topic, %error, "reading goes on"),
                None if watch.elapsed() > LONGEST_READING => {
                    return Err(self.failed(topic, format!("{open:?} not reached")));
                }
                None => {}
            }
        }
        self.committed.unassign().map_err(|error| self.failed(topic, error))
    }

    fn wait_until_stable(
        &self,
        topic: &str,
        partition: i32,
        target: i64,
    ) -> Result<(), ClientError> {
        let watch = Stopwatch::start();
        let patience = self.endpoint.timing.transaction * TRANSACTION_TIMEOUTS_TO_WAIT;
        while self.stable_end(topic, partition)? < target {
            if watch.elapsed() > patience {
                let reason = format!(
                    "partition {partition} has held an open transaction for more than \
                     {patience:?}; find and abort it with kafka-transactions.sh find-hanging"
                );
                return Err(ClientError { transaction_hangs: true, ..self.failed(topic, reason) });
            }
            // Nothing is assigned: the poll only waits.
            self.committed.poll(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Last stable offset: what a read-committed client is told as the end.
    fn stable_end(&self, topic: &str, partition: i32) -> Result<i64, ClientError> {
        let ends = self.committed.fetch_watermarks(topic, partition, self.endpoint.timing.request);
        ends.map(|(_, end)| end).map_err(|error| self.failed(topic, error))
    }

    fn failed(&self, topic: &str, reason: impl ToString) -> ClientError {
        self.endpoint.error(format!("read {topic} to its end"), reason)
    }
}

/// A message's key as text; what is no text is shown as it can be.
pub(super) fn key_text(message: &BorrowedMessage<'_>) -> String {
    String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned()
}
