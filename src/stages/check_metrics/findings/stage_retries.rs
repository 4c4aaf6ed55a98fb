//! Stages that had to be done again because shuffle data was lost.

use std::collections::BTreeMap;

use super::{Seen, Thresholds, called, graded, strongest};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::several;
use crate::world::spark_history::{FailureKind, RunMetrics, Stage};

pub fn find(run: &RunMetrics, _: &Thresholds) -> Vec<Seen> {
    let mut attempts: BTreeMap<i32, Vec<&Stage>> = BTreeMap::new();
    for stage in &run.stages {
        attempts.entry(stage.id).or_default().push(stage);
    }
    strongest(attempts.values().filter_map(|attempts| of(run, attempts)))
}

fn of(run: &RunMetrics, attempts: &[&Stage]) -> Option<Seen> {
    let last = attempts.last()?;
    let n_attempts = u64::try_from(last.attempt).unwrap_or(0) + 1;
    let n_fetches: u64 = attempts
        .iter()
        .flat_map(|stage| &stage.failures)
        .filter(|failure| failure.kind == FailureKind::FetchFailed)
        .map(|failure| failure.n_tasks)
        .sum();
    if n_attempts < 2 && n_fetches == 0 {
        return None;
    }
    let fatal = n_fetches > 0 && run.has_failed_jobs();
    Some(Seen {
        strength: if fatal { graded(n_attempts as f64, 4.0, 0.7, 0.8) } else { 0.3 },
        finding: MetricFinding {
            kind: "stage_retry".to_owned(),
            stage: Some(last.id),
            class: fatal.then(|| "shuffle.fetch_failed".to_owned()),
            value: n_attempts as f64,
            threshold: 2.0,
            unit: "attempts".to_owned(),
            text: format!(
                "{} was tried {}; {} could not fetch shuffle data",
                called(last),
                several(n_attempts, "time"),
                several(n_fetches, "task"),
            ),
            ..MetricFinding::default()
        },
    })
}
