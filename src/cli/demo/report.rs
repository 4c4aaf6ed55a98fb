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
    /// What a person does first.
    pub next_step: Option<String>,
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
        let widths = [
            longest(|row| row.outcome().word()),
            longest(|row| &row.pipeline),
            longest(Row::class_name),
        ];
        let [fix, pipeline, class] = widths;
        let heading = format!("{:fix$}  {:pipeline$}  {:class$}  sure", "FIX", "PIPELINE", "CAUSE");
        let mut text = format!("{}\n", paint.tone(Tone::Dim, &heading));
        for row in &self.failures {
            text.push_str(&row.block(widths, paint, width));
        }
        text
    }

    /// How many ended how.
    pub fn tally(&self) -> String {
        let count =
            |outcome: Outcome| self.failures.iter().filter(|row| row.outcome() == outcome).count();
        let told = |outcome: Outcome| match (count(outcome), outcome.counted()) {
            (0, _) => None,
            (1, (one, _)) => Some(format!("1 {one}")),
            (n, (_, many)) => Some(format!("{n} {many}")),
        };
        Outcome::ALL.into_iter().filter_map(told).collect::<Vec<_>>().join(", ")
    }
}

/// How it ended for the person who reads of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Patch,
    Refused,
    Advice,
    NoFix,
    NotCertain,
    Healthy,
    Unfinished,
}

impl Outcome {
    const ALL: [Outcome; 7] = [
        Outcome::Patch,
        Outcome::Refused,
        Outcome::Advice,
        Outcome::NoFix,
        Outcome::NotCertain,
        Outcome::Healthy,
        Outcome::Unfinished,
    ];

    /// In the table.
    fn word(self) -> &'static str {
        match self {
            Outcome::Patch => "patch",
            Outcome::Refused => "refused",
            Outcome::Advice => "advice",
            Outcome::NoFix | Outcome::NotCertain | Outcome::Healthy => "-",
            Outcome::Unfinished => "waits",
        }
    }

    /// One of it, and several.
    fn counted(self) -> (&'static str, &'static str) {
        match self {
            Outcome::Patch => ("pull request", "pull requests"),
            Outcome::Refused => ("fix refused", "fixes refused"),
            Outcome::Advice => ("with advice", "with advice"),
            Outcome::NoFix => ("no matter of code", "no matter of code"),
            Outcome::NotCertain => ("not certain", "not certain"),
            Outcome::Healthy => ("healthy", "healthy"),
            Outcome::Unfinished => ("unfinished", "unfinished"),
        }
    }

    fn tone(self) -> Tone {
        match self {
            Outcome::Patch => Tone::Good,
            Outcome::Refused | Outcome::Advice => Tone::Weigh,
            Outcome::NoFix | Outcome::NotCertain | Outcome::Healthy => Tone::Dim,
            Outcome::Unfinished => Tone::Bad,
        }
    }
}

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
            next_step: cause
                .and_then(|cause| cause.next_steps.first())
                .map(|step| step.text.clone()),
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

    fn outcome(&self) -> Outcome {
        let status = self.fix.as_ref().map(|fix| fix.status);
        match (self.waits_for, self.verdict, status) {
            (Some(_), ..) | (_, None, _) | (.., None) => Outcome::Unfinished,
            (_, Some(Verdict::Healthy), _) => Outcome::Healthy,
            (_, Some(Verdict::Inconclusive), _) => Outcome::NotCertain,
            (.., Some(FixStatus::Patched)) => Outcome::Patch,
            (.., Some(FixStatus::Refused)) => Outcome::Refused,
            (.., Some(FixStatus::Hint | FixStatus::Already)) => Outcome::Advice,
            (.., Some(FixStatus::None)) => Outcome::NoFix,
        }
    }

    fn class_name(&self) -> &str {
        self.class.as_deref().unwrap_or("-")
    }

    fn block(&self, [fix, pipeline, class]: [usize; 3], paint: Paint, width: usize) -> String {
        let outcome = self.outcome();
        let sure =
            self.confidence.map_or_else(String::new, |sure| format!("{:3.0}%", sure * 100.0));
        let word = paint.tone(outcome.tone(), &format!("{:fix$}", outcome.word()));
        let name = paint.tone(Tone::Bold, &format!("{:pipeline$}", self.pipeline));
        let columns = format!("{word}  {name}  {:class$}  {sure}", self.class_name());
        let mut text = format!("{}\n", columns.trim_end());
        let indent = " ".repeat(fix + 2);
        let room = width.saturating_sub(indent.len()).max(20);
        if let Some(summary) = &self.summary {
            let _ = writeln!(text, "{indent}{}", one_line(summary, room));
        }
        if let Some(what) = self.what_came_of_it() {
            for line in wrap(&one_line(&what, 2 * room), "> ", "  ", room) {
                let _ = writeln!(text, "{indent}{}", paint.tone(outcome.tone(), &line));
            }
        }
        text
    }

    fn what_came_of_it(&self) -> Option<String> {
        let fix = || self.fix.as_ref().map(|fix| fix.reason.clone());
        match self.outcome() {
            Outcome::Unfinished => self.waits_for.map(|step| format!("waits for {step}")),
            Outcome::Patch => {
                let branch = self.pull_request.as_ref().and_then(|it| it.branch.as_deref());
                Some(format!("{}: {}", branch.unwrap_or("no branch"), fix()?))
            }
            Outcome::Refused | Outcome::Advice => fix(),
            Outcome::NoFix | Outcome::NotCertain => self.next_step.clone().or_else(fix),
            Outcome::Healthy => None,
        }
    }
}

impl FixRow {
    fn of(plan: &FixPlan) -> Self {
        FixRow { status: plan.status, codemod: plan.codemod.clone(), reason: plan.reason.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::demo::workplace::Event;

    #[test]
    fn what_has_not_come_is_said_to_wait() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let place = Workplace::at(folder.path()).expect("an empty folder");
        let event = Event { pipeline: "sales.load".to_owned(), json: json!({}), times: 1 };
        let report = Report::of(&Walk::of(&[event]), &place);
        assert!(!report.complete);
        assert_eq!(report.tally(), "1 unfinished");
        expect_test::expect![[r#"
            FIX    PIPELINE    CAUSE  sure
            waits  sales.load  -
                   > waits for read_logs
        "#]]
        .assert_eq(&report.table(Paint { colours: false }, 80));
    }
}
