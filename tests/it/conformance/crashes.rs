//! A stage that dies again and again still reads and writes everything exactly once.
//!
//! A crash is a producer and a consumer that are dropped as they are: for the broker that is a
//! connection that ends, with the transaction open.

use std::collections::{BTreeMap, BTreeSet};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::clients::*;

const RECORDS: i32 = 2_000;
const BATCH: usize = 100;
const PARTITIONS: i32 = 2;

/// Where a turn dies.
#[derive(Debug, Clone, Copy)]
enum Crash {
    BeforeOffsets,
    AfterOffsets,
    AfterAbort,
    AfterCommit,
}

pub fn two_thousand_records_through_a_dying_stage_come_out_once(at: &str) {
    let (input, output) = (topic(at, "dying-in", PARTITIONS), topic(at, "dying-out", PARTITIONS));
    let (group, id) = (unique("dying"), unique("dying"));
    let feeder = producer(at);
    for i in 0..RECORDS {
        send(&feeder, &input, i % PARTITIONS, &i.to_string());
    }
    drain(&feeder);
    // Each life has some good turns and dies in its last; the last life dies of nothing.
    let lives = [
        (0, Some(Crash::BeforeOffsets)),
        (2, Some(Crash::AfterOffsets)),
        (1, Some(Crash::AfterAbort)),
        (3, Some(Crash::AfterCommit)),
        (0, Some(Crash::AfterOffsets)),
        (1, Some(Crash::BeforeOffsets)),
        (usize::MAX, None),
    ];
    for (good_turns, crash) in lives {
        live(at, &input, &output, &group, &id, good_turns, crash);
    }
    let out = values(at, &output, READ_COMMITTED);
    let distinct: BTreeSet<&String> = out.iter().collect();
    assert_eq!((out.len(), distinct.len()), (RECORDS as usize, RECORDS as usize));
}

fn live(
    at: &str,
    input: &str,
    output: &str,
    group: &str,
    id: &str,
    good_turns: usize,
    crash: Option<Crash>,
) {
    let consumer = member(at, group, &[input]);
    let producer = transactional(at, id);
    let mut turns = 0;
    let mut ended = BTreeSet::new();
    let mut batch = Vec::new();
    until("this life ends", || {
        match consumer.poll(millis(20)) {
            Some(Ok(record)) => {
                let value = String::from_utf8(record.payload().unwrap().to_vec()).unwrap();
                batch.push((record.partition(), record.offset(), value));
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ended.insert(partition);
            }
            Some(Err(error)) => panic!("failed to consume: {error}"),
            None => {}
        }
        let all_read = ended.len() == PARTITIONS as usize;
        if batch.is_empty() && all_read && crash.is_none() {
            return Some(());
        }
        let is_last = all_read && !batch.is_empty();
        if batch.len() < BATCH && !is_last {
            return None;
        }
        let dies_now = crash.filter(|_| turns == good_turns);
        turn(&consumer, &producer, input, output, &mut batch, dies_now);
        turns += 1;
        dies_now.map(|_| ())
    });
}

fn turn(
    consumer: &BaseConsumer,
    producer: &BaseProducer,
    input: &str,
    output: &str,
    batch: &mut Vec<(i32, i64, String)>,
    crash: Option<Crash>,
) {
    let metadata = consumer.group_metadata().unwrap();
    producer.begin_transaction().unwrap();
    let mut positions = BTreeMap::new();
    for (partition, offset, value) in batch.drain(..) {
        send(producer, output, partition, &value);
        positions.insert(partition, offset + 1);
    }
    drain(producer);
    if let Some(Crash::BeforeOffsets) = crash {
        return;
    }
    let mut list = TopicPartitionList::new();
    for (partition, offset) in positions {
        list.add_partition_offset(input, partition, Offset::Offset(offset)).unwrap();
    }
    producer.send_offsets_to_transaction(&list, &metadata, CALL).unwrap();
    match crash {
        Some(Crash::AfterOffsets) => {}
        Some(Crash::AfterAbort) => producer.abort_transaction(CALL).unwrap(),
        Some(Crash::BeforeOffsets | Crash::AfterCommit) | None => {
            producer.commit_transaction(CALL).unwrap();
        }
    }
}
