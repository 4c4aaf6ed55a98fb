//! Tasks had more to sort or group than their memory holds, and went through the disk.

use super::{Seen, Thresholds, called, graded, strongest, with_work};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{bytes, several};
use crate::world::spark_history::{RunMetrics, Stage};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    strongest(run.stages.iter().filter_map(|stage| of(stage, thresholds)))
}

fn of(stage: &Stage, thresholds: &Thresholds) -> Option<Seen> {
    let spilled = stage.totals.disk_spilled;
    if spilled < thresholds.spill_bytes {
        return None;
    }
    let size = spilled as f64 / thresholds.spill_bytes.max(1) as f64;
    let seen = Seen {
        strength: graded(size, 160.0, 0.75, 0.9),
        finding: MetricFinding {
            kind: "spill".to_owned(),
            stage: Some(stage.id),
            class: Some("perf.spill".to_owned()),
            value: spilled as f64,
            threshold: thresholds.spill_bytes as f64,
            unit: "bytes".to_owned(),
            text: format!(
                "{} spilled {} to disk ({} in memory) in {}",
                called(stage),
                bytes(spilled),
                bytes(stage.totals.memory_spilled),
                several(stage.tasks.n_succeeded, "task"),
            ),
            ..MetricFinding::default()
        },
    };
    Some(with_work(seen, stage.work.as_ref()))
}
