//! Stages cut into too many pieces, where starting tasks costs more than their work, or into too
//! few, where tasks are huge or most cores have nothing to do.

use super::{NOTE, Seen, Thresholds, called};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{bytes, count, several, time};
use crate::world::spark_history::{RunMetrics, Stage, StageStatus};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    let n_cores: u64 = run.executors.iter().map(|executor| executor.n_cores).sum();
    let stages = || run.stages.iter().filter(|stage| stage.status == StageStatus::Complete);
    // The one that most could be gained at.
    let over = stages()
        .filter(|stage| is_over(stage, thresholds))
        .max_by_key(|stage| stage.tasks.n_succeeded)
        .map(|stage| over(stage, thresholds));
    let under = stages()
        .filter_map(|stage| Some((stage, Under::of(stage, n_cores, thresholds)?)))
        .max_by_key(|(stage, _)| stage.totals.run_ms)
        .map(|(stage, under)| under.seen(stage, thresholds));
    over.into_iter().chain(under).collect()
}

fn is_over(stage: &Stage, thresholds: &Thresholds) -> bool {
    let n_tasks = stage.spread.duration_ms.n_tasks;
    n_tasks >= thresholds.over_partition_tasks
        && stage.spread.duration_ms.ordinary() <= thresholds.over_partition_ms as f64
}

fn over(stage: &Stage, thresholds: &Thresholds) -> Seen {
    let n_tasks = stage.spread.duration_ms.n_tasks;
    note(MetricFinding {
        kind: "over_partitioned".to_owned(),
        stage: Some(stage.id),
        value: n_tasks as f64,
        threshold: thresholds.over_partition_tasks as f64,
        unit: "tasks".to_owned(),
        text: format!(
            "{} was cut into {}, and an ordinary one takes {}: fewer partitions would do",
            called(stage),
            several(n_tasks, "task"),
            time(stage.spread.duration_ms.ordinary() as u64)
        ),
        ..MetricFinding::default()
    })
}

enum Under {
    LargeTasks { bytes: u64 },
    IdleCores { n_tasks: u64, n_cores: u64 },
}

impl Under {
    fn of(stage: &Stage, n_cores: u64, thresholds: &Thresholds) -> Option<Self> {
        let spread = &stage.spread;
        let bytes = spread.input_bytes.median.max(spread.shuffle_bytes.median);
        if bytes >= thresholds.under_partition_bytes {
            return Some(Self::LargeTasks { bytes });
        }
        let n_tasks = stage.tasks.n_succeeded;
        let takes_long = spread.duration_ms.median >= thresholds.under_partition_ms;
        // A stage of one task is often meant to be one: a total, a small file to write.
        let is_few = n_tasks > 1 && n_tasks * 2 <= n_cores;
        (takes_long && is_few).then_some(Self::IdleCores { n_tasks, n_cores })
    }

    fn seen(&self, stage: &Stage, thresholds: &Thresholds) -> Seen {
        let (value, threshold, unit, why) = match self {
            Self::LargeTasks { bytes: read } => (
                *read as f64,
                thresholds.under_partition_bytes as f64,
                "bytes",
                format!("an ordinary task read {}", bytes(*read)),
            ),
            Self::IdleCores { n_tasks, n_cores } => (
                *n_tasks as f64,
                *n_cores as f64 / 2.0,
                "tasks",
                format!(
                    "{} of {} each had {} cores to themselves",
                    several(*n_tasks, "task"),
                    time(stage.spread.duration_ms.median),
                    count(*n_cores)
                ),
            ),
        };
        note(MetricFinding {
            kind: "under_partitioned".to_owned(),
            stage: Some(stage.id),
            value,
            threshold,
            unit: unit.to_owned(),
            text: format!("{}: {why}: more partitions would help", called(stage)),
            ..MetricFinding::default()
        })
    }
}

fn note(finding: MetricFinding) -> Seen {
    Seen { strength: NOTE, finding }
}
