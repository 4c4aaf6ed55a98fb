//! Executors whose heap was nearly full at its peak, against what they were given.

use super::{NOTE, Seen, Thresholds, round};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::bytes;
use crate::world::spark_history::RunMetrics;

/// What Spark gives an executor where nothing is set.
const DEFAULT_MEMORY: u64 = 1 << 30;

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    let set = run.settings.get("spark.executor.memory");
    let Some(limit) = set.map_or(Some(DEFAULT_MEMORY), |text| size(text)) else { return vec![] };
    let peak = run.executors.iter().filter_map(|executor| executor.peak_heap).max();
    let share = |peak: u64| peak as f64 / limit.max(1) as f64;
    let seen = peak.filter(|peak| share(*peak) >= thresholds.peak_heap_share).map(|peak| Seen {
        strength: NOTE,
        finding: MetricFinding {
            kind: "peak_memory".to_owned(),
            // A heap is used before it is cleared: full means trouble only where work failed.
            class: run.has_failed_jobs().then(|| "oom.executor_heap".to_owned()),
            value: round(share(peak)),
            threshold: thresholds.peak_heap_share,
            unit: "of the heap".to_owned(),
            text: format!(
                "an executor had up to {} of its heap of {} in use",
                bytes(peak),
                bytes(limit)
            ),
            ..MetricFinding::default()
        },
    });
    seen.into_iter().collect()
}

/// Bytes of a size as Spark's settings spell it, `600m` or `4G`; bare numbers are mebibytes.
fn size(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let shift = match text[end..].trim() {
        "b" => 0,
        "k" | "kb" => 10,
        "" | "m" | "mb" => 20,
        "g" | "gb" => 30,
        "t" | "tb" => 40,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_spark_reads_them() {
        for (text, bytes) in [
            ("600m", Some(600 << 20)),
            ("4G", Some(4 << 30)),
            ("1024", Some(1 << 30)),
            ("2 gb", Some(2 << 30)),
            ("much", None),
            ("99999999999t", None),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
    }
}
