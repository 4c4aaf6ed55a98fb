//! Two stages share a group's partitions while both die again and again: partitions change hands
//! in the middle of transactions, and each record still comes out once.
//!
//! The stages ask for `auto.offset.reset=error`. librdkafka 2.12 can take a position for missing
//! that a transaction only holds back: when the assignment changes while it asks for positions, it
//! keeps the "unstable" answer's empty offset (`rd_kafka_assignment_apply_offsets`). With
//! `earliest` it then silently reads everything again; it was seen to, on a busy machine.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::clients::*;

const RECORDS: i32 = 3_000;
const PARTITIONS: i32 = 4;
const BATCH: usize = 40;
/// How often each stage dies before it is left alone.
const DEATHS: usize = 4;

struct Work<'a> {
    at: &'a str,
    input: String,
    output: String,
    group: String,
    done: AtomicBool,
}

/// Records read under one membership, and that membership.
struct Batch {
    metadata: ConsumerGroupMetadata,
    since: Instant,
    records: Vec<(i32, i64, String)>,
}

/// Why a stage's life ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Died,
    /// The broker refused a turn, or the client lost its place; the records come again.
    Refused,
    Done,
}

pub fn two_dying_stages_share_the_work_and_each_record_comes_out_once(at: &str) {
    let work = Work {
        at,
        input: topic(at, "shared-in", PARTITIONS),
        output: topic(at, "shared-out", PARTITIONS),
        group: unique("sharing"),
        done: AtomicBool::new(false),
    };
    begin_at_zero(&work);
    let slots = [unique("slot"), unique("slot")];
    std::thread::scope(|scope| {
        for (number, slot) in slots.iter().enumerate() {
            let work = &work;
            scope.spawn(move || live_and_die(work, slot, number));
        }
        let feeder = producer(at);
        for i in 0..RECORDS {
            send(&feeder, &work.input, i % PARTITIONS, &i.to_string());
        }
        drain(&feeder);
        let reached_end = || {
            (0..PARTITIONS).all(|partition| {
                committed(at, &work.group, &work.input, partition)
                    == Some(i64::from(RECORDS / PARTITIONS))
            })
        };
        let waited = std::panic::catch_unwind(|| {
            until("the group reaches the end of its input", || reached_end().then_some(()));
        });
        // The stages are told in any case, or the scope would wait for them for ever.
        work.done.store(true, Ordering::Relaxed);
        waited.unwrap();
    });
    let mut places: BTreeMap<i32, Vec<(i32, i64)>> = BTreeMap::new();
    for record in read_all(at, &work.output, READ_COMMITTED) {
        let number: i32 = String::from_utf8(record.value).unwrap().parse().unwrap();
        places.entry(number).or_default().push((record.partition, record.offset));
    }
    assert_eq!(places.len(), RECORDS as usize);
    let repeated: Vec<_> = places.iter().filter(|(_, at)| at.len() > 1).collect();
    assert!(repeated.is_empty(), "number and places of {}: {repeated:?}", repeated.len());
}

/// With a position from the start, a missing one is always a mistake.
fn begin_at_zero(work: &Work<'_>) {
    let outsider: BaseConsumer = consumer_config(work.at, &work.group).create().unwrap();
    for partition in 0..PARTITIONS {
        outsider.commit(&position(&work.input, partition, 0), CommitMode::Sync).unwrap();
    }
}

fn live_and_die(work: &Work<'_>, slot: &str, number: usize) {
    let mut deaths = 0;
    loop {
        // The stages do not die in step, and not always at the same point of a turn.
        let dies_at = (deaths < DEATHS).then_some(1 + (deaths + 2 * number) % 4);
        match live(work, slot, dies_at, deaths % 2 == 0) {
            End::Died => deaths += 1,
            End::Refused => {}
            End::Done => return,
        }
    }
}

fn live(work: &Work<'_>, slot: &str, dies_at: Option<usize>, before_offsets: bool) -> End {
    let consumer: BaseConsumer =
        consumer_config(work.at, &work.group).set("auto.offset.reset", "error").create().unwrap();
    consumer.subscribe(&[&work.input]).unwrap();
    let producer = transactional(work.at, slot);
    let mut batch: Option<Batch> = None;
    let mut n_turns = 0;
    while !work.done.load(Ordering::Relaxed) {
        if !read(&consumer, &mut batch) {
            return End::Refused;
        }
        let is_ripe = |b: &mut Batch| b.records.len() >= BATCH || b.since.elapsed() > millis(50);
        let Some(ripe) = batch.take_if(is_ripe) else { continue };
        n_turns += 1;
        let dies = dies_at == Some(n_turns);
        match turn(work, &producer, ripe, dies, before_offsets) {
            Ok(()) if dies => return End::Died,
            Ok(()) => {}
            Err(KafkaError::Transaction(error)) if error.txn_requires_abort() => {
                producer.abort_transaction(CALL).unwrap();
                return End::Refused;
            }
            Err(error) => panic!("a turn failed: {error:?}"),
        }
    }
    End::Done
}

/// Takes the next record into the batch; false if the client lost its place.
fn read(consumer: &BaseConsumer, batch: &mut Option<Batch>) -> bool {
    let record = match consumer.poll(millis(20)) {
        Some(Ok(record)) => record,
        Some(Err(KafkaError::PartitionEOF(_))) | None => return true,
        Some(Err(error)) => {
            assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::AutoOffsetReset));
            return false;
        }
    };
    let value = String::from_utf8(record.payload().unwrap().to_vec()).unwrap();
    let record = (record.partition(), record.offset(), value);
    // The metadata of the poll that brought the batch's first record.
    let metadata = consumer.group_metadata().unwrap();
    if consumer.assignment_lost() {
        // The broker forgot this member, the client knows, and the record was still in its queue:
        // the metadata is nobody's by now, and nobody is never refused.
        *batch = None;
        return true;
    }
    let begun =
        batch.get_or_insert_with(|| Batch { metadata, since: Instant::now(), records: Vec::new() });
    begun.records.push(record);
    true
}

fn turn(
    work: &Work<'_>,
    producer: &BaseProducer,
    batch: Batch,
    dies: bool,
    before_offsets: bool,
) -> KafkaResult<()> {
    producer.begin_transaction()?;
    let mut positions = BTreeMap::new();
    for (partition, offset, value) in batch.records {
        send(producer, &work.output, partition, &value);
        positions.insert(partition, offset + 1);
    }
    drain(producer);
    if dies && before_offsets {
        return Ok(());
    }
    let mut list = TopicPartitionList::new();
    for (partition, offset) in positions {
        list.add_partition_offset(&work.input, partition, Offset::Offset(offset)).unwrap();
    }
    producer.send_offsets_to_transaction(&list, &batch.metadata, CALL)?;
    match dies {
        true => Ok(()),
        false => producer.commit_transaction(CALL),
    }
}
