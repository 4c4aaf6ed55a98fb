//! Transactions: what readers see, when a group moves, and who is shut out.

use std::time::Instant;

use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message;
use rdkafka::producer::Producer;

use super::clients::*;

pub fn only_committed_records_are_seen(at: &str) {
    let topic = topic(at, "isolation", 1);
    let producer = transactional(at, &unique("isolation"));
    leave_open(&producer, &topic, 0, "first");
    assert_eq!(values(at, &topic, READ_COMMITTED), [""; 0]);
    assert_eq!(values(at, &topic, READ_UNCOMMITTED), ["first"]);
    producer.commit_transaction(CALL).unwrap();
    assert_eq!(values(at, &topic, READ_COMMITTED), ["first"]);

    leave_open(&producer, &topic, 0, "taken back");
    producer.abort_transaction(CALL).unwrap();
    assert_eq!(values(at, &topic, READ_COMMITTED), ["first"]);
    commit_one(&producer, &topic, 0, "second");
    assert_eq!(values(at, &topic, READ_COMMITTED), ["first", "second"]);
}

pub fn a_reader_at_the_tail_never_sees_what_is_taken_back(at: &str) {
    let topic = topic(at, "tail", 1);
    let producer = transactional(at, &unique("tail"));
    let consumer = reader(at, &topic, READ_COMMITTED);
    let mut seen = Vec::new();
    let mut read = |enough: usize| {
        until("the tail comes in", || {
            if let Some(record) = next(&consumer) {
                seen.push(String::from_utf8(record.payload().unwrap().to_vec()).unwrap());
            }
            (seen.len() >= enough).then_some(())
        });
        seen.clone()
    };
    for i in 0..6 {
        let keep = i % 2 == 0;
        leave_open(&producer, &topic, 0, &format!("{} {i}", if keep { "keep" } else { "drop" }));
        match keep {
            true => producer.commit_transaction(CALL).unwrap(),
            false => producer.abort_transaction(CALL).unwrap(),
        }
        read(i / 2 + 1);
    }
    commit_one(&producer, &topic, 0, "end");
    assert_eq!(read(4), ["keep 0", "keep 2", "keep 4", "end"]);
}

pub fn an_open_transaction_holds_back_what_comes_after_it(at: &str) {
    let topic = topic(at, "stable", 1);
    let slow = transactional(at, &unique("slow"));
    let quick = transactional(at, &unique("quick"));
    leave_open(&slow, &topic, 0, "slow");
    commit_one(&quick, &topic, 0, "quick");
    send(&producer_done(at, &topic, "plain"), &topic, 0, "more");
    assert_eq!(values(at, &topic, READ_COMMITTED), [""; 0]);
    slow.abort_transaction(CALL).unwrap();
    let visible = values(at, &topic, READ_COMMITTED);
    assert_eq!(visible[..2], ["quick", "plain"]);
}

fn producer_done(at: &str, topic: &str, value: &str) -> rdkafka::producer::BaseProducer {
    let producer = producer(at);
    send(&producer, topic, 0, value);
    drain(&producer);
    producer
}

pub fn one_transaction_spans_topics_and_partitions(at: &str) {
    let topics = [topic(at, "span", 3), topic(at, "span", 1)];
    let producer = transactional(at, &unique("span"));
    let write = |value: &str| {
        producer.begin_transaction().unwrap();
        for partition in 0..3 {
            send(&producer, &topics[0], partition, value);
        }
        send(&producer, &topics[1], 0, value);
        drain(&producer);
    };
    write("kept");
    producer.commit_transaction(CALL).unwrap();
    write("dropped");
    producer.abort_transaction(CALL).unwrap();
    assert_eq!(values(at, &topics[0], READ_COMMITTED), ["kept"; 3]);
    assert_eq!(values(at, &topics[1], READ_COMMITTED), ["kept"]);
}

pub fn a_group_moves_only_with_its_transaction(at: &str) {
    let (input, output) = (topic(at, "moves", 1), topic(at, "moved", 1));
    let group = unique("moves");
    let feeder = producer(at);
    for i in 0..10 {
        send(&feeder, &input, 0, &i.to_string());
    }
    drain(&feeder);
    let consumer = member(at, &group, &[&input]);
    settle(&[(&consumer, 1)]);
    let producer = transactional(at, &unique("moves"));
    let turn = |value: &str, offset: i64| {
        leave_open(&producer, &output, 0, value);
        let metadata = consumer.group_metadata().unwrap();
        let here = position(&input, 0, offset);
        producer.send_offsets_to_transaction(&here, &metadata, CALL).unwrap();
    };
    turn("dropped", 5);
    assert_eq!(committed(at, &group, &input, 0), None);
    // Whoever wants stable offsets waits for the transaction, up to its own patience.
    let stable = try_committed(at, &group, &input, 0, READ_COMMITTED, millis(1_500));
    assert!(stable.is_err(), "the position is not stable yet: {stable:?}");
    producer.abort_transaction(CALL).unwrap();
    assert_eq!(committed(at, &group, &input, 0), None);
    turn("kept", 5);
    producer.commit_transaction(CALL).unwrap();
    let stable = try_committed(at, &group, &input, 0, READ_COMMITTED, CALL);
    assert_eq!(stable.unwrap(), Some(5));
    assert_eq!(values(at, &output, READ_COMMITTED), ["kept"]);
}

pub fn a_successor_fences_its_predecessor(at: &str) {
    let topic = topic(at, "fence", 1);
    let id = unique("fence");
    let zombie = transactional(at, &id);
    leave_open(&zombie, &topic, 0, "of the zombie");
    let successor = transactional(at, &id);
    assert_eq!(values(at, &topic, READ_COMMITTED), [""; 0], "its transaction was aborted");
    commit_one(&successor, &topic, 0, "of the successor");

    // Sending may fail at once or later; the commit tells.
    let _ = try_send(&zombie, &topic, 0, "too late");
    let error = refusal(zombie.commit_transaction(CALL));
    assert!(error.is_fatal(), "{error:?}");
    assert_eq!(values(at, &topic, READ_COMMITTED), ["of the successor"]);
    commit_one(&successor, &topic, 0, "again");
    assert_eq!(values(at, &topic, READ_COMMITTED), ["of the successor", "again"]);
}

pub fn a_transaction_that_takes_too_long_is_aborted(at: &str) {
    let topic = topic(at, "timeout", 1);
    let stuck = transactional_for(at, &unique("timeout"), 2_000);
    leave_open(&stuck, &topic, 0, "stuck");
    producer_done(at, &topic, "plain");
    assert_eq!(values(at, &topic, READ_COMMITTED), [""; 0]);
    let began = Instant::now();
    until("the stuck transaction is aborted", || {
        (values(at, &topic, READ_COMMITTED) == ["plain"]).then_some(())
    });
    assert!(began.elapsed() > millis(500), "not before its time");
    let error = refusal(stuck.commit_transaction(CALL));
    assert!(error.is_fatal(), "{error:?}");
}

/// Only the same id frees readers at once; another one leaves them waiting.
pub fn only_the_same_id_ends_a_dead_producers_transaction(at: &str) {
    let topic = topic(at, "dead", 1);
    let id = unique("dead");
    let dead = transactional(at, &id);
    leave_open(&dead, &topic, 0, "of the dead");
    drop(dead);
    let stranger = transactional(at, &unique("stranger"));
    commit_one(&stranger, &topic, 0, "of a stranger");
    assert_eq!(values(at, &topic, READ_COMMITTED), [""; 0]);
    let _successor = transactional(at, &id);
    assert_eq!(values(at, &topic, READ_COMMITTED), ["of a stranger"]);
}

pub fn a_commit_of_nothing_succeeds(at: &str) {
    let producer = transactional(at, &unique("nothing"));
    producer.begin_transaction().unwrap();
    producer.commit_transaction(CALL).unwrap();
    producer.begin_transaction().unwrap();
    producer.abort_transaction(CALL).unwrap();
}

pub fn a_timeout_beyond_the_brokers_limit_is_refused(at: &str) {
    let producer: rdkafka::producer::BaseProducer = config(at)
        .set("transactional.id", unique("patient"))
        .set("transaction.timeout.ms", "1000000")
        .create()
        .unwrap();
    let error = refusal(producer.init_transactions(CALL));
    assert_eq!(error.code(), RDKafkaErrorCode::InvalidTransactionTimeout);
}

pub fn an_aborted_producer_goes_on(at: &str) {
    let (input, output) = (topic(at, "in", 1), topic(at, "out", 1));
    let producer = transactional(at, &unique("on"));
    leave_open(&producer, &output, 0, "dropped");
    let stranger = member(at, &unique("g"), &[&input]);
    settle(&[(&stranger, 1)]);
    let stale = stranger.group_metadata().unwrap();
    drop(stranger);
    let refused = until("the member has left", || {
        let result = producer.send_offsets_to_transaction(&position(&input, 0, 0), &stale, CALL);
        result.err()
    });
    assert!(refusal(Err(refused)).txn_requires_abort());
    producer.abort_transaction(CALL).unwrap();
    commit_one(&producer, &output, 0, "kept");
    assert_eq!(values(at, &output, READ_COMMITTED), ["kept"]);
}
