//! Every metric in one place, behind methods that only take labels from closed sets.
//!
//! Nothing here is global: each process, and each test, has a `Metrics` of its own.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

use super::labels::{DeadLetterReason, EventOutcome, Label, ReloadOutcome, TurnResult};
use crate::records::Topic;
use crate::records::delivery::DeliveryStatus;
use crate::records::pull_request::PullRequestStatus;
use crate::records::root_cause::Verdict;

/// A decision takes a millisecond, a turn on a busy broker a second, a pull request a minute.
const DURATION_SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];

/// What the process counts and measures. `stage` is a step's name in the topology throughout.
pub struct Metrics {
    registry: Registry,
    event_age: GaugeVec,
    stage_lag: IntGaugeVec,
    stage_duration: HistogramVec,
    events: IntCounterVec,
    dead_letters: IntCounterVec,
    diagnoses: IntCounterVec,
    pull_requests: IntCounterVec,
    deliveries: IntCounterVec,
    turns: IntCounterVec,
    effects_in_doubt: IntCounterVec,
    rules_reloads: IntCounterVec,
    rules_signatures: IntGauge,
    rules_stale: IntGauge,
}

impl Metrics {
    /// Counters of those stages begin at zero, so that a first increase is seen as one.
    pub fn new(stages: &[&'static str]) -> Self {
        let registry = Registry::new();
        let metrics = Metrics {
            event_age: gauge(
                &registry,
                "adp_event_age_seconds",
                "Age of the oldest unfinished record of the stage; the one to alert on.",
                &["stage"],
            ),
            stage_lag: kept(
                &registry,
                IntGaugeVec::new(
                    Opts::new(
                        "adp_stage_lag_records",
                        "Offsets between the stage's position and the end of a partition; \
                         transaction markers count too.",
                    ),
                    &["stage", "topic", "partition"],
                ),
            ),
            stage_duration: kept(
                &registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "adp_stage_duration_seconds",
                        "From reading a record to committing what came of it.",
                    )
                    .buckets(DURATION_SECONDS.to_vec()),
                    &["stage"],
                ),
            ),
            events: counter(
                &registry,
                "adp_events_total",
                "Records that left a stage, by how they did.",
                &["stage", "outcome"],
            ),
            dead_letters: counter(
                &registry,
                "adp_dead_letters_total",
                "Records that somebody must look at.",
                &["stage", "reason"],
            ),
            diagnoses: counter(
                &registry,
                "adp_diagnoses_total",
                "Diagnoses that were published.",
                &["class", "verdict"],
            ),
            pull_requests: counter(
                &registry,
                "adp_pull_requests_total",
                "Outcomes of pull requests.",
                &["forge", "outcome"],
            ),
            deliveries: counter(
                &registry,
                "adp_deliveries_total",
                "Outcomes of deliveries.",
                &["channel", "outcome"],
            ),
            turns: counter(
                &registry,
                "adp_turns_total",
                "Transactions of a stage, by how they ended.",
                &["stage", "result"],
            ),
            effects_in_doubt: counter(
                &registry,
                "adp_effects_in_doubt_total",
                "Effects that may or may not have happened, and were not repeated.",
                &["stage"],
            ),
            rules_reloads: counter(
                &registry,
                "adp_rules_reloads_total",
                "Changes of the signature packs on disk, by what became of them.",
                &["outcome"],
            ),
            rules_signatures: kept(
                &registry,
                IntGauge::new("adp_rules_signatures", "Signatures in force."),
            ),
            rules_stale: kept(
                &registry,
                IntGauge::new(
                    "adp_rules_stale",
                    "1 while the signature packs on disk cannot be used and older ones are in force.",
                ),
            ),
            registry,
        };
        metrics.say_the_version();
        metrics.begin_at_zero(stages);
        metrics
    }

    /// Zero when nothing is unfinished.
    pub fn event_age(&self, stage: &'static str, age: Duration) {
        self.event_age.with_label_values(&[stage]).set(age.as_secs_f64());
    }

    /// `records` counts offsets, transaction markers among them.
    pub fn stage_lag(&self, stage: &'static str, topic: Topic, partition: i32, records: i64) {
        let partition = partition.to_string();
        self.stage_lag.with_label_values(&[stage, topic.0, &partition]).set(records);
    }

    /// To be called when the partition is taken away: its new owner reports it from now on.
    pub fn forget_lag(&self, stage: &'static str, topic: Topic, partition: i32) {
        let partition = partition.to_string();
        // Fails when it was never reported, which is the state we want.
        let _ = self.stage_lag.remove_label_values(&[stage, topic.0, &partition]);
    }

    /// From reading a record to committing what came of it.
    pub fn stage_duration(&self, stage: &'static str, took: Duration) {
        self.stage_duration.with_label_values(&[stage]).observe(took.as_secs_f64());
    }

    /// `n` records left the stage in that way.
    pub fn events(&self, stage: &'static str, outcome: EventOutcome, n: u64) {
        self.events.with_label_values(&[stage, outcome.as_str()]).inc_by(n);
    }

    /// One record became a dead letter.
    pub fn dead_letter(&self, stage: &'static str, reason: DeadLetterReason) {
        self.dead_letters.with_label_values(&[stage, reason.as_str()]).inc();
    }

    /// `class` comes from the list of causes, never from a record.
    pub fn diagnosis(&self, class: &'static str, verdict: Verdict) {
        self.diagnoses.with_label_values(&[class, verdict.as_str()]).inc();
    }

    /// `forge` is a kind of forge, as `git`.
    pub fn pull_request(&self, forge: &'static str, outcome: PullRequestStatus) {
        self.pull_requests.with_label_values(&[forge, outcome.as_str()]).inc();
    }

    /// `channel` is a kind of channel, as `outbox`.
    pub fn delivery(&self, channel: &'static str, outcome: DeliveryStatus) {
        self.deliveries.with_label_values(&[channel, outcome.as_str()]).inc();
    }

    /// One transaction ended.
    pub fn turn(&self, stage: &'static str, result: TurnResult) {
        self.turns.with_label_values(&[stage, result.as_str()]).inc();
    }

    /// One effect may or may not have happened, and is not repeated.
    pub fn effect_in_doubt(&self, stage: &'static str) {
        self.effects_in_doubt.with_label_values(&[stage]).inc();
    }

    /// So many signatures are in force from now on.
    pub fn rules(&self, n_signatures: usize) {
        self.rules_signatures.set(i64::try_from(n_signatures).unwrap_or(i64::MAX));
    }

    /// The packs on disk changed, and that came of it.
    pub fn rules_reloaded(&self, outcome: ReloadOutcome) {
        self.rules_reloads.with_label_values(&[outcome.as_str()]).inc();
        self.rules_stale.set(i64::from(outcome == ReloadOutcome::Refused));
    }

    /// Everything in Prometheus' text format.
    pub fn page(&self) -> String {
        let mut page = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut page)
            .expect("each metric was accepted when it was made");
        String::from_utf8(page).expect("the text format is text")
    }

    fn say_the_version(&self) {
        let info = gauge(
            &self.registry,
            "adp_build_info",
            "Always 1; the label says which build this is.",
            &["version"],
        );
        info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1.0);
    }

    fn begin_at_zero(&self, stages: &[&'static str]) {
        for outcome in ReloadOutcome::ALL {
            self.rules_reloads.with_label_values(&[outcome.as_str()]);
        }
        for &stage in stages {
            self.event_age.with_label_values(&[stage]);
            self.effects_in_doubt.with_label_values(&[stage]);
            begin(&self.events, stage, EventOutcome::ALL);
            begin(&self.dead_letters, stage, DeadLetterReason::ALL);
            begin(&self.turns, stage, TurnResult::ALL);
        }
    }
}

fn begin<L: Label>(counter: &IntCounterVec, stage: &'static str, values: &[L]) {
    for value in values {
        counter.with_label_values(&[stage, value.as_str()]);
    }
}

fn counter(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    kept(registry, IntCounterVec::new(Opts::new(name, help), labels))
}

fn gauge(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    kept(registry, GaugeVec::new(Opts::new(name, help), labels))
}

fn kept<M: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<M>) -> M {
    let metric = metric.expect("names and labels are well-formed");
    registry.register(Box::new(metric.clone())).expect("no two metrics share a name");
    metric
}
