//! Committing and telling where groups stand.

use std::collections::BTreeMap;
use std::time::Instant;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponsePartition, OffsetFetchResponseTopic,
};
use kafka_protocol::messages::{
    OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, TopicName,
};

use super::text;
use crate::group::Identity;
use crate::node::Node;
use crate::state::Offsets;
use crate::state::entry::{Position, Positions};

pub(super) fn commit(
    node: &mut Node,
    request: OffsetCommitRequest,
    now: Instant,
) -> OffsetCommitResponse {
    let mut positions = Positions::new();
    let mut places = Vec::new();
    for topic in request.topics {
        let mut partitions = Vec::new();
        for p in topic.partitions {
            partitions.push(p.partition_index);
            if node.log(&topic.name, p.partition_index).is_some() {
                let position = Position {
                    offset: p.committed_offset,
                    leader_epoch: p.committed_leader_epoch,
                    metadata: p.committed_metadata.unwrap_or_default().to_string(),
                };
                positions.insert((topic.name.to_string(), p.partition_index), position);
            }
        }
        places.push((topic.name, partitions));
    }
    let who =
        Identity { member_id: &request.member_id, instance: request.group_instance_id.as_deref() };
    let generation = request.generation_id_or_member_epoch;
    let committed = node.commit(&request.group_id, &who, generation, positions, now);
    let topics = places.into_iter().map(|(name, partitions)| {
        let partitions = partitions.into_iter().map(|index| {
            OffsetCommitResponsePartition::default()
                .with_partition_index(index)
                .with_error_code(verdict(node, &name, index, committed))
        });
        let partitions = partitions.collect();
        OffsetCommitResponseTopic::default().with_name(name).with_partitions(partitions)
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

/// What became of one partition of a commit: one that does not exist was left out of it.
pub(super) fn verdict(
    node: &Node,
    topic: &str,
    partition: i32,
    committed: Result<(), ResponseError>,
) -> i16 {
    match committed {
        Err(error) => error.code(),
        Ok(()) if node.log(topic, partition).is_none() => {
            ResponseError::UnknownTopicOrPartition.code()
        }
        Ok(()) => 0,
    }
}

pub(super) fn fetch(node: &mut Node, request: OffsetFetchRequest) -> OffsetFetchResponse {
    let nothing = Offsets::default();
    let offsets = node.state().offsets.get(request.group_id.as_str()).unwrap_or(&nothing);
    let wanted: BTreeMap<String, Vec<i32>> = match request.topics {
        Some(topics) => {
            topics.into_iter().map(|t| (t.name.to_string(), t.partition_indexes)).collect()
        }
        None => all_partitions(offsets),
    };
    let topics = wanted.into_iter().map(|(topic, partitions)| {
        let partitions = partitions
            .into_iter()
            .map(|index| tell(offsets, (topic.clone(), index), request.require_stable));
        let partitions = partitions.collect();
        OffsetFetchResponseTopic::default()
            .with_name(TopicName(text(topic)))
            .with_partitions(partitions)
    });
    OffsetFetchResponse::default().with_topics(topics.collect())
}

fn all_partitions(offsets: &Offsets) -> BTreeMap<String, Vec<i32>> {
    let mut all: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in offsets.committed.keys() {
        all.entry(topic.clone()).or_default().push(*partition);
    }
    all
}

fn tell(
    offsets: &Offsets,
    place: (String, i32),
    require_stable: bool,
) -> OffsetFetchResponsePartition {
    let response = OffsetFetchResponsePartition::default()
        .with_partition_index(place.1)
        .with_committed_offset(-1)
        .with_committed_leader_epoch(-1)
        .with_metadata(Some(text("")));
    if require_stable && offsets.pending.values().any(|held| held.contains_key(&place)) {
        return response.with_error_code(ResponseError::UnstableOffsetCommit.code());
    }
    match offsets.committed.get(&place) {
        None => response,
        Some(position) => response
            .with_committed_offset(position.offset)
            .with_committed_leader_epoch(position.leader_epoch)
            .with_metadata(Some(text(&position.metadata))),
    }
}
