//! The events of Spark's listener bus, as far as we read them.
//!
//! Every field that some version leaves out has a default: one null must not cost the event.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::world::spark_history::tolerant;

/// The name of the event a line holds. Spark writes it first, so that the many events nobody asks
/// about cost no parsing.
pub fn name(line: &[u8]) -> Option<Cow<'_, str>> {
    const BEGINNING: &[u8] = br#"{"Event":""#;
    if let Some(rest) = line.strip_prefix(BEGINNING) {
        let end = rest.iter().position(|byte| *byte == b'"')?;
        return std::str::from_utf8(&rest[..end]).ok().map(Cow::Borrowed);
    }
    serde_json::from_slice::<Named>(line).ok().map(|named| named.event)
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(rename = "Event", borrow)]
    event: Cow<'a, str>,
}

#[derive(Deserialize)]
pub struct LogStart {
    #[serde(rename = "Spark Version")]
    pub spark_version: String,
}

#[derive(Deserialize)]
pub struct ApplicationStart {
    #[serde(rename = "App Name")]
    pub name: Option<String>,
    #[serde(rename = "App ID")]
    pub id: Option<String>,
    #[serde(rename = "App Attempt ID")]
    pub attempt: Option<String>,
    #[serde(rename = "Timestamp")]
    pub at: Option<i64>,
}

#[derive(Deserialize)]
pub struct ApplicationEnd {
    #[serde(rename = "Timestamp")]
    pub at: i64,
}

#[derive(Deserialize)]
pub struct EnvironmentUpdate {
    #[serde(rename = "Spark Properties", default)]
    pub properties: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub struct ExecutorAdded {
    #[serde(rename = "Executor ID")]
    pub id: String,
    #[serde(rename = "Timestamp")]
    pub at: Option<i64>,
    #[serde(rename = "Executor Info", default)]
    pub info: ExecutorInfo,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ExecutorInfo {
    #[serde(rename = "Total Cores", deserialize_with = "tolerant::count")]
    pub n_cores: u64,
}

#[derive(Deserialize)]
pub struct ExecutorRemoved {
    #[serde(rename = "Executor ID")]
    pub id: String,
    #[serde(rename = "Timestamp")]
    pub at: Option<i64>,
    #[serde(rename = "Removed Reason", default)]
    pub reason: String,
}

#[derive(Deserialize)]
pub struct JobEnd {
    #[serde(rename = "Job ID")]
    pub id: i64,
    #[serde(rename = "Job Result")]
    pub result: JobResult,
}

#[derive(Deserialize)]
pub struct JobResult {
    #[serde(rename = "Result")]
    pub result: String,
    #[serde(rename = "Exception")]
    pub exception: Option<JobException>,
}

#[derive(Deserialize)]
pub struct JobException {
    #[serde(rename = "Message")]
    pub message: Option<String>,
}

/// `StageSubmitted` and `StageCompleted`.
#[derive(Deserialize)]
pub struct StageEvent {
    #[serde(rename = "Stage Info")]
    pub info: StageInfo,
}

#[derive(Deserialize)]
pub struct StageInfo {
    #[serde(rename = "Stage ID")]
    pub id: i32,
    #[serde(rename = "Stage Attempt ID", default)]
    pub attempt: i32,
    #[serde(rename = "Stage Name", default)]
    pub name: String,
    #[serde(rename = "Number of Tasks", default)]
    pub n_tasks: u64,
    #[serde(rename = "Submission Time")]
    pub submitted: Option<i64>,
    #[serde(rename = "Completion Time")]
    pub completed: Option<i64>,
    #[serde(rename = "Failure Reason")]
    pub failure: Option<String>,
    #[serde(rename = "Accumulables", default)]
    pub accumulables: Vec<Accumulable>,
}

#[derive(Deserialize)]
pub struct Accumulable {
    #[serde(rename = "ID")]
    pub id: i64,
    #[serde(rename = "Value", default)]
    pub value: serde_json::Value,
}

impl Accumulable {
    /// SQL metrics are numbers in quotes.
    pub fn number(&self) -> Option<u64> {
        match &self.value {
            serde_json::Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        }
    }
}

#[derive(Deserialize)]
pub struct TaskStart<'a> {
    #[serde(rename = "Stage ID")]
    pub stage: i32,
    #[serde(rename = "Stage Attempt ID", default)]
    pub attempt: i32,
    #[serde(rename = "Task Info", borrow)]
    pub info: TaskInfo<'a>,
}

#[derive(Deserialize)]
pub struct TaskEnd<'a> {
    #[serde(rename = "Stage ID")]
    pub stage: i32,
    #[serde(rename = "Stage Attempt ID", default)]
    pub attempt: i32,
    #[serde(rename = "Task End Reason", borrow)]
    pub reason: EndReason<'a>,
    #[serde(rename = "Task Info", borrow)]
    pub info: TaskInfo<'a>,
    #[serde(rename = "Task Executor Metrics")]
    pub executor: Option<ExecutorPeaks>,
    #[serde(rename = "Task Metrics")]
    pub metrics: Option<TaskMetrics>,
}

/// The most that an executor used while a task ran; 0 where nobody looked meanwhile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ExecutorPeaks {
    #[serde(rename = "JVMHeapMemory", deserialize_with = "tolerant::count")]
    pub heap: u64,
}

/// What Spark writes of the peaks of each executor and stage, where it is told to
/// (`spark.eventLog.logStageExecutorMetrics`).
#[derive(Deserialize)]
pub struct StageExecutorMetrics<'a> {
    #[serde(rename = "Executor ID", borrow)]
    pub executor: Cow<'a, str>,
    #[serde(rename = "Executor Metrics", default)]
    pub peaks: ExecutorPeaks,
}

#[derive(Deserialize)]
pub struct TaskInfo<'a> {
    #[serde(rename = "Task ID")]
    pub id: i64,
    #[serde(rename = "Executor ID", borrow, default)]
    pub executor: Cow<'a, str>,
    #[serde(rename = "Launch Time", default)]
    pub launched: i64,
    #[serde(rename = "Finish Time", default)]
    pub finished: i64,
}

#[derive(Deserialize)]
pub struct EndReason<'a> {
    #[serde(rename = "Reason", borrow)]
    pub reason: Cow<'a, str>,
    #[serde(rename = "Class Name", borrow)]
    pub class_name: Option<Cow<'a, str>>,
    #[serde(rename = "Description", borrow)]
    pub description: Option<Cow<'a, str>>,
    #[serde(rename = "Full Stack Trace", borrow)]
    pub stack_trace: Option<Cow<'a, str>>,
    #[serde(rename = "Kill Reason", borrow)]
    pub kill_reason: Option<Cow<'a, str>>,
    #[serde(rename = "Loss Reason", borrow)]
    pub loss_reason: Option<Cow<'a, str>>,
    #[serde(rename = "Message", borrow)]
    pub message: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TaskMetrics {
    #[serde(rename = "Executor Run Time", deserialize_with = "tolerant::count")]
    pub run_ms: u64,
    #[serde(rename = "JVM GC Time", deserialize_with = "tolerant::count")]
    pub gc_ms: u64,
    #[serde(rename = "Peak Execution Memory", deserialize_with = "tolerant::count")]
    pub peak_memory: u64,
    #[serde(rename = "Memory Bytes Spilled", deserialize_with = "tolerant::count")]
    pub memory_spilled: u64,
    #[serde(rename = "Disk Bytes Spilled", deserialize_with = "tolerant::count")]
    pub disk_spilled: u64,
    #[serde(rename = "Input Metrics")]
    pub input: InputMetrics,
    #[serde(rename = "Output Metrics")]
    pub output: OutputMetrics,
    #[serde(rename = "Shuffle Read Metrics")]
    pub shuffle_read: ShuffleRead,
    #[serde(rename = "Shuffle Write Metrics")]
    pub shuffle_write: ShuffleWrite,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct InputMetrics {
    #[serde(rename = "Bytes Read", deserialize_with = "tolerant::count")]
    pub bytes: u64,
    #[serde(rename = "Records Read", deserialize_with = "tolerant::count")]
    pub records: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OutputMetrics {
    #[serde(rename = "Bytes Written", deserialize_with = "tolerant::count")]
    pub bytes: u64,
    #[serde(rename = "Records Written", deserialize_with = "tolerant::count")]
    pub records: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ShuffleRead {
    #[serde(rename = "Remote Bytes Read", deserialize_with = "tolerant::count")]
    pub remote_bytes: u64,
    #[serde(rename = "Local Bytes Read", deserialize_with = "tolerant::count")]
    pub local_bytes: u64,
    #[serde(rename = "Total Records Read", deserialize_with = "tolerant::count")]
    pub records: u64,
}

impl ShuffleRead {
    pub fn bytes(&self) -> u64 {
        self.remote_bytes.saturating_add(self.local_bytes)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ShuffleWrite {
    #[serde(rename = "Shuffle Bytes Written", deserialize_with = "tolerant::count")]
    pub bytes: u64,
    #[serde(rename = "Shuffle Records Written", deserialize_with = "tolerant::count")]
    pub records: u64,
}

/// `SQLExecutionStart` and `SQLAdaptiveExecutionUpdate`.
#[derive(Deserialize)]
pub struct SqlPlan {
    #[serde(rename = "executionId")]
    pub execution: i64,
    #[serde(default)]
    pub description: String,
    #[serde(rename = "physicalPlanDescription", default)]
    pub text: String,
}

/// The part of the same event that can be too deep to be parsed.
#[derive(Deserialize)]
pub struct SqlPlanTree {
    #[serde(rename = "sparkPlanInfo")]
    pub root: PlanNode,
}

#[derive(Deserialize)]
pub struct PlanNode {
    #[serde(rename = "nodeName", default)]
    pub name: String,
    #[serde(rename = "simpleString", default)]
    pub text: String,
    #[serde(default)]
    pub children: Vec<PlanNode>,
    #[serde(default)]
    pub metrics: Vec<PlanMetric>,
}

#[derive(Deserialize)]
pub struct PlanMetric {
    pub name: String,
    #[serde(rename = "accumulatorId")]
    pub id: i64,
}

#[derive(Deserialize)]
pub struct DriverAccumUpdates {
    #[serde(rename = "accumUpdates", default)]
    pub updates: Vec<(i64, i64)>,
}
