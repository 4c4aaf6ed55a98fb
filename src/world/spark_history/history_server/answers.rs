//! The answers of the History Server's REST API (Spark 3 and 4), as far as we read them.

use serde::Deserialize;

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
    pub num_tasks: u64,
    pub num_active_tasks: u64,
    pub num_complete_tasks: u64,
    pub num_failed_tasks: u64,
    pub num_killed_tasks: u64,
    pub executor_run_time: u64,
    pub jvm_gc_time: u64,
    pub input_bytes: u64,
    pub input_records: u64,
    pub output_bytes: u64,
    pub output_records: u64,
    pub shuffle_read_bytes: u64,
    pub shuffle_read_records: u64,
    pub shuffle_write_bytes: u64,
    pub shuffle_write_records: u64,
    pub memory_bytes_spilled: u64,
    pub disk_bytes_spilled: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Executor {
    pub id: String,
    #[serde(default = "yes")]
    pub is_active: bool,
    pub remove_reason: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskSummary {
    pub quantiles: Vec<f64>,
    pub duration: Vec<f64>,
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
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    #[serde(default)]
    pub spark_properties: Vec<(String, String)>,
}
