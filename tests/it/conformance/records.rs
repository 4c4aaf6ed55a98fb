//! Records come out as they went in.

use rdkafka::Timestamp;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::clients::*;

const BEGAN: i64 = 1_700_000_000_000;

pub fn keys_headers_nulls_and_times_survive(at: &str) {
    let topic = topic(at, "plain", 1);
    let producer = producer(at);
    for i in 0..50i64 {
        let headers = OwnedHeaders::new()
            .insert(Header { key: "set", value: Some("x") })
            .insert(Header { key: "null", value: None::<&str> });
        let (key, value) = (format!("key {i}"), format!("value {i}"));
        let mut record =
            BaseRecord::to(&topic).partition(0).timestamp(BEGAN + i * 1000).headers(headers);
        // Every tenth record is a tombstone, every seventh has no key.
        record = if i % 7 == 0 { record } else { record.key(&key) };
        record = if i % 10 == 0 { record } else { record.payload(&value) };
        producer.send(record).unwrap();
    }
    drain(&producer);

    let consumer = reader(at, &topic, READ_COMMITTED);
    for i in 0..50i64 {
        let record = until("the next record comes", || next(&consumer));
        assert_eq!(record.offset(), i);
        assert_eq!(record.timestamp(), Timestamp::CreateTime(BEGAN + i * 1000));
        let key = (i % 7 != 0).then(|| format!("key {i}"));
        assert_eq!(record.key(), key.as_deref().map(str::as_bytes));
        let value = (i % 10 != 0).then(|| format!("value {i}"));
        assert_eq!(record.payload(), value.as_deref().map(str::as_bytes));
        let headers: Vec<_> = record.headers().unwrap().iter().map(|h| (h.key, h.value)).collect();
        assert_eq!(headers, [("set", Some(&b"x"[..])), ("null", None)]);
    }

    let mut moment = TopicPartitionList::new();
    moment.add_partition_offset(&topic, 0, Offset::Offset(BEGAN + 19_500)).unwrap();
    let found = consumer.offsets_for_times(moment, CALL).unwrap();
    assert_eq!(found.find_partition(&topic, 0).unwrap().offset(), Offset::Offset(20));
    assert_eq!(consumer.fetch_watermarks(&topic, 0, CALL).unwrap(), (0, 50));
}

pub fn compressed_batches_pass_untouched(at: &str) {
    for codec in ["gzip", "zstd", "snappy", "lz4"] {
        let topic = topic(at, codec, 1);
        let producer: BaseProducer = config(at)
            .set("compression.codec", codec)
            .set("linger.ms", "50")
            .set("enable.idempotence", "true")
            .create()
            .unwrap();
        let sent: Vec<String> =
            (0..500).map(|i| format!("{i} is much like its neighbours")).collect();
        for value in &sent {
            send(&producer, &topic, 0, value);
        }
        drain(&producer);
        assert_eq!(values(at, &topic, READ_COMMITTED), sent, "{codec}");
    }
}

pub fn large_records_pass_and_too_large_ones_are_refused(at: &str) {
    let roomy = topic_with(at, "large", 1, &[("max.message.bytes", "2000000")]);
    let narrow = topic(at, "narrow", 1);
    let outcomes: Arc<Mutex<Vec<Option<RDKafkaErrorCode>>>> = Arc::default();
    let producer: BaseProducer<Deliveries> = config(at)
        .set("message.max.bytes", "3000000")
        .create_with_context(Deliveries(outcomes.clone()))
        .unwrap();
    let sizes = [10_000usize, 500_000, 900_000, 1_048_576, 1_500_000];
    let fill = |size: usize| (0..size).map(|i| (i * 31 % 251) as u8).collect::<Vec<u8>>();
    for size in sizes {
        producer.send(BaseRecord::<(), _>::to(&roomy).partition(0).payload(&fill(size))).unwrap();
    }
    producer.flush(CALL).unwrap();
    assert_eq!(*outcomes.lock().unwrap(), [None; 5]);
    let read = read_all(at, &roomy, READ_COMMITTED);
    assert_eq!(read.iter().map(|r| r.value.len()).collect::<Vec<_>>(), sizes);
    assert!(read.iter().all(|r| r.value == fill(r.value.len())));

    producer.send(BaseRecord::<(), _>::to(&narrow).partition(0).payload(&fill(1_500_000))).unwrap();
    producer.flush(CALL).unwrap();
    let last = outcomes.lock().unwrap().pop().unwrap();
    assert_eq!(last, Some(RDKafkaErrorCode::MessageSizeTooLarge));
    assert_eq!(values(at, &narrow, READ_COMMITTED), [""; 0]);
}

/// What became of each record, in order.
struct Deliveries(Arc<Mutex<Vec<Option<RDKafkaErrorCode>>>>);

impl rdkafka::ClientContext for Deliveries {}

impl rdkafka::producer::ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &rdkafka::producer::DeliveryResult<'_>, (): ()) {
        let error = match result {
            Ok(_) => None,
            Err((KafkaError::MessageProduction(code), _)) => Some(*code),
            Err((error, _)) => panic!("a delivery failed strangely: {error}"),
        };
        self.0.lock().unwrap().push(error);
    }
}

pub fn twenty_megabytes_in_one_partition_are_all_kept(at: &str) {
    let topic = topic(at, "twenty", 1);
    let producer = producer(at);
    let padding = "x".repeat(1_000);
    for i in 0..20_000 {
        send(&producer, &topic, 0, &format!("{i} {padding}"));
    }
    drain(&producer);
    let read = read_all(at, &topic, READ_COMMITTED);
    assert_eq!(read.len(), 20_000);
    for (i, record) in read.iter().enumerate() {
        assert_eq!(record.offset, i as i64);
        assert!(record.value.starts_with(format!("{i} ").as_bytes()));
    }
}

pub fn an_unknown_topic_is_an_error_and_not_a_wait(at: &str) {
    let nowhere = unique("nowhere");
    let consumer: BaseConsumer = consumer_config(at, &unique("nowhere"))
        // How long the client believes that a topic is only late.
        .set("topic.metadata.propagation.max.ms", "500")
        .create()
        .unwrap();
    consumer.assign(&position(&nowhere, 0, 0)).unwrap();
    let error = until("the reader is told", || consumer.poll(millis(100)).and_then(Result::err));
    assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::UnknownTopicOrPartition));
}

/// A reader whose patience is long hears of a commit when it happens.
pub fn a_waiting_reader_is_woken(at: &str) {
    let patience_ms = 8_000;
    let topic = topic(at, "woken", 1);
    let waiting: BaseConsumer = consumer_config(at, &unique("woken"))
        .set("fetch.wait.max.ms", patience_ms.to_string())
        .create()
        .unwrap();
    waiting.assign(&position(&topic, 0, 0)).unwrap();
    let transaction = transactional(at, &unique("woken"));
    for round in 0..4 {
        // From its second round on the client already waits for more.
        commit_one(&transaction, &topic, 0, &round.to_string());
        let committed = Instant::now();
        until("the record comes", || next(&waiting).map(|_| ()));
        let took = committed.elapsed();
        assert!(round == 0 || took < millis(patience_ms / 2), "round {round} took {took:?}");
    }
}
