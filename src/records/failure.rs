//! `pipeline.failures`: what producers send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::case::Pipeline;
use super::{Key, Record, Topic};
use crate::runtime::Moment;

/// A pipeline failed. Producers write this, or the JSON event of the same field names; everything may be absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failure {
    pub source: Option<String>,
    pub project: Option<String>,
    pub dag_id: Option<String>,
    pub task_id: Option<String>,
    pub run_id: Option<String>,
    pub attempt: Option<i32>,
    pub map_index: Option<i32>,
    /// When it failed.
    pub timestamp: Option<Moment>,
    pub log_path: Option<String>,
    pub local_log_path: Option<String>,
    pub log_url: Option<String>,
    pub executor_log_paths: Vec<String>,
    pub job_id: Option<String>,
    pub job_file: Option<String>,
    pub application_id: Option<String>,
    pub event_log_path: Option<String>,
    pub history_url: Option<String>,
    pub exit_code: Option<i32>,
    /// False where nobody knows whether it failed at all; `None` means that it did.
    pub known_to_have_failed: Option<bool>,
    pub will_retry: Option<bool>,
    pub metadata: BTreeMap<String, String>,
}

impl Record for Failure {
    const TOPIC: Topic = Topic::FAILURES;
    const SCHEMAS: &'static [&'static str] = &[include_str!("../../schemas/failure/v1.avsc")];
    fn key(&self) -> Key {
        self.pipeline().key()
    }
}

/// What stands in where a producer names no source.
const UNNAMED_SOURCE: &str = "unknown";

impl Failure {
    pub fn pipeline(&self) -> Pipeline {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        Pipeline {
            source: self.source.clone().unwrap_or_else(|| UNNAMED_SOURCE.to_owned()),
            project: text(&self.project),
            dag_id: text(&self.dag_id),
            task_id: self.task_id.clone().or_else(|| self.job_id.clone()).unwrap_or_default(),
        }
    }
}
