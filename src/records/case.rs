//! The failed run, carried by every record that follows from it.

use serde::{Deserialize, Serialize};

use super::ids::FailureId;
use crate::runtime::Moment;

/// The failed run, as every record after the failure carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Hash of what makes this failure this one; the same failure sent twice has the same id.
    pub failure_id: FailureId,
    pub pipeline: Pipeline,
    pub run_id: Option<String>,
    pub attempt: Option<i32>,
    /// Index of a mapped Airflow task.
    pub map_index: Option<i32>,
    /// When it failed.
    pub failed_at: Moment,
    pub exit_code: Option<i32>,
    /// Whether somebody said that it failed, as every event does; a log that is only analysed may
    /// be of a run that worked.
    pub known_to_have_failed: bool,
    /// Whether the scheduler tries again by itself.
    pub will_retry: bool,
    /// Where the event says the job's source is; a hint.
    pub job_file: Option<String>,
    /// Spark application.
    pub application_id: Option<String>,
    /// Spark event log, a file or folder.
    pub event_log: Option<String>,
    /// Spark History Server.
    pub history_url: Option<String>,
    /// Where a person finds the log.
    pub log_url: Option<String>,
}

/// The pipeline that failed; every topic that is keyed by pipeline is keyed by these four.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pipeline {
    /// What ran it: airflow, dataproc, emr, glue, spark, ...
    pub source: String,
    /// Project or account; empty where there is none.
    pub project: String,
    /// DAG or workflow; empty where there is none.
    pub dag_id: String,
    /// Task or job; empty where there is none.
    pub task_id: String,
}

impl Pipeline {
    pub fn key(&self) -> super::Key {
        super::Key::of(&[&self.source, &self.project, &self.dag_id, &self.task_id])
    }

    /// How people call it: `dag.task`, or whatever of it there is.
    pub fn name(&self) -> String {
        let named: Vec<&str> = [&self.dag_id, &self.task_id]
            .into_iter()
            .map(String::as_str)
            .filter(|s| !s.is_empty())
            .collect();
        if named.is_empty() { self.source.clone() } else { named.join(".") }
    }
}
