//! Consumer groups: who reads what, and where a group goes on.

use std::collections::BTreeMap;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message;
use rdkafka::topic_partition_list::TopicPartitionList;

use super::clients::*;

pub fn partitions_are_shared_and_given_back(at: &str) {
    let topic = topic(at, "shared", 4);
    let group = unique("shared");
    let producer = producer(at);
    let publish = |round: &str| {
        for i in 0..100 {
            send(&producer, &topic, i % 4, &format!("{round}{i}"));
        }
        drain(&producer);
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut read = |consumers: &[&BaseConsumer], n: usize| {
        until("every record was read", || {
            for consumer in consumers {
                if let Some(record) = next(consumer) {
                    let value = String::from_utf8(record.payload().unwrap().to_vec()).unwrap();
                    *seen.entry(value).or_default() += 1;
                    consumer.commit_message(&record, CommitMode::Sync).unwrap();
                }
            }
            (seen.len() == n).then_some(())
        });
    };

    let first = member(at, &group, &[&topic]);
    settle(&[(&first, 4)]);
    publish("a");
    read(&[&first], 100);

    let second = member(at, &group, &[&topic]);
    settle(&[(&first, 2), (&second, 2)]);
    publish("b");
    read(&[&first, &second], 200);

    drop(second);
    settle(&[(&first, 4)]);
    publish("c");
    read(&[&first], 300);
    assert!(seen.values().all(|n| *n == 1), "each record is read once: {seen:?}");
}

pub fn a_cooperative_group_settles_too(at: &str) {
    let topic = topic(at, "cooperative", 4);
    let group = unique("cooperative");
    let join = || {
        let consumer: BaseConsumer = consumer_config(at, &group)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .create()
            .unwrap();
        consumer.subscribe(&[&topic]).unwrap();
        consumer
    };
    let first = join();
    settle(&[(&first, 4)]);
    let second = join();
    settle(&[(&first, 2), (&second, 2)]);
    drop(first);
    settle(&[(&second, 4)]);
}

pub fn a_group_goes_on_where_it_committed(at: &str) {
    let topic = topic(at, "resume", 1);
    let group = unique("resume");
    let producer = producer(at);
    for i in 0..20 {
        send(&producer, &topic, 0, &i.to_string());
    }
    drain(&producer);
    let read = |n: usize| -> Vec<i64> {
        let consumer = member(at, &group, &[&topic]);
        let mut offsets = Vec::new();
        until("enough records were read", || {
            if let Some(record) = next(&consumer) {
                offsets.push(record.offset());
                consumer.commit_message(&record, CommitMode::Sync).unwrap();
            }
            (offsets.len() == n).then_some(())
        });
        offsets
    };
    assert_eq!(read(7), (0..7).collect::<Vec<_>>());
    assert_eq!(read(13), (7..20).collect::<Vec<_>>());

    let outsider: BaseConsumer = consumer_config(at, &group).create().unwrap();
    let noted = position(&topic, 0, 20);
    noted.find_partition(&topic, 0).unwrap().set_metadata("a note");
    until("the members are gone and an outsider may commit", || {
        outsider.commit(&noted, CommitMode::Sync).ok()
    });
    let mut wanted = TopicPartitionList::new();
    wanted.add_partition(&topic, 0);
    let found = outsider.committed_offsets(wanted, CALL).unwrap();
    assert_eq!(found.find_partition(&topic, 0).unwrap().metadata(), "a note");
}

fn static_member(
    at: &str,
    group: &str,
    topic: &str,
    instance: &str,
    session_ms: u64,
) -> BaseConsumer {
    let consumer: BaseConsumer = consumer_config(at, group)
        .set("group.instance.id", instance)
        .set("session.timeout.ms", session_ms.to_string())
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    consumer
}

/// With a static id a restart costs neither the session timeout nor a rebalance.
pub fn a_static_member_returns_to_its_partitions(at: &str) {
    let topic = topic(at, "static", 4);
    let group = unique("static");
    let session_ms = 30_000;
    let a = static_member(at, &group, &topic, "slot-0", session_ms);
    settle(&[(&a, 4)]);
    let b = static_member(at, &group, &topic, "slot-1", session_ms);
    settle(&[(&a, 2), (&b, 2)]);
    let (had, kept) = (owned(&b), owned(&a));
    // A static member that closes does not leave the group.
    drop(b);
    let b = static_member(at, &group, &topic, "slot-1", session_ms);
    let began = std::time::Instant::now();
    settle(&[(&a, 2), (&b, 2)]);
    assert!(began.elapsed() < millis(session_ms), "the session timeout was not waited for");
    assert_eq!((owned(&b), owned(&a)), (had, kept));
}

pub fn a_second_holder_of_an_instance_fences_the_first(at: &str) {
    let topic = topic(at, "duplicate", 2);
    let group = unique("duplicate");
    let first = static_member(at, &group, &topic, "slot-0", SESSION_MS);
    settle(&[(&first, 2)]);
    let second = static_member(at, &group, &topic, "slot-0", SESSION_MS);
    let error = until("the first holder is fenced", || {
        poll_all(&[&second]);
        match first.poll(millis(20)) {
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) | Some(Ok(_)) | None => None,
            Some(Err(error)) => Some(error),
        }
    });
    assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::FencedInstanceId));
    assert!(first.client().fatal_error().is_some(), "it must not come back by itself");
    settle(&[(&second, 2)]);
}

pub fn a_member_that_stops_polling_loses_its_partitions(at: &str) {
    let topic = topic(at, "stuck", 2);
    let group = unique("stuck");
    let stuck = impatient_member(at, &group, &topic);
    settle(&[(&stuck, 2)]);
    let other = member(at, &group, &[&topic]);
    settle(&[(&other, 2)]);
    let error =
        until("the stuck member hears of it", || stuck.poll(millis(20)).and_then(Result::err));
    assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::PollExceeded));
    let_go(stuck);
}

/// Drops an evicted member on a thread of its own. Inside librdkafka 2.12 that can take for ever
/// (seen on the embedded broker): closing such a member does not wait for a rebalance event that is still
/// in its queue, and serving that event afterwards asks a group handler that is gone.
pub fn let_go(evicted: BaseConsumer) {
    std::thread::spawn(move || drop(evicted));
}

/// A member that its own client gives up when it is not polled for a session's length.
pub fn impatient_member(at: &str, group: &str, topic: &str) -> BaseConsumer {
    let consumer: BaseConsumer = consumer_config(at, group)
        .set("max.poll.interval.ms", SESSION_MS.to_string())
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    consumer
}

pub fn an_outsider_cannot_commit_for_a_living_group(at: &str) {
    let topic = topic(at, "outsider", 1);
    let group = unique("outsider");
    let insider = member(at, &group, &[&topic]);
    settle(&[(&insider, 1)]);
    let outsider: BaseConsumer = consumer_config(at, &group).create().unwrap();
    let error = outsider.commit(&position(&topic, 0, 1), CommitMode::Sync).unwrap_err();
    assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::UnknownMemberId));
    assert_eq!(committed(at, &group, &topic, 0), None);
}
