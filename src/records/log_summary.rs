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

/// A signature that matched, with its first occurrence.
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
    /// What the signature extracted.
    pub captures: BTreeMap<String, String>,
    /// How often it matched.
    pub count: i64,
    pub last_line: i64,
    /// Index of the stack trace the line belongs to.
    pub trace: Option<i32>,
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
    pub language: TraceLanguage,
    pub file: String,
    pub first_line: i64,
    pub last_line: i64,
    /// Type of the outermost exception.
    pub exception: String,
    pub message: String,
    /// The line that names exception and message.
    pub message_line: i64,
    /// The `Caused by` chain, outermost first.
    pub causes: Vec<TraceCause>,
    /// Innermost last; capped.
    pub frames: Vec<Frame>,
    /// Whether the exception only wraps another.
    pub wrapper: bool,
}

/// The runtime that printed a stack trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceLanguage {
    Python,
    Java,
    Other,
}

/// One link of a `Caused by` chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceCause {
    pub exception: String,
    pub message: String,
    pub line: i64,
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
    const SCHEMAS: &'static [&'static str] = &[include_str!("../../schemas/log_summary/v1.avsc")];
    fn key(&self) -> Key {
        self.case.pipeline.key()
    }
}
