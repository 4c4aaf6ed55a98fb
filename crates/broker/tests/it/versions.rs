//! Every version that we say we speak is answered, with answers that have something in them: the
//! encoder refuses a field that a version cannot carry, and a client would see a closed connection.

use adp_broker::{Broker, Settings, Storage};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::Request;
use tokio::runtime::Runtime;

use crate::client::{Client, NOBODY, batch, text};

const TOPIC: &str = "versions";
const GROUP: &str = "versions";
const ID: &str = "versions";

#[test]
fn every_version_that_is_offered_is_answered() {
    let runtime = Runtime::new().unwrap();
    let broker = runtime.block_on(Broker::start(Settings::new(Storage::Memory))).unwrap();
    let mut client = Client::connect(broker.address()).unwrap();
    client.create_topic(TOPIC, 1);
    let offered = client.call(3, &ApiVersionsRequest::default()).unwrap().api_keys;
    assert!(offered.len() > 20);
    for api in offered {
        let key = ApiKey::try_from(api.api_key).unwrap();
        for version in api.min_version..=api.max_version {
            // State that makes the answers full: a record, a member, a position.
            client.produce(TOPIC, 0, None, batch(NOBODY, 0, false, &["x"])).unwrap();
            join(&mut client, 5);
            commit(&mut client, 8);
            ask(&mut client, key, version);
        }
    }
}

fn call<R: Request>(client: &mut Client, version: i16, request: R) -> R::Response {
    let answer = client.call(version, &request);
    answer.unwrap_or_else(|error| panic!("{} {version}: {error}", R::KEY))
}

fn ask(client: &mut Client, key: ApiKey, version: i16) {
    match key {
        ApiKey::ApiVersions => drop(call(client, version, ApiVersionsRequest::default())),
        ApiKey::Metadata => {
            let topic = metadata_request::MetadataRequestTopic::default();
            let request = MetadataRequest::default()
                .with_topics(Some(vec![topic.with_name(Some(TopicName(text(TOPIC))))]));
            let answer = call(client, version, request);
            assert_eq!(answer.topics[0].partitions.len(), 1);
        }
        ApiKey::CreateTopics => {
            let topic = create_topics_request::CreatableTopic::default()
                .with_name(TopicName(text(TOPIC)))
                .with_num_partitions(1)
                .with_replication_factor(1);
            call(client, version, CreateTopicsRequest::default().with_topics(vec![topic]));
        }
        ApiKey::DeleteTopics => {
            let names = vec![TopicName(text("nowhere"))];
            call(client, version, DeleteTopicsRequest::default().with_topic_names(names));
        }
        ApiKey::CreatePartitions => {
            let topic = create_partitions_request::CreatePartitionsTopic::default()
                .with_name(TopicName(text(TOPIC)))
                .with_count(1);
            call(client, version, CreatePartitionsRequest::default().with_topics(vec![topic]));
        }
        ApiKey::DescribeConfigs => {
            let topic = describe_configs_request::DescribeConfigsResource::default()
                .with_resource_type(2)
                .with_resource_name(text(TOPIC))
                .with_configuration_keys(None);
            let request = DescribeConfigsRequest::default().with_resources(vec![topic]);
            assert!(call(client, version, request).results[0].configs.len() > 10);
        }
        ApiKey::IncrementalAlterConfigs => {
            let config = incremental_alter_configs_request::AlterableConfig::default()
                .with_name(text("cleanup.policy"))
                .with_value(Some(text("compact")));
            let topic = incremental_alter_configs_request::AlterConfigsResource::default()
                .with_resource_type(2)
                .with_resource_name(text(TOPIC))
                .with_configs(vec![config]);
            let request = IncrementalAlterConfigsRequest::default().with_resources(vec![topic]);
            assert_eq!(call(client, version, request).responses[0].error_code, 0);
        }
        _ => ask_about_records(client, key, version),
    }
}

fn ask_about_records(client: &mut Client, key: ApiKey, version: i16) {
    let name = || TopicName(text(TOPIC));
    match key {
        ApiKey::Produce => {
            let data = produce_request::PartitionProduceData::default().with_records(Some(batch(
                NOBODY,
                0,
                false,
                &["x"],
            )));
            let topic = produce_request::TopicProduceData::default()
                .with_name(name())
                .with_partition_data(vec![data]);
            let request = ProduceRequest::default().with_acks(1).with_topic_data(vec![topic]);
            let answer = call(client, version, request);
            assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
        }
        ApiKey::Fetch => {
            let partition = fetch_request::FetchPartition::default().with_partition_max_bytes(1000);
            let topic = fetch_request::FetchTopic::default()
                .with_topic(name())
                .with_partitions(vec![partition]);
            let request = FetchRequest::default()
                .with_max_bytes(1000)
                .with_isolation_level(1)
                .with_topics(vec![topic]);
            let answer = call(client, version, request);
            assert!(!answer.responses[0].partitions[0].records.as_ref().unwrap().is_empty());
        }
        ApiKey::ListOffsets => {
            for timestamp in [-1, -2, 0] {
                let partition = list_offsets_request::ListOffsetsPartition::default();
                let topic = list_offsets_request::ListOffsetsTopic::default()
                    .with_name(name())
                    .with_partitions(vec![partition.with_timestamp(timestamp)]);
                let answer =
                    call(client, version, ListOffsetsRequest::default().with_topics(vec![topic]));
                assert!(answer.topics[0].partitions[0].offset >= 0);
            }
        }
        ApiKey::OffsetForLeaderEpoch => {
            let topic = offset_for_leader_epoch_request::OffsetForLeaderTopic::default()
                .with_topic(name())
                .with_partitions(vec![Default::default()]);
            let request = OffsetForLeaderEpochRequest::default().with_topics(vec![topic]);
            assert!(call(client, version, request).topics[0].partitions[0].end_offset > 0);
        }
        _ => ask_about_groups(client, key, version),
    }
}

fn ask_about_groups(client: &mut Client, key: ApiKey, version: i16) {
    let group = || GroupId(text(GROUP));
    match key {
        ApiKey::FindCoordinator => {
            let request = match version {
                0..=3 => FindCoordinatorRequest::default().with_key(text(GROUP)),
                _ => FindCoordinatorRequest::default().with_coordinator_keys(vec![text(GROUP)]),
            };
            call(client, version, request);
        }
        ApiKey::JoinGroup => join(client, version),
        ApiKey::SyncGroup => {
            let request = SyncGroupRequest::default().with_group_id(group());
            call(client, version, request.with_member_id(text("nobody")));
        }
        ApiKey::Heartbeat => drop(call(client, version, HeartbeatRequest::default())),
        ApiKey::LeaveGroup => {
            let request = LeaveGroupRequest::default().with_group_id(group());
            let request = match version {
                0..=2 => request.with_member_id(text("nobody")),
                _ => request.with_members(vec![Default::default()]),
            };
            call(client, version, request);
        }
        ApiKey::ListGroups => {
            assert!(!call(client, version, ListGroupsRequest::default()).groups.is_empty());
        }
        ApiKey::DescribeGroups => {
            let request = DescribeGroupsRequest::default().with_groups(vec![group()]);
            assert!(!call(client, version, request).groups[0].members.is_empty());
        }
        ApiKey::DeleteGroups => {
            let request = DeleteGroupsRequest::default().with_groups_names(vec![group()]);
            call(client, version, request);
        }
        ApiKey::OffsetCommit => commit(client, version),
        ApiKey::OffsetFetch => {
            let topic = offset_fetch_request::OffsetFetchRequestTopic::default()
                .with_name(TopicName(text(TOPIC)))
                .with_partition_indexes(vec![0]);
            let request = OffsetFetchRequest::default()
                .with_group_id(GroupId(text("outsiders")))
                .with_topics(Some(vec![topic]));
            assert_eq!(call(client, version, request).topics[0].partitions[0].committed_offset, 1);
        }
        _ => ask_about_transactions(client, key, version),
    }
}

fn ask_about_transactions(client: &mut Client, key: ApiKey, version: i16) {
    let id = || TransactionalId(text(ID));
    let init = InitProducerIdRequest::default()
        .with_transactional_id(Some(id()))
        .with_transaction_timeout_ms(1000);
    let given = call(client, if key == ApiKey::InitProducerId { version } else { 2 }, init);
    assert_eq!(given.error_code, 0);
    let (producer, epoch) = (given.producer_id, given.producer_epoch);
    match key {
        ApiKey::InitProducerId => {}
        ApiKey::AddPartitionsToTxn => {
            let topic = add_partitions_to_txn_request::AddPartitionsToTxnTopic::default()
                .with_name(TopicName(text(TOPIC)))
                .with_partitions(vec![0]);
            let request = AddPartitionsToTxnRequest::default()
                .with_v3_and_below_transactional_id(id())
                .with_v3_and_below_producer_id(producer)
                .with_v3_and_below_producer_epoch(epoch)
                .with_v3_and_below_topics(vec![topic]);
            let answer = call(client, version, request);
            let topic = &answer.results_by_topic_v3_and_below[0];
            assert_eq!(topic.results_by_partition[0].partition_error_code, 0);
        }
        ApiKey::AddOffsetsToTxn => {
            let request = AddOffsetsToTxnRequest::default()
                .with_transactional_id(id())
                .with_producer_id(producer)
                .with_producer_epoch(epoch)
                .with_group_id(GroupId(text(GROUP)));
            assert_eq!(call(client, version, request).error_code, 0);
        }
        ApiKey::TxnOffsetCommit => {
            let topic = txn_offset_commit_request::TxnOffsetCommitRequestTopic::default()
                .with_name(TopicName(text(TOPIC)))
                .with_partitions(vec![Default::default()]);
            let request = TxnOffsetCommitRequest::default()
                .with_transactional_id(id())
                .with_group_id(GroupId(text(GROUP)))
                .with_producer_id(producer)
                .with_producer_epoch(epoch)
                .with_topics(vec![topic]);
            call(client, version, request);
        }
        ApiKey::EndTxn => {
            let request = EndTxnRequest::default()
                .with_transactional_id(id())
                .with_producer_id(producer)
                .with_producer_epoch(epoch);
            call(client, version, request);
        }
        untested => panic!("{untested:?} is offered and not tested"),
    }
}

/// A static member, so that the fields that came with them are filled.
fn join(client: &mut Client, version: i16) {
    let protocol = join_group_request::JoinGroupRequestProtocol::default()
        .with_name(text("range"))
        .with_metadata(vec![1, 2, 3].into());
    let request = JoinGroupRequest::default()
        .with_group_id(GroupId(text(GROUP)))
        .with_session_timeout_ms(60_000)
        .with_rebalance_timeout_ms(if version == 0 { -1 } else { 1 })
        .with_protocol_type(text("consumer"))
        .with_group_instance_id((version >= 5).then(|| text("slot-0")))
        .with_protocols(vec![protocol]);
    let request = match version {
        // Members of their own, so that the static one is not waited for.
        0..5 => request.with_group_id(GroupId(text(&format!("old-{version}")))),
        _ => request,
    };
    call(client, version, request);
}

fn commit(client: &mut Client, version: i16) {
    let partition = offset_commit_request::OffsetCommitRequestPartition::default()
        .with_committed_offset(1)
        .with_committed_leader_epoch(if version >= 6 { 0 } else { -1 });
    let topic = offset_commit_request::OffsetCommitRequestTopic::default()
        .with_name(TopicName(text(TOPIC)))
        .with_partitions(vec![partition]);
    let request = OffsetCommitRequest::default()
        .with_group_id(GroupId(text("outsiders")))
        .with_topics(vec![topic]);
    let answer = call(client, version, request);
    assert_eq!(answer.topics[0].partitions[0].error_code, 0);
}
