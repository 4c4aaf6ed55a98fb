//! Tasks that said themselves that memory ran out.

use super::{Seen, Thresholds, called};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::several;
use crate::world::spark_history::{RunMetrics, Stage, StageStatus};

/// What a task says, and the class it means. The first that is found counts.
const SIGNALS: &[(&str, &str)] = &[
    ("GC overhead limit exceeded", "oom.executor_gc"),
    ("OutOfMemoryError", "oom.executor_heap"),
    (": MemoryError", "oom.python_worker"),
];

/// Whether a failed task speaks of memory, and which class it means.
pub fn class_of(reason: &str) -> Option<&'static str> {
    SIGNALS.iter().find(|(signal, _)| reason.contains(signal)).map(|(_, class)| *class)
}

pub fn find(run: &RunMetrics, _: &Thresholds) -> Vec<Seen> {
    run.stages.iter().flat_map(of).collect()
}

fn of(stage: &Stage) -> Vec<Seen> {
    SIGNALS
        .iter()
        .filter_map(|(_, class)| {
            let speaking =
                stage.failures.iter().filter(|failed| class_of(&failed.reason) == Some(class));
            let n_tasks: u64 = speaking.map(|failed| failed.n_tasks).sum();
            (n_tasks > 0).then(|| seen(stage, class, n_tasks))
        })
        .collect()
}

fn seen(stage: &Stage, class: &str, n_tasks: u64) -> Seen {
    // Tasks that failed and were repeated with success are no reason for a failure.
    let fatal = stage.status != StageStatus::Complete;
    Seen {
        strength: if fatal { 0.85 } else { 0.3 },
        finding: MetricFinding {
            kind: "oom_signal".to_owned(),
            stage: Some(stage.id),
            class: fatal.then(|| class.to_owned()),
            value: n_tasks as f64,
            threshold: 1.0,
            unit: "tasks".to_owned(),
            text: format!("{}: {} ran out of memory", called(stage), several(n_tasks, "task")),
            ..MetricFinding::default()
        },
    }
}
