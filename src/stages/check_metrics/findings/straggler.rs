//! One task is far slower than the others with no more data: a slow node, an outside service.

use super::{Seen, Thresholds, as_a_note, called, costs_the_run, graded, strongest};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{time, times};
use crate::world::spark_history::{RunMetrics, Spread, Stage};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    strongest(run.stages.iter().filter_map(|stage| {
        let seen = of(stage, thresholds)?;
        let waited = slowest(stage, thresholds) as f64 - stage.spread.duration_ms.ordinary();
        Some(if costs_the_run(run, waited, thresholds) { seen } else { as_a_note(seen) })
    }))
}

/// The longest of all tasks, where the first of an executor are given the time it takes to start.
fn slowest(stage: &Stage, thresholds: &Thresholds) -> u64 {
    let on_fresh = stage.slowest.on_fresh_ms.saturating_sub(thresholds.warm_up_ms);
    stage.slowest.on_warm_ms.max(on_fresh).max(stage.unfinished.longest_ms)
}

fn of(stage: &Stage, thresholds: &Thresholds) -> Option<Seen> {
    let duration = &stage.spread.duration_ms;
    let slowest = slowest(stage, thresholds);
    let ordinary = duration.ordinary().max(1.0);
    let ratio = slowest as f64 / ordinary;
    // With two tasks nobody can say which of them is the odd one.
    let alone = duration.n_tasks >= 3 && (duration.p75 as f64) * 2.0 <= slowest as f64;
    let slow = slowest >= thresholds.straggler_ms && ratio >= thresholds.straggler_ratio;
    if !alone || !slow || data_ratio(stage) * 2.0 > ratio {
        return None;
    }
    // What a task that never ended had to read, nobody knows.
    let is_at_it = stage.unfinished.longest_ms > duration.max;
    Some(Seen {
        strength: graded(ratio / thresholds.straggler_ratio, 10.0, 0.72, 0.88),
        finding: MetricFinding {
            kind: "straggler".to_owned(),
            stage: Some(stage.id),
            class: Some("perf.straggler".to_owned()),
            value: super::round(ratio),
            threshold: thresholds.straggler_ratio,
            unit: "times an ordinary task".to_owned(),
            text: format!(
                "{}: one task {} where an ordinary one takes {} ({}){}",
                called(stage),
                if is_at_it {
                    format!("was at it for {}", time(slowest))
                } else {
                    format!("took {}", time(duration.max))
                },
                time(ordinary as u64),
                times(ratio),
                if is_at_it { " when it was ended" } else { ", with no more data than the others" },
            ),
            ..MetricFinding::default()
        },
    })
}

/// How unevenly the data lies, by whatever measure shows it most.
fn data_ratio(stage: &Stage) -> f64 {
    let spread = &stage.spread;
    [&spread.input_records, &spread.input_bytes, &spread.shuffle_records, &spread.shuffle_bytes]
        .into_iter()
        .filter(|measure| measure.max > 0)
        .map(Spread::ratio)
        .fold(1.0, f64::max)
}
