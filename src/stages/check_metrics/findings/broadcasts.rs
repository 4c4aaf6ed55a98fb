//! A table that was sent whole to every executor, and is large for that: the driver gathers it
//! first, and each executor holds a copy.

use super::{NOTE, Seen, Thresholds};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{bytes, count};
use crate::world::spark_history::RunMetrics;

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    let broadcasts = run.queries.iter().flat_map(|query| &query.broadcasts);
    let largest = broadcasts.max_by_key(|broadcast| broadcast.bytes);
    let largest = largest.filter(|broadcast| broadcast.bytes >= thresholds.broadcast_bytes);
    let seen = largest.map(|broadcast| Seen {
        strength: NOTE,
        finding: MetricFinding {
            kind: "large_broadcast".to_owned(),
            // A wait for it, or a driver without memory, is told by the log.
            class: run.has_failed_jobs().then(|| "broadcast.timeout".to_owned()),
            value: broadcast.bytes as f64,
            threshold: thresholds.broadcast_bytes as f64,
            unit: "bytes".to_owned(),
            text: format!(
                "a table of {} in {} rows was broadcast to every executor",
                bytes(broadcast.bytes),
                count(broadcast.rows)
            ),
            operator: Some("BroadcastExchange".to_owned()),
            ..MetricFinding::default()
        },
    });
    seen.into_iter().collect()
}
