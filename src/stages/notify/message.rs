//! The message of an episode, for somebody who is woken at three in the morning: what broke, why,
//! what is being done, and only then the small print.

use std::time::Duration;

use serde::Serialize;

use super::compose::Retries;
use super::known::{Facts, Finding, Known};
use super::{remedies, words};
use crate::records::Pipeline;
use crate::records::diagnosis::{MetricsReport, MetricsVerdict};
use crate::records::notice::{Line, Section, SectionKind};
use crate::records::root_cause::{Cause, Stance, Subject, Verdict};

/// Evidence, next steps and findings that are shown of each.
pub(super) const MOST_ITEMS: usize = 3;
/// Pipelines, fixes and pull requests that are shown of each.
pub(super) const MOST_NAMES: usize = 8;

/// A message, the same for every channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    pub title: String,
    pub sections: Vec<Section>,
    pub failures: i32,
    pub is_final: bool,
}

/// The message; none while no cause is known of a failure that people are told of. `quiet_for` is
/// how long a closed episode was quiet.
pub fn of(known: &Known, retries: Retries, quiet_for: Option<Duration>) -> Option<Message> {
    let told = known.told(retries);
    let shown = best_known(&told)?;
    let finding = shown.finding.as_ref()?;
    let latest = told.last()?;
    let pipelines = known.told_by_pipeline(retries);
    let failures = known.count_told(retries).max(told.len());
    let counts = Counts { known, pipelines: &pipelines, failures };
    let mut sections = vec![verdict(finding)];
    sections.extend(counts.section());
    sections.extend(lines_to_read(&finding.cause));
    sections.extend(evidence(&finding.cause));
    sections.extend(finding.metrics.as_ref().map(metrics));
    sections.extend(rivals(&finding.cause));
    sections.extend(next_steps(&finding.cause));
    sections.extend(remedies::sections(&told));
    sections.extend(retry(latest));
    sections.extend(still_to_come(latest));
    sections.extend(quiet_for.map(closed));
    sections.push(footer(shown));
    Some(Message {
        title: counts.title(shown, &finding.cause),
        sections,
        failures: i32::try_from(failures).unwrap_or(i32::MAX),
        is_final: awaited(latest).is_empty(),
    })
}

/// The latest failure of those whose metrics were asked, else of those with a cause: a repeat
/// changes the message when it says more than the last one did.
fn best_known<'a>(told: &[&'a Facts]) -> Option<&'a Facts> {
    let depth = |facts: &&&Facts| facts.finding.as_ref().map(|finding| finding.metrics.is_some());
    told.iter().filter(|facts| facts.finding.is_some()).max_by_key(depth).copied()
}

struct Counts<'a> {
    known: &'a Known,
    pipelines: &'a [(&'a Pipeline, u32)],
    failures: usize,
}

impl Counts<'_> {
    fn are_many_pipelines(&self) -> bool {
        self.pipelines.len() > 1
    }

    fn title(&self, shown: &Facts, cause: &Cause) -> String {
        let class = words::class(&cause.class);
        let class = match cause.verdict {
            Verdict::Inconclusive if cause.class != "unknown" => format!("perhaps {class}"),
            _ => class,
        };
        if !self.are_many_pipelines() {
            return format!("{}: {class}", shown.case.pipeline.name());
        }
        let subject = shared_subject(&cause.subject).map(|s| format!(" ({s})")).unwrap_or_default();
        format!("{} pipelines: {class}{subject}", self.how_many_pipelines())
    }

    fn how_many_pipelines(&self) -> String {
        let beyond = if self.known.failures_elsewhere > 0 { "more than " } else { "" };
        format!("{beyond}{}", self.pipelines.len())
    }

    fn section(&self) -> Option<Section> {
        let since = self.known.first_failed_at.filter(|_| self.failures > 1)?;
        let nth = words::ordinal(i64::try_from(self.failures).unwrap_or(i64::MAX));
        let since = words::time(since);
        if !self.are_many_pipelines() {
            let line = Line::default().text(format!("{nth} failure of this since {since}"));
            return Some(section(SectionKind::Prose, "", vec![line]));
        }
        let name = |(pipeline, failures): &(&Pipeline, u32)| {
            let times = if *failures > 1 { format!(" ({failures} times)") } else { String::new() };
            Line::default().code(pipeline.name()).text(times)
        };
        let mut lines: Vec<Line> = self.pipelines.iter().take(MOST_NAMES).map(name).collect();
        let beyond = self.pipelines.len().saturating_sub(MOST_NAMES);
        if beyond > 0 || self.known.failures_elsewhere > 0 {
            let more = if self.known.failures_elsewhere > 0 { "more than " } else { "" };
            lines.push(Line::default().text(format!("and {more}{beyond} others")));
        }
        let label = format!("Affected: {nth} failure of this since {since}");
        Some(section(SectionKind::List, &label, lines))
    }
}

fn shared_subject(subject: &Subject) -> Option<&str> {
    let Subject { path, table, host, module, key, .. } = subject;
    [table, path, host, module, key].into_iter().find_map(|name| name.as_deref())
}

fn verdict(finding: &Finding) -> Section {
    let cause = &finding.cause;
    let by = match &finding.metrics {
        Some(metrics) if metrics.verdict == MetricsVerdict::Confirms => {
            "the log and Spark's metrics"
        }
        Some(metrics) if metrics.verdict == MetricsVerdict::Refutes => "Spark's metrics",
        Some(metrics) if metrics.verdict == MetricsVerdict::Explains => "Spark's metrics",
        _ => "the log",
    };
    let percent = words::percent(cause.confidence);
    let certainty = match cause.verdict {
        Verdict::Conclusive => {
            format!("{} ({percent}), from {by}.", words::confidence(cause.confidence))
        }
        Verdict::Inconclusive if cause.class == "unknown" => "No cause was found.".to_owned(),
        Verdict::Inconclusive => format!("Inconclusive: the best guess has {percent}, from {by}."),
        Verdict::Healthy => "A failure was reported, but the logs show a healthy run.".to_owned(),
    };
    let summary = Line::default().strong(cause.summary.clone());
    section(SectionKind::Prose, "", vec![summary, Line::default().text(certainty)])
}

/// The line of the log and the line of their code.
fn lines_to_read(cause: &Cause) -> Vec<Section> {
    let code = |what: &str, file: &str, line: i64, text: &str| {
        let label = format!("{what} · {}", place(file, line));
        section(SectionKind::Code, &label, vec![Line::default().code(text)])
    };
    let root =
        cause.root_line.as_ref().map(|l| code("Root cause in the log", &l.file, l.line, &l.text));
    let source =
        cause.source.as_ref().map(|l| code("Your code", &l.file, i64::from(l.line), &l.text));
    root.into_iter().chain(source).collect()
}

fn evidence(cause: &Cause) -> Option<Section> {
    let is_root = |file: &str, line: i64| {
        cause.root_line.as_ref().is_some_and(|root| root.file == file && root.line == line)
    };
    let lines = cause.evidence.iter().filter(|e| !is_root(&e.file, e.line)).take(MOST_ITEMS);
    let lines = lines.map(|evidence| {
        let against = if evidence.says == Stance::Against { "against it: " } else { "" };
        let line =
            Line::default().text(format!("{against}{} ", place(&evidence.file, evidence.line)));
        line.code(evidence.text.clone())
    });
    list("Evidence", lines.collect())
}

fn metrics(metrics: &MetricsReport) -> Section {
    let source = words::metrics_source(metrics.checked);
    let mut head = format!("{source} {}", words::metrics_verdict(metrics.verdict));
    if !metrics.detail.is_empty() {
        head.push_str(": ");
        head.push_str(&metrics.detail);
    }
    let findings = metrics.findings.iter().take(MOST_ITEMS);
    let findings = findings.map(|finding| Line::default().text(finding.text.clone()));
    let lines = std::iter::once(Line::default().text(head)).chain(findings).collect();
    section(SectionKind::List, "Metrics", lines)
}

/// Only where they could still be right.
fn rivals(cause: &Cause) -> Option<Section> {
    if cause.verdict != Verdict::Inconclusive {
        return None;
    }
    let lines = cause.rivals.iter().take(MOST_ITEMS).map(|rival| {
        let class = words::class(&rival.class);
        let percent = words::percent(rival.confidence);
        Line::default().strong(class).text(format!(" ({percent}): {}", rival.lost_because))
    });
    list("It could also be", lines.collect())
}

fn next_steps(cause: &Cause) -> Option<Section> {
    let steps = cause.next_steps.iter().take(MOST_ITEMS);
    list("Next", steps.map(|step| Line::default().text(step.text.clone())).collect())
}

fn retry(latest: &Facts) -> Option<Section> {
    let line = Line::default().text("The scheduler will try again by itself.");
    latest.case.will_retry.then(|| section(SectionKind::Prose, "", vec![line]))
}

/// Nothing is awaited of a failure whose last news came, also if an earlier one never did.
fn still_to_come(latest: &Facts) -> Option<Section> {
    let awaited = awaited(latest);
    let line = Line::default().text(format!("Still to come: {}", awaited.join(", ")));
    (!awaited.is_empty()).then(|| section(SectionKind::Prose, "", vec![line]))
}

/// News of a failure comes in any order, so the last step's is not always the last.
fn awaited(facts: &Facts) -> Vec<&'static str> {
    let metrics_asked = facts.finding.as_ref().is_some_and(|finding| finding.metrics.is_some());
    let came = [
        ("metrics", metrics_asked),
        ("fix", facts.fix.is_some()),
        ("pull request", facts.pull_request.is_some()),
    ];
    came.into_iter().filter(|(_, came)| !came).map(|(what, _)| what).collect()
}

fn closed(quiet_for: Duration) -> Section {
    let text = format!(
        "Closed: no further failure for {}. The next one opens a new message.",
        words::span(quiet_for)
    );
    section(SectionKind::Prose, "", vec![Line::default().text(text)])
}

fn footer(shown: &Facts) -> Section {
    let case = &shown.case;
    let mut run = vec![format!("failed {}", words::time(case.failed_at))];
    run.extend(case.run_id.as_ref().map(|run| format!("run {run}")));
    run.extend(case.attempt.map(|attempt| format!("try {attempt}")));
    run.extend(case.map_index.map(|index| format!("map index {index}")));
    run.extend(case.exit_code.map(|code| format!("exit code {code}")));
    run.extend(case.application_id.clone());
    let ids = format!(
        "{} · incident {} · failure {} · conversation {}",
        shown.finding.as_ref().map_or("", |finding| &finding.cause.class),
        shown.incident.incident_id.short(),
        case.failure_id.short(),
        shown.incident.conversation_id.short()
    );
    let mut lines = vec![Line::default().text(run.join(" · "))];
    lines.extend(case.log_url.as_ref().map(|url| Line::default().text("log ").link(url.clone())));
    lines.push(Line::default().text(ids));
    section(SectionKind::Footer, "", lines)
}

fn place(file: &str, line: i64) -> String {
    if line > 0 { format!("{file}:{line}") } else { file.to_owned() }
}

pub(super) fn list(label: &str, lines: Vec<Line>) -> Option<Section> {
    (!lines.is_empty()).then(|| section(SectionKind::List, label, lines))
}

pub(super) fn section(kind: SectionKind, label: &str, lines: Vec<Line>) -> Section {
    Section { kind, label: label.to_owned(), lines }
}
