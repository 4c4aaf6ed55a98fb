//! A stage hands on far more rows than it read; which operator does it, only the plan can tell.

use super::{Seen, Thresholds, called, graded, strongest};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{count, times};
use crate::world::spark_history::{RunMetrics, Stage};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    strongest(run.stages.iter().filter_map(|stage| of(stage, thresholds)))
}

fn of(stage: &Stage, thresholds: &Thresholds) -> Option<Seen> {
    let totals = &stage.totals;
    let rows_in = totals.input_records.saturating_add(totals.shuffle_read_records);
    let rows_out = totals.shuffle_write_records.max(totals.output_records);
    // A stage that reads nothing makes its rows itself, as spark.range does.
    let ratio = rows_out as f64 / rows_in.max(1) as f64;
    if rows_in == 0 || rows_out < thresholds.blow_up_records || ratio < thresholds.blow_up_ratio {
        return None;
    }
    let size = rows_out as f64 / thresholds.blow_up_records as f64;
    Some(Seen {
        strength: graded(size, 100.0, 0.6, 0.75),
        finding: MetricFinding {
            kind: "shuffle_blow_up".to_owned(),
            stage: Some(stage.id),
            class: Some("perf.exploding_join".to_owned()),
            value: super::round(ratio),
            threshold: thresholds.blow_up_ratio,
            unit: "rows out per row in".to_owned(),
            text: format!(
                "{} read {} records and wrote {} ({})",
                called(stage),
                count(rows_in),
                count(rows_out),
                times(ratio)
            ),
            ..MetricFinding::default()
        },
    })
}
