//! A step's place in its group: what was assigned and revoked, and messages as the runtime knows
//! them.

use std::sync::Mutex;

use rdkafka::ClientContext;
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::records::Topic;
use crate::runtime::{Headers, Moment, Place, Received};

pub(super) type Member = BaseConsumer<Rebalances>;

/// Notes rebalances as they are served inside `poll`; nothing that blocks happens there.
#[derive(Default)]
pub(super) struct Rebalances {
    seen: Mutex<Vec<Change>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Assigned(Vec<(String, i32)>),
    Revoked,
}

impl ClientContext for Rebalances {}

impl ConsumerContext for Rebalances {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if matches!(rebalance, Rebalance::Revoke(_)) {
            self.note(Change::Revoked);
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => self.note(Change::Assigned(pairs(list))),
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => tracing::warn!(%error, "a rebalance failed"),
        }
    }
}

impl Rebalances {
    fn note(&self, change: Change) {
        self.seen.lock().expect("no holder panics").push(change);
    }

    pub fn has_news(&self) -> bool {
        !self.seen.lock().expect("no holder panics").is_empty()
    }

    pub fn take(&self) -> Vec<Change> {
        std::mem::take(&mut self.seen.lock().expect("no holder panics"))
    }
}

fn pairs(list: &TopicPartitionList) -> Vec<(String, i32)> {
    list.elements().iter().map(|e| (e.topic().to_owned(), e.partition())).collect()
}

/// A message of one of the topics; `None` for a topic nobody subscribed to.
pub(super) fn received(message: &BorrowedMessage<'_>, topics: &[Topic]) -> Option<Received> {
    let topic = *topics.iter().find(|topic| topic.0 == message.topic())?;
    let headers: Headers = message.headers().map_or_else(Vec::new, |headers| {
        let pair = |header: rdkafka::message::Header<'_, &[u8]>| {
            (header.key.to_owned(), header.value.unwrap_or_default().to_vec())
        };
        headers.iter().map(pair).collect()
    });
    Some(Received {
        place: Place { topic, partition: message.partition(), offset: message.offset() },
        at: Moment(message.timestamp().to_millis().unwrap_or_default()),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().unwrap_or_default().to_vec(),
        headers,
    })
}
