//! Tasks that spent their time collecting garbage: the heap is nearly full.

use super::{Seen, Thresholds, called, graded, strongest};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::time;
use crate::world::spark_history::{RunMetrics, Stage, StageStatus};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    strongest(run.stages.iter().filter_map(|stage| of(stage, thresholds)))
}

fn of(stage: &Stage, thresholds: &Thresholds) -> Option<Seen> {
    let (gc_ms, run_ms) = (stage.totals.gc_ms, stage.totals.run_ms.max(1));
    let share = gc_ms as f64 / run_ms as f64;
    if gc_ms < thresholds.gc_ms || share < thresholds.gc_share {
        return None;
    }
    let fatal = stage.status != StageStatus::Complete;
    Some(Seen {
        strength: if fatal { graded(share / thresholds.gc_share, 3.0, 0.4, 0.6) } else { 0.3 },
        finding: MetricFinding {
            kind: "gc_share".to_owned(),
            stage: Some(stage.id),
            class: fatal.then(|| "oom.executor_gc".to_owned()),
            value: super::round(share),
            threshold: thresholds.gc_share,
            unit: "of the run time".to_owned(),
            text: format!(
                "{}: {:.0}% of the tasks' time ({} of {}) went into garbage collection",
                called(stage),
                share * 100.0,
                time(gc_ms),
                time(run_ms),
            ),
            ..MetricFinding::default()
        },
    })
}
