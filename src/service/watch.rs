//! Watches the steps: counts what they do, says whether they can work, and shows it to whoever
//! wants to see records go by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ServiceError;
use crate::kafka::{ClientError, Endpoint, Watermarks};
use crate::records::{Codec, Delivery, Diagnosis, PullRequest, Record, Topic};
use crate::runtime::clock::{Clock, Stopwatch, WallClock};
use crate::runtime::{Message, Progress};
use crate::telemetry::{DeadLetterReason, EventOutcome, Metrics, Need, Readiness, TurnResult};

/// How often lag is measured.
const LAG_EVERY: Duration = Duration::from_secs(5);

/// A record that a step wrote and committed, as it goes by.
pub struct Seen<'a> {
    pub step: &'static str,
    pub message: &'a Message,
}

/// Called on the steps' threads for everything they commit; it must be quick.
pub type Watcher = Arc<dyn Fn(&Seen<'_>) + Send + Sync>;

type Positions = BTreeMap<(&'static str, Topic, i32), i64>;

#[derive(Clone)]
pub(super) struct Observer {
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    codec: Arc<Codec>,
    /// Names from the settings: a closed set, as labels must be.
    channels: Arc<BTreeMap<String, &'static str>>,
    positions: Arc<Mutex<Positions>>,
    watcher: Watcher,
}

impl Observer {
    pub fn new(
        metrics: Arc<Metrics>,
        readiness: Arc<Readiness>,
        codec: Arc<Codec>,
        channels: BTreeSet<String>,
        watcher: Watcher,
    ) -> Self {
        // A handful of names, for as long as the process lives.
        let named = |name: String| (name.clone(), &*name.leak());
        let channels = Arc::new(channels.into_iter().map(named).collect());
        Observer { metrics, readiness, codec, channels, positions: Arc::default(), watcher }
    }

    pub fn observe(&self, step: &'static str, progress: &Progress) {
        self.tell_readiness(step, progress);
        for outcome in &progress.outcomes {
            match event_outcome(outcome) {
                Some(outcome) => self.metrics.events(step, outcome, 1),
                None if *outcome == "in_doubt" => self.metrics.effect_in_doubt(step),
                None => {}
            }
        }
        for reason in &progress.dead {
            self.metrics.events(step, EventOutcome::DeadLetter, 1);
            self.metrics.dead_letter(step, dead_letter_reason(reason));
        }
        if progress.worked {
            self.metrics.turn(step, TurnResult::Committed);
            self.metrics.stage_duration(step, progress.took);
            self.keep_positions(step, progress);
        }
        if progress.rolled_back.is_some() {
            self.metrics.turn(step, TurnResult::RolledBack);
        }
        if progress.handed_over {
            self.metrics.turn(step, TurnResult::TenureLost);
        }
        let now = WallClock.now();
        let age = progress.oldest_unfinished.map_or(Duration::ZERO, |at| now.since(at));
        self.metrics.event_age(step, age);
        for message in &progress.written {
            self.count(message);
            (self.watcher)(&Seen { step, message });
        }
    }

    pub fn stopped(&self, step: &'static str, error: &ServiceError) {
        let fenced = error.code() == Some(crate::errors::ErrorCode::Fenced);
        let (need, result) = if fenced {
            (Need::NotFenced, TurnResult::Fenced)
        } else {
            (Need::Assigned, TurnResult::Fatal)
        };
        self.metrics.turn(step, result);
        self.readiness.lacks(step, need, error.to_string());
    }

    fn tell_readiness(&self, step: &'static str, progress: &Progress) {
        if progress.assigned {
            self.readiness.met(step, Need::Assigned);
        }
        if progress.handed_over {
            self.readiness.lacks(step, Need::Assigned, "partitions are being handed over");
        }
        match &progress.rolled_back {
            Some(detail) => self.readiness.lacks(step, Need::Committing, detail.clone()),
            None => self.readiness.met(step, Need::Committing),
        }
        match &progress.registry_down {
            Some(detail) => self.readiness.lacks(step, Need::RegistryReachable, detail.clone()),
            None => self.readiness.met(step, Need::RegistryReachable),
        }
    }

    /// What is counted by content; a record of ours that we cannot read is not counted.
    fn count(&self, message: &Message) {
        match message.topic {
            Diagnosis::TOPIC => {
                if let Ok(Diagnosis { cause, .. }) = self.codec.decode(&message.value) {
                    let class = crate::stages::find_cause::causes::label(&cause.class);
                    self.metrics.diagnosis(class, cause.verdict);
                }
            }
            PullRequest::TOPIC => {
                if let Ok(PullRequest { status, .. }) = self.codec.decode(&message.value) {
                    self.metrics.pull_request("local", status);
                }
            }
            Delivery::TOPIC => {
                if let Ok(Delivery { channel, status, .. }) = self.codec.decode(&message.value) {
                    let channel = self.channels.get(&channel).copied().unwrap_or("unknown");
                    self.metrics.delivery(channel, status);
                }
            }
            _ => {}
        }
    }

    fn keep_positions(&self, step: &'static str, progress: &Progress) {
        let mut positions = self.positions.lock().expect("no holder panics");
        let gone: Vec<_> = positions
            .keys()
            .filter(|(owner, topic, partition)| {
                *owner == step && !progress.positions.contains_key(&(*topic, *partition))
            })
            .copied()
            .collect();
        for key @ (_, topic, partition) in gone {
            positions.remove(&key);
            self.metrics.forget_lag(step, topic, partition);
        }
        for (&(topic, partition), &offset) in &progress.positions {
            positions.insert((step, topic, partition), offset);
        }
    }

    /// Compares positions with the ends of the partitions, with a client that sees the ends as
    /// they are: a committed reader's answer may wait for somebody's open transaction.
    pub fn measure_lag(
        &self,
        endpoint: &Endpoint,
        stop: Arc<AtomicBool>,
    ) -> Result<JoinHandle<()>, ClientError> {
        let watermarks = Watermarks::new(endpoint)?;
        let observer = self.clone();
        Ok(std::thread::spawn(move || {
            let mut watch: Option<Stopwatch> = None;
            while !stop.load(Ordering::SeqCst) {
                if watch.is_none_or(|watch| watch.elapsed() >= LAG_EVERY) {
                    observer.measure(&watermarks);
                    watch = Some(Stopwatch::start());
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }))
    }

    fn measure(&self, watermarks: &Watermarks) {
        let positions = self.positions.lock().expect("no holder panics").clone();
        for ((step, topic, partition), position) in positions {
            match watermarks.of(topic.0, partition) {
                Ok((_, high)) => {
                    self.metrics.stage_lag(step, topic, partition, (high - position).max(0));
                }
                Err(error) => tracing::debug!(%error, "lag was not measured"),
            }
        }
    }
}

fn event_outcome(outcome: &str) -> Option<EventOutcome> {
    Some(match outcome {
        "decided" | "done" => EventOutcome::Done,
        "again" | "dropped" => EventOutcome::Again,
        "nothing" => EventOutcome::Nothing,
        "gave_up" => EventOutcome::GaveUp,
        _ => return None,
    })
}

fn dead_letter_reason(error: &str) -> DeadLetterReason {
    match error {
        "malformed" => DeadLetterReason::Malformed,
        "rejected" => DeadLetterReason::Rejected,
        "too_large" => DeadLetterReason::TooLarge,
        "doubt" => DeadLetterReason::InDoubt,
        _ => DeadLetterReason::GaveUp,
    }
}
