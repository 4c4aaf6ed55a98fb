//! Taking records in: who may write, and what is a repetition.

use bytes::Bytes;
use kafka_protocol::ResponseError;

use super::{Node, storage_failed, topic_settings};
use crate::log::Verdict;
use crate::log::batch::{self, Defect, Header};
use crate::state::transaction::Phase;

/// Where a producer's batches went.
#[derive(Debug)]
pub(crate) struct Appended {
    pub(crate) base_offset: i64,
    pub(crate) log_start: i64,
}

impl Node {
    /// Appends what a producer sent for one partition.
    pub(crate) fn produce(
        &mut self,
        topic: &str,
        partition: i32,
        records: Bytes,
    ) -> Result<Appended, ResponseError> {
        if self.log(topic, partition).is_none() {
            return Err(ResponseError::UnknownTopicOrPartition);
        }
        let batches = batch::split(records).map_err(|defect| {
            tracing::warn!(topic, partition, %defect, "refused what a producer sent");
            match defect {
                Defect::Magic(_) => ResponseError::UnsupportedForMessageFormat,
                Defect::Count => ResponseError::InvalidRecord,
                Defect::Truncated | Defect::Crc => ResponseError::CorruptMessage,
            }
        })?;
        let mut first = None;
        for (header, bytes) in batches {
            self.may_write(topic, partition, &header)?;
            let base_offset = self.append_once(topic, partition, header, &bytes)?;
            first.get_or_insert(base_offset);
        }
        let log = self.log(topic, partition).ok_or(ResponseError::UnknownTopicOrPartition)?;
        let base_offset = first.ok_or(ResponseError::InvalidRecord)?;
        Ok(Appended { base_offset, log_start: log.start() })
    }

    fn append_once(
        &mut self,
        topic: &str,
        partition: i32,
        header: Header,
        bytes: &[u8],
    ) -> Result<i64, ResponseError> {
        let log = self.log_mut(topic, partition).ok_or(ResponseError::UnknownTopicOrPartition)?;
        if header.producer_id >= 0
            && let Verdict::Duplicate(base_offset) = log.judge(&header)?
        {
            return Ok(base_offset);
        }
        let base_offset = log.append(header, bytes).map_err(storage_failed)?;
        self.appended = true;
        Ok(base_offset)
    }

    fn may_write(&self, topic: &str, partition: i32, header: &Header) -> Result<(), ResponseError> {
        if header.is_control() {
            return Err(ResponseError::InvalidRecord);
        }
        let settings = self.state.topics.get(topic).map(|t| &t.settings);
        if settings.is_some_and(|s| header.size > topic_settings::max_message_bytes(s)) {
            return Err(ResponseError::MessageTooLarge);
        }
        if !header.is_transactional() {
            return Ok(());
        }
        let (_, transaction) = self
            .state
            .transaction_of(header.producer_id)
            .ok_or(ResponseError::InvalidProducerIdMapping)?;
        if (transaction.producer_id, transaction.epoch)
            != (header.producer_id, header.producer_epoch)
        {
            return Err(ResponseError::InvalidProducerEpoch);
        }
        let belongs = transaction.phase == Phase::Ongoing
            && transaction.partitions.contains(&(topic.to_owned(), partition));
        match belongs {
            true => Ok(()),
            false => Err(ResponseError::InvalidTxnState),
        }
    }
}
