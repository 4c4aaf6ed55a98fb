//! Puts single messages on topics, outside any step: what producers do.

use std::time::Duration;

use rdkafka::producer::{BaseRecord, Producer};

use super::producing::{Deliveries, TurnProducer, drain};
use super::topics::partitions_of;
use super::{ClientError, Endpoint};
use crate::records::Topic;
use crate::runtime::partition_of;

/// A plain idempotent producer.
pub struct Emitter {
    endpoint: Endpoint,
    producer: TurnProducer,
}

impl Emitter {
    /// # Errors
    /// When the client cannot be set up.
    pub fn new(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let producer = endpoint
            .producer()
            .set("message.timeout.ms", endpoint.timing.request.as_millis().to_string())
            .create_with_context(Deliveries::default())
            .map_err(|error| endpoint.error("set up a producer", error))?;
        Ok(Emitter { endpoint: endpoint.clone(), producer })
    }

    /// Waits until the brokers have the message.
    ///
    /// # Errors
    /// When they do not take it.
    pub fn emit(&self, topic: Topic, key: &[u8], value: &[u8]) -> Result<(), ClientError> {
        let doing = || format!("write to {topic}");
        let metadata = self
            .producer
            .client()
            .fetch_metadata(Some(topic.0), self.endpoint.timing.request)
            .map_err(|error| self.endpoint.error(doing(), error))?;
        let partitions =
            partitions_of(&metadata).map_err(|reason| self.endpoint.error(doing(), reason))?;
        let partition = partition_of(key, partitions);
        let record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(topic.0).partition(partition).key(key).payload(value);
        self.producer.send(record).map_err(|(error, _)| self.endpoint.error(doing(), error))?;
        drain(&self.producer);
        match self.producer.context().take_failure() {
            None => Ok(()),
            Some(reason) => Err(self.endpoint.error(doing(), reason)),
        }
    }

    /// Waits for what is under way; at most `wait`.
    pub fn flush(&self, wait: Duration) {
        // What could not be delivered has been reported by `emit`.
        let _ = self.producer.flush(wait);
    }
}
