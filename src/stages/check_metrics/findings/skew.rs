//! One task holds far more of the data than the others, and all wait for it.

use super::{Seen, Thresholds, called, graded, strongest, with_work};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{bytes, count, several, time, times};
use crate::world::spark_history::{RunMetrics, Spread, Stage};

/// More data that costs no time is no finding.
const SLOWER: f64 = 1.5;

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    strongest(run.stages.iter().filter_map(|stage| {
        let seen = of(stage, thresholds).or_else(|| of_what_is_left(run, stage, thresholds))?;
        Some(with_work(seen, stage.work.as_ref()))
    }))
}

/// A task that was still reading when the run was ended reported nothing. But what was written
/// for the shuffle and read by no task that ended, is left for those that did not.
fn of_what_is_left(run: &RunMetrics, stage: &Stage, thresholds: &Thresholds) -> Option<Seen> {
    let ordinary = &stage.spread.shuffle_records;
    let (ended, held) = (&stage.spread.duration_ms, &stage.unfinished);
    let at_it_for_long = held.longest_ms >= thresholds.straggler_ms
        && held.longest_ms as f64 >= thresholds.straggler_ratio * ended.ordinary().max(1.0);
    if ordinary.max == 0 || held.n_tasks == 0 || !at_it_for_long {
        return None;
    }
    let sum = |count: fn(&Stage) -> u64| run.stages.iter().map(count).fold(0, u64::saturating_add);
    let written = sum(|stage| stage.totals.shuffle_write_records);
    let read = sum(|stage| stage.totals.shuffle_read_records);
    let left = written.saturating_sub(read) / held.n_tasks;
    let ratio = left as f64 / ordinary.ordinary().max(1.0);
    if left < thresholds.skew_records || ratio < thresholds.skew_ratio {
        return None;
    }
    Some(Seen {
        // Some of it may have been meant for a later stage.
        strength: graded(ratio / thresholds.skew_ratio, 10.0, 0.7, 0.8),
        finding: MetricFinding {
            kind: "skew".to_owned(),
            stage: Some(stage.id),
            class: Some("perf.skew".to_owned()),
            value: super::round(ratio),
            threshold: thresholds.skew_ratio,
            unit: "times an ordinary task".to_owned(),
            text: format!(
                "{}: when it was ended, {} had run for up to {} and had up to {} records to read, \
                 where an ordinary one read {} in {}",
                called(stage),
                several(held.n_tasks, "task"),
                time(held.longest_ms),
                count(left),
                count(ordinary.ordinary() as u64),
                time(ended.ordinary() as u64),
            ),
            ..MetricFinding::default()
        },
    })
}

fn of(stage: &Stage, thresholds: &Thresholds) -> Option<Seen> {
    let spread = &stage.spread;
    let slowest = spread.duration_ms.max.max(stage.unfinished.longest_ms);
    if spread.duration_ms.n_tasks < 2
        || (slowest as f64) < SLOWER * spread.duration_ms.ordinary().max(1.0)
    {
        return None;
    }
    let held = &stage.unfinished;
    let measures = [
        Measure::records(&spread.shuffle_records, held.most_records, thresholds),
        Measure::records(&spread.input_records, held.most_records, thresholds),
        Measure::bytes(&spread.shuffle_bytes, held.most_bytes, thresholds),
        Measure::bytes(&spread.input_bytes, held.most_bytes, thresholds),
    ];
    let measure = measures
        .into_iter()
        .find(|measure| measure.is_large && measure.ratio() >= thresholds.skew_ratio)?;
    let ratio = measure.ratio();
    Some(Seen {
        strength: graded(ratio / thresholds.skew_ratio, 10.0, 0.75, 0.93),
        finding: MetricFinding {
            kind: "skew".to_owned(),
            stage: Some(stage.id),
            class: Some("perf.skew".to_owned()),
            value: super::round(ratio),
            threshold: thresholds.skew_ratio,
            unit: "times an ordinary task".to_owned(),
            text: format!(
                "{}: one task read {} where an ordinary one reads {} ({}), and took {} where an \
                 ordinary one takes {}",
                called(stage),
                measure.words(measure.largest),
                measure.words(measure.spread.ordinary() as u64),
                times(ratio),
                time(slowest),
                time(spread.duration_ms.ordinary() as u64),
            ),
            ..MetricFinding::default()
        },
    })
}

struct Measure<'a> {
    spread: &'a Spread,
    largest: u64,
    is_large: bool,
    unit: Unit,
}

enum Unit {
    Records,
    Bytes,
}

impl<'a> Measure<'a> {
    fn records(spread: &'a Spread, held: u64, thresholds: &Thresholds) -> Self {
        let largest = largest(spread, held);
        Self { spread, largest, is_large: largest >= thresholds.skew_records, unit: Unit::Records }
    }

    fn bytes(spread: &'a Spread, held: u64, thresholds: &Thresholds) -> Self {
        let largest = largest(spread, held);
        Self { spread, largest, is_large: largest >= thresholds.skew_bytes, unit: Unit::Bytes }
    }

    fn ratio(&self) -> f64 {
        self.largest as f64 / self.spread.ordinary().max(1.0)
    }

    fn words(&self, n: u64) -> String {
        match self.unit {
            Unit::Records => format!("{} records", count(n)),
            Unit::Bytes => bytes(n),
        }
    }
}

/// Also counts what a task had read that was killed before it ended; but a stage whose finished
/// tasks read nothing of this kind says nothing about it.
fn largest(spread: &Spread, held: u64) -> u64 {
    if spread.max == 0 { 0 } else { spread.max.max(held) }
}
