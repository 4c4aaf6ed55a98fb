//! Follows a topic without being a member of any group.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::consuming::received;
use super::topics::partitions_of;
use super::{ClientError, Endpoint};
use crate::records::Topic;
use crate::runtime::Received;

/// Where following begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TailStart {
    Beginning,
    End,
}

/// Hands over committed messages until `each` returns false. `at_end` is called whenever every
/// partition has been read to its end, and ends the following when it returns false.
///
/// # Errors
/// When the topic does not exist or the brokers cannot be reached.
pub fn tail(
    endpoint: &Endpoint,
    topic: Topic,
    start: TailStart,
    mut each: impl FnMut(Received) -> bool,
    mut at_end: impl FnMut() -> bool,
) -> Result<(), ClientError> {
    let doing = || format!("read {topic}");
    let consumer: BaseConsumer = endpoint
        .committed_reader("adp-tail")
        .create()
        .map_err(|error| endpoint.error(doing(), error))?;
    let metadata = consumer
        .fetch_metadata(Some(topic.0), endpoint.timing.request)
        .map_err(|error| endpoint.error(doing(), error))?;
    let partitions = partitions_of(&metadata).map_err(|reason| endpoint.error(doing(), reason))?;
    let offset = match start {
        TailStart::Beginning => Offset::Beginning,
        TailStart::End => Offset::End,
    };
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        let added = list.add_partition_offset(topic.0, partition, offset);
        added.map_err(|error| endpoint.error(doing(), error))?;
    }
    consumer.assign(&list).map_err(|error| endpoint.error(doing(), error))?;
    let mut ended = std::collections::BTreeSet::new();
    loop {
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) if received(&message, &[topic]).is_none_or(&mut each) => {}
            Some(Ok(_)) => return Ok(()),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ended.insert(partition);
            }
            Some(Err(error)) => tracing::warn!(%topic, %error, "following goes on"),
            None => {}
        }
        if ended.len() == partitions as usize && !at_end() {
            return Ok(());
        }
    }
}
