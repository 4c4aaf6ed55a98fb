//! Two stages share a group's partitions while both die again and again: partitions change hands
//! in the middle of transactions, and each record still comes out once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult};
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
    /// The broker refused a turn; the records come again.
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
    let out = values(at, &work.output, READ_COMMITTED);
    let distinct: BTreeSet<&String> = out.iter().collect();
    assert_eq!((out.len(), distinct.len()), (RECORDS as usize, RECORDS as usize));
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
    let consumer = member(work.at, &work.group, &[&work.input]);
    let producer = transactional(work.at, slot);
    let mut batch: Option<Batch> = None;
    let mut n_turns = 0;
    while !work.done.load(Ordering::Relaxed) {
        read(&consumer, &mut batch);
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

fn read(consumer: &BaseConsumer, batch: &mut Option<Batch>) {
    // The metadata is that of the poll which brought the batch's first record.
    let metadata = consumer.group_metadata().unwrap();
    let Some(record) = next(consumer) else { return };
    let value = String::from_utf8(record.payload().unwrap().to_vec()).unwrap();
    let record = (record.partition(), record.offset(), value);
    let begun =
        batch.get_or_insert_with(|| Batch { metadata, since: Instant::now(), records: Vec::new() });
    begun.records.push(record);
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
