//! Ordinary librdkafka clients, set up the way our stages set theirs up, and waiting that fails
//! with a sentence.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// How long anything that must happen may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long one call of a client may take.
pub const CALL: Duration = Duration::from_secs(30);
/// A session that every target allows and that a loaded machine still keeps alive.
pub const SESSION_MS: u64 = 3_000;

pub const READ_COMMITTED: &str = "read_committed";
pub const READ_UNCOMMITTED: &str = "read_uncommitted";

pub fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A name that nobody used before, also not in an earlier run on the same broker.
pub fn unique(prefix: &str) -> String {
    static N: AtomicUsize = AtomicUsize::new(0);
    let run = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() % 1_000_000_000;
    format!("{prefix}-{run}-{}", N.fetch_add(1, Ordering::Relaxed))
}

/// Calls `look` until it finds something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "gave up waiting: {what}");
    }
}

pub fn config(at: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", at);
    config
}

pub fn admin(at: &str) -> AdminClient<DefaultClientContext> {
    config(at).create().unwrap()
}

pub fn admin_options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(CALL)).operation_timeout(Some(CALL))
}

/// The admin client speaks in futures; everything else here blocks.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Makes a topic under a new name and returns the name.
pub fn topic(at: &str, prefix: &str, n_partitions: i32) -> String {
    topic_with(at, prefix, n_partitions, &[])
}

pub fn topic_with(at: &str, prefix: &str, n_partitions: i32, settings: &[(&str, &str)]) -> String {
    let name = unique(prefix);
    let mut new = NewTopic::new(&name, n_partitions, TopicReplication::Fixed(1));
    for (setting, value) in settings {
        new = new.set(setting, value);
    }
    let created = wait(admin(at).create_topics(&[new], &admin_options())).unwrap();
    assert_eq!(created, [Ok(name.clone())]);
    // Real Kafka answers before its own metadata knows of the topic.
    until("the new topic has all its partitions", || {
        (n_partitions_of(at, &name) == Some(n_partitions as usize)).then_some(())
    });
    name
}

pub fn n_partitions_of(at: &str, topic: &str) -> Option<usize> {
    let client: BaseProducer = config(at).create().unwrap();
    let metadata = client.client().fetch_metadata(Some(topic), CALL).unwrap();
    let topic = &metadata.topics()[0];
    topic.error().is_none().then(|| topic.partitions().len())
}

pub fn producer(at: &str) -> BaseProducer {
    config(at).set("acks", "all").set("linger.ms", "5").create().unwrap()
}

/// A transactional producer with its id taken, which aborts what a predecessor left open.
pub fn transactional(at: &str, id: &str) -> BaseProducer {
    transactional_for(at, id, 60_000)
}

pub fn transactional_for(at: &str, id: &str, timeout_ms: u64) -> BaseProducer {
    let producer: BaseProducer = config(at)
        .set("transactional.id", id)
        .set("transaction.timeout.ms", timeout_ms.to_string())
        .set("linger.ms", "1")
        .create()
        .unwrap();
    // On a busy broker the end of a predecessor's transaction may take longer than one call.
    until("the transactional id is ours", || match producer.init_transactions(CALL) {
        Ok(()) => Some(()),
        Err(KafkaError::Transaction(error))
            if error.is_retriable() || error.code() == RDKafkaErrorCode::ConcurrentTransactions =>
        {
            None
        }
        Err(error) => panic!("{error}"),
    });
    producer
}

pub fn send(producer: &BaseProducer, topic: &str, partition: i32, value: &str) {
    try_send(producer, topic, partition, value).unwrap();
}

pub fn try_send(
    producer: &BaseProducer,
    topic: &str,
    partition: i32,
    value: &str,
) -> KafkaResult<()> {
    loop {
        let record = BaseRecord::to(topic).partition(partition).key("k").payload(value);
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                producer.poll(millis(20));
            }
            Err((error, _)) => return Err(error),
        }
    }
}

/// Waits until the broker answered for everything sent, which is quicker than leaving it to
/// the commit.
pub fn drain(producer: &BaseProducer) {
    until("everything sent is delivered", || {
        producer.poll(millis(1));
        (producer.in_flight_count() == 0).then_some(())
    });
}

/// One whole transaction.
pub fn commit_one(producer: &BaseProducer, topic: &str, partition: i32, value: &str) {
    producer.begin_transaction().unwrap();
    send(producer, topic, partition, value);
    drain(producer);
    producer.commit_transaction(CALL).unwrap();
}

/// Opens a transaction and leaves it open with one record in it.
pub fn leave_open(producer: &BaseProducer, topic: &str, partition: i32, value: &str) {
    producer.begin_transaction().unwrap();
    send(producer, topic, partition, value);
    drain(producer);
}

pub fn consumer_config(at: &str, group: &str) -> ClientConfig {
    let mut config = config(at);
    config
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", READ_COMMITTED)
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", SESSION_MS.to_string())
        .set("heartbeat.interval.ms", "300")
        .set("fetch.wait.max.ms", "50")
        .set("fetch.message.max.bytes", "3000000")
        .set("enable.partition.eof", "true");
    config
}

/// A member of a group, which owns nothing until it is polled.
pub fn member(at: &str, group: &str, topics: &[&str]) -> BaseConsumer {
    let consumer: BaseConsumer = consumer_config(at, group).create().unwrap();
    consumer.subscribe(topics).unwrap();
    consumer
}

/// The next record, if one comes soon; other errors than the end of a partition fail the case.
pub fn next(consumer: &BaseConsumer) -> Option<BorrowedMessage<'_>> {
    match consumer.poll(millis(20)) {
        Some(Ok(message)) => Some(message),
        Some(Err(KafkaError::PartitionEOF(_))) | None => None,
        Some(Err(error)) => panic!("failed to consume: {error}"),
    }
}

/// Polls and throws away what comes, so that the client keeps its place in the group.
pub fn poll_all(consumers: &[&BaseConsumer]) {
    for consumer in consumers {
        // What comes is not looked at; evictions show as errors and are wanted by some cases.
        let _ = consumer.poll(millis(10));
    }
}

/// What a consumer is assigned, in order.
pub fn owned(consumer: &BaseConsumer) -> Vec<(String, i32)> {
    let assignment = consumer.assignment().unwrap();
    let elements = assignment.elements();
    let mut owned: Vec<_> =
        elements.iter().map(|e| (e.topic().to_owned(), e.partition())).collect();
    owned.sort();
    owned
}

/// Polls all members until each owns as many partitions as said.
pub fn settle(members: &[(&BaseConsumer, usize)]) {
    let consumers: Vec<&BaseConsumer> = members.iter().map(|(c, _)| *c).collect();
    until("the group settles", || {
        poll_all(&consumers);
        members.iter().all(|(c, n)| owned(c).len() == *n).then_some(())
    });
}

pub fn position(topic: &str, partition: i32, offset: i64) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
    list
}

/// Where a group stands, if anywhere, as a client sees it that does not mind open transactions.
pub fn committed(at: &str, group: &str, topic: &str, partition: i32) -> Option<i64> {
    try_committed(at, group, topic, partition, READ_UNCOMMITTED, CALL).unwrap()
}

pub fn try_committed(
    at: &str,
    group: &str,
    topic: &str,
    partition: i32,
    isolation: &str,
    patience: Duration,
) -> KafkaResult<Option<i64>> {
    let consumer: BaseConsumer =
        consumer_config(at, group).set("isolation.level", isolation).create().unwrap();
    let mut wanted = TopicPartitionList::new();
    wanted.add_partition(topic, partition);
    let found = consumer.committed_offsets(wanted, patience)?;
    Ok(found.elements()[0].offset().to_raw().filter(|offset| *offset >= 0))
}

/// A record as a reader got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub partition: i32,
    pub offset: i64,
    pub value: Vec<u8>,
}

/// Reads a topic from its beginning until the end of every partition was reported.
pub fn read_all(at: &str, topic: &str, isolation: &str) -> Vec<Read> {
    let consumer = reader(at, topic, isolation);
    let n_partitions = owned(&consumer).len();
    let mut ended = BTreeSet::new();
    let mut records = Vec::new();
    until("every partition was read to its end", || {
        match consumer.poll(millis(100)) {
            Some(Ok(message)) => records.push(Read {
                partition: message.partition(),
                offset: message.offset(),
                value: message.payload().unwrap_or_default().to_vec(),
            }),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ended.insert(partition);
            }
            Some(Err(error)) => panic!("failed to read {topic}: {error}"),
            None => {}
        }
        (ended.len() == n_partitions).then_some(())
    });
    records
}

/// A consumer without a group's assignment that stands at the beginning of every partition.
pub fn reader(at: &str, topic: &str, isolation: &str) -> BaseConsumer {
    let consumer: BaseConsumer =
        consumer_config(at, &unique("reader")).set("isolation.level", isolation).create().unwrap();
    let mut everything = TopicPartitionList::new();
    for partition in 0..n_partitions_of(at, topic).unwrap() {
        let partition = partition as i32;
        everything.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&everything).unwrap();
    consumer
}

/// What a topic holds for readers of this isolation, as texts.
pub fn values(at: &str, topic: &str, isolation: &str) -> Vec<String> {
    let records = read_all(at, topic, isolation).into_iter();
    records.map(|r| String::from_utf8(r.value).unwrap()).collect()
}

/// The error of a transactional call that must fail.
pub fn refusal(result: KafkaResult<()>) -> RDKafkaError {
    match result {
        Err(KafkaError::Transaction(error)) => error,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}
