//! `pipeline.root-causes`: the cause as the logs show it.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::ids::{ConversationId, IncidentId};
use super::log_summary::LogLine;
use super::{Key, Record, Topic};

/// The cause as the logs show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootCause {
    pub case: Case,
    pub incident: Incident,
    pub cause: Cause,
}

/// What the record is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Pipeline, class and subject, as the root cause first said it.
    pub incident_id: IncidentId,
    /// What people hear of as one thing.
    pub conversation_id: ConversationId,
}

/// A class with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    pub class: String,
    pub verdict: Verdict,
    /// 0 to 1.
    pub confidence: f64,
    /// One sentence for a person.
    pub summary: String,
    /// Null where no line shows the cause.
    pub root_line: Option<LogLine>,
    pub source: Option<SourceLine>,
    pub subject: Subject,
    /// Exceptions around the root, outermost first.
    pub wrapped_by: Vec<String>,
    pub evidence: Vec<Evidence>,
    pub rivals: Vec<Rival>,
    pub next_steps: Vec<NextStep>,
}

/// How sure the diagnosis is of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Conclusive,
    Inconclusive,
    Healthy,
}

/// A line of the user's source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    pub file: String,
    pub line: i32,
    pub text: String,
}

/// What the failure is about; codemods live on these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    pub column: Option<String>,
    /// Names that exist instead.
    pub candidates: Vec<String>,
    pub table: Option<String>,
    pub path: Option<String>,
    /// A configuration key.
    pub key: Option<String>,
    /// A JVM class.
    pub class_name: Option<String>,
    /// A Python module.
    pub module: Option<String>,
    /// An exception's type.
    pub exception: Option<String>,
    /// A user function.
    pub function: Option<String>,
    pub host: Option<String>,
    pub limit: Option<String>,
    pub actual: Option<String>,
    /// Spark's error class.
    pub error_class: Option<String>,
    pub application_id: Option<String>,
    pub executor: Option<String>,
    pub stage: Option<i32>,
}

/// A line that speaks for or against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub file: String,
    /// 0 where no line shows it.
    pub line: i64,
    pub says: Stance,
    pub text: String,
}

/// Whether a line speaks for or against the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    For,
    Against,
}

/// A hypothesis that lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rival {
    pub class: String,
    pub confidence: f64,
    pub lost_because: String,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextStep {
    pub kind: StepKind,
    pub text: String,
}

/// What sort of next step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    CodePatch,
    ConfigChange,
    DataFix,
    Infrastructure,
    Rerun,
    Credentials,
    UpstreamContact,
    Collect,
}

impl Record for RootCause {
    const TOPIC: Topic = Topic::ROOT_CAUSES;
    const SCHEMAS: &'static [&'static str] = &[include_str!("../../schemas/root_cause/v1.avsc")];
    fn key(&self) -> Key {
        self.case.pipeline.key()
    }
}

impl Incident {
    pub fn key(&self) -> Key {
        Key::of(&[self.conversation_id.as_str()])
    }
}
