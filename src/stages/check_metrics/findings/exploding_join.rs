//! A join hands on far more rows than either side had: keys repeat on both sides, or are missing.

use super::{Seen, Thresholds, graded, strongest};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{count, times};
use crate::world::spark_history::{Join, RunMetrics};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    let joins = run.queries.iter().flat_map(|query| &query.joins);
    strongest(joins.filter_map(|join| of(join, thresholds)))
}

fn of(join: &Join, thresholds: &Thresholds) -> Option<Seen> {
    let ratio = join.rows_out as f64 / join.rows_in.max(1) as f64;
    // Of a join whose rows in were not counted nothing can be said.
    if join.rows_in == 0
        || join.rows_out < thresholds.blow_up_records
        || ratio < thresholds.blow_up_ratio
    {
        return None;
    }
    let size = join.rows_out as f64 / thresholds.blow_up_records as f64;
    // Only the operator's name: its condition may hold values of the user's.
    let operator = join.operator.split([' ', '(']).next().unwrap_or("a join");
    Some(Seen {
        strength: graded(size, 100.0, 0.65, 0.9),
        finding: MetricFinding {
            kind: "exploding_join".to_owned(),
            stage: None,
            class: Some("perf.exploding_join".to_owned()),
            value: super::round(ratio),
            threshold: thresholds.blow_up_ratio,
            unit: "rows out per row in".to_owned(),
            text: format!(
                "{operator} made {} rows of {} ({})",
                count(join.rows_out),
                count(join.rows_in),
                times(ratio)
            ),
            operator: Some(operator.to_owned()),
            key: join.key.clone(),
        },
    })
}
