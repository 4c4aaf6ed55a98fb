//! What became of the failures, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::paint::{Paint, Tone};
use super::walk::{Journey, Walk};
use super::workplace::Workplace;
use crate::records::diagnosis::MetricsVerdict;
use crate::records::fix::{FixPlan, FixStatus};
use crate::records::pull_request::PullRequestStatus;
use crate::records::root_cause::{Cause, Verdict};
use crate::text::plain::{one_line, wrap};

/// The outcome of a demo; as JSON, fields may be added and none renamed.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether every failure got its outcome.
    pub complete: bool,
    /// In the order of publishing.
    pub failures: Vec<Row>,
    pub places: Places,
}

/// What became of one failure; null is what has not come.
#[derive(Debug, Serialize)]
pub struct Row {
    pub pipeline: String,
    /// How often its event was sent.
    pub sent: usize,
    pub class: Option<String>,
    pub verdict: Option<Verdict>,
    /// 0 to 1.
    pub confidence: Option<f64>,
    pub summary: Option<String>,
    /// What Spark's own metrics say of it.
    pub metrics: Option<MetricsVerdict>,
    pub fix: Option<FixRow>,
    pub pull_request: Option<PullRequestRow>,
    /// File that holds the message.
    pub message: Option<String>,
    /// The step that it waits for.
    pub waits_for: Option<&'static str>,
}

/// The fix, or why there is none.
#[derive(Debug, Serialize)]
pub struct FixRow {
    pub status: FixStatus,
    pub codemod: Option<String>,
    pub reason: String,
}

/// The pull request, or why there is none.
#[derive(Debug, Serialize)]
pub struct PullRequestRow {
    pub status: PullRequestStatus,
    pub branch: Option<String>,
    /// File that holds its text.
    pub text: Option<String>,
}

/// Where everything lies.
#[derive(Debug, Serialize)]
pub struct Places {
    pub folder: String,
    pub settings: String,
    pub logs: String,
    pub repository: String,
    pub pull_requests: String,
    pub messages: String,
}

impl Report {
    /// What is known of the walk by now.
    pub fn of(walk: &Walk, place: &Workplace) -> Self {
        let path = |path: &Path| path.display().to_string();
        Report {
            complete: walk.is_complete(),
            failures: walk.journeys.iter().map(Row::of).collect(),
            places: Places {
                folder: path(place.root()),
                settings: path(&place.settings_file()),
                logs: path(&place.cases()),
                repository: path(&place.repository()),
                pull_requests: path(&place.pull_requests()),
                messages: path(&place.outbox()),
            },
        }
    }

    /// One block for each failure: what it is in columns, then why, then what came of it.
    pub fn table(&self, paint: Paint, width: usize) -> String {
        let longest = |text: fn(&Row) -> &str| {
            self.failures.iter().map(|row| text(row).chars().count()).max().unwrap_or(0)
        };
        let widths =
            [longest(Row::word), longest(|row| &row.pipeline), longest(|row| row.class_name())];
        let [fix, pipeline, class] = widths;
        let heading = format!("{:fix$}  {:pipeline$}  {:class$}  sure", "FIX", "PIPELINE", "CAUSE");
        let mut text = format!("{}\n", paint.tone(Tone::Dim, &heading));
        for row in &self.failures {
            text.push_str(&row.block(widths, paint, width));
        }
        text
    }

    /// One line of numbers.
    pub fn tally(&self) -> String {
        let count = |has: fn(&Row) -> bool| self.failures.iter().filter(|row| has(row)).count();
        let opened = count(Row::has_pull_request);
        let many = |n: usize, one: &str, more: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {more}")),
        };
        let parts = [
            many(opened, "pull request", "pull requests"),
            many(count(|row| row.word() == REFUSED), "fix refused", "fixes refused"),
            many(count(|row| row.word() == ADVICE), "left to people", "left to people"),
            many(
                count(|row| row.verdict == Some(Verdict::Inconclusive)),
                "not certain",
                "not certain",
            ),
            many(count(|row| row.verdict == Some(Verdict::Healthy)), "healthy", "healthy"),
            many(count(|row| row.waits_for.is_some()), "unfinished", "unfinished"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

const REFUSED: &str = "refused";
const ADVICE: &str = "advice";

impl Row {
    fn of(journey: &Journey) -> Self {
        let cause = journey.cause();
        let known = |text: fn(&Cause) -> &str| cause.map(|cause| text(cause).to_owned());
        Row {
            pipeline: journey.pipeline.clone(),
            sent: journey.sent,
            class: known(|cause| &cause.class),
            verdict: cause.map(|cause| cause.verdict),
            confidence: cause.map(|cause| cause.confidence),
            summary: known(|cause| &cause.summary),
            metrics: journey.diagnosis.as_ref().map(|diagnosis| diagnosis.metrics.verdict),
            fix: journey.fix.as_ref().map(|fix| FixRow::of(&fix.plan)),
            pull_request: journey.pull_request.as_ref().map(|request| PullRequestRow {
                status: request.status,
                branch: request.branch.clone(),
                text: request.url.clone(),
            }),
            message: journey.message.as_ref().map(|told| told.place.clone()),
            waits_for: journey.next().map(|milestone| milestone.step()),
        }
    }

    fn has_pull_request(&self) -> bool {
        self.branch().is_some()
    }

    fn branch(&self) -> Option<&str> {
        self.pull_request.as_ref()?.branch.as_deref()
    }

    fn class_name(&self) -> &str {
        self.class.as_deref().unwrap_or("-")
    }

    /// The fix in one word.
    fn word(&self) -> &'static str {
        match (&self.waits_for, self.fix.as_ref().map(|fix| fix.status)) {
            (Some(_), _) | (None, None) => "waits",
            (None, Some(FixStatus::Patched)) => "patch",
            (None, Some(FixStatus::Already)) => "there",
            (None, Some(FixStatus::Refused)) => REFUSED,
            (None, Some(FixStatus::Hint)) => ADVICE,
            (None, Some(FixStatus::None)) => "none",
        }
    }

    fn tone(&self) -> Tone {
        match self.word() {
            "patch" | "there" => Tone::Good,
            "waits" => Tone::Bad,
            "none" => Tone::Dim,
            _ => Tone::Weigh,
        }
    }

    fn block(&self, [fix, pipeline, class]: [usize; 3], paint: Paint, width: usize) -> String {
        let sure =
            self.confidence.map_or_else(String::new, |sure| format!("{:3.0}%", sure * 100.0));
        let word = paint.tone(self.tone(), &format!("{:fix$}", self.word()));
        let name = paint.tone(Tone::Bold, &format!("{:pipeline$}", self.pipeline));
        let mut text = format!("{word}  {name}  {:class$}  {sure}\n", self.class_name());
        let indent = " ".repeat(fix + 2);
        let room = width.saturating_sub(indent.len()).max(20);
        if let Some(summary) = &self.summary {
            let _ = writeln!(text, "{indent}{}", one_line(summary, room));
        }
        if let Some(outcome) = self.outcome() {
            for line in wrap(&one_line(&outcome, 2 * room), "> ", "  ", room) {
                let _ = writeln!(text, "{indent}{}", paint.tone(self.tone(), &line));
            }
        }
        text
    }

    /// What came of it, in a sentence.
    fn outcome(&self) -> Option<String> {
        if let Some(step) = self.waits_for {
            return Some(format!("waits for {step}"));
        }
        let fix = self.fix.as_ref()?;
        match self.branch() {
            Some(branch) => Some(format!("{branch}: {}", fix.reason)),
            None if self.verdict == Some(Verdict::Healthy) => None,
            None => Some(fix.reason.clone()),
        }
    }
}

impl FixRow {
    fn of(plan: &FixPlan) -> Self {
        FixRow { status: plan.status, codemod: plan.codemod.clone(), reason: plan.reason.clone() }
    }
}
