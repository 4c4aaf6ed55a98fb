//! `pipeline.pull-requests`: where a fix waits for people.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::ids::FixId;
use super::root_cause::Incident;
use super::{Key, Record, Topic};

/// A pull request, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequest {
    pub case: Case,
    pub incident: Incident,
    pub repository: Option<String>,
    pub fix_id: Option<FixId>,
    pub status: PullRequestStatus,
    pub branch: Option<String>,
    pub commit: Option<String>,
    /// Where a person finds it.
    pub url: Option<String>,
    pub reason: String,
}

/// How the attempt to open a pull request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullRequestStatus {
    Opened,
    AlreadyOpen,
    NothingToDo,
    GaveUp,
}

impl Record for PullRequest {
    const TOPIC: Topic = Topic::PULL_REQUESTS;
    const SCHEMAS: &'static [&'static str] = &[include_str!("../../schemas/pull_request/v1.avsc")];
    fn key(&self) -> Key {
        self.incident.key()
    }
}
