//! A journal in memory: what the driver hosts the topology on.
//!
//! It keeps the promises of the real one (a turn is visible whole or not at all, a step reads on
//! where its last turn ended) without a broker.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Moment;
use super::clock::Clock;
use super::journal::{
    Assignment, Batch, DeadLetter, Journal, JournalError, Kept, Positions, Tenure, Turn,
};
use super::message::{Headers, Message, Place, Received};
use super::partition::partition_of;
use crate::records::Topic;

/// Topics, offsets, memories and ledgers: what survives a crash of the hosts.
#[derive(Default)]
pub(crate) struct Cluster {
    partitions: i32,
    topics: BTreeMap<(Topic, i32), Vec<Received>>,
    offsets: BTreeMap<(&'static str, Topic, i32), i64>,
    memory: BTreeMap<(&'static str, i32, String), Vec<u8>>,
    ledger: BTreeMap<(&'static str, i32, String), Vec<u8>>,
    dead: Vec<DeadLetter>,
}

impl Cluster {
    pub fn new(partitions: i32) -> Self {
        Cluster { partitions, ..Cluster::default() }
    }

    pub fn append(
        &mut self,
        topic: Topic,
        key: &[u8],
        value: Vec<u8>,
        headers: Headers,
        at: Moment,
    ) {
        let partition = partition_of(key, self.partitions);
        let log = self.topics.entry((topic, partition)).or_default();
        let offset = log.len() as i64;
        let place = Place { topic, partition, offset };
        log.push(Received { place, at, key: Some(key.to_vec()), value, headers });
    }

    /// Everything on the topic: by partition, then in order.
    pub fn read(&self, topic: Topic) -> Vec<Received> {
        let logs = self.topics.range((topic, 0)..=(topic, i32::MAX));
        logs.flat_map(|(_, log)| log.iter().cloned()).collect()
    }

    pub fn dead(&self) -> &[DeadLetter] {
        &self.dead
    }

    /// Messages that the step has not read yet.
    pub fn lag(&self, step: &'static str, topics: &[Topic]) -> i64 {
        let of_step = |topic: &Topic, partition: i32| {
            let end = self.topics.get(&(*topic, partition)).map_or(0, Vec::len) as i64;
            end - self.offsets.get(&(step, *topic, partition)).copied().unwrap_or(0)
        };
        let places = topics.iter().flat_map(|topic| (0..self.partitions).map(move |p| (topic, p)));
        places.map(|(topic, partition)| of_step(topic, partition)).sum()
    }

    fn apply(&mut self, step: &'static str, turn: &Turn, at: Moment) {
        for (Message { topic, key, value }, headers) in turn.messages.clone() {
            self.append(topic, key.as_str().as_bytes(), value, headers, at);
        }
        for (partition, key, bytes) in &turn.memory {
            keep(&mut self.memory, (step, *partition, key.as_str().to_owned()), bytes.as_ref());
        }
        for (partition, id, bytes) in &turn.ledger {
            keep(&mut self.ledger, (step, *partition, id.as_str().to_owned()), bytes.as_ref());
        }
        self.dead.extend(turn.dead.iter().cloned());
        for (&(topic, partition), &offset) in &turn.upto {
            self.offsets.insert((step, topic, partition), offset);
        }
    }
}

fn keep<K: Ord>(store: &mut BTreeMap<K, Vec<u8>>, key: K, bytes: Option<&Vec<u8>>) {
    match bytes {
        Some(bytes) => store.insert(key, bytes.clone()),
        None => store.remove(&key),
    };
}

/// Makes a step fail around its calls, where a test asks for it.
pub(crate) type Fault = Arc<dyn Fn(&'static str, When) -> Option<JournalError> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    BeforePoll,
    BeforeCommit,
    AfterCommit,
}

/// One step's view of the cluster.
pub(crate) struct InMemory {
    step: &'static str,
    reads: &'static [Topic],
    cluster: Arc<Mutex<Cluster>>,
    clock: Arc<dyn Clock>,
    fault: Fault,
    tenure: Tenure,
    positions: Positions,
    announced: bool,
}

impl InMemory {
    pub fn new(
        step: &'static str,
        reads: &'static [Topic],
        cluster: Arc<Mutex<Cluster>>,
        clock: Arc<dyn Clock>,
        fault: Fault,
    ) -> Self {
        InMemory {
            step,
            reads,
            cluster,
            clock,
            fault,
            tenure: Tenure(1),
            positions: Positions::new(),
            announced: false,
        }
    }

    fn assign(&mut self) -> Assignment {
        let cluster = self.cluster.lock().expect("no holder panics");
        for &topic in self.reads {
            for partition in 0..cluster.partitions {
                let offset = cluster.offsets.get(&(self.step, topic, partition)).copied();
                self.positions.insert((topic, partition), offset.unwrap_or(0));
            }
        }
        let kept = |store: &BTreeMap<(&'static str, i32, String), Vec<u8>>| {
            let own = store.iter().filter(|((step, ..), _)| *step == self.step);
            own.map(|((_, partition, key), value)| Kept {
                partition: *partition,
                key: key.clone(),
                value: value.clone(),
            })
            .collect()
        };
        Assignment {
            positions: self.positions.clone(),
            memory: kept(&cluster.memory),
            ledger: kept(&cluster.ledger),
        }
    }
}

impl Journal for InMemory {
    fn poll(&mut self, most: usize, _wait: Duration) -> Result<Batch, JournalError> {
        if let Some(error) = (self.fault)(self.step, When::BeforePoll) {
            return Err(error);
        }
        let assigned = (!self.announced).then(|| self.assign());
        self.announced = true;
        let cluster = self.cluster.lock().expect("no holder panics");
        let mut messages = Vec::new();
        let mut caught_up: BTreeSet<i32> = (0..cluster.partitions).collect();
        for (&(topic, partition), position) in &mut self.positions {
            let log = cluster.topics.get(&(topic, partition)).map_or(&[][..], Vec::as_slice);
            let rest = &log[(*position as usize).min(log.len())..];
            let taken = rest.len().min(most - messages.len());
            messages.extend_from_slice(&rest[..taken]);
            *position += taken as i64;
            if taken < rest.len() {
                caught_up.remove(&partition);
            }
        }
        Ok(Batch { tenure: self.tenure, assigned, messages, caught_up })
    }

    fn commit(&mut self, turn: &Turn) -> Result<(), JournalError> {
        if let Some(error) = (self.fault)(self.step, When::BeforeCommit) {
            if matches!(error, JournalError::TenureLost { .. }) {
                self.tenure.0 += 1;
                self.announced = false;
            }
            return Err(error);
        }
        let at = self.clock.now();
        self.cluster.lock().expect("no holder panics").apply(self.step, turn, at);
        match (self.fault)(self.step, When::AfterCommit) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
