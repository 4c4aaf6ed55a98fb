//! `pipeline.fixes`: a patch, or the reason why there is none.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::diagnosis::MetricsReport;
use super::ids::FixId;
use super::root_cause::{Cause, Incident};
use super::{Key, Record, Topic};

/// A fix, or a refusal with its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    pub case: Case,
    pub incident: Incident,
    /// Name in the operator's mapping; null where none fits.
    pub repository: Option<String>,
    /// Repository and sorted edits; null where nothing changes.
    pub fix_id: Option<FixId>,
    /// Commit that the fix was made from.
    pub base: Option<String>,
    pub cause: Cause,
    pub metrics: MetricsReport,
    pub plan: FixPlan,
    pub files: Vec<FixedFile>,
}

/// The fix, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixPlan {
    pub status: FixStatus,
    pub codemod: Option<String>,
    pub applicability: Option<Applicability>,
    pub reason: String,
    /// Paragraphs for the reviewer.
    pub explanation: Vec<String>,
    /// Unified; empty where nothing changes.
    pub diff: String,
    pub gates: Vec<Gate>,
}

/// How the attempt to write a fix ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixStatus {
    Patched,
    Already,
    Refused,
    Hint,
    None,
}

/// How sure a fix is of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applicability {
    Safe,
    Unsafe,
    Hint,
}

/// A check that a patch went through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub name: String,
    pub result: GateResult,
    pub detail: String,
}

/// How a check of a patch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateResult {
    Passed,
    Failed,
    NotRun,
}

/// A file as the fix leaves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixedFile {
    /// In the repository.
    pub path: String,
    /// Git blob id of what the fix was made from.
    pub before_sha: String,
    /// With a placeholder for each secret, which the blob has at the same place.
    pub content: String,
}

impl Record for Fix {
    const TOPIC: Topic = Topic::FIXES;
    const SCHEMAS: &'static [&'static str] =
        &[include_str!("../../schemas/fix/v1.avsc"), include_str!("../../schemas/fix/v2.avsc")];
    fn key(&self) -> Key {
        match &self.repository {
            Some(repository) => Key::of(&["repository", repository]),
            None => self.case.pipeline.key(),
        }
    }
}
