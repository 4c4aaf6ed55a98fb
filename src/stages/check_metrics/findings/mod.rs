//! What there is to see in the metrics of a run, one file each.
//!
//! A finding degrades by itself: where a number is missing it sees nothing, and the others go on.

mod skew;
mod straggler;
mod exploding_join;
mod shuffle_blow_up;
mod spill;
mod small_files;
mod oom_signals;
mod executor_loss;
mod stage_retries;
mod task_failures;
mod gc_share;
mod small_join_side;
mod broadcasts;
mod partitioning;
mod peak_memory;
mod idle_executors;
mod last_good_run;

use super::thresholds::Thresholds;
use crate::records::diagnosis::MetricFinding;
use crate::world::spark_history::{RunMetrics, Stage, Work};

/// A finding, and how far it accounts for a run that failed or was slow.
pub struct Seen {
    pub finding: MetricFinding,
    /// 0 to 1: how sure one can be of the finding's class with nothing else known.
    pub strength: f64,
}

type Find = fn(&RunMetrics, &Thresholds) -> Vec<Seen>;

/// All of them, in the order people see.
const ALL: &[Find] = &[
    skew::find,
    straggler::find,
    exploding_join::find,
    shuffle_blow_up::find,
    spill::find,
    small_files::find,
    oom_signals::find,
    executor_loss::find,
    stage_retries::find,
    task_failures::find,
    gc_share::find,
    small_join_side::find,
    broadcasts::find,
    partitioning::find,
    peak_memory::find,
    idle_executors::find,
    last_good_run::find,
];

/// Everything there is to see in a run.
pub fn all(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    ALL.iter().flat_map(|find| find(run, thresholds)).collect()
}

/// The one that weighs most: a hundred skewed stages of one loop are one thing to say.
fn strongest(seen: impl IntoIterator<Item = Seen>) -> Vec<Seen> {
    seen.into_iter()
        .reduce(|best, next| if next.strength > best.strength { next } else { best })
        .into_iter()
        .collect()
}

/// `low` at the threshold and `high` where the value is `far` times the threshold, between them
/// by orders of magnitude.
fn graded(times_threshold: f64, far: f64, low: f64, high: f64) -> f64 {
    let way = (times_threshold.max(1.0).ln() / far.ln()).min(1.0);
    round(low + (high - low) * way)
}

/// Two digits: more would pretend to know more.
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Whether having waited this long is a good part of what the run took. Where nobody knows how long it
/// took, it is.
fn costs_the_run(run: &RunMetrics, waited_ms: f64, thresholds: &Thresholds) -> bool {
    run.wall_ms().is_none_or(|wall| waited_ms >= thresholds.slow_task_share * wall as f64)
}

/// The same finding, as one that explains nothing: a number to know and no reason.
fn as_a_note(seen: Seen) -> Seen {
    Seen { strength: NOTE, finding: MetricFinding { class: None, ..seen.finding } }
}

/// How far a note goes.
const NOTE: f64 = 0.3;

/// Says in a finding what the stage was doing.
fn with_work(seen: Seen, work: Option<&Work>) -> Seen {
    let Some(Work { operator, key }) = work else { return seen };
    let by = key.as_ref().map(|key| format!(" by {key}")).unwrap_or_default();
    let text = format!("{}; it is the work of {operator}{by}", seen.finding.text);
    let (operator, key) = (Some(operator.clone()), key.clone());
    Seen { finding: MetricFinding { text, operator, key, ..seen.finding }, ..seen }
}

/// The stage as people know it: by the line of their job, or by what it does, where its name
/// tells. The rest of Spark's names are lines of Spark.
fn called(stage: &Stage) -> String {
    let (what, place) = stage.name.split_once(" at ").unwrap_or((&stage.name, ""));
    let told = match place.split(['.', '/']).next().unwrap_or_default() {
        _ if what.is_empty() || what.contains('$') => String::new(),
        "NativeMethodAccessorImpl" => format!(" ({what})"),
        _ => format!(" ({})", stage.name),
    };
    format!("stage {}{told}", stage.id)
}
