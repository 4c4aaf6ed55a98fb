//! The diagnosis for a person, maybe at three in the morning: what it is first, then the two lines to
//! look at, then why we think so, and last what to do.

use super::job::{Job, Remedy};
use super::page::{Ink, Page};
use super::walk::Walk;
use crate::records::diagnosis::{MetricFinding, MetricsReport, MetricsVerdict};
use crate::records::fix::{Applicability, FixPlan, FixStatus, GateResult};
use crate::records::log_summary::{LogRole, LogStatus};
use crate::records::root_cause::{Cause, Evidence, SourceLine, Stance, Verdict};
use crate::records::{Case, LogSummary};
use crate::stages::notify::words;

/// Entries of a list that are shown.
const MOST_ITEMS: usize = 6;
/// Lines of the job around the one that is meant.
const AROUND: usize = 2;
/// Lines that the root line of the log may take.
const MOST_ROOT_LINES: usize = 6;

/// All of it.
pub fn text(walk: &Walk, remedy: &Remedy<'_>, mut page: Page) -> String {
    let diagnosis = &walk.diagnosis;
    let cause = &diagnosis.cause;
    headline(&mut page, cause, &diagnosis.metrics);
    root_line(&mut page, cause);
    source_line(&mut page, cause, remedy.job);
    evidence(&mut page, cause);
    metrics(&mut page, &diagnosis.metrics, &cause.summary);
    rivals(&mut page, cause);
    next_steps(&mut page, cause);
    fix(&mut page, remedy);
    footer(&mut page, &walk.summary, &diagnosis.case);
    page.into_text()
}

fn headline(page: &mut Page, cause: &Cause, metrics: &MetricsReport) {
    let class = words::class(&cause.class);
    let (ink, title) = match cause.verdict {
        Verdict::Healthy => (Ink::Green, class),
        Verdict::Conclusive => (Ink::Red, class),
        Verdict::Inconclusive if cause.class == "unknown" => (Ink::Yellow, class),
        Verdict::Inconclusive => (Ink::Yellow, format!("perhaps {class}")),
    };
    page.title(ink, &format!("■ {}", capitalised(&title)));
    let by = match metrics.verdict {
        MetricsVerdict::Confirms => "by the log and Spark's metrics",
        MetricsVerdict::Refutes => "by the log, against Spark's metrics",
        MetricsVerdict::Explains => "by Spark's metrics",
        MetricsVerdict::Silent | MetricsVerdict::Unconfirmed => "by the log",
    };
    let percent = words::percent(cause.confidence);
    let sure = match cause.verdict {
        Verdict::Inconclusive => format!("inconclusive ({percent})"),
        _ => format!("{} ({percent})", words::confidence(cause.confidence).to_lowercase()),
    };
    page.prose(Ink::Dim, &format!("{} · {sure}, {by}", cause.class));
    page.gap();
    page.prose(Ink::Bold, &cause.summary);
}

fn root_line(page: &mut Page, cause: &Cause) {
    let Some(root) = &cause.root_line else { return };
    page.section("In the log", &place(&root.file, root.line));
    page.item(Ink::Red, " ", &root.text, MOST_ROOT_LINES);
    if !cause.wrapped_by.is_empty() {
        page.item(Ink::Dim, " ", &format!("wrapped by {}", cause.wrapped_by.join(", then ")), 2);
    }
}

/// Their line among its neighbours where the job is at hand, else as the log shows it.
fn source_line(page: &mut Page, cause: &Cause, job: Option<&Job>) {
    let Some(source) = &cause.source else { return };
    page.section("Your code", &place(&source.file, i64::from(source.line)));
    match neighbours(source, job) {
        Some(lines) => {
            for (number, line) in lines {
                let is_it = number == source.line;
                let (ink, mark) = if is_it { (Ink::Bold, '>') } else { (Ink::Dim, ' ') };
                page.code(ink, &format!("{mark} {number:>4}  {line}"));
            }
        }
        None if source.text.is_empty() => {
            page.prose(Ink::Dim, "the log names the line and does not show it; --job would");
        }
        None => page.code(Ink::Bold, &source.text),
    }
}

/// Only where the log and the job agree on the line: the job may have changed since.
fn neighbours<'a>(source: &SourceLine, job: Option<&'a Job>) -> Option<Vec<(i32, &'a str)>> {
    let job = job.filter(|job| job.name.rsplit('/').next() == Some(source.file.as_str()))?;
    let lines: Vec<&str> = job.text()?.lines().collect();
    let at = usize::try_from(source.line).ok()?.checked_sub(1)?;
    let line = lines.get(at)?;
    if !line.contains(source.text.trim()) {
        return None;
    }
    let first = at.saturating_sub(AROUND);
    let shown = lines.iter().take(at + AROUND + 1).skip(first);
    Some((first + 1..).filter_map(|n| i32::try_from(n).ok()).zip(shown.copied()).collect())
}

/// Without what stands elsewhere on the page: the root line, and what the metrics say.
fn evidence(page: &mut Page, cause: &Cause) {
    let root = cause.root_line.as_ref().map(|root| (root.file.as_str(), root.line));
    let is_new = |e: &&Evidence| e.line > 0 && root != Some((e.file.as_str(), e.line));
    let lines: Vec<&Evidence> = cause.evidence.iter().filter(is_new).collect();
    if lines.is_empty() {
        return;
    }
    page.section("Evidence", "");
    for &evidence in lines.iter().take(MOST_ITEMS) {
        let place = place(&evidence.file, evidence.line);
        match evidence.says {
            Stance::For => page.item(Ink::Plain, "+", &format!("{place} · {}", evidence.text), 2),
            Stance::Against => {
                let text = format!("{place} · against it: {}", evidence.text);
                page.item(Ink::Yellow, "-", &text, 2);
            }
        }
    }
    more(page, lines.len());
}

fn metrics(page: &mut Page, metrics: &MetricsReport, summary: &str) {
    let verdict = words::metrics_verdict(metrics.verdict);
    page.section("Metrics", &format!("{} {verdict}", words::metrics_source(metrics.checked)));
    if !metrics.detail.is_empty() {
        page.prose(Ink::Dim, &metrics.detail);
    }
    let is_new = |finding: &&MetricFinding| finding.text != summary;
    let findings: Vec<&MetricFinding> = metrics.findings.iter().filter(is_new).collect();
    for finding in findings.iter().take(MOST_ITEMS) {
        page.item(Ink::Plain, "•", &finding.text, 3);
    }
    more(page, findings.len());
}

/// Only where they could still be right.
fn rivals(page: &mut Page, cause: &Cause) {
    if cause.verdict != Verdict::Inconclusive || cause.rivals.is_empty() {
        return;
    }
    page.section("It could also be", "");
    for rival in cause.rivals.iter().take(MOST_ITEMS) {
        let (class, percent) = (words::class(&rival.class), words::percent(rival.confidence));
        page.item(Ink::Plain, "•", &format!("{class} ({percent}): {}", rival.lost_because), 2);
    }
}

fn next_steps(page: &mut Page, cause: &Cause) {
    if cause.next_steps.is_empty() {
        return;
    }
    page.section("What to do", "");
    for (index, step) in cause.next_steps.iter().enumerate() {
        page.item(Ink::Plain, &format!("{}.", index + 1), &step.text, usize::MAX);
    }
}

fn fix(page: &mut Page, remedy: &Remedy<'_>) {
    let plan = &remedy.plan;
    page.section("Fix", &fix_status(plan));
    page.prose(Ink::Plain, &capitalised(&plan.reason));
    if !plan.diff.is_empty() {
        page.gap();
        for line in plan.diff.lines() {
            page.verbatim(ink_of_diff(line), line);
        }
        page.gap();
    }
    // The evidence is the line of the log that stands further up.
    for paragraph in plan.explanation.iter().filter(|text| !text.starts_with("Evidence: ")) {
        page.prose(Ink::Plain, paragraph);
    }
    gates(page, plan);
    if plan.status == FixStatus::Patched {
        let names = remedy.files().join(", ");
        match remedy.is_written {
            true => page.prose(Ink::Green, &format!("Written to {names}.")),
            false => page.prose(Ink::Dim, &format!("Nothing is changed; --write changes {names}.")),
        }
    }
}

fn fix_status(plan: &FixPlan) -> String {
    let status = match (plan.status, plan.applicability) {
        (FixStatus::Patched, Some(Applicability::Safe)) => "a patch that is safe",
        (FixStatus::Patched, _) => "a patch for a person to weigh",
        (FixStatus::Already, _) => "the code already holds it",
        (FixStatus::Refused, _) => "refused",
        (FixStatus::Hint, _) => "a hint, no patch",
        (FixStatus::None, _) => "none",
    };
    let codemod = plan.codemod.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
    format!("{codemod}{status}")
}

fn ink_of_diff(line: &str) -> Ink {
    match line.as_bytes().first() {
        _ if line.starts_with("---") || line.starts_with("+++") => Ink::Bold,
        Some(b'+') => Ink::Green,
        Some(b'-') => Ink::Red,
        Some(b'@') => Ink::Cyan,
        _ => Ink::Plain,
    }
}

fn gates(page: &mut Page, plan: &FixPlan) {
    let of = |result: GateResult| {
        let named = plan.gates.iter().filter(move |gate| gate.result == result);
        named.map(|gate| gate.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let told = [
        (Ink::Dim, "Checked", of(GateResult::Passed)),
        (Ink::Red, "Failed", of(GateResult::Failed)),
        (Ink::Dim, "Not checked", of(GateResult::NotRun)),
    ];
    for (ink, what, names) in told.into_iter().filter(|(_, _, names)| !names.is_empty()) {
        page.prose(ink, &format!("{what}: {names}."));
    }
}

/// What was read, so that nobody trusts a diagnosis of half a log.
fn footer(page: &mut Page, summary: &LogSummary, case: &Case) {
    let mut about = vec![format!("log last written {}", words::time(case.failed_at))];
    about.extend(case.exit_code.map(|code| format!("exit code {code}")));
    page.section("Read", &about.join(", "));
    for log in &summary.logs {
        let role = if log.role == LogRole::Executor { "executor " } else { "" };
        let lines = format!("{role}{}: {} lines", log.name, log.lines);
        match (log.status, log.detail.as_str()) {
            (LogStatus::Read, "") => page.prose(Ink::Dim, &lines),
            (LogStatus::Read, detail) => page.prose(Ink::Dim, &format!("{lines}; {detail}")),
            (_, detail) => page.prose(Ink::Yellow, &format!("{lines}; {detail}")),
        }
    }
}

fn more(page: &mut Page, n_items: usize) {
    if let Some(beyond) = n_items.checked_sub(MOST_ITEMS).filter(|&beyond| beyond > 0) {
        page.prose(Ink::Dim, &format!("and {beyond} more"));
    }
}

fn place(file: &str, line: i64) -> String {
    if line > 0 { format!("{file}:{line}") } else { file.to_owned() }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
