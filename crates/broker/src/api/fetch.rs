//! Giving records out. A reader that finds too little waits until there is more, or its patience
//! ends.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::fetch_request::FetchPartition;
use kafka_protocol::messages::fetch_response::{
    AbortedTransaction, FetchableTopicResponse, PartitionData,
};
use kafka_protocol::messages::{BrokerId, FetchRequest, FetchResponse};
use tokio::time::Instant;

use super::Shared;
use crate::node::Node;

const READ_COMMITTED: i8 = 1;
/// Bytes of one answer at the most, whatever the client asks for.
const LARGEST_ANSWER: usize = 64 << 20;

pub(super) async fn fetch(shared: &Shared, request: FetchRequest) -> FetchResponse {
    if request.session_id != 0 {
        // We keep no sessions: the client asks again in full.
        return FetchResponse::default()
            .with_error_code(ResponseError::FetchSessionIdNotFound.code());
    }
    let patience = Duration::from_millis(request.max_wait_ms.max(0) as u64);
    let until = Instant::now() + patience;
    let enough = request.min_bytes.max(1) as usize;
    loop {
        let mut appended = std::pin::pin!(shared.appended.notified());
        // Enabled before looking, so that nothing appended in between is missed.
        appended.as_mut().enable();
        let answer = shared.with(|node| look(node, &request));
        if answer.is_urgent || answer.size >= enough || Instant::now() >= until {
            return answer.response;
        }
        // Either end of the wait leads to one more look.
        let _ = tokio::time::timeout_at(until, appended).await;
    }
}

struct Answer {
    response: FetchResponse,
    size: usize,
    /// A partition has an error that the client should hear of at once.
    is_urgent: bool,
}

fn look(node: &Node, request: &FetchRequest) -> Answer {
    let most = (request.max_bytes.max(0) as usize).min(LARGEST_ANSWER);
    let committed_only = request.isolation_level == READ_COMMITTED;
    let mut size = 0;
    let mut is_urgent = false;
    let mut responses = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for wanted in &topic.partitions {
            let room = most.saturating_sub(size);
            let data = match read(node, &topic.topic, wanted, committed_only, room, size == 0) {
                Ok(data) => data,
                Err(error) => {
                    is_urgent = true;
                    PartitionData::default()
                        .with_error_code(error.code())
                        .with_high_watermark(-1)
                        .with_records(Some(Bytes::new()))
                }
            };
            size += data.records.as_ref().map_or(0, Bytes::len);
            let data = data.with_partition_index(wanted.partition);
            partitions.push(data.with_preferred_read_replica(BrokerId(-1)));
        }
        responses.push(
            FetchableTopicResponse::default()
                .with_topic(topic.topic.clone())
                .with_partitions(partitions),
        );
    }
    Answer { response: FetchResponse::default().with_responses(responses), size, is_urgent }
}

fn read(
    node: &Node,
    topic: &str,
    wanted: &FetchPartition,
    committed_only: bool,
    room: usize,
    is_first: bool,
) -> Result<PartitionData, ResponseError> {
    let log = node.log(topic, wanted.partition).ok_or(ResponseError::UnknownTopicOrPartition)?;
    let from = wanted.fetch_offset;
    if from < log.start() || from > log.end() {
        return Err(ResponseError::OffsetOutOfRange);
    }
    let below = if committed_only { log.last_stable() } else { log.end() };
    let most = room.min(wanted.partition_max_bytes.max(0) as usize);
    let stretch = log.read(from, below, most, is_first).map_err(|error| {
        tracing::error!(topic, partition = wanted.partition, %error, "failed to read the log");
        ResponseError::KafkaStorageError
    })?;
    let aborted = committed_only.then(|| {
        let aborted = log.aborted_between(from, stretch.last_offset).into_iter();
        let aborted = aborted.map(|a| {
            AbortedTransaction::default()
                .with_producer_id(a.producer_id.into())
                .with_first_offset(a.first_offset)
        });
        aborted.collect()
    });
    Ok(PartitionData::default()
        .with_high_watermark(log.end())
        .with_last_stable_offset(log.last_stable())
        .with_log_start_offset(log.start())
        .with_aborted_transactions(aborted)
        .with_records(Some(stretch.batches)))
}
