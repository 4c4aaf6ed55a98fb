//! Where transactions do not protect a stage by themselves. Each of these was first seen on real
//! Kafka; the runtime is built around them, so a broker on which one does not spring would let its
//! tests pass for the wrong reason.

use std::time::Instant;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::topic_partition_list::TopicPartitionList;

use super::clients::*;
use super::groups::{impatient_member, let_go};

/// A transaction without input positions is not fenced by an eviction, one with them is.
pub fn an_evicted_owner_is_refused_only_if_it_sends_positions(at: &str) {
    let (input, output) = (topic(at, "evicted-in", 1), topic(at, "evicted-out", 1));
    let group = unique("evicted");
    let evicted = impatient_member(at, &group, &input);
    settle(&[(&evicted, 1)]);
    let metadata = evicted.group_metadata().unwrap();
    let producer = transactional(at, &unique("evicted"));
    let owner = member(at, &group, &[&input]);
    settle(&[(&owner, 1)]);

    commit_one(&producer, &output, 0, "without positions");
    leave_open(&producer, &output, 0, "with an empty list");
    let empty = TopicPartitionList::new();
    producer.send_offsets_to_transaction(&empty, &metadata, CALL).unwrap();
    producer.commit_transaction(CALL).unwrap();
    let both = ["without positions", "with an empty list"];
    assert_eq!(values(at, &output, READ_COMMITTED), both, "the trap springs");

    leave_open(&producer, &output, 0, "with positions");
    let refused = producer.send_offsets_to_transaction(&position(&input, 0, 0), &metadata, CALL);
    let error = refusal(refused);
    assert_eq!(error.code(), RDKafkaErrorCode::UnknownMemberId);
    assert!(error.txn_requires_abort());
    producer.abort_transaction(CALL).unwrap();
    assert_eq!(values(at, &output, READ_COMMITTED), both);
    let_go(evicted);
}

/// Group metadata belongs to the poll. Taken at commit, a former owner is let through.
pub fn group_metadata_taken_late_moves_a_strangers_partition(at: &str) {
    let (input, output) = (topic(at, "late-in", 2), topic(at, "late-out", 2));
    let group = unique("late");
    let a = member(at, &group, &[&input]);
    settle(&[(&a, 2)]);
    let at_poll = a.group_metadata().unwrap();
    let of_a = transactional(at, &unique("late-a"));
    let b = member(at, &group, &[&input]);
    settle(&[(&a, 1), (&b, 1)]);
    let lost = owned(&b)[0].1;
    let of_b = transactional(at, &unique("late-b"));
    of_b.begin_transaction().unwrap();
    let metadata = b.group_metadata().unwrap();
    of_b.send_offsets_to_transaction(&position(&input, lost, 10), &metadata, CALL).unwrap();
    of_b.commit_transaction(CALL).unwrap();
    assert_eq!(committed(at, &group, &input, lost), Some(10));

    leave_open(&of_a, &output, lost, "late");
    let stale = of_a.send_offsets_to_transaction(&position(&input, lost, 3), &at_poll, CALL);
    let error = refusal(stale);
    assert_eq!(error.code(), RDKafkaErrorCode::IllegalGeneration);
    assert!(error.txn_requires_abort());
    of_a.abort_transaction(CALL).unwrap();
    assert_eq!(committed(at, &group, &input, lost), Some(10));

    leave_open(&of_a, &output, lost, "late");
    let at_commit = a.group_metadata().unwrap();
    of_a.send_offsets_to_transaction(&position(&input, lost, 3), &at_commit, CALL).unwrap();
    of_a.commit_transaction(CALL).unwrap();
    assert_eq!(committed(at, &group, &input, lost), Some(3), "the trap springs");
    assert_eq!(values(at, &output, READ_COMMITTED), ["late"]);
}

/// Group metadata taken before the first assignment names nobody, and nobody is never refused.
pub fn group_metadata_of_nobody_is_not_fenced_at_all(at: &str) {
    let (input, output) = (topic(at, "nobody-in", 1), topic(at, "nobody-out", 1));
    let group = unique("nobody");
    let owner = member(at, &group, &[&input]);
    settle(&[(&owner, 1)]);
    let of_owner = transactional(at, &unique("owner"));
    of_owner.begin_transaction().unwrap();
    let metadata = owner.group_metadata().unwrap();
    of_owner.send_offsets_to_transaction(&position(&input, 0, 10), &metadata, CALL).unwrap();
    of_owner.commit_transaction(CALL).unwrap();

    let stranger: BaseConsumer = consumer_config(at, &group).create().unwrap();
    let of_nobody = stranger.group_metadata().unwrap();
    let producer = transactional(at, &unique("nobody"));
    leave_open(&producer, &output, 0, "of nobody");
    producer.send_offsets_to_transaction(&position(&input, 0, 3), &of_nobody, CALL).unwrap();
    producer.commit_transaction(CALL).unwrap();
    assert_eq!(committed(at, &group, &input, 0), Some(3), "the trap springs");
}

/// Under read_committed the end of a partition is the last stable offset.
pub fn a_restore_behind_a_hung_transaction_reads_nothing(at: &str) {
    let topic = topic(at, "restore", 1);
    let hung = transactional(at, &unique("hung"));
    leave_open(&hung, &topic, 0, "open");
    let good = transactional(at, &unique("good"));
    for i in 0..5 {
        commit_one(&good, &topic, 0, &format!("memory {i}"));
    }
    assert_eq!(values(at, &topic, READ_COMMITTED), [""; 0], "an end, and nothing before it");
    let watermarks = |isolation: &str| {
        let consumer = reader(at, &topic, isolation);
        consumer.fetch_watermarks(&topic, 0, CALL).unwrap()
    };
    assert_eq!(watermarks(READ_COMMITTED), (0, 0));
    // One open record, five records and a marker each.
    assert_eq!(watermarks(READ_UNCOMMITTED), (0, 11));
    hung.abort_transaction(CALL).unwrap();
    assert_eq!(values(at, &topic, READ_COMMITTED).len(), 5);
}

/// Only `range` gives a member the same partition numbers of two topics.
pub fn only_range_assigns_the_same_numbers_of_two_topics(at: &str) {
    let numbers = |consumer: &BaseConsumer, topic: &str| -> Vec<i32> {
        let owned = owned(consumer).into_iter();
        owned.filter(|(t, _)| t == topic).map(|(_, partition)| partition).collect()
    };
    for (strategy, is_copartitioned) in [("range", true), ("roundrobin", false)] {
        let (x, y) = (topic(at, "co-x", 4), topic(at, "co-y", 4));
        let group = unique(strategy);
        let join = || {
            let consumer: BaseConsumer = consumer_config(at, &group)
                .set("partition.assignment.strategy", strategy)
                .create()
                .unwrap();
            consumer.subscribe(&[&x, &y]).unwrap();
            consumer
        };
        let members = [join(), join(), join()];
        let all: Vec<&BaseConsumer> = members.iter().collect();
        until("three members share eight partitions", || {
            poll_all(&all);
            let shares: Vec<usize> = members.iter().map(|c| owned(c).len()).collect();
            (shares.iter().all(|n| *n > 0) && shares.iter().sum::<usize>() == 8).then_some(())
        });
        let same = members.iter().all(|c| numbers(c, &x) == numbers(c, &y));
        assert_eq!(same, is_copartitioned, "{strategy}");
    }
}

/// A successor waits for the dead owner's transaction, which holds the positions.
pub fn a_successor_waits_for_the_positions_a_dead_owner_holds(at: &str) {
    let input = topic(at, "held", 1);
    let group = unique("held");
    let feeder = producer(at);
    send(&feeder, &input, 0, "work");
    drain(&feeder);
    let dead = member(at, &group, &[&input]);
    settle(&[(&dead, 1)]);
    let timeout_ms = 4_000;
    let holder = transactional_for(at, &unique("held"), timeout_ms);
    let began = Instant::now();
    holder.begin_transaction().unwrap();
    let metadata = dead.group_metadata().unwrap();
    holder.send_offsets_to_transaction(&position(&input, 0, 0), &metadata, CALL).unwrap();
    drop(holder);
    drop(dead);

    let successor = member(at, &group, &[&input]);
    settle(&[(&successor, 1)]);
    let owned_after = began.elapsed();
    until("the successor reads", || next(&successor).map(|_| ()));
    let read_after = began.elapsed();
    assert!(owned_after < millis(timeout_ms), "owned after {owned_after:?}");
    assert!(read_after >= millis(timeout_ms), "read after {read_after:?}");
}

/// A duplicate slot and one's own overrun look the same, so the clock must tell them apart.
pub fn a_duplicate_slot_and_an_overrun_give_the_same_error(at: &str) {
    let topic = topic(at, "slot", 1);
    let slot = unique("slot");
    let first = transactional(at, &slot);
    let _second = transactional(at, &slot);
    let duplicate = late_commit(&first, &topic, || {});

    let slow = transactional_for(at, &unique("slow"), 1_000);
    let overrun = late_commit(&slow, &topic, || {
        let mark = producer(at);
        send(&mark, &topic, 0, "mark");
        drain(&mark);
        until("the transaction was aborted", || {
            values(at, &topic, READ_COMMITTED).contains(&"mark".to_owned()).then_some(())
        });
    });
    assert_eq!(duplicate, overrun);
    assert!(duplicate.1, "both are fatal");
}

fn late_commit(producer: &BaseProducer, topic: &str, meanwhile: impl FnOnce()) -> (String, bool) {
    producer.begin_transaction().unwrap();
    send(producer, topic, 0, "late");
    // A fenced producer is told when it sends; whether before or after, the commit says the same.
    until("the broker answered", || {
        producer.poll(millis(1));
        (producer.in_flight_count() == 0).then_some(())
    });
    meanwhile();
    let error = refusal(producer.commit_transaction(CALL));
    (error.name(), error.is_fatal())
}

/// Metadata of a generation that is over does not move a group, also when the group was re-formed.
pub fn a_stale_member_cannot_move_its_group(at: &str) {
    let (input, output) = (topic(at, "stale-in", 2), topic(at, "stale-out", 1));
    let group = unique("stale");
    let old = member(at, &group, &[&input]);
    settle(&[(&old, 2)]);
    let stale = old.group_metadata().unwrap();
    let producer = transactional(at, &unique("stale"));
    leave_open(&producer, &output, 0, "stale");
    drop(old);
    let new = member(at, &group, &[&input]);
    settle(&[(&new, 2)]);
    let error =
        refusal(producer.send_offsets_to_transaction(&position(&input, 0, 5), &stale, CALL));
    assert!(error.txn_requires_abort() && !error.is_fatal(), "{error:?}");
    producer.abort_transaction(CALL).unwrap();
    assert_eq!(committed(at, &group, &input, 0), None);
}

/// Markers keep the high watermark above the committed position; the end is reported.
pub fn markers_keep_the_watermark_above_a_reader_that_is_done(at: &str) {
    let topic = topic(at, "markers", 1);
    commit_one(&transactional(at, &unique("markers")), &topic, 0, "only");
    let consumer = reader(at, &topic, READ_COMMITTED);
    let mut last = None;
    until("the end is reported", || match consumer.poll(millis(20)) {
        Some(Ok(record)) => {
            last = Some(rdkafka::Message::offset(&record));
            None
        }
        Some(Err(KafkaError::PartitionEOF(0))) => Some(()),
        Some(Err(error)) => panic!("failed to consume: {error}"),
        None => None,
    });
    assert_eq!(last, Some(0));
    assert_eq!(consumer.fetch_watermarks(&topic, 0, CALL).unwrap(), (0, 2));
}
