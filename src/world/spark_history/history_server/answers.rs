//! The answers of the History Server's REST API (Spark 3 and 4), as far as we read them.

use serde::Deserialize;

use crate::world::spark_history::tolerant;

#[derive(Deserialize)]
pub struct Application {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub attempt_id: Option<String>,
    #[serde(default)]
    pub completed: bool,
    pub start_time_epoch: Option<i64>,
    pub end_time_epoch: Option<i64>,
    /// When the log was last written to.
    pub last_updated_epoch: Option<i64>,
    pub app_spark_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    pub job_id: i64,
    #[serde(default)]
    pub status: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StageAnswer {
    pub status: String,
    pub stage_id: i32,
    pub attempt_id: i32,
    pub name: String,
    pub failure_reason: Option<String>,
    pub completion_time: Option<String>,
    #[serde(deserialize_with = "tolerant::count")]
    pub num_tasks: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub num_active_tasks: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub num_complete_tasks: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub num_failed_tasks: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub num_killed_tasks: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub executor_run_time: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub jvm_gc_time: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub input_bytes: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub input_records: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub output_bytes: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub output_records: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub shuffle_read_bytes: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub shuffle_read_records: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub shuffle_write_bytes: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub shuffle_write_records: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub memory_bytes_spilled: u64,
    #[serde(deserialize_with = "tolerant::count")]
    pub disk_bytes_spilled: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Executor {
    pub id: String,
    #[serde(default = "yes")]
    pub is_active: bool,
    pub remove_reason: Option<String>,
    pub add_time: Option<String>,
    pub remove_time: Option<String>,
    #[serde(default, deserialize_with = "tolerant::count")]
    pub total_cores: u64,
    /// Milliseconds that its tasks took together.
    #[serde(default, deserialize_with = "tolerant::count")]
    pub total_duration: u64,
    pub peak_memory_metrics: Option<PeakMemory>,
}

#[derive(Deserialize)]
pub struct PeakMemory {
    #[serde(rename = "JVMHeapMemory", default, deserialize_with = "tolerant::count")]
    pub heap: u64,
}

fn yes() -> bool {
    true
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskSummary {
    pub quantiles: Vec<f64>,
    pub duration: Vec<f64>,
    pub executor_deserialize_time: Vec<f64>,
    pub disk_bytes_spilled: Vec<f64>,
    pub peak_execution_memory: Vec<f64>,
    pub input_metrics: InputQuantiles,
    pub shuffle_read_metrics: ShuffleQuantiles,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InputQuantiles {
    pub bytes_read: Vec<f64>,
    pub records_read: Vec<f64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ShuffleQuantiles {
    pub read_bytes: Vec<f64>,
    pub read_records: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    pub error_message: Option<String>,
    pub launch_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    #[serde(default)]
    pub spark_properties: Vec<(String, String)>,
}

/// Milliseconds since 1970 of a time like `2026-11-23T18:10:27.283GMT`, which is how the server
/// gives the times it gives in no other way.
pub fn epoch_ms(time: &str) -> Option<i64> {
    let (date, clock) = time.strip_suffix("GMT")?.split_once('T')?;
    let date = numbers(date, '-')?;
    let (clock, ms) = clock.split_once('.').unwrap_or((clock, "0"));
    let clock = numbers(clock, ':')?;
    let [year, month, day] = date.try_into().ok()?;
    let [hours, minutes, seconds] = clock.try_into().ok()?;
    let seconds = ((days_since_1970(year, month, day) * 24 + hours) * 60 + minutes) * 60 + seconds;
    Some(seconds * 1_000 + i64::from(ms.parse::<u16>().ok()?))
}

fn numbers(text: &str, between: char) -> Option<Vec<i64>> {
    // No part of a time has more digits than a year.
    text.split(between).map(|number| number.parse::<u16>().ok().map(i64::from)).collect()
}

/// Counts from March, so that the leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_the_server_writes_them() {
        // From one answer, which gives the same times both ways.
        assert_eq!(epoch_ms("2026-11-23T18:09:52.558GMT"), Some(1_795_457_392_558));
        assert_eq!(epoch_ms("1970-01-01T00:00:00.000GMT"), Some(0));
        assert_eq!(epoch_ms("2024-02-29T12:00:00.000GMT"), Some(1_709_208_000_000));
        assert_eq!(epoch_ms("2024-03-01T12:00:00.000GMT"), Some(1_709_294_400_000));
        for nonsense in [
            "",
            "GMT",
            "TGMT",
            "2024-03GMT",
            "2024-03-01T12:00GMT",
            "xT00:00:00GMT",
            "99999999-01-01T00:00:00GMT",
        ] {
            assert_eq!(epoch_ms(nonsense), None, "{nonsense}");
        }
    }
}
