//! Messages into a transaction: every delivery is seen to before the transaction ends.

use std::sync::Mutex;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use crate::runtime::Headers;

pub(super) type TurnProducer = BaseProducer<Deliveries>;

/// Remembers the first delivery that failed since it was last asked.
#[derive(Default)]
pub(super) struct Deliveries {
    failed: Mutex<Option<String>>,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failed = self.failed.lock().expect("no holder panics");
            failed.get_or_insert_with(|| error.to_string());
        }
    }
}

impl Deliveries {
    pub fn take_failure(&self) -> Option<String> {
        self.failed.lock().expect("no holder panics").take()
    }
}

/// One message, ready for the wire.
pub(super) struct Outgoing<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub key: Option<&'a [u8]>,
    /// `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    pub headers: &'a Headers,
}

pub(super) fn send(producer: &TurnProducer, message: &Outgoing<'_>) -> Result<(), KafkaError> {
    loop {
        let mut record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(message.topic).partition(message.partition);
        if let Some(key) = message.key {
            record = record.key(key);
        }
        if let Some(value) = message.value {
            record = record.payload(value);
        }
        if !message.headers.is_empty() {
            record = record.headers(to_kafka(message.headers));
        }
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                producer.poll(Duration::from_millis(5));
            }
            Err((error, _)) => return Err(error),
        }
    }
}

/// Waits until every message is delivered or has failed. `commit_transaction` would wait too, but
/// in steps of 100 ms.
pub(super) fn drain(producer: &TurnProducer) {
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(1));
    }
}

fn to_kafka(headers: &Headers) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), |all, (key, value)| {
        all.insert(Header { key, value: Some(value) })
    })
}
