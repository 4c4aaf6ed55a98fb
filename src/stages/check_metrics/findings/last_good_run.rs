//! The same application went well before: what is different this time.

use super::{NOTE, Seen, Thresholds, round};
use crate::records::diagnosis::MetricFinding;
use crate::stages::check_metrics::wording::{bytes, count, time, times};
use crate::world::spark_history::{Extent, RunMetrics};

pub fn find(run: &RunMetrics, thresholds: &Thresholds) -> Vec<Seen> {
    let Some(before) = &run.last_good else { return Vec::new() };
    let compared = compare(&run.extent(), &before.extent);
    // What differs most, in either direction, stands for the others.
    let Some(most) = compared.iter().map(|measure| measure.ratio).max_by(|a, b| {
        let distance = |ratio: &f64| ratio.max(1.0 / ratio);
        distance(a).total_cmp(&distance(b))
    }) else {
        return Vec::new();
    };
    let differs = most.max(1.0 / most) >= thresholds.last_good_ratio;
    if !differs {
        return Vec::new();
    }
    let told: Vec<&str> = compared.iter().map(|measure| measure.text.as_str()).collect();
    vec![Seen {
        strength: NOTE,
        finding: MetricFinding {
            kind: "compared_to_last_good_run".to_owned(),
            value: round(most),
            threshold: thresholds.last_good_ratio,
            unit: "times the last good run".to_owned(),
            text: format!("{} went well; this run has {}", before.from, told.join(", ")),
            ..MetricFinding::default()
        },
    }]
}

struct Measure {
    ratio: f64,
    text: String,
}

impl Measure {
    /// None where one of the runs had nothing of it.
    fn of(name: &str, now: u64, before: u64, words: impl Fn(u64) -> String) -> Option<Measure> {
        if now == 0 || before == 0 {
            return None;
        }
        let ratio = now as f64 / before as f64;
        let text = format!("{} its {name} ({}, then {})", times(ratio), words(now), words(before));
        Some(Measure { ratio, text })
    }
}

/// What can be compared: both runs have some of it.
fn compare(now: &Extent, before: &Extent) -> Vec<Measure> {
    let measures = [
        Measure::of("duration", now.wall_ms, before.wall_ms, time),
        Measure::of("input", now.input_bytes, before.input_bytes, bytes),
        Measure::of("records read", now.input_records, before.input_records, count),
        Measure::of("shuffle", now.shuffle_bytes, before.shuffle_bytes, bytes),
    ];
    measures.into_iter().flatten().collect()
}
