//! A read of very many very small files: opening them costs more than reading them.

use super::{Seen, Thresholds, called, graded, strongest};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{bytes, count, time};
use crate::world::spark_history::{RunMetrics, Scan, Stage};

/// A task that takes longer has work to do, however little it reads.
const SHORT_TASK_MS: f64 = 300.0;

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    let scans = run.queries.iter().flat_map(|query| &query.scans);
    let by_plan = strongest(scans.filter_map(|scan| of_scan(scan, thresholds)));
    if !by_plan.is_empty() {
        return by_plan;
    }
    // Without a plan, a task for each file gives it away.
    strongest(run.stages.iter().filter_map(|stage| of_stage(stage, thresholds)))
}

fn of_scan(scan: &Scan, thresholds: &Thresholds) -> Option<Seen> {
    let mean = scan.bytes / scan.n_files.max(1);
    if scan.n_files < thresholds.small_files || mean >= thresholds.small_file_bytes {
        return None;
    }
    let text =
        format!("one read opened {} files of {} on average", count(scan.n_files), bytes(mean));
    Some(seen(None, scan.n_files, thresholds, text))
}

fn of_stage(stage: &Stage, thresholds: &Thresholds) -> Option<Seen> {
    let n_tasks = stage.tasks.n_succeeded;
    let mean = stage.totals.input_bytes / n_tasks.max(1);
    let ordinary = stage.spread.duration_ms.ordinary();
    let reads_little = mean > 0 && mean < thresholds.small_file_bytes;
    if n_tasks < thresholds.small_files || !reads_little || ordinary > SHORT_TASK_MS {
        return None;
    }
    let text = format!(
        "{} read {} on average in each of {} tasks of {}",
        called(stage),
        bytes(mean),
        count(n_tasks),
        time(ordinary as u64),
    );
    Some(seen(Some(stage.id), n_tasks, thresholds, text))
}

fn seen(stage: Option<i32>, n: u64, thresholds: &Thresholds, text: String) -> Seen {
    let size = n as f64 / thresholds.small_files.max(1) as f64;
    Seen {
        strength: graded(size, 20.0, 0.72, 0.9),
        finding: MetricFinding {
            kind: "small_files".to_owned(),
            stage,
            class: Some("perf.small_files".to_owned()),
            value: n as f64,
            threshold: thresholds.small_files as f64,
            unit: "files".to_owned(),
            text,
            ..MetricFinding::default()
        },
    }
}
