//! What Spark measured of one run, bounded in size whatever the run was.

use std::collections::BTreeMap;

use serde::Serialize;

use super::spread::Spread;
use crate::records::diagnosis::MetricsSource;

/// What Spark measured of one run of one application.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunMetrics {
    pub source: MetricsSource,
    pub application: Application,
    pub jobs: Jobs,
    /// By stage and attempt.
    pub stages: Vec<Stage>,
    /// By the order they were added; the driver is not among them.
    pub executors: Vec<Executor>,
    /// SQL queries, by their number.
    pub queries: Vec<Query>,
    /// Settings that explain how the run could behave; never secrets, as they are picked by name.
    pub settings: BTreeMap<String, String>,
    /// The last run of the same application that went well, where one was found.
    pub last_good: Option<LastGood>,
    pub reading: Reading,
}

/// A run to compare with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LastGood {
    /// Its application, for a person.
    pub from: String,
    pub extent: Extent,
}

/// How much a run did. Sums over its stages; 0 where nobody told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Extent {
    pub wall_ms: u64,
    pub input_bytes: u64,
    pub input_records: u64,
    pub shuffle_bytes: u64,
}

/// The application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Application {
    pub id: Option<String>,
    pub name: Option<String>,
    pub attempt: Option<String>,
    pub spark_version: Option<String>,
    /// Milliseconds since 1970.
    pub started_at: Option<i64>,
    /// None when Spark never said goodbye: it was killed, or it still runs.
    pub ended_at: Option<i64>,
}

/// How the jobs ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Jobs {
    pub n_succeeded: u64,
    pub n_failed: u64,
    /// Started and never ended.
    pub n_unfinished: u64,
    /// The last few.
    pub failed: Vec<FailedJob>,
}

/// A job that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedJob {
    pub id: i64,
    /// First line.
    pub reason: String,
}

/// One attempt of one stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    pub id: i32,
    pub attempt: i32,
    pub name: String,
    pub status: StageStatus,
    /// First line of why it failed.
    pub failure: Option<String>,
    pub tasks: TaskCounts,
    pub totals: Totals,
    pub spread: TaskSpread,
    pub slowest: Slowest,
    /// What it does with the shuffled data it reads, where the query plan tells.
    pub work: Option<Work>,
    /// Tasks that were still at it when the stage was given up or the log ended.
    pub unfinished: Unfinished,
    /// Kinds of failure, the most frequent first.
    pub failures: Vec<TaskFailure>,
}

/// How a stage attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    Complete,
    Failed,
    Unfinished,
}

/// Tasks of a stage, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TaskCounts {
    pub n_planned: u64,
    pub n_succeeded: u64,
    pub n_failed: u64,
    pub n_killed: u64,
}

/// Sums over the tasks of a stage. Times in milliseconds, sizes in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub run_ms: u64,
    pub gc_ms: u64,
    pub input_bytes: u64,
    pub input_records: u64,
    pub output_bytes: u64,
    pub output_records: u64,
    pub shuffle_read_bytes: u64,
    pub shuffle_read_records: u64,
    pub shuffle_write_bytes: u64,
    pub shuffle_write_records: u64,
    pub memory_spilled: u64,
    pub disk_spilled: u64,
}

/// How the tasks that succeeded differ from each other. Times in milliseconds, sizes in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaskSpread {
    pub duration_ms: Spread,
    pub input_bytes: Spread,
    pub input_records: Spread,
    pub shuffle_bytes: Spread,
    pub shuffle_records: Spread,
    pub disk_spilled: Spread,
    pub peak_memory: Spread,
}

/// The longest of the tasks that succeeded, in milliseconds, by whether their executor was warm.
/// The first tasks of an executor also pay for its start: classes to load, Python workers to fork.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Slowest {
    pub on_warm_ms: u64,
    pub on_fresh_ms: u64,
}

/// An operator and the columns its data is distributed by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Work {
    /// Its name alone: SortMergeJoin, HashAggregate, Window, Exchange.
    pub operator: String,
    /// Names of columns, separated by commas; never values.
    pub key: Option<String>,
}

/// Tasks that did not come to an end of their own: running at the end, or killed with the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    pub n_tasks: u64,
    pub longest_ms: u64,
    /// The most that one of them had read, from input or shuffle, where Spark told.
    pub most_records: u64,
    pub most_bytes: u64,
}

/// Tasks of a stage that failed alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskFailure {
    pub kind: FailureKind,
    /// The exception's class and the beginning of its message, or the reason as Spark gives it.
    pub reason: String,
    pub n_tasks: u64,
}

/// Why a task did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    Exception,
    ExecutorLost,
    FetchFailed,
    /// Ended by Spark: the stage was cancelled, or another attempt was faster.
    Killed,
    /// Succeeded, but its output was lost with its executor.
    Resubmitted,
    Other,
}

/// The life of an executor. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Executor {
    pub id: String,
    pub added_at: Option<i64>,
    pub removed_at: Option<i64>,
    pub removed: Option<Removal>,
    /// Tasks it could run at once; 0 where nobody told.
    pub n_cores: u64,
    /// How long its tasks took together, in milliseconds.
    pub busy_ms: u64,
    /// Bytes of heap in use at most, where that was measured.
    pub peak_heap: Option<u64>,
}

/// How an executor went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removal {
    pub reason: String,
    pub exit_code: Option<i32>,
}

/// A SQL query.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Query {
    pub id: i64,
    pub description: String,
    /// The physical plan as Spark prints it, its beginning.
    pub plan: String,
    pub joins: Vec<Join>,
    pub scans: Vec<Scan>,
    /// What was sent whole to every executor.
    pub broadcasts: Vec<Side>,
}

/// A join with the rows that went in and came out; 0 where Spark did not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Join {
    /// As in the plan, with its keys.
    pub operator: String,
    /// Names of the columns of its left side, separated by commas.
    pub key: Option<String>,
    pub kind: JoinKind,
    /// Of its larger side.
    pub rows_in: u64,
    pub rows_out: u64,
    /// Left and right, where each was shuffled for this join alone.
    pub sides: Option<[Side; 2]>,
}

/// Which side of a join may be sent whole to every executor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinKind {
    /// Either.
    Inner,
    /// The right one: left outer, semi and anti joins.
    KeepsLeft,
    /// The left one.
    KeepsRight,
    /// Neither: full outer joins, and what we do not know.
    #[default]
    Other,
}

/// What one side hands to a join, as Spark holds it in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Side {
    pub bytes: u64,
    pub rows: u64,
}

/// A read of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// As in the plan, with its location.
    pub operator: String,
    pub n_files: u64,
    pub bytes: u64,
}

/// How well the metrics could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// What was read, for a person: a file's name or an address.
    pub from: String,
    /// Bytes of a log after decompression; 0 for answers.
    pub n_bytes: u64,
    /// Events or answers.
    pub n_events: u64,
    /// Lines that are not JSON, or not the JSON their event should have.
    pub n_bad_lines: u64,
    /// What is missing from these metrics, and why.
    pub gaps: Vec<String>,
}

impl RunMetrics {
    /// Whether Spark said goodbye and nothing of what it said is missing, so that what is not
    /// here did not happen.
    pub fn is_whole(&self) -> bool {
        self.application.ended_at.is_some()
            && self.reading.gaps.is_empty()
            && self.reading.n_bad_lines == 0
    }

    /// How long the run took, in milliseconds; None where it did not end.
    pub fn wall_ms(&self) -> Option<u64> {
        let (start, end) = (self.application.started_at?, self.application.ended_at?);
        u64::try_from(end.saturating_sub(start)).ok().filter(|wall| *wall > 0)
    }

    /// How much the run did.
    pub fn extent(&self) -> Extent {
        let sum = |of: fn(&Totals) -> u64| {
            self.stages.iter().fold(0_u64, |sum, stage| sum.saturating_add(of(&stage.totals)))
        };
        Extent {
            wall_ms: self.wall_ms().unwrap_or(0),
            input_bytes: sum(|totals| totals.input_bytes),
            input_records: sum(|totals| totals.input_records),
            shuffle_bytes: sum(|totals| totals.shuffle_write_bytes),
        }
    }

    /// Whether it came to its end with every job done.
    pub fn went_well(&self) -> bool {
        self.application.ended_at.is_some() && self.jobs.n_succeeded > 0 && !self.has_failed_jobs()
    }

    /// The run as one to compare another with.
    pub fn as_last_good(&self) -> LastGood {
        let name = self.application.id.as_ref().unwrap_or(&self.reading.from);
        LastGood { from: name.clone(), extent: self.extent() }
    }

    /// Whether some job failed or never ended.
    pub fn has_failed_jobs(&self) -> bool {
        self.jobs.n_failed > 0 || self.jobs.n_unfinished > 0
    }
}

impl Stage {
    pub(super) fn new(id: i32, attempt: i32) -> Self {
        Self {
            id,
            attempt,
            name: String::new(),
            status: StageStatus::Unfinished,
            failure: None,
            tasks: TaskCounts::default(),
            totals: Totals::default(),
            spread: TaskSpread::default(),
            slowest: Slowest::default(),
            work: None,
            unfinished: Unfinished::default(),
            failures: Vec::new(),
        }
    }
}

impl Removal {
    pub fn because(reason: &str) -> Self {
        Self { exit_code: exit_code(reason), reason: first_line(reason, 300) }
    }
}

/// `Command exited with code 137`, `exit code 52`, `Exit status: 143`, `exitCode: 1`.
fn exit_code(reason: &str) -> Option<i32> {
    let reason = reason.to_ascii_lowercase();
    ["exited with code", "exit code", "exit status", "exitcode"].iter().find_map(|marker| {
        let after = &reason[reason.find(marker)? + marker.len()..];
        let number = after.trim_start_matches([':', ' ', '=']).trim_start_matches("is ");
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        number[..end].parse().ok()
    })
}

/// The first line, at most `most` characters of it.
pub(super) fn first_line(text: &str, most: usize) -> String {
    text.trim_start().lines().next().unwrap_or_default().chars().take(most).collect()
}

/// Settings that explain how a run could behave. None of them holds a secret.
const SETTINGS: &[&str] = &[
    "spark.master",
    "spark.app.name",
    "spark.driver.memory",
    "spark.driver.maxResultSize",
    "spark.executor.memory",
    "spark.executor.memoryOverhead",
    "spark.executor.pyspark.memory",
    "spark.executor.cores",
    "spark.executor.instances",
    "spark.default.parallelism",
    "spark.dynamicAllocation.enabled",
    "spark.memory.fraction",
    "spark.network.timeout",
    "spark.speculation",
    "spark.task.maxFailures",
    "spark.sql.adaptive.enabled",
    "spark.sql.adaptive.skewJoin.enabled",
    "spark.sql.autoBroadcastJoinThreshold",
    "spark.sql.files.maxPartitionBytes",
    "spark.sql.files.openCostInBytes",
    "spark.sql.shuffle.partitions",
];

/// The settings of interest among all that a run had.
pub(super) fn settings_of(
    properties: impl IntoIterator<Item = (String, String)>,
) -> BTreeMap<String, String> {
    properties
        .into_iter()
        .filter(|(name, _)| SETTINGS.contains(&name.as_str()))
        .map(|(name, value)| (name, first_line(&value, 200)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_found_in_the_words_of_every_cluster_manager() {
        for (reason, code) in [
            ("Command exited with code 137", Some(137)),
            ("Container killed on request. Exit code is 143", Some(143)),
            ("Container from a bad node. Exit status: 143. Diagnostics", Some(143)),
            ("The executor with id 2 exited with exit code 52(JVM OOM).", Some(52)),
            ("worker lost: 127.0.0.1:36783 got disassociated", None),
            ("Executor heartbeat timed out after 14975 ms", None),
        ] {
            assert_eq!(Removal::because(reason).exit_code, code, "{reason}");
        }
    }
}
