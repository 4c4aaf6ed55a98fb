//! `pipeline.news`: everything that happened to an incident, in one shape.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::diagnosis::MetricsReport;
use super::fix::FixPlan;
use super::pull_request::PullRequestStatus;
use super::root_cause::{Cause, Incident};
use super::{Key, Record, Topic};
use crate::runtime::Moment;

/// One line of news about an incident; exactly one of the last four is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct News {
    pub case: Case,
    pub incident: Incident,
    pub at: Moment,
    pub cause: Option<Cause>,
    pub diagnosis: Option<DiagnosisNews>,
    pub fix: Option<FixNews>,
    pub pull_request: Option<PullRequestNews>,
}

/// The cause after metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiagnosisNews {
    pub cause: Cause,
    pub metrics: MetricsReport,
}

/// The fix without its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixNews {
    pub repository: Option<String>,
    pub plan: FixPlan,
}

/// The pull request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequestNews {
    pub repository: Option<String>,
    pub status: PullRequestStatus,
    pub branch: Option<String>,
    pub url: Option<String>,
    pub reason: String,
}

impl Record for News {
    const TOPIC: Topic = Topic::NEWS;
    const SCHEMAS: &'static [&'static str] =
        &[include_str!("../../schemas/news/v1.avsc"), include_str!("../../schemas/news/v2.avsc")];
    fn key(&self) -> Key {
        self.incident.key()
    }
}
