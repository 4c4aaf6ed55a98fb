//! Metadata, and making, growing and deleting topics.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest, CreateTopicsResponse,
    DeleteTopicsRequest, DeleteTopicsResponse, MetadataRequest, MetadataResponse, TopicName,
};

use super::{Call, NODE_ID, Shared, code, text};
use crate::node::{NewTopic, Node};

/// Partitions of a topic whose maker leaves the number to us.
const DEFAULT_PARTITIONS: i32 = 1;

pub(super) fn metadata(shared: &Shared, call: &Call, request: MetadataRequest) -> MetadataResponse {
    let may_create = call.version < 4 || request.allow_auto_topic_creation;
    let auto_create = shared.auto_create_partitions.filter(|_| may_create);
    let topics = shared.with(|node| {
        let names: Vec<String> = match request.topics {
            // Version 0 asks for everything with an empty list, later ones with none.
            Some(topics) if call.version > 0 || !topics.is_empty() => {
                topics.into_iter().filter_map(|t| t.name).map(|n| n.to_string()).collect()
            }
            _ => node.state().topics.keys().cloned().collect(),
        };
        names.into_iter().map(|name| describe(node, name, auto_create)).collect()
    });
    let broker = MetadataResponseBroker::default()
        .with_node_id(NODE_ID)
        .with_host(call.host())
        .with_port(call.port());
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_cluster_id(Some(text("adp-embedded")))
        .with_controller_id(NODE_ID)
        .with_topics(topics)
}

fn describe(node: &mut Node, name: String, auto_create: Option<i32>) -> MetadataResponseTopic {
    let mut error = 0;
    if let (Some(n_partitions), None) = (auto_create, node.state().topics.get(&name)) {
        let new = NewTopic { name: name.clone(), n_partitions, settings: BTreeMap::new() };
        error = node.create_topic(new, false).err().map_or(0, |(error, _)| error.code());
    }
    let n_partitions = match node.state().topics.get(&name) {
        Some(topic) => topic.n_partitions,
        None if error == 0 => {
            error = ResponseError::UnknownTopicOrPartition.code();
            0
        }
        None => 0,
    };
    let partitions = (0..n_partitions).map(|number| {
        MetadataResponsePartition::default()
            .with_partition_index(number)
            .with_leader_id(NODE_ID)
            .with_leader_epoch(0)
            .with_replica_nodes(vec![NODE_ID])
            .with_isr_nodes(vec![NODE_ID])
    });
    MetadataResponseTopic::default()
        .with_error_code(error)
        .with_partitions(partitions.collect())
        .with_name(Some(TopicName(text(name))))
}

pub(super) fn create(node: &mut Node, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let only_check = request.validate_only;
    let results = request.topics.into_iter().map(|topic| create_one(node, topic, only_check));
    CreateTopicsResponse::default().with_topics(results.collect())
}

fn create_one(node: &mut Node, topic: CreatableTopic, only_check: bool) -> CreatableTopicResult {
    let n_partitions = match topic.num_partitions {
        -1 if topic.assignments.is_empty() => DEFAULT_PARTITIONS,
        -1 => topic.assignments.len() as i32,
        n => n,
    };
    let settings = topic.configs.iter();
    let settings =
        settings.filter_map(|c| Some((c.name.to_string(), c.value.as_ref()?.to_string())));
    let new = NewTopic { name: topic.name.to_string(), n_partitions, settings: settings.collect() };
    let created = match topic.replication_factor {
        -1 | 1 => node.create_topic(new, only_check),
        _ => {
            let why = "there is one node, so the replication factor is 1".to_owned();
            Err((ResponseError::InvalidReplicationFactor, why))
        }
    };
    let result = CreatableTopicResult::default()
        .with_name(topic.name)
        .with_num_partitions(n_partitions)
        .with_replication_factor(1);
    match created {
        Ok(()) => result,
        Err((error, why)) => {
            result.with_error_code(error.code()).with_error_message(Some(text(why)))
        }
    }
}

pub(super) fn grow(node: &mut Node, request: CreatePartitionsRequest) -> CreatePartitionsResponse {
    let only_check = request.validate_only;
    let results = request.topics.into_iter().map(|topic| {
        let grown = node.grow_topic(&topic.name, topic.count, only_check);
        let result = CreatePartitionsTopicResult::default().with_name(topic.name);
        match grown {
            Ok(()) => result,
            Err((error, why)) => {
                result.with_error_code(error.code()).with_error_message(Some(text(why)))
            }
        }
    });
    CreatePartitionsResponse::default().with_results(results.collect())
}

pub(super) fn delete(node: &mut Node, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
    let results = request.topic_names.into_iter().map(|name| {
        let deleted = node.delete_topic(&name);
        DeletableTopicResult::default().with_error_code(code(&deleted)).with_name(Some(name))
    });
    DeleteTopicsResponse::default().with_responses(results.collect())
}
