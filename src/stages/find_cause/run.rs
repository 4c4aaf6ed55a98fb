//! One run seen through its logs: how it ended, and every place where a cause shows itself.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::last_words;
use crate::records::LogSummary;
use crate::records::log_summary::{
    Finding, FindingKind, Frame, LogFile, LogLevel, LogLine, LogRole, LogStatus, Thrown, Trace,
    TraceLanguage,
};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its exit code or its scheduler says that it worked.
    Succeeded,
    /// Nothing in the log says that it failed.
    LooksHealthy,
    /// It failed.
    Failed,
    /// Its log just ends, or its exit code says that it was killed.
    Killed,
    /// It was asked to end while it worked.
    Terminated,
}

/// The summary of a run's logs, with what has to be known before causes are weighed.
pub struct Run<'a> {
    pub summary: &'a LogSummary,
    pub outcome: Outcome,
    /// The trace of the exception that ended the driver, as an index.
    pub terminal: Option<usize>,
    last_words: Vec<&'a LogLine>,
}

/// Exit codes of a process that SIGKILL or SIGTERM ended, as shells and as Python tell them.
const KILLED: [i32; 2] = [137, -9];
const TERMINATED: [i32; 2] = [143, -15];

impl<'a> Run<'a> {
    pub fn new(summary: &'a LogSummary) -> Run<'a> {
        let last_words = Vec::new();
        let mut run = Run { summary, outcome: Outcome::LooksHealthy, terminal: None, last_words };
        run.terminal = run.find_terminal();
        run.outcome = run.judge_outcome();
        if run.outcome == Outcome::Failed && run.terminal.is_none() {
            run.last_words = last_words::of(&run);
        } else if run.outcome == Outcome::LooksHealthy {
            run.last_words = last_words::complaints(&run);
        }
        run
    }

    /// The exit code that the event or the log tells.
    pub fn exit_code(&self) -> Option<i32> {
        let told = self.told_exit_code().and_then(told_code);
        match self.summary.case.exit_code {
            // A scheduler reports 1 of a task whose process was killed; its log knows better.
            Some(code) if code != 0 => told.filter(|told| KILLED.contains(told)).or(Some(code)),
            known => known.or(told).or_else(|| self.stopping_code()),
        }
    }

    /// Where the log tells the exit code.
    pub fn told_exit_code(&self) -> Option<&'a Finding> {
        self.of_signature("lifecycle.exit_code").last()
    }

    /// The exit code with which Spark stops. Of a failed Python driver Spark says 0, too.
    fn stopping_code(&self) -> Option<i32> {
        let stopping = self.of_signature("lifecycle.context_stopping").last()?;
        stopping.captures.get("exit_code")?.parse().ok().filter(|code| *code != 0)
    }

    /// What the program of a failed run said itself before it ended, where no exception ended it;
    /// of a run that nothing tells to have failed, only what it calls an error.
    pub fn last_words(&self) -> &[&'a LogLine] {
        &self.last_words
    }

    /// Whether the program called something an error and nothing good came after it; where nothing
    /// tells how the run went, an error found anywhere is enough.
    pub fn ends_in_complaint(&self) -> bool {
        let found = || self.summary.findings.iter().any(|found| found.level >= LogLevel::Error);
        let thrown = || self.summary.traces.iter().any(|trace| trace.level >= LogLevel::Error);
        !self.last_words.is_empty() || (!self.shows_life() && (found() || thrown()))
    }

    /// Whether the program said this last.
    pub fn is_last_word(&self, sighting: &Sighting<'_>) -> bool {
        let here = (sighting.file(), sighting.line());
        self.last_words.iter().any(|said| (said.file.as_str(), said.line) == here)
    }

    /// Where the driver's JVM reports that it crashed.
    pub fn crash_report(&self) -> Option<&'a Finding> {
        const HEADLINE: &str = "A fatal error has been detected by the Java Runtime";
        self.of_signature("driver.jvm_crash").find(|finding| finding.text.contains(HEADLINE))
    }

    /// Whether no job finished after this line.
    pub fn gets_nowhere_after(&self, line: i64) -> bool {
        self.last_line("lifecycle.job_finished").is_none_or(|finished| finished < line)
    }

    /// Whether output was written or a job finished after this line, and the context stopped in good
    /// order after that.
    pub fn recovered_after(&self, line: i64) -> bool {
        let finished = self.last_line("lifecycle.job_finished");
        let worked = finished.max(self.last_line("lifecycle.write_committed"));
        let stopped = self.last_line("lifecycle.context_stopped");
        worked.is_some_and(|worked| worked > line) && stopped > worked
    }

    /// Spark's id of the run, from the event or from the log.
    pub fn application_id(&self) -> Option<String> {
        let told = || {
            let finding = self.of_signature("lifecycle.application_id").next()?;
            finding.captures.values().next().cloned()
        };
        self.summary.case.application_id.clone().or_else(told)
    }

    /// Whether this log is of an executor.
    pub fn is_executor_log(&self, file: &str) -> bool {
        let logs = &self.summary.logs;
        logs.iter().any(|log| log.name == file && log.role == LogRole::Executor)
    }

    /// Whether a streaming query failed.
    pub fn is_stream(&self) -> bool {
        let signs = ["streaming.query_failed", "streaming.query_terminated"];
        signs.iter().any(|id| self.of_signature(id).next().is_some())
    }

    /// The last line at which the driver was seen to get on with its work.
    pub fn last_progress(&self) -> i64 {
        ["lifecycle.job_started", "lifecycle.job_finished", "lifecycle.write_committed"]
            .iter()
            .filter_map(|id| self.last_line(id))
            .max()
            .unwrap_or(0)
    }

    /// Where the driver began to shut down.
    pub fn shutdown(&self) -> Option<&'a Finding> {
        let begin = ["lifecycle.shutdown_hook", "lifecycle.context_stopping"];
        begin
            .iter()
            .filter_map(|id| self.of_signature(id).next())
            .min_by_key(|finding| finding.line)
    }

    /// Every place where a cause may show itself, by file and line: what signatures found, and
    /// exceptions of user code that no signature knows.
    pub fn sightings(&self) -> Vec<Sighting<'a>> {
        let of_kind =
            |kind| self.summary.findings.iter().filter(move |finding| finding.kind == kind);
        let noise: BTreeSet<_> =
            of_kind(FindingKind::Noise).map(|noise| (&noise.file, noise.line)).collect();
        let mut sightings: Vec<Sighting<'a>> = of_kind(FindingKind::Cause)
            .filter(|finding| !noise.contains(&(&finding.file, finding.line)))
            .map(|finding| self.sighting_of(finding))
            .collect();
        for (trace, told) in self.summary.traces.iter().enumerate() {
            for (thrown, exception) in told.chain.iter().enumerate() {
                let is_known = sightings.iter().any(|sighting| {
                    sighting.trace == Some(trace) && sighting.thrown == Some(thrown)
                });
                let is_users = exception.language == TraceLanguage::Python
                    || (self.terminal == Some(trace) && is_of_jvm_alone(told));
                if is_users && !exception.wrapper && !is_known {
                    let summary = self.summary;
                    let (trace, thrown) = (Some(trace), Some(thrown));
                    sightings.push(Sighting { summary, finding: None, trace, thrown });
                }
            }
        }
        sightings
    }

    pub fn sighting_of(&self, finding: &'a Finding) -> Sighting<'a> {
        let index = |number: Option<i32>| number.and_then(|number| usize::try_from(number).ok());
        let trace = index(finding.trace).filter(|&trace| trace < self.summary.traces.len());
        let thrown = trace.and_then(|_| index(finding.thrown));
        Sighting { summary: self.summary, finding: Some(finding), trace, thrown }
    }

    /// What is printed below a message and belongs to it: the inputs of its plan, the setting that
    /// it names. Codemods choose by these.
    pub fn spelt_out(&self, file: &str, line: i64) -> impl Iterator<Item = &'a Finding> {
        const BELOW: i64 = 80;
        let signs = ["lifecycle.plan_relation", "lifecycle.setting_named"];
        let below = line..line + BELOW;
        signs
            .into_iter()
            .flat_map(|id| self.of_signature(id))
            .filter(move |finding| finding.file == file && below.contains(&finding.line))
    }

    pub fn of_signature(&self, id: &str) -> impl Iterator<Item = &'a Finding> {
        self.summary
            .findings
            .iter()
            .filter(move |finding| finding.signature == id && !self.is_executor_log(&finding.file))
    }

    fn last_line(&self, id: &str) -> Option<i64> {
        self.of_signature(id).map(|finding| finding.last_line).max()
    }

    /// The last traceback that reached the top of the driver's program, unless the program went on
    /// with its work afterwards. Airflow's own, about a command that failed, only wraps it.
    fn find_terminal(&self) -> Option<usize> {
        let progress = self.last_progress();
        let traces = self.summary.traces.iter().enumerate().rev();
        traces
            .filter(|(_, trace)| !self.is_executor_log(&trace.file) && trace.last_line > progress)
            .find(|(_, trace)| reaches_top(trace) && !is_airflows(trace))
            .map(|(index, _)| index)
    }

    fn judge_outcome(&self) -> Outcome {
        match self.exit_code() {
            Some(0) => Outcome::Succeeded,
            Some(code) if KILLED.contains(&code) => Outcome::Killed,
            Some(code) if TERMINATED.contains(&code) && self.terminal.is_none() => {
                Outcome::Terminated
            }
            Some(_) => Outcome::Failed,
            None => self.outcome_from_log(),
        }
    }

    /// Whether the log is known to be one of Spark or of Airflow at all.
    pub fn shows_life(&self) -> bool {
        let findings = self.summary.findings.iter();
        findings.filter(|finding| finding.kind == FindingKind::Lifecycle).count() > 0
    }

    /// Whether the logs hold nothing that we know of runs.
    pub fn is_unrecognised(&self) -> bool {
        !self.shows_life() && self.summary.findings.is_empty() && self.summary.traces.is_empty()
    }

    fn outcome_from_log(&self) -> Outcome {
        let airflow = self.of_signature("lifecycle.airflow_state").last();
        match airflow.and_then(|told| told.captures.get("state")).map(String::as_str) {
            Some("SUCCESS") => return Outcome::Succeeded,
            Some("FAILED" | "UP_FOR_RETRY") => return Outcome::Failed,
            _ => {}
        }
        let yarn = self.of_signature("lifecycle.final_status").last();
        if yarn
            .and_then(|told| told.captures.values().next())
            .is_some_and(|told| told != "SUCCEEDED")
        {
            return Outcome::Failed;
        }
        let started = self.last_line("lifecycle.spark_version").is_some();
        let ended = ["lifecycle.context_stopped", "lifecycle.shutdown_done"]
            .iter()
            .any(|id| self.last_line(id).is_some())
            || self.shutdown().is_some();
        let finished = self.last_line("lifecycle.job_finished").unwrap_or(0);
        let failed =
            self.last_line("lifecycle.job_failed").max(self.last_line("lifecycle.stage_gave_up"));
        let stopped_at_work = self.of_signature("lifecycle.stage_failed").any(|finding| {
            finding.captures.get("reason").is_some_and(|reason| reason.contains("was shut down"))
        });
        if self.terminal.is_some() {
            Outcome::Failed
        } else if started && !ended && self.ends_at_work() {
            Outcome::Killed
        } else if stopped_at_work {
            Outcome::Terminated
        } else if failed.is_some_and(|line| line > finished)
            || self.summary.case.known_to_have_failed
            || !self.has_anything_to_read()
        {
            Outcome::Failed
        } else {
            Outcome::LooksHealthy
        }
    }

    /// Whether a log that tells how the run ended holds a line; where none does, silence is no good
    /// sign.
    pub fn has_anything_to_read(&self) -> bool {
        let logs = self.summary.logs.iter();
        logs.filter(|log| log.role != LogRole::Executor).any(|log| log.lines > 0)
    }

    /// Whether Spark wrote the last line. A job that turns Spark's log down ends without a word of
    /// its shutdown, too; and of a log that we could not read to its end we saw no end.
    fn ends_at_work(&self) -> bool {
        let was_cut = |log: &LogFile| log.status == LogStatus::Truncated;
        !self.summary.logs.iter().any(was_cut)
            && self.summary.tail.last().is_some_and(|line| line.text.contains(" INFO "))
    }
}

fn told_code(told: &Finding) -> Option<i32> {
    let names = ["command", "bash", "task", "supervised"];
    exit_code(names.iter().find_map(|name| told.captures.get(*name))?)
}

/// Airflow names signals where it knows them.
fn exit_code(told: &str) -> Option<i32> {
    match told {
        "Negsignal.SIGKILL" => Some(-9),
        "Negsignal.SIGTERM" => Some(-15),
        number => number.parse().ok(),
    }
}

pub(super) fn is_airflows(trace: &Trace) -> bool {
    trace
        .chain
        .iter()
        .all(|thrown| thrown.wrapper && thrown.exception.ends_with("AirflowException"))
}

/// Whether no Python called what threw.
fn is_of_jvm_alone(trace: &Trace) -> bool {
    trace.chain.iter().all(|thrown| thrown.language == TraceLanguage::Java)
}

/// Whether the trace shows an exception that nobody below the top of the program caught.
fn reaches_top(trace: &Trace) -> bool {
    // Of a file that is no Python the trace names the place and no function.
    let is_top = |frame: &Frame| {
        matches!(frame.function.as_str(), "<module>" | "") || frame.file.contains("/airflow/")
    };
    let from_top = |thrown: &Thrown| thrown.frames.first().is_some_and(is_top);
    let python = trace.chain.iter().filter(|thrown| thrown.language == TraceLanguage::Python);
    let is_record = trace.level != LogLevel::Unknown;
    let is_bare_java = !is_record
        && trace
            .chain
            .first()
            .is_some_and(|first| first.language == TraceLanguage::Java && !first.frames.is_empty());
    python.into_iter().any(from_top) || is_bare_java
}

/// One place in the logs where a cause may show itself.
#[derive(Clone, Copy)]
pub struct Sighting<'a> {
    summary: &'a LogSummary,
    /// What a signature found there; without it, it is an exception that no signature knows.
    pub finding: Option<&'a Finding>,
    pub trace: Option<usize>,
    pub thrown: Option<usize>,
}

impl<'a> Sighting<'a> {
    /// The failure class that it speaks for at first sight.
    pub fn class(&self) -> &'a str {
        match self.finding {
            Some(finding) => finding.class.as_deref().unwrap_or("unknown"),
            None if self.is_of_java() => "jvm.driver_exception",
            None => "python.driver_exception",
        }
    }

    fn is_of_java(&self) -> bool {
        self.thrown().is_some_and(|thrown| thrown.language == TraceLanguage::Java)
    }

    pub fn file(&self) -> &'a str {
        match (self.finding, self.trace()) {
            (Some(finding), _) => &finding.file,
            (None, Some(trace)) => &trace.file,
            (None, None) => "",
        }
    }

    /// The line that names it: of its exception, where the match was further down in the message.
    pub fn line(&self) -> i64 {
        let found = self.finding.map_or(i64::MAX, |finding| finding.line);
        let is_of_message =
            |thrown: &&Thrown| thrown.message.starts_with('\n') || found == i64::MAX;
        self.thrown().filter(is_of_message).map_or(found, |thrown| thrown.line)
    }

    /// The line's text.
    pub fn text(&self) -> &'a str {
        match (self.finding, self.thrown()) {
            (Some(finding), _) => &finding.text,
            (None, Some(thrown)) if thrown.message.is_empty() => &thrown.exception,
            (None, Some(thrown)) => &thrown.message,
            (None, None) => "",
        }
    }

    /// What its exception says, over several lines; the line's text where it stands alone.
    pub fn message(&self) -> &'a str {
        self.thrown().map_or(self.text(), |thrown| &thrown.message)
    }

    pub fn trace(&self) -> Option<&'a Trace> {
        self.summary.traces.get(self.trace?)
    }

    pub fn thrown(&self) -> Option<&'a Thrown> {
        self.trace()?.chain.get(self.thrown?)
    }

    pub fn is_in_trace(&self) -> bool {
        self.trace.is_some()
    }

    /// Whether somebody caught it, and printed the traceback.
    pub fn is_handled(&self) -> bool {
        self.trace().is_some_and(|trace| {
            let python = trace.chain.iter().all(|thrown| thrown.language == TraceLanguage::Python);
            trace.level == LogLevel::Unknown && python && !reaches_top(trace)
        })
    }

    /// Whether Spark wrote it: the lines of Spark and of Python keep no order between them.
    pub fn is_from_spark(&self) -> bool {
        self.is_in_trace() || self.text().starts_with(|first: char| first.is_ascii_digit())
    }

    /// Whether its record asked for attention.
    pub fn is_loud(&self) -> bool {
        self.finding.is_some_and(|finding| finding.level >= LogLevel::Warn)
    }

    /// Whether it is only printed or said in a quiet record of a run that is not known to have
    /// failed.
    pub fn is_in_passing(&self, run: &Run<'_>) -> bool {
        let is_quiet = !self.is_in_trace() && !self.is_loud() && !self.is_complaint();
        is_quiet && run.outcome != Outcome::Failed
    }

    /// Whether a line without a level says of itself that it is an error, as `psql: error: ...`.
    pub fn is_complaint(&self) -> bool {
        let lower = self.text().to_ascii_lowercase();
        self.finding.is_some_and(|finding| finding.level == LogLevel::Unknown)
            && ["error: ", "fatal: ", "exception: "].iter().any(|word| lower.contains(word))
    }

    /// The frames of the whole trace that it stands in.
    pub fn frames(&self) -> impl Iterator<Item = &'a Frame> {
        self.trace().into_iter().flat_map(|trace| &trace.chain).flat_map(|thrown| &thrown.frames)
    }

    /// Whether a Python worker sent it.
    pub fn is_from_worker(&self) -> bool {
        let (Some(trace), Some(thrown)) = (self.trace(), self.thrown) else { return false };
        let before = trace.chain.iter().take(thrown);
        before.into_iter().any(|thrown| thrown.exception.ends_with("PythonException"))
            || self.thrown().is_some_and(|thrown| {
                thrown.frames.iter().any(|frame| frame.file.ends_with("pyspark/worker.py"))
            })
    }

    /// The executor that it is about, `driver` in local mode.
    pub fn executor(&self) -> Option<&'a str> {
        static EXECUTOR: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(concat!(
                r"\(TID \d+(?:, \S+|\) \(\S+)?,? executor (?P<task>\w+)\)|Lost executor (?P<lost>\w+) on ",
                r"|executor with id (?P<id>\w+) exited|Removing executor (?P<removed>\w+) with",
                r"|Executor updated: app-[\d-]+/(?P<updated>\d+) is now",
            ))
            .expect("the pattern is a constant")
        });
        let lead = self.trace().and_then(|trace| trace.lead.as_deref());
        let told = self.trace().into_iter().flat_map(|trace| &trace.chain);
        let texts = [Some(self.text()), lead].into_iter().flatten();
        texts
            .chain(told.map(|thrown| thrown.message.as_str()))
            .find_map(|text| EXECUTOR.captures(text)?.iter().skip(1).flatten().next())
            .map(|id| id.as_str())
    }
}
