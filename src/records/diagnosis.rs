//! `pipeline.diagnoses`: the cause after Spark's metrics were asked.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::root_cause::{Cause, Incident};
use super::{Key, Record, Topic};

/// The cause after Spark's metrics were asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    pub case: Case,
    pub incident: Incident,
    pub cause: Cause,
    pub metrics: MetricsReport,
}

/// What Spark's own metrics say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricsReport {
    pub checked: MetricsSource,
    pub verdict: MetricsVerdict,
    /// Why nothing was checked, or what was.
    pub detail: String,
    pub findings: Vec<MetricFinding>,
}

/// Where Spark's own metrics came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsSource {
    None,
    EventLog,
    HistoryServer,
}

/// What the metrics say about the cause the log gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsVerdict {
    Confirms,
    Refutes,
    Explains,
    Silent,
    Unconfirmed,
}

/// One thing Spark's metrics show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricFinding {
    /// skew, straggler, spill, stage_retry, task_failure, executor_lost, oom_signal, small_files, shuffle_blow_up, ...
    pub kind: String,
    pub stage: Option<i32>,
    /// The failure class it speaks for.
    pub class: Option<String>,
    pub value: f64,
    pub threshold: f64,
    pub unit: String,
    pub text: String,
    /// The operator of the query plan that it is about: SortMergeJoin, HashAggregate, Window, ...
    #[serde(default)]
    pub operator: Option<String>,
    /// The columns that the operator joins, groups or distributes by, separated by commas.
    #[serde(default)]
    pub key: Option<String>,
}

impl Record for Diagnosis {
    const TOPIC: Topic = Topic::DIAGNOSES;
    const SCHEMAS: &'static [&'static str] = &[
        include_str!("../../schemas/diagnosis/v1.avsc"),
        include_str!("../../schemas/diagnosis/v2.avsc"),
    ];
    fn key(&self) -> Key {
        self.case.pipeline.key()
    }
}
