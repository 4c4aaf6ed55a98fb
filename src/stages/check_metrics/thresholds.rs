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
    /// Longer that the first tasks of an executor may take, in milliseconds: they load its code
    /// and start its Python workers.
    pub warm_up_ms: u64,
    /// A straggler explains a slow run where it held up this part of the run's time, 0 to 1.
    pub slow_task_share: f64,
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
    /// Small side of a join that is shuffled: at most this many bytes in memory,
    pub small_side_bytes: u64,
    /// where the other side has this many times as many.
    pub small_side_ratio: f64,
    /// Bytes of one broadcast, as it lies in memory.
    pub broadcast_bytes: u64,
    /// Too many partitions: a stage of at least this many tasks
    pub over_partition_tasks: u64,
    /// whose ordinary task takes at most this many milliseconds.
    pub over_partition_ms: u64,
    /// Too few partitions: an ordinary task reads at least this many bytes,
    pub under_partition_bytes: u64,
    /// or a stage uses less than half of the cores while its ordinary task takes this many
    /// milliseconds.
    pub under_partition_ms: u64,
    /// Heap in use at its peak, as part of what the executor was given, 0 to 1.
    pub peak_heap_share: f64,
    /// Idle executors: their tasks took less than this part of the time of their cores, 0 to 1,
    pub busy_share: f64,
    /// and they were there for at least this many milliseconds.
    pub idle_ms: u64,
    /// Compared to the last good run: this many times as much, or as little, is told.
    pub last_good_ratio: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            skew_ratio: 5.0,
            skew_records: 100_000,
            skew_bytes: 64 << 20,
            straggler_ratio: 4.0,
            straggler_ms: 10_000,
            warm_up_ms: 15_000,
            slow_task_share: 0.1,
            spill_bytes: 64 << 20,
            small_files: 200,
            small_file_bytes: 1 << 20,
            blow_up_ratio: 10.0,
            blow_up_records: 1_000_000,
            gc_share: 0.25,
            gc_ms: 5_000,
            small_side_bytes: 32 << 20,
            small_side_ratio: 10.0,
            broadcast_bytes: 256 << 20,
            over_partition_tasks: 1_000,
            over_partition_ms: 50,
            under_partition_bytes: 1 << 30,
            under_partition_ms: 60_000,
            peak_heap_share: 0.95,
            busy_share: 0.1,
            idle_ms: 60_000,
            last_good_ratio: 1.5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threshold_is_explained() {
        let page = include_str!("../../../docs/spark-metrics.md");
        let defaults = serde_json::to_value(Thresholds::default()).unwrap();
        for name in defaults.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}
