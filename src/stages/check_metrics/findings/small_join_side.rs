//! One side of a join that Spark shuffled is so small that it could be sent whole to every
//! executor, and the large side would stay where it is.

use super::{NOTE, Seen, Thresholds};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{bytes, count};
use crate::world::spark_history::{Join, JoinKind, RunMetrics, Side};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    let joins = run.queries.iter().flat_map(|query| &query.joins);
    let found = joins.filter_map(|join| Some((join, Small::of(join, thresholds)?)));
    // The join that moves most for nothing.
    let found = found.max_by_key(|(_, small)| small.other.bytes);
    found.map(|(join, small)| seen(join, &small, thresholds)).into_iter().collect()
}

struct Small {
    which: &'static str,
    side: Side,
    other: Side,
}

impl Small {
    fn of(join: &Join, thresholds: &Thresholds) -> Option<Self> {
        let [left, right] = join.sides?;
        let small = if left.bytes <= right.bytes {
            Self { which: "left", side: left, other: right }
        } else {
            Self { which: "right", side: right, other: left }
        };
        let may_be_broadcast = match join.kind {
            JoinKind::Inner => true,
            JoinKind::KeepsLeft => small.which == "right",
            JoinKind::KeepsRight => small.which == "left",
            JoinKind::Other => false,
        };
        let ratio = small.other.bytes as f64 / small.side.bytes.max(1) as f64;
        let other_is_large = small.other.bytes >= thresholds.skew_bytes
            || small.other.rows >= thresholds.skew_records;
        let is_small =
            small.side.bytes <= thresholds.small_side_bytes && ratio >= thresholds.small_side_ratio;
        (may_be_broadcast && other_is_large && is_small).then_some(small)
    }
}

fn seen(join: &Join, small: &Small, thresholds: &Thresholds) -> Seen {
    let operator = join.operator.split([' ', '(']).next().unwrap_or("a join");
    Seen {
        strength: NOTE,
        finding: MetricFinding {
            kind: "small_join_side".to_owned(),
            value: small.side.bytes as f64,
            threshold: thresholds.small_side_bytes as f64,
            unit: "bytes".to_owned(),
            text: format!(
                "{operator} shuffled both of its sides, and the {} one has only {} in {} rows (the \
                 other: {} in {}): small enough to be broadcast",
                small.which,
                bytes(small.side.bytes),
                count(small.side.rows),
                bytes(small.other.bytes),
                count(small.other.rows),
            ),
            operator: Some(operator.to_owned()),
            key: join.key.clone(),
            ..MetricFinding::default()
        },
    }
}
