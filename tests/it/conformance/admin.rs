//! Topics and groups as an administrator handles them.

use rdkafka::admin::{NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use super::clients::*;

pub fn a_topic_is_made_described_grown_and_deleted(at: &str) {
    let settings = [
        ("cleanup.policy", "compact"),
        ("retention.ms", "60000"),
        ("max.message.bytes", "2000000"),
    ];
    let topic = topic_with(at, "admin", 3, &settings);

    let resource = [ResourceSpecifier::Topic(&topic)];
    let described = wait(admin(at).describe_configs(&resource, &admin_options())).unwrap();
    let described = described.into_iter().next().unwrap().unwrap();
    for (name, value) in settings {
        assert_eq!(described.get(name).unwrap().value.as_deref(), Some(value), "{name}");
    }
    assert_eq!(described.get("min.insync.replicas").unwrap().value.as_deref(), Some("1"));

    let grown = [NewPartitions::new(&topic, 5)];
    let grown = wait(admin(at).create_partitions(&grown, &admin_options())).unwrap();
    assert_eq!(grown, [Ok(topic.clone())]);
    until("the topic has grown", || (n_partitions_of(at, &topic) == Some(5)).then_some(()));

    let deleted = wait(admin(at).delete_topics(&[&topic], &admin_options())).unwrap();
    assert_eq!(deleted, [Ok(topic.clone())]);
    until("the topic is gone", || n_partitions_of(at, &topic).is_none().then_some(()));
}

pub fn a_topic_that_cannot_be_is_refused(at: &str) {
    let there = topic(at, "there", 1);
    let new = |name| NewTopic::new(name, 1, TopicReplication::Fixed(1));
    let refused = |topic: NewTopic<'_>| {
        let results = wait(admin(at).create_topics([&topic], &admin_options())).unwrap();
        results.into_iter().next().unwrap().unwrap_err().1
    };
    assert_eq!(refused(new(&there)), RDKafkaErrorCode::TopicAlreadyExists);
    assert_eq!(refused(new("no/slash")), RDKafkaErrorCode::InvalidTopic);
    let unknown = unique("refused");
    assert_eq!(refused(new(&unknown).set("colour", "blue")), RDKafkaErrorCode::InvalidConfig);
    assert_eq!(
        refused(new(&unknown).set("cleanup.policy", "tidy")),
        RDKafkaErrorCode::InvalidConfig
    );
    assert_eq!(
        refused(NewTopic::new(&unknown, 1, TopicReplication::Fixed(3))),
        RDKafkaErrorCode::InvalidReplicationFactor
    );
    assert_eq!(n_partitions_of(at, &unknown), None, "asking for a topic does not make it");
}

pub fn groups_are_listed_described_and_deleted(at: &str) {
    let topic = topic(at, "listed", 1);
    let group = unique("listed");
    let consumer = member(at, &group, &[&topic]);
    settle(&[(&consumer, 1)]);
    consumer.commit(&position(&topic, 0, 0), CommitMode::Sync).unwrap();

    let listed = consumer.fetch_group_list(Some(&group), CALL).unwrap();
    let described = &listed.groups()[0];
    assert_eq!(
        (described.name(), described.state(), described.protocol_type(), described.protocol()),
        (group.as_str(), "Stable", "consumer", "range")
    );
    assert_eq!(described.members().len(), 1);
    let delete =
        || wait(admin(at).delete_groups(&[&group], &admin_options())).unwrap().pop().unwrap();
    assert_eq!(delete().unwrap_err().1, RDKafkaErrorCode::NonEmptyGroup);

    drop(consumer);
    until("the group is empty and can be deleted", || delete().ok());
    assert_eq!(committed(at, &group, &topic, 0), None);
}
