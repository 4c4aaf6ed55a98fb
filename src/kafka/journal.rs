//! One step's journal on Kafka: every turn is one transaction.
//!
//! The rules behind the order of calls (drain before commit, positions in every transaction,
//! metadata of the poll and not of the commit, restore past open transactions) were each measured
//! against a broker; `tests/it/conformance` shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::consuming::{Change, Member, Rebalances, received};
use super::errors::{Remedy, is_fenced, remedy};
use super::producing::{Deliveries, Outgoing, TurnProducer, drain, send};
use super::read_through::{Reader, key_text};
use super::{ClientError, Endpoint};
use crate::records::Topic;
use crate::runtime::clock::Stopwatch;
use crate::runtime::{
    self, Assignment, Batch, DeadLetter, Headers, JournalError, Kept, Positions, Received, Step,
    Tenure, Turn, partition_of,
};

/// Which of several instances this is: part of the group membership and of the transactional id.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Before every group and transactional id.
    pub prefix: String,
    /// The instance's number, such as a pod's ordinal.
    pub number: u32,
}

/// One step's consumer and transactional producer.
pub struct Journal {
    endpoint: Endpoint,
    step: &'static str,
    reads: &'static [Topic],
    kept_topics: KeptTopics,
    partitions: BTreeMap<String, i32>,
    transactional_id: String,
    consumer: Member,
    producer: TurnProducer,
    reader: Reader,
    tenure: Tenure,
    /// Of the poll under which the tenure's messages were read.
    metadata: Option<ConsumerGroupMetadata>,
    owned: BTreeSet<(Topic, i32)>,
    /// An assignment whose memory and positions could not be read yet.
    pending: Option<Vec<(String, i32)>>,
    positions: Positions,
    /// Where each partition must have been read to before alarms may ring.
    backlog: BTreeMap<(Topic, i32), i64>,
    paused: bool,
    reinitialised: bool,
}

struct KeptTopics {
    memory: Option<String>,
    ledger: Option<String>,
}

impl Journal {
    /// Joins the step's group, after ending a dead predecessor's transaction.
    ///
    /// # Errors
    /// When the brokers cannot be reached or refuse.
    pub fn open(
        endpoint: &Endpoint,
        step: &Step,
        slot: &Slot,
        partitions: BTreeMap<String, i32>,
    ) -> Result<Self, ClientError> {
        let name = step.name.replace('_', "-");
        let group = format!("{}-{name}", slot.prefix);
        let transactional_id = format!("{group}-{}", slot.number);
        let producer = transactional_producer(endpoint, &transactional_id)?;
        let consumer: Member = endpoint
            .member(&group, &transactional_id)
            .create_with_context(Rebalances::default())
            .map_err(|error| endpoint.error(format!("join group {group}"), error))?;
        let topics: Vec<&str> = step.reads.iter().map(|topic| topic.0).collect();
        consumer
            .subscribe(&topics)
            .map_err(|error| endpoint.error(format!("subscribe to {topics:?}"), error))?;
        Ok(Journal {
            endpoint: endpoint.clone(),
            step: step.name,
            reads: step.reads,
            kept_topics: KeptTopics { memory: step.memory_topic(), ledger: step.ledger_topic() },
            partitions,
            transactional_id,
            consumer,
            producer,
            reader: Reader::new(endpoint)?,
            tenure: Tenure::default(),
            metadata: None,
            owned: BTreeSet::new(),
            pending: None,
            positions: Positions::new(),
            backlog: BTreeMap::new(),
            paused: false,
            reinitialised: false,
        })
    }

    fn collect(&mut self, most: usize, wait: Duration) -> Result<Vec<Received>, JournalError> {
        let mut messages = Vec::new();
        let mut watch = Stopwatch::start();
        loop {
            let budget = if messages.is_empty() { wait } else { self.endpoint.timing.turn };
            let left = budget.saturating_sub(watch.elapsed());
            match self.consumer.poll(left.min(budget)) {
                Some(Ok(message)) => {
                    if messages.is_empty() {
                        watch = Stopwatch::start();
                    }
                    messages.extend(received(&message, self.reads));
                }
                Some(Err(error)) => self.judge(&error)?,
                None => {}
            }
            let rebalanced = self.consumer.context().has_news();
            if rebalanced || messages.len() >= most.max(1) || watch.elapsed() >= budget {
                return Ok(messages);
            }
        }
    }

    /// Errors of a poll: the client reconnects by itself, so only few end the step.
    fn judge(&self, error: &KafkaError) -> Result<(), JournalError> {
        match error {
            KafkaError::PartitionEOF(_) => Ok(()),
            KafkaError::MessageConsumptionFatal(code) if is_fenced(*code) => {
                Err(JournalError::Fenced { reason: error.to_string() })
            }
            KafkaError::MessageConsumptionFatal(_) => {
                Err(JournalError::Fatal { reason: error.to_string() })
            }
            _ => {
                tracing::warn!(step = self.step, %error, "the brokers cannot be read for now");
                Ok(())
            }
        }
    }

    fn take_over(&mut self, partitions: Vec<(String, i32)>) -> Result<Assignment, JournalError> {
        self.tenure.0 += 1;
        self.paused = false;
        self.owned = partitions
            .iter()
            .filter_map(|(name, partition)| {
                let topic = self.reads.iter().find(|topic| topic.0 == name)?;
                Some((*topic, *partition))
            })
            .collect();
        let numbers: BTreeSet<i32> = self.owned.iter().map(|(_, partition)| *partition).collect();
        let memory = self.restore(self.kept_topics.memory.as_deref(), &numbers)?;
        let ledger = self.restore(self.kept_topics.ledger.as_deref(), &numbers)?;
        self.positions = self.starting_positions(memory.is_empty() && ledger.is_empty())?;
        self.backlog = self.measure_backlog()?;
        tracing::info!(
            step = self.step,
            partitions = ?numbers,
            memory = memory.len(),
            ledger = ledger.len(),
            "partitions taken over"
        );
        // Only now may turns be committed, with the metadata of the poll that assigned.
        self.metadata = self.consumer.group_metadata();
        Ok(Assignment { positions: self.positions.clone(), memory, ledger })
    }

    /// The last value of every key of a compacted topic.
    fn restore(
        &self,
        topic: Option<&str>,
        partitions: &BTreeSet<i32>,
    ) -> Result<Vec<Kept>, JournalError> {
        let Some(topic) = topic else { return Ok(Vec::new()) };
        let mut kept = BTreeMap::new();
        let from: Vec<(i32, Option<i64>)> = partitions.iter().map(|p| (*p, None)).collect();
        self.reader
            .read_through(topic, &from, |message| {
                use rdkafka::message::Message as _;
                let slot = (message.partition(), key_text(message));
                match message.payload() {
                    Some(value) => kept.insert(slot, value.to_vec()),
                    None => kept.remove(&slot),
                };
            })
            .map_err(unreadable)?;
        Ok(kept
            .into_iter()
            .map(|((partition, key), value)| Kept { partition, key, value })
            .collect())
    }

    fn starting_positions(&self, nothing_kept: bool) -> Result<Positions, JournalError> {
        let mut asked = TopicPartitionList::new();
        for (topic, partition) in &self.owned {
            asked.add_partition(topic.0, *partition);
        }
        // Waits while a transaction of somebody who died still holds offsets.
        let patience = self.endpoint.timing.transaction + self.endpoint.timing.request;
        let committed = self.consumer.committed_offsets(asked, patience).map_err(|error| {
            JournalError::RolledBack { reason: format!("offsets are not known yet: {error}") }
        })?;
        let mut positions = Positions::new();
        for &(topic, partition) in &self.owned {
            let found = committed.find_partition(topic.0, partition).map(|entry| entry.offset());
            let position = match found {
                Some(Offset::Offset(offset)) => offset,
                _ if nothing_kept || !self.is_kept_beside(partition)? => {
                    self.reader.watermarks(topic.0, partition).map_err(unreadable)?.0
                }
                _ => return Err(self.offsets_expired(topic, partition)),
            };
            positions.insert((topic, partition), position);
        }
        Ok(positions)
    }

    /// Whether anything of the partition is remembered, so that its offset should be known.
    fn is_kept_beside(&self, partition: i32) -> Result<bool, JournalError> {
        let topics = [&self.kept_topics.memory, &self.kept_topics.ledger];
        for topic in topics.into_iter().flatten() {
            let (low, high) = self.reader.watermarks(topic, partition).map_err(unreadable)?;
            // Several inputs share a memory, and one that never had a message has no offset.
            if high > low && self.reads.len() == 1 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn offsets_expired(&self, topic: Topic, partition: i32) -> JournalError {
        let reason = format!(
            "step {} remembers {topic}[{partition}] and its group has no offset there: the offsets \
             expired or were deleted; set them to where the step should go on",
            self.step
        );
        JournalError::PositionsLost { reason }
    }

    /// How far each partition must be read before an old silence may count as one.
    fn measure_backlog(&self) -> Result<BTreeMap<(Topic, i32), i64>, JournalError> {
        let mut backlog = BTreeMap::new();
        if self.kept_topics.memory.is_none() {
            return Ok(backlog);
        }
        for (&(topic, partition), &position) in &self.positions {
            let (_, high) = self.reader.watermarks(topic.0, partition).map_err(unreadable)?;
            if position < high {
                let mut last = None;
                self.reader
                    .read_through(topic.0, &[(partition, Some(position))], |message| {
                        last = Some(rdkafka::message::Message::offset(message));
                    })
                    .map_err(unreadable)?;
                backlog.extend(last.map(|offset| ((topic, partition), offset + 1)));
            }
        }
        Ok(backlog)
    }

    fn caught_up(&mut self) -> BTreeSet<i32> {
        let positions = &self.positions;
        self.backlog.retain(|place, target| positions.get(place).is_none_or(|at| at < target));
        let behind: BTreeSet<i32> = self.backlog.keys().map(|(_, partition)| *partition).collect();
        let owned = self.owned.iter().map(|(_, partition)| *partition);
        owned.filter(|partition| !behind.contains(partition)).collect()
    }

    fn pause(&mut self, pause: bool) -> Result<(), JournalError> {
        if pause == self.paused || self.owned.is_empty() {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        for (topic, partition) in &self.owned {
            list.add_partition(topic.0, *partition);
        }
        let done = if pause { self.consumer.pause(&list) } else { self.consumer.resume(&list) };
        done.map_err(|error| JournalError::RolledBack { reason: error.to_string() })?;
        self.paused = pause;
        Ok(())
    }

    fn transact(&self, turn: &Turn) -> Result<(), KafkaError> {
        self.send_all(turn)?;
        drain(&self.producer);
        if let Some(reason) = self.producer.context().take_failure() {
            tracing::warn!(step = self.step, reason, "a delivery failed");
            return Err(KafkaError::MessageProduction(
                rdkafka::error::RDKafkaErrorCode::MessageTimedOut,
            ));
        }
        let mut offsets = TopicPartitionList::new();
        for (&(topic, partition), &offset) in &turn.upto {
            offsets.add_partition_offset(topic.0, partition, Offset::Offset(offset))?;
        }
        let metadata = self.metadata.as_ref().expect("a tenure began with a poll");
        let request = self.endpoint.timing.request;
        repeated(|| self.producer.send_offsets_to_transaction(&offsets, metadata, request))?;
        repeated(|| self.producer.commit_transaction(request))
    }

    fn send_all(&self, turn: &Turn) -> Result<(), KafkaError> {
        for (message, headers) in &turn.messages {
            let key = message.key.as_str().as_bytes();
            self.send(message.topic.0, None, Some(key), Some(&message.value), headers)?;
        }
        let none = Headers::new();
        for (partition, key, value) in &turn.memory {
            let topic = self.kept_topics.memory.as_deref().expect("only a memory is remembered");
            let key = Some(key.as_str().as_bytes());
            self.send(topic, Some(*partition), key, value.as_deref(), &none)?;
        }
        for (partition, id, value) in &turn.ledger {
            let topic = self.kept_topics.ledger.as_deref().expect("only an action keeps a ledger");
            let key = Some(id.as_str().as_bytes());
            self.send(topic, Some(*partition), key, value.as_deref(), &none)?;
        }
        for letter in &turn.dead {
            let headers = dead_letter_headers(letter);
            let DeadLetter { received, .. } = letter;
            let key = received.key.as_deref();
            self.send(Topic::DEAD_LETTERS.0, None, key, Some(&received.value), &headers)?;
        }
        Ok(())
    }

    fn send(
        &self,
        topic: &str,
        partition: Option<i32>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &Headers,
    ) -> Result<(), KafkaError> {
        let partition = partition.unwrap_or_else(|| {
            let count = self.partitions.get(topic).copied().unwrap_or(1);
            partition_of(key.unwrap_or_default(), count)
        });
        send(&self.producer, &Outgoing { topic, partition, key, value, headers })
    }

    fn abort(&self) -> Result<(), JournalError> {
        drain(&self.producer);
        self.producer.context().take_failure();
        let request = self.endpoint.timing.request;
        repeated(|| self.producer.abort_transaction(request)).map_err(|error| {
            match remedy(&error) {
                Remedy::Stop(error) => error,
                Remedy::Repeat | Remedy::Abort(_) => {
                    JournalError::Fatal { reason: format!("cannot abort: {error}") }
                }
            }
        })
    }

    /// A transaction that overran its own timeout is fenced like one whose slot was taken; only
    /// the first is worth a new beginning, and only once.
    fn begin_anew(&mut self, open_for: Duration, error: JournalError) -> JournalError {
        let overran = open_for >= self.endpoint.timing.transaction;
        if !matches!(error, JournalError::Fenced { .. }) || !overran || self.reinitialised {
            return error;
        }
        self.reinitialised = true;
        match transactional_producer(&self.endpoint, &self.transactional_id) {
            Ok(producer) => {
                self.producer = producer;
                JournalError::RolledBack {
                    reason: format!("the transaction was open for {open_for:?} and timed out"),
                }
            }
            Err(error) => JournalError::Fatal { reason: error.to_string() },
        }
    }
}

impl runtime::Journal for Journal {
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Batch, JournalError> {
        self.pause(most == 0)?;
        // What a poll hands over before the assignment is taken over would be lost.
        let mut messages =
            if self.pending.is_none() { self.collect(most, wait)? } else { Vec::new() };
        let mut batch = Batch::default();
        for change in self.consumer.context().take() {
            // What was read before belongs to a tenure that is over; it will be read again.
            messages.clear();
            match change {
                Change::Revoked => {
                    self.owned.clear();
                    self.pending = None;
                }
                Change::Assigned(partitions) => self.pending = Some(partitions),
            }
            self.metadata = None;
        }
        if let Some(partitions) = self.pending.clone() {
            batch.assigned = Some(self.take_over(partitions)?);
            self.pending = None;
        }
        if self.metadata.is_none() && self.tenure > Tenure::default() {
            return Err(JournalError::TenureLost { reason: "the group rebalances".to_owned() });
        }
        // When an assignment changes while the group's offsets are still held by a transaction, the
        // client may forget them and begin anew: what we have passed is not read twice.
        messages.retain(|Received { place, .. }| {
            let position = self.positions.get(&(place.topic, place.partition));
            position.is_some_and(|position| place.offset >= *position)
        });
        for received in &messages {
            let place = received.place;
            self.positions.insert((place.topic, place.partition), place.offset + 1);
        }
        batch.caught_up = self.caught_up();
        batch.tenure = self.tenure;
        batch.messages = messages;
        Ok(batch)
    }

    fn commit(&mut self, turn: &Turn) -> Result<(), JournalError> {
        if self.metadata.is_none() || turn.tenure != self.tenure {
            let reason = "the partitions were handed over before the commit".to_owned();
            return Err(JournalError::TenureLost { reason });
        }
        let begun = self.producer.begin_transaction();
        begun.map_err(|error| JournalError::Fatal { reason: error.to_string() })?;
        let watch = Stopwatch::start();
        let Err(error) = self.transact(turn) else {
            self.reinitialised = false;
            return Ok(());
        };
        let error = match remedy(&error) {
            Remedy::Stop(error) => error,
            Remedy::Abort(error) => match self.abort() {
                Ok(()) => error,
                Err(stop) => stop,
            },
            Remedy::Repeat => JournalError::Fatal { reason: error.to_string() },
        };
        if matches!(error, JournalError::TenureLost { .. }) {
            self.metadata = None;
        }
        Err(self.begin_anew(watch.elapsed(), error))
    }
}

/// Repeats a call whose fate is not decided until it is.
fn repeated(call: impl Fn() -> Result<(), KafkaError>) -> Result<(), KafkaError> {
    loop {
        match call() {
            Err(error) if matches!(remedy(&error), Remedy::Repeat) => {
                tracing::debug!(%error, "asked again");
            }
            result => return result,
        }
    }
}

fn transactional_producer(endpoint: &Endpoint, id: &str) -> Result<TurnProducer, ClientError> {
    let doing = || format!("begin as {id}");
    let producer: TurnProducer = endpoint
        .transactional(id)
        .create_with_context(Deliveries::default())
        .map_err(|error| endpoint.error(doing(), error))?;
    repeated(|| producer.init_transactions(endpoint.timing.request * 2))
        .map_err(|error| endpoint.error(doing(), error))?;
    Ok(producer)
}

fn dead_letter_headers(letter: &DeadLetter) -> Headers {
    let place = letter.received.place;
    let mut headers = letter.received.headers.clone();
    for (name, value) in [
        ("dlq.stage", letter.stage.to_owned()),
        ("dlq.error", letter.error.to_owned()),
        ("dlq.message", letter.message.clone()),
        ("dlq.original.topic", place.topic.0.to_owned()),
        ("dlq.original.partition", place.partition.to_string()),
        ("dlq.original.offset", place.offset.to_string()),
    ] {
        headers.push((name.to_owned(), value.into_bytes()));
    }
    headers
}

/// Brokers that cannot be read now are asked again; a transaction that hangs is an operator's.
fn unreadable(error: ClientError) -> JournalError {
    let reason = error.to_string();
    if error.transaction_hangs {
        JournalError::RestoreStuck { reason }
    } else {
        JournalError::RolledBack { reason }
    }
}
