//! From where on a number is a finding.

use serde::{Deserialize, Serialize};

/// From where on a number is a finding. Ratios are of the largest task to an ordinary one, and
/// each comes with a size below which nobody cares: a small skewed stage costs nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Skew: the largest task has this many times the data of an ordinary one.
    pub skew_ratio: f64,
    /// And at least this many records.
    pub skew_records: u64,
    /// Or this many bytes.
    pub skew_bytes: u64,
    /// Straggler: the slowest task takes this many times as long, with no more data.
    pub straggler_ratio: f64,
    /// And at least this long, in milliseconds.
    pub straggler_ms: u64,
    /// Bytes spilled to disk by all tasks of a stage.
    pub spill_bytes: u64,
    /// Small files: a read of at least this many.
    pub small_files: u64,
    /// With at most this many bytes each on average.
    pub small_file_bytes: u64,
    /// Join or shuffle with this many times the rows that went in.
    pub blow_up_ratio: f64,
    /// And at least this many rows.
    pub blow_up_records: u64,
    /// Part of the run time spent in garbage collection, 0 to 1.
    pub gc_share: f64,
    /// And at least this long over all tasks, in milliseconds.
    pub gc_ms: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            skew_ratio: 5.0,
            skew_records: 100_000,
            skew_bytes: 64 << 20,
            straggler_ratio: 4.0,
            straggler_ms: 10_000,
            spill_bytes: 64 << 20,
            small_files: 200,
            small_file_bytes: 1 << 20,
            blow_up_ratio: 10.0,
            blow_up_records: 1_000_000,
            gc_share: 0.25,
            gc_ms: 5_000,
        }
    }
}
