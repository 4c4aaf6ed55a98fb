//! Executors that went away, and what their exit says.

use std::collections::BTreeMap;

use super::{Seen, Thresholds};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::several;
use crate::world::spark_history::{Removal, RunMetrics};

pub fn find(run: &RunMetrics, _: &Thresholds) -> Vec<Seen> {
    let mut by_exit: BTreeMap<Exit, u64> = BTreeMap::new();
    for removal in run.executors.iter().filter_map(|executor| executor.removed.as_ref()) {
        if let Some(exit) = exit(removal) {
            *by_exit.entry(exit).or_default() += 1;
        }
    }
    by_exit.into_iter().map(|(exit, n)| seen(run, exit, n)).collect()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    OutOfMemory,
    Killed,
    SilentTooLong,
    Code(i32),
    Lost,
}

/// None for executors that were sent away on purpose.
fn exit(removal: &Removal) -> Option<Exit> {
    let reason = removal.reason.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["killed by driver", "decommission", "idle"]) || removal.exit_code == Some(0) {
        return None;
    }
    if says(&["heartbeat timed out"]) {
        return Some(Exit::SilentTooLong);
    }
    if says(&["oomkilled", "memory limits", "physical memory"]) {
        return Some(Exit::Killed);
    }
    Some(match removal.exit_code {
        // Spark's own code for an OutOfMemoryError that nobody caught.
        Some(52) => Exit::OutOfMemory,
        Some(137) => Exit::Killed,
        Some(code) => Exit::Code(code),
        None => Exit::Lost,
    })
}

fn seen(run: &RunMetrics, exit: Exit, n: u64) -> Seen {
    let (class, strength, how) = match exit {
        Exit::OutOfMemory => {
            (Some("oom.executor_heap"), 0.85, "out of heap (exit code 52)".to_owned())
        }
        Exit::Killed => (Some("oom.executor_killed"), 0.7, "killed from outside (137)".to_owned()),
        Exit::SilentTooLong => (
            Some("network.heartbeat_timeout"),
            0.65,
            "silent for too long (no heartbeat)".to_owned(),
        ),
        Exit::Code(code) => (None, 0.3, format!("exit code {code}")),
        Exit::Lost => (None, 0.3, "node or connection gone".to_owned()),
    };
    // Spark replaces a lost executor; it matters where the work did not recover.
    let fatal = run.has_failed_jobs();
    Seen {
        strength: if fatal { strength } else { 0.3 },
        finding: MetricFinding {
            kind: "executor_lost".to_owned(),
            stage: None,
            class: class.filter(|_| fatal).map(str::to_owned),
            value: n as f64,
            threshold: 1.0,
            unit: "executors".to_owned(),
            text: format!("{} lost: {how}", several(n, "executor")),
            ..MetricFinding::default()
        },
    }
}
