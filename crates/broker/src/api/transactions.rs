//! Producer identities and transactions.

use std::time::{Duration, Instant};

use kafka_protocol::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse, EndTxnRequest, EndTxnResponse, InitProducerIdRequest,
    InitProducerIdResponse, ProducerId, TxnOffsetCommitRequest, TxnOffsetCommitResponse,
};

use super::{Call, code, offsets};
use crate::group::Identity;
use crate::node::Node;
use crate::state::entry::{Position, Positions};
use crate::state::transaction::Outcome;

pub(super) fn init_producer_id(
    node: &mut Node,
    request: InitProducerIdRequest,
) -> InitProducerIdResponse {
    let timeout = Duration::from_millis(request.transaction_timeout_ms.max(0) as u64);
    let claimed = (request.producer_id.0, request.producer_epoch);
    let claimed = (claimed.0 >= 0).then_some(claimed);
    let given = match request.transactional_id {
        None => node.new_producer(),
        Some(id) if id.is_empty() => Err(ResponseError::InvalidRequest),
        Some(id) => node.take_transactional_id(&id, timeout, claimed),
    };
    let (producer_id, epoch) = given.unwrap_or((-1, -1));
    InitProducerIdResponse::default()
        .with_error_code(code(&given))
        .with_producer_id(ProducerId(producer_id))
        .with_producer_epoch(epoch)
}

pub(super) fn add_partitions(
    node: &mut Node,
    call: &Call,
    request: AddPartitionsToTxnRequest,
    now: Instant,
) -> AddPartitionsToTxnResponse {
    let mut places = Vec::new();
    let mut all_exist = true;
    for topic in &request.v3_and_below_topics {
        for partition in &topic.partitions {
            all_exist &= node.log(&topic.name, *partition).is_some();
            places.push((topic.name.to_string(), *partition));
        }
    }
    let producer = (request.v3_and_below_producer_id.0, request.v3_and_below_producer_epoch);
    let id = &request.v3_and_below_transactional_id;
    let added = match all_exist {
        true => node.extend_transaction(id, producer, places, None, now),
        // All or nothing: the ones that do exist are told that they were not looked at.
        false => Err(ResponseError::OperationNotAttempted),
    };
    let added = as_known_to(call, added);
    let topics = request.v3_and_below_topics.iter().map(|topic| {
        let results = topic.partitions.iter().map(|partition| {
            let error = match node.log(&topic.name, *partition) {
                None => ResponseError::UnknownTopicOrPartition.code(),
                Some(_) => code(&added),
            };
            AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(*partition)
                .with_partition_error_code(error)
        });
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name.clone())
            .with_results_by_partition(results.collect())
    });
    AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(topics.collect())
}

pub(super) fn add_offsets(
    node: &mut Node,
    call: &Call,
    request: AddOffsetsToTxnRequest,
    now: Instant,
) -> AddOffsetsToTxnResponse {
    let producer = (request.producer_id.0, request.producer_epoch);
    let id = &request.transactional_id;
    let added = node.extend_transaction(id, producer, Vec::new(), Some(&request.group_id), now);
    AddOffsetsToTxnResponse::default().with_error_code(code(&as_known_to(call, added)))
}

pub(super) fn commit_offsets(
    node: &mut Node,
    call: &Call,
    request: TxnOffsetCommitRequest,
    now: Instant,
) -> TxnOffsetCommitResponse {
    let mut positions = Positions::new();
    for topic in &request.topics {
        for p in &topic.partitions {
            if node.log(&topic.name, p.partition_index).is_some() {
                let metadata = p.committed_metadata.as_deref().unwrap_or_default();
                let position = Position {
                    offset: p.committed_offset,
                    leader_epoch: p.committed_leader_epoch,
                    metadata: metadata.to_owned(),
                };
                positions.insert((topic.name.to_string(), p.partition_index), position);
            }
        }
    }
    let producer = (request.producer_id.0, request.producer_epoch);
    let who =
        Identity { member_id: &request.member_id, instance: request.group_instance_id.as_deref() };
    // Before version 3 a client could not say which generation it speaks for.
    let generation = if call.version < 3 { -1 } else { request.generation_id };
    let verified = node.verify_producer(&request.transactional_id, producer).map(|_| ());
    let committed = verified.and_then(|()| {
        let group = &request.group_id;
        node.commit_with_transaction(group, &who, generation, producer.0, positions, now)
    });
    let committed = as_known_to(call, committed);
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|p| {
            TxnOffsetCommitResponsePartition::default()
                .with_partition_index(p.partition_index)
                .with_error_code(offsets::verdict(node, &topic.name, p.partition_index, committed))
        });
        TxnOffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    TxnOffsetCommitResponse::default().with_topics(topics.collect())
}

pub(super) fn end(node: &mut Node, call: &Call, request: EndTxnRequest) -> EndTxnResponse {
    let outcome = if request.committed { Outcome::Commit } else { Outcome::Abort };
    let producer = (request.producer_id.0, request.producer_epoch);
    let ended = node.end_transaction(&request.transactional_id, producer, outcome);
    EndTxnResponse::default().with_error_code(code(&as_known_to(call, ended)))
}

/// `ProducerFenced` came with version 2 of these requests; before, an old epoch said the same.
fn as_known_to(call: &Call, result: Result<(), ResponseError>) -> Result<(), ResponseError> {
    match result {
        Err(ResponseError::ProducerFenced) if call.version < 2 => {
            Err(ResponseError::InvalidProducerEpoch)
        }
        other => other,
    }
}
