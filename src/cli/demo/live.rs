//! Shows the failures walking: a table that changes in place on a terminal, or else a line for
//! each step.

use std::io::{self, Write};
use std::time::Duration;

use super::paint::{Paint, Tone};
use super::walk::{Arrival, Journey, Milestone, Walk};
use crate::records::diagnosis::{MetricsSource, MetricsVerdict};
use crate::records::fix::FixStatus;
use crate::text::plain::one_line;

/// Width of the longest step's name.
const STEP: usize = 13;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    Silent,
    /// Each arrival is a line.
    Lines,
    /// One line for each failure, repainted as it goes; for terminals that have the height.
    Table,
}

/// The screen that shows it.
pub struct Live<W> {
    pub out: W,
    pub style: Style,
    pub paint: Paint,
    /// Columns.
    pub width: usize,
}

impl<W: Write> Live<W> {
    /// Before anything has happened.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn begin(&mut self, walk: &Walk) -> io::Result<()> {
        if self.style == Style::Table {
            self.draw(walk)?;
        }
        self.out.flush()
    }

    /// Shows what has become of which failures since the last call.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn show(&mut self, walk: &Walk, arrivals: &[Arrival], at: Duration) -> io::Result<()> {
        match self.style {
            Style::Silent => return Ok(()),
            Style::Lines => {
                for arrival in arrivals {
                    let line = self.line(walk, *arrival, at);
                    writeln!(self.out, "{line}")?;
                }
            }
            Style::Table if arrivals.is_empty() => return Ok(()),
            Style::Table => {
                // Up to the first row; each row then erases what it stood on.
                write!(self.out, "\x1b[{}A", walk.journeys.len())?;
                self.draw(walk)?;
            }
        }
        self.out.flush()
    }

    fn draw(&mut self, walk: &Walk) -> io::Result<()> {
        for journey in &walk.journeys {
            let row = self.row(walk, journey);
            writeln!(self.out, "\x1b[2K{row}")?;
        }
        Ok(())
    }

    fn line(&self, walk: &Walk, (index, milestone): Arrival, at: Duration) -> String {
        let journey = &walk.journeys[index];
        let before = format!("{:5.2} s  {:STEP$}  ", at.as_secs_f64(), milestone.step());
        let name = format!("{:width$}", journey.pipeline, width = longest_name(walk));
        let room = self.room(before.len() + name.chars().count() + 2);
        format!("{before}{name}  {}", one_line(&news(journey, milestone), room))
    }

    fn row(&self, walk: &Walk, journey: &Journey) -> String {
        let name = format!("{:width$}", journey.pipeline, width = longest_name(walk));
        let reached = Milestone::ALL.iter().filter(|m| journey.has_reached(**m)).count();
        let dots = format!("{}{}", "●".repeat(reached), "○".repeat(Milestone::ALL.len() - reached));
        let latest = Milestone::ALL.into_iter().rev().find(|m| journey.has_reached(*m));
        let text = match latest {
            None => "waits for its logs to be read".to_owned(),
            Some(Milestone::MessageFinal) => finished(journey),
            Some(milestone) => news(journey, milestone),
        };
        let room = self.room(name.chars().count() + 2 + Milestone::ALL.len() + 2);
        let tone = if journey.next().is_none() { Tone::Good } else { Tone::Weigh };
        let dots = self.paint.tone(tone, &dots);
        format!("{name}  {dots}  {}", self.paint.tone(Tone::Dim, &one_line(&text, room)))
    }

    fn room(&self, taken: usize) -> usize {
        self.width.saturating_sub(taken).max(10)
    }
}

fn longest_name(walk: &Walk) -> usize {
    walk.journeys.iter().map(|journey| journey.pipeline.chars().count()).max().unwrap_or(0)
}

/// What the step found, in a few words.
fn news(journey: &Journey, milestone: Milestone) -> String {
    let text = match milestone {
        Milestone::LogsRead => journey.logs.as_ref().map(|summary| {
            let lines: i64 = summary.logs.iter().map(|log| log.lines).sum();
            let logs = summary.logs.len();
            let logs = if logs == 1 { "log".to_owned() } else { format!("{logs} logs") };
            format!("{logs} of {lines} lines, {} findings", summary.findings.len())
        }),
        Milestone::CauseFound => journey
            .cause
            .as_ref()
            .map(|record| format!("{}: {}", record.cause.class, record.cause.summary)),
        Milestone::MetricsChecked => journey.diagnosis.as_ref().map(|diagnosis| {
            let said = match diagnosis.metrics.verdict {
                MetricsVerdict::Confirms => "Spark's metrics confirm it",
                MetricsVerdict::Refutes => "Spark's metrics refute it",
                MetricsVerdict::Explains => "Spark's metrics explain it",
                MetricsVerdict::Silent => "Spark's metrics are silent",
                MetricsVerdict::Unconfirmed => "no metrics to ask",
            };
            match diagnosis.metrics.checked {
                MetricsSource::None => said.to_owned(),
                _ => format!("{said}: {}", diagnosis.cause.summary),
            }
        }),
        Milestone::FixWritten => journey
            .fix
            .as_ref()
            .map(|fix| format!("{}: {}", words(fix.plan.status), fix.plan.reason)),
        Milestone::PullRequestSettled => journey.pull_request.as_ref().map(|request| {
            request
                .branch
                .as_ref()
                .map_or_else(|| "no pull request".to_owned(), |branch| format!("opened {branch}"))
        }),
        Milestone::MessageFinal => journey.message.as_ref().map(|told| {
            let file = told.place.rsplit('/').next().unwrap_or_default();
            format!("{file}, {} revisions", told.revision)
        }),
    };
    text.unwrap_or_default()
}

/// Outcome and cause, once all is over.
fn finished(journey: &Journey) -> String {
    let class = journey.cause().map_or("", |cause| cause.class.as_str());
    match journey.fix.as_ref().map(|fix| fix.plan.status) {
        Some(FixStatus::None) | None => class.to_owned(),
        Some(status) => format!("{class}: {}", words(status)),
    }
}

fn words(status: FixStatus) -> &'static str {
    match status {
        FixStatus::Patched => "patch",
        FixStatus::Already => "there already",
        FixStatus::Refused => "refused",
        FixStatus::Hint => "advice",
        FixStatus::None => "no fix",
    }
}
