//! The diagnosis as an object for programs: a contract. Fields may be added, none renamed, and what
//! is not known is null.
//!
//! The object has types of its own, so that a record may change without changing what scripts read.

use serde::Serialize;

use super::job::Remedy;
use super::walk::Walk;
use crate::records::diagnosis::{MetricFinding, MetricsSource, MetricsVerdict};
use crate::records::fix::{Applicability, FixStatus, Gate};
use crate::records::log_summary::{LogFile, LogLine};
use crate::records::root_cause::{
    Cause, Evidence, NextStep, Rival, SourceLine, Stance, Subject, Verdict,
};

#[derive(Serialize)]
struct Analysis<'a> {
    diagnosis: DiagnosisView<'a>,
    fix: FixView<'a>,
    logs: &'a [LogFile],
}

#[derive(Serialize)]
struct DiagnosisView<'a> {
    class: &'a str,
    verdict: Verdict,
    confidence: f64,
    summary: &'a str,
    root_line: Option<&'a LogLine>,
    source: Option<&'a SourceLine>,
    subject: &'a Subject,
    wrapped_by: &'a [String],
    evidence: Vec<EvidenceView<'a>>,
    metrics: MetricsView<'a>,
    rivals: &'a [Rival],
    next_steps: &'a [NextStep],
}

#[derive(Serialize)]
struct EvidenceView<'a> {
    file: &'a str,
    line: Option<i64>,
    says: Stance,
    text: &'a str,
}

#[derive(Serialize)]
struct MetricsView<'a> {
    checked: MetricsSource,
    verdict: MetricsVerdict,
    detail: &'a str,
    findings: &'a [MetricFinding],
}

#[derive(Serialize)]
struct FixView<'a> {
    status: FixStatus,
    codemod: Option<&'a str>,
    applicability: Option<Applicability>,
    reason: &'a str,
    explanation: &'a [String],
    files: Vec<&'a str>,
    diff: Option<&'a str>,
    gates: &'a [Gate],
    written: bool,
}

/// One object over several lines, with a line feed at its end.
pub fn object(walk: &Walk, remedy: &Remedy<'_>) -> serde_json::Result<String> {
    let analysis =
        Analysis { diagnosis: diagnosis(walk), fix: fix(remedy), logs: &walk.summary.logs };
    Ok(serde_json::to_string_pretty(&analysis)? + "\n")
}

fn diagnosis(walk: &Walk) -> DiagnosisView<'_> {
    let cause: &Cause = &walk.diagnosis.cause;
    let metrics = &walk.diagnosis.metrics;
    DiagnosisView {
        class: &cause.class,
        verdict: cause.verdict,
        confidence: cause.confidence,
        summary: &cause.summary,
        root_line: cause.root_line.as_ref(),
        source: cause.source.as_ref(),
        subject: &cause.subject,
        wrapped_by: &cause.wrapped_by,
        evidence: cause.evidence.iter().map(evidence).collect(),
        metrics: MetricsView {
            checked: metrics.checked,
            verdict: metrics.verdict,
            detail: &metrics.detail,
            findings: &metrics.findings,
        },
        rivals: &cause.rivals,
        next_steps: &cause.next_steps,
    }
}

fn evidence(evidence: &Evidence) -> EvidenceView<'_> {
    EvidenceView {
        file: &evidence.file,
        line: Some(evidence.line).filter(|&line| line > 0),
        says: evidence.says,
        text: &evidence.text,
    }
}

fn fix<'a>(remedy: &'a Remedy<'_>) -> FixView<'a> {
    let plan = &remedy.plan;
    FixView {
        status: plan.status,
        codemod: plan.codemod.as_deref(),
        applicability: plan.applicability,
        reason: &plan.reason,
        explanation: &plan.explanation,
        files: remedy.files(),
        diff: Some(plan.diff.as_str()).filter(|diff| !diff.is_empty()),
        gates: &plan.gates,
        written: remedy.is_written,
    }
}
