//! `pipeline.log-summaries`: what the logs say, before anybody judges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::{Key, Record, Topic};

/// What the logs of a failed run say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogSummary {
    pub case: Case,
    pub logs: Vec<LogFile>,
    /// In order of file and line.
    pub findings: Vec<Finding>,
    pub traces: Vec<Trace>,
    pub contexts: Vec<QueryContext>,
    /// The last lines of the driver's log.
    pub tail: Vec<LogLine>,
    /// Version of the signatures that were used.
    pub pack: String,
}

/// One log that was read, or was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogFile {
    pub name: String,
    pub role: LogRole,
    pub status: LogStatus,
    pub lines: i64,
    /// Uncompressed.
    pub bytes: i64,
    /// What a person should know; empty where all went well.
    pub detail: String,
}

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogRole {
    Driver,
    Executor,
    Task,
    Unknown,
}

/// How reading the log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStatus {
    Read,
    Missing,
    Empty,
    Binary,
    Refused,
    Unreadable,
    Truncated,
}

/// A signature that matched; of each, the first few occurrences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub signature: String,
    /// Failure class, where the signature stands for one.
    pub class: Option<String>,
    pub kind: FindingKind,
    pub file: String,
    /// 1-based, uncompressed.
    pub line: i64,
    /// The line, redacted and capped.
    pub text: String,
    pub level: LogLevel,
    /// What the signature extracted.
    pub captures: BTreeMap<String, String>,
    /// How often the signature matched in this file, repeats included; the same on each of its
    /// findings.
    pub count: i64,
    /// Where it matched last in this file.
    pub last_line: i64,
    /// Index of the stack trace the line belongs to.
    pub trace: Option<i32>,
    /// Index into the trace's chain of the exception it belongs to.
    pub thrown: Option<i32>,
    /// When the record was written, ISO 8601; in UTC where it ends in `Z`.
    pub timestamp: Option<String>,
    /// The thread that wrote it.
    pub thread: Option<String>,
    /// The container, pod, file or stream it comes from, where the log holds several.
    pub origin: Option<String>,
    /// Spark's error class with its sub-class, such as `UNRESOLVED_COLUMN.WITH_SUGGESTION`.
    pub error_class: Option<String>,
    /// The SQLSTATE that Spark gave with it.
    pub sql_state: Option<String>,
}

/// How loud the record was that a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Unknown,
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// What a signature's match means: a cause by itself, a wrapper around one, an echo of one, a step in the run's life, or noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    Cause,
    Wrapper,
    Echo,
    Lifecycle,
    Noise,
}

/// A stack trace as one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    pub file: String,
    pub first_line: i64,
    pub last_line: i64,
    pub level: LogLevel,
    /// What the record says before the trace begins.
    pub lead: Option<String>,
    /// The exceptions in the order in which the log tells of them.
    pub chain: Vec<Thrown>,
    /// How many later traces say the same.
    pub repeats: i64,
    /// When the record was written, ISO 8601; in UTC where it ends in `Z`.
    pub timestamp: Option<String>,
    /// The thread that wrote it.
    pub thread: Option<String>,
    /// The container, pod, file or stream it comes from, where the log holds several.
    pub origin: Option<String>,
}

/// One exception of a stack trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thrown {
    pub exception: String,
    /// Redacted and capped; may have several lines.
    pub message: String,
    /// The line that names it, 1-based, uncompressed.
    pub line: i64,
    pub language: TraceLanguage,
    pub relation: ThrownRelation,
    /// Whether it only wraps another.
    pub wrapper: bool,
    /// Python: innermost last. JVM: innermost first. Capped.
    pub frames: Vec<Frame>,
    /// Index into the chain of the exception it carries.
    pub carries: Option<i32>,
    /// Spark's error class with its sub-class, such as `UNRESOLVED_COLUMN.WITH_SUGGESTION`.
    pub error_class: Option<String>,
    /// The SQLSTATE that Spark gave with it.
    pub sql_state: Option<String>,
}

/// How an exception stands to the one told before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThrownRelation {
    First,
    /// It caused the one before.
    CausedBy,
    /// The message of the one before names it.
    Within,
    /// The one before carries it: the JVM's side of a Py4J error, a worker's traceback.
    Carried,
    /// The one before caused it.
    RaisedFrom,
    /// It happened while the one before was handled.
    WhileHandling,
}

/// The runtime that printed a stack trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceLanguage {
    Python,
    Java,
    Other,
}

/// One frame of a stack trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub file: String,
    pub line: Option<i32>,
    pub function: String,
    /// The source line, where the trace shows it.
    pub code: String,
}

/// A line of the user's source that Spark itself named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryContext {
    /// The log.
    pub file: String,
    /// Where the log says it, 1-based, uncompressed.
    pub line: i64,
    /// The call, such as `cast` or `col`.
    pub fragment: String,
    pub source_file: String,
    pub source_line: i32,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    pub file: String,
    /// 1-based, uncompressed.
    pub line: i64,
    /// Redacted and capped.
    pub text: String,
}

impl Record for LogSummary {
    const TOPIC: Topic = Topic::LOG_SUMMARIES;
    const SCHEMAS: &'static [&'static str] = &[
        include_str!("../../schemas/log_summary/v1.avsc"),
        include_str!("../../schemas/log_summary/v2.avsc"),
    ];
    fn key(&self) -> Key {
        self.case.pipeline.key()
    }
}
