//! Tasks that failed with an exception of the job's or the node's.

use std::collections::BTreeMap;

use super::{Seen, Thresholds, called, oom_signals};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::several;
use crate::world::spark_history::{FailureKind, RunMetrics, Stage, StageStatus};

/// What a task says, and the class it means. The first that is found counts; the general ones
/// stand last.
const SAYINGS: &[(&str, &str)] = &[
    ("No space left on device", "infra.disk_full"),
    ("Too many open files", "infra.too_many_open_files"),
    ("Python worker exited unexpectedly", "python.worker_crash"),
    (": ModuleNotFoundError", "env.missing_python_module"),
    ("PYTHON_VERSION_MISMATCH", "env.python_version_mismatch"),
    ("Python in worker has different version", "env.python_version_mismatch"),
    ("MALFORMED_RECORD", "data.malformed_record"),
    ("CAST_INVALID_INPUT", "data.cast_invalid_input"),
    ("DIVIDE_BY_ZERO", "data.arithmetic"),
    ("ARITHMETIC_OVERFLOW", "data.arithmetic"),
    ("Kryo serialization failed: Buffer overflow", "serialization.kryo_buffer"),
    ("api.python.PythonException", "python.udf_exception"),
];

pub fn find(run: &RunMetrics, _: &Thresholds) -> Vec<Seen> {
    run.stages.iter().flat_map(of).collect()
}

/// One finding for each exception and class, though its tasks worded it differently.
fn of(stage: &Stage) -> Vec<Seen> {
    let mut by_kind: BTreeMap<(&str, Option<&str>), u64> = BTreeMap::new();
    for failure in &stage.failures {
        let told_elsewhere = oom_signals::class_of(&failure.reason).is_some();
        let of_the_job = matches!(failure.kind, FailureKind::Exception | FailureKind::Other);
        if of_the_job && !told_elsewhere {
            // The exception's name alone: what it says has not been through the redactor.
            let name = failure.reason.split(':').next().unwrap_or_default();
            let name = if name.contains(char::is_whitespace) { "an error" } else { name };
            *by_kind.entry((name, class_of(&failure.reason))).or_default() += failure.n_tasks;
        }
    }
    by_kind.into_iter().map(|((name, class), n_tasks)| seen(stage, name, class, n_tasks)).collect()
}

fn class_of(reason: &str) -> Option<&'static str> {
    SAYINGS.iter().find(|(saying, _)| reason.contains(saying)).map(|(_, class)| *class)
}

fn seen(stage: &Stage, name: &str, class: Option<&str>, n_tasks: u64) -> Seen {
    let fatal = stage.status != StageStatus::Complete;
    let end = if fatal { "" } else { ", and was done again with success" };
    Seen {
        strength: if fatal { 0.65 } else { 0.2 },
        finding: MetricFinding {
            kind: "task_failure".to_owned(),
            stage: Some(stage.id),
            class: class.filter(|_| fatal).map(str::to_owned),
            value: n_tasks as f64,
            threshold: 1.0,
            unit: "tasks".to_owned(),
            text: format!(
                "{}: {} failed with {name}{end}",
                called(stage),
                several(n_tasks, "task")
            ),
            ..MetricFinding::default()
        },
    }
}
