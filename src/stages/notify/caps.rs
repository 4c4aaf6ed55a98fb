//! Cuts what is remembered of a failure to what a message shows, so that memory has a bound.

use crate::records::diagnosis::MetricsReport;
use crate::records::fix::{FixPlan, Gate};
use crate::records::news::{FixNews, PullRequestNews};
use crate::records::root_cause::{Cause, Subject};
use crate::records::{Case, Pipeline};
use crate::text::plain::{block, one_line};

/// Evidence, rivals, next steps and findings that are kept of each.
const MOST_ITEMS: usize = 4;
const NAME_CHARS: usize = 120;
const LINE_CHARS: usize = 300;
const DIFF_LINES: usize = 40;
const REASON_CHARS: usize = 500;

pub fn case(case: Case) -> Case {
    let Pipeline { source, project, dag_id, task_id } = &case.pipeline;
    Case {
        pipeline: Pipeline {
            source: cut_name(source),
            project: cut_name(project),
            dag_id: cut_name(dag_id),
            task_id: cut_name(task_id),
        },
        run_id: case.run_id.as_deref().map(cut_name),
        application_id: case.application_id.as_deref().map(cut_name),
        log_url: case.log_url.as_deref().map(|url| one_line(url, REASON_CHARS)),
        job_file: None,
        event_log: None,
        history_url: None,
        ..case
    }
}

pub fn cause(mut cause: Cause) -> Cause {
    cause.class = cut_name(&cause.class);
    cause.summary = one_line(&cause.summary, REASON_CHARS);
    if let Some(root) = &mut cause.root_line {
        root.file = cut_name(&root.file);
        root.text = cut(&root.text);
    }
    if let Some(source) = &mut cause.source {
        source.file = cut_name(&source.file);
        source.text = cut(&source.text);
    }
    cause.subject = subject(cause.subject);
    cause.wrapped_by.clear();
    cause.evidence.truncate(MOST_ITEMS);
    for evidence in &mut cause.evidence {
        evidence.file = cut_name(&evidence.file);
        evidence.text = cut(&evidence.text);
    }
    cause.rivals.truncate(MOST_ITEMS);
    for rival in &mut cause.rivals {
        rival.class = cut_name(&rival.class);
        rival.lost_because = cut(&rival.lost_because);
    }
    cause.next_steps.truncate(MOST_ITEMS);
    for step in &mut cause.next_steps {
        step.text = cut(&step.text);
    }
    cause
}

pub fn metrics(mut metrics: MetricsReport) -> MetricsReport {
    metrics.detail = cut(&metrics.detail);
    metrics.findings.truncate(MOST_ITEMS);
    for finding in &mut metrics.findings {
        finding.kind = cut_name(&finding.kind);
        finding.class = finding.class.as_deref().map(cut_name);
        finding.unit = cut_name(&finding.unit);
        finding.text = cut(&finding.text);
    }
    metrics
}

pub fn fix(fix: FixNews) -> FixNews {
    let FixPlan { status, codemod, applicability, reason, diff, gates, .. } = fix.plan;
    let plan = FixPlan {
        status,
        codemod: codemod.as_deref().map(cut_name),
        applicability,
        reason: one_line(&reason, REASON_CHARS),
        explanation: Vec::new(),
        diff: block(&diff, DIFF_LINES, 160),
        gates: gates.into_iter().take(2 * MOST_ITEMS).map(gate).collect(),
    };
    FixNews { repository: fix.repository.as_deref().map(cut_name), plan }
}

pub fn pull_request(pull_request: PullRequestNews) -> PullRequestNews {
    PullRequestNews {
        repository: pull_request.repository.as_deref().map(cut_name),
        status: pull_request.status,
        branch: pull_request.branch.as_deref().map(cut_name),
        url: pull_request.url.as_deref().map(|url| one_line(url, REASON_CHARS)),
        reason: one_line(&pull_request.reason, REASON_CHARS),
    }
}

/// Only what many pipelines can share is told.
fn subject(subject: Subject) -> Subject {
    let name = |text: Option<String>| text.as_deref().map(cut_name);
    Subject {
        table: name(subject.table),
        path: name(subject.path),
        host: name(subject.host),
        module: name(subject.module),
        key: name(subject.key),
        ..Subject::default()
    }
}

fn gate(mut gate: Gate) -> Gate {
    gate.name = cut_name(&gate.name);
    gate.detail = cut(&gate.detail);
    gate
}

fn cut(text: &str) -> String {
    one_line(text, LINE_CHARS)
}

fn cut_name(text: &str) -> String {
    one_line(text, NAME_CHARS)
}
