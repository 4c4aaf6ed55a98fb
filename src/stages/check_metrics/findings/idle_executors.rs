//! Executors that were there and had next to nothing to do.

use super::{NOTE, Seen, Thresholds};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{count, several};
use crate::world::spark_history::{Executor, RunMetrics};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    let is_idle = |executor: &&Executor| {
        presence_ms(executor, run).is_some_and(|present| {
            let time_of_cores = present as f64 * executor.n_cores.max(1) as f64;
            present >= thresholds.idle_ms
                && (executor.busy_ms as f64) < thresholds.busy_share * time_of_cores
        })
    };
    let n_idle = run.executors.iter().filter(is_idle).count() as u64;
    if n_idle == 0 {
        return Vec::new();
    }
    let n_all = run.executors.len() as u64;
    vec![Seen {
        strength: NOTE,
        finding: MetricFinding {
            kind: "idle_executors".to_owned(),
            value: n_idle as f64,
            threshold: 1.0,
            unit: "executors".to_owned(),
            text: format!(
                "{} of {} worked for less than {:.0}% of the time they were there",
                several(n_idle, "executor"),
                count(n_all),
                thresholds.busy_share * 100.0
            ),
            ..MetricFinding::default()
        },
    }]
}

/// How long it was there; None where its coming or going is not known.
fn presence_ms(executor: &Executor, run: &RunMetrics) -> Option<u64> {
    let until = executor.removed_at.or(run.application.ended_at)?;
    u64::try_from(until.saturating_sub(executor.added_at?)).ok()
}
