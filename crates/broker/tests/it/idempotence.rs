//! Sequences, epochs and repetitions, which a client library hides. Where `ADP_TEST_KAFKA` names
//! a real Kafka, it is held to the same.

use std::time::{SystemTime, UNIX_EPOCH};

use adp_broker::{Broker, Settings, Storage};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::{
    AddPartitionsToTxnRequest, EndTxnRequest, FindCoordinatorRequest, InitProducerIdRequest,
    InitProducerIdResponse, ProducerId, TopicName, TransactionalId,
};
use tokio::runtime::Runtime;

use crate::client::{Client, Producer, batch, text, until_ready};

const OUT_OF_ORDER: i16 = ResponseError::OutOfOrderSequenceNumber.code();

impl Client {
    pub fn new_producer(&mut self, transactional_id: Option<&str>) -> Producer {
        let request = InitProducerIdRequest::default()
            .with_transactional_id(transactional_id.map(|id| TransactionalId(text(id))))
            .with_transaction_timeout_ms(60_000)
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1);
        let coordinator = FindCoordinatorRequest::default()
            .with_key(text(transactional_id.unwrap_or_default()))
            .with_key_type(1);
        let mut given = InitProducerIdResponse::default();
        let error = until_ready(|| {
            // Asking for the coordinator is what makes real Kafka prepare one.
            self.call(2, &coordinator).unwrap();
            given = self.call(4, &request).unwrap();
            given.error_code
        });
        assert_eq!(error, 0);
        (given.producer_id.0, given.producer_epoch)
    }

    pub fn begin(&mut self, id: &str, producer: Producer, topic: &str) -> i16 {
        self.try_begin(id, producer, topic).unwrap()
    }

    pub fn try_begin(&mut self, id: &str, producer: Producer, topic: &str) -> std::io::Result<i16> {
        let topic = AddPartitionsToTxnTopic::default()
            .with_name(TopicName(text(topic)))
            .with_partitions(vec![0]);
        let request = AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(TransactionalId(text(id)))
            .with_v3_and_below_producer_id(ProducerId(producer.0))
            .with_v3_and_below_producer_epoch(producer.1)
            .with_v3_and_below_topics(vec![topic]);
        let response = self.call(3, &request)?;
        let topic = &response.results_by_topic_v3_and_below[0];
        Ok(topic.results_by_partition[0].partition_error_code)
    }

    pub fn end(&mut self, id: &str, producer: Producer, commit: bool) -> std::io::Result<i16> {
        let request = EndTxnRequest::default()
            .with_transactional_id(TransactionalId(text(id)))
            .with_producer_id(ProducerId(producer.0))
            .with_producer_epoch(producer.1)
            .with_committed(commit);
        Ok(self.call(3, &request)?.error_code)
    }
}

/// Runs a check on a broker in memory, on one on disk, and on real Kafka if there is one. The
/// check is given a name that nobody used before, for its topic and its id.
fn each_broker(check: impl Fn(&mut Client, &str)) {
    let run = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let name = format!("exact-{run}");
    let folder = tempfile::tempdir().unwrap();
    for storage in [Storage::Memory, Storage::Folder(folder.path().to_owned())] {
        let runtime = Runtime::new().unwrap();
        let broker = runtime.block_on(Broker::start(Settings::new(storage))).unwrap();
        check(&mut Client::connect(broker.address()).unwrap(), &name);
        runtime.block_on(broker.shutdown()).unwrap();
    }
    if let Ok(kafka) = std::env::var("ADP_TEST_KAFKA") {
        check(&mut Client::connect(kafka.parse().unwrap()).unwrap(), &name);
    }
}

#[test]
fn the_last_five_batches_are_known_when_they_come_again() {
    each_broker(|client, name| {
        client.create_topic(name, 1);
        let producer = client.new_producer(None);
        let batches: Vec<_> = (0..7).map(|i| batch(producer, i * 2, false, &["x", "y"])).collect();
        for (i, bytes) in batches.iter().enumerate() {
            let appended = client.produce(name, 0, None, bytes.clone()).unwrap();
            assert_eq!(appended, (0, i as i64 * 2));
        }
        for (i, bytes) in batches.iter().enumerate() {
            let (error, offset) = client.produce(name, 0, None, bytes.clone()).unwrap();
            match i < 2 {
                true => assert_eq!(error, OUT_OF_ORDER),
                false => assert_eq!((error, offset), (0, i as i64 * 2)),
            }
        }
        assert_eq!(client.committed_values(name).len(), 14);
    });
}

#[test]
fn a_gap_is_refused() {
    each_broker(|client, name| {
        client.create_topic(name, 1);
        let producer = client.new_producer(None);
        let send = |client: &mut Client, epoch, sequence| {
            let bytes = batch((producer.0, epoch), sequence, false, &["x"]);
            client.produce(name, 0, None, bytes).unwrap().0
        };
        assert_eq!(send(client, 0, 0), 0);
        assert_eq!(send(client, 0, 2), OUT_OF_ORDER);
        assert_eq!(send(client, 0, 1), 0);
        assert_eq!(send(client, 1, 2), OUT_OF_ORDER, "a new epoch begins at 0");
        assert_eq!(send(client, 1, 0), 0);
        assert_eq!(send(client, 0, 2), ResponseError::InvalidProducerEpoch.code());
    });
}

#[test]
fn a_transaction_covers_only_what_was_added_to_it() {
    each_broker(|client, name| {
        client.create_topic(name, 1);
        let producer = client.new_producer(Some(name));
        let bytes = batch(producer, 0, true, &["x"]);
        let (error, _) = client.produce(name, 0, Some(name), bytes.clone()).unwrap();
        assert_eq!(error, ResponseError::InvalidTxnState.code());
        assert_eq!(client.begin(name, producer, "nowhere"), 3);
        assert_eq!(client.begin(name, producer, name), 0);
        assert_eq!(client.produce(name, 0, Some(name), bytes.clone()).unwrap().0, 0);
        assert_eq!(until_ready(|| client.end(name, producer, true).unwrap()), 0);
        assert_eq!(
            until_ready(|| client.end(name, producer, true).unwrap()),
            0,
            "asked twice, done once"
        );
        let other_end = until_ready(|| client.end(name, producer, false).unwrap());
        assert_eq!(other_end, ResponseError::InvalidTxnState.code());
        assert_eq!(client.committed_values(name), ["x"]);
    });
}

#[test]
fn each_taking_of_an_id_fences_the_one_before() {
    each_broker(|client, name| {
        client.create_topic(name, 1);
        let first = client.new_producer(Some(name));
        assert_eq!(client.begin(name, first, name), 0);
        client.produce(name, 0, Some(name), batch(first, 0, true, &["of the first"])).unwrap();
        let second = client.new_producer(Some(name));
        assert_eq!(second.0, first.0);
        assert!(second.1 > first.1);
        let fenced = ResponseError::ProducerFenced.code();
        assert_eq!(client.begin(name, first, name), fenced);
        assert_eq!(until_ready(|| client.end(name, first, true).unwrap()), fenced);
        let late = batch(first, 1, true, &["late"]);
        let (error, _) = client.produce(name, 0, Some(name), late).unwrap();
        assert_eq!(error, ResponseError::InvalidProducerEpoch.code());
        assert!(client.committed_values(name).is_empty());
    });
}
