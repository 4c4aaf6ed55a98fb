//! Where a partition begins and ends, and where a moment lies in it.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::{
    ListOffsetsRequest, ListOffsetsResponse, OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
};

use super::Call;
use crate::node::Node;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const READ_COMMITTED: i8 = 1;

pub(super) fn list(
    node: &mut Node,
    call: &Call,
    request: ListOffsetsRequest,
) -> ListOffsetsResponse {
    // Earlier versions have no leader epoch, and the encoder refuses one that they cannot carry.
    let epoch = if call.version >= 4 { 0 } else { -1 };
    let committed_only = request.isolation_level == READ_COMMITTED;
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|wanted| {
            let response = ListOffsetsPartitionResponse::default()
                .with_partition_index(wanted.partition_index);
            match find(node, &topic.name, wanted, committed_only) {
                Ok((timestamp, offset)) => {
                    response.with_timestamp(timestamp).with_offset(offset).with_leader_epoch(epoch)
                }
                Err(error) => response
                    .with_error_code(error.code())
                    .with_timestamp(-1)
                    .with_offset(-1)
                    .with_leader_epoch(-1),
            }
        });
        let partitions = partitions.collect();
        ListOffsetsTopicResponse::default().with_name(topic.name).with_partitions(partitions)
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

fn find(
    node: &Node,
    topic: &str,
    wanted: &ListOffsetsPartition,
    committed_only: bool,
) -> Result<(i64, i64), ResponseError> {
    let log =
        node.log(topic, wanted.partition_index).ok_or(ResponseError::UnknownTopicOrPartition)?;
    let end = if committed_only { log.last_stable() } else { log.end() };
    match wanted.timestamp {
        LATEST => Ok((-1, end)),
        EARLIEST => Ok((-1, log.start())),
        timestamp => {
            let found = log.offset_for(timestamp).map_err(|error| {
                tracing::error!(topic, %error, "failed to read the log");
                ResponseError::KafkaStorageError
            })?;
            Ok(found.filter(|(_, offset)| *offset < end).unwrap_or((-1, -1)))
        }
    }
}

/// There was only ever one leader, so its epoch ends where the log ends.
pub(super) fn for_leader_epoch(
    node: &mut Node,
    request: OffsetForLeaderEpochRequest,
) -> OffsetForLeaderEpochResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|wanted| {
            let result = EpochEndOffset::default().with_partition(wanted.partition);
            match node.log(&topic.topic, wanted.partition) {
                Some(log) => result.with_leader_epoch(0).with_end_offset(log.end()),
                None => result.with_error_code(ResponseError::UnknownTopicOrPartition.code()),
            }
        });
        let partitions = partitions.collect();
        OffsetForLeaderTopicResult::default().with_topic(topic.topic).with_partitions(partitions)
    });
    OffsetForLeaderEpochResponse::default().with_topics(topics.collect())
}
