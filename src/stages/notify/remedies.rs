//! What is done about a cause: the fix, or why there is none, and where its pull request is.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Facts;
use super::message::{MOST_ITEMS, MOST_NAMES, list, section};
use crate::records::IncidentId;
use crate::records::fix::{Applicability, FixPlan, FixStatus, GateResult};
use crate::records::news::{FixNews, PullRequestNews};
use crate::records::notice::{Line, Section, SectionKind};
use crate::records::pull_request::PullRequestStatus;

/// What is done about it: in full for one incident, a line each for several.
pub fn sections(told: &[&Facts]) -> Vec<Section> {
    let mut by_incident: BTreeMap<&IncidentId, Remedy> = BTreeMap::new();
    for facts in told {
        let remedy = by_incident.entry(&facts.incident.incident_id).or_default();
        remedy.pipeline = facts.case.pipeline.name();
        remedy.fix = facts.fix.as_ref().or(remedy.fix);
        remedy.pull_request = facts.pull_request.as_ref().or(remedy.pull_request);
    }
    if by_incident.len() == 1 {
        return by_incident.into_values().flat_map(Remedy::in_full).collect();
    }
    several(by_incident.into_values())
}

#[derive(Default)]
struct Remedy<'a> {
    pipeline: String,
    fix: Option<&'a FixNews>,
    pull_request: Option<&'a PullRequestNews>,
}

impl Remedy<'_> {
    fn in_full(self) -> Vec<Section> {
        let fix = self.fix.map(|fix| fix_sections(&fix.plan)).unwrap_or_default();
        let is_patched = self.is_patched();
        let says = |p: &&PullRequestNews| p.status != PullRequestStatus::NothingToDo || is_patched;
        let pull_request = self.pull_request.filter(says).map(|pull_request| {
            section(SectionKind::Prose, "Pull request", vec![pull_request_line(pull_request)])
        });
        fix.into_iter().chain(pull_request).collect()
    }

    /// The pull request says more than the fix that is in it.
    fn in_short(&self) -> Option<Line> {
        match (self.pull_request, self.fix) {
            (Some(pull_request), _) if self.is_patched() || self.fix.is_none() => {
                Some(pull_request_line(pull_request))
            }
            (_, Some(fix)) => Some(fix_line(&fix.plan)),
            _ => None,
        }
    }

    fn is_patched(&self) -> bool {
        self.fix.is_some_and(|fix| fix.plan.status == FixStatus::Patched)
    }
}

/// Pipelines that share a job share its pull request, which is then told once.
fn several<'a>(remedies: impl Iterator<Item = Remedy<'a>>) -> Vec<Section> {
    let mut pipelines_by_line: BTreeMap<String, (Line, BTreeSet<String>)> = BTreeMap::new();
    for remedy in remedies {
        let Some(line) = remedy.in_short() else { continue };
        let text: String = line.spans.iter().map(|span| span.text.as_str()).collect();
        pipelines_by_line.entry(text).or_insert((line, BTreeSet::new())).1.insert(remedy.pipeline);
    }
    let beyond = pipelines_by_line.len().saturating_sub(MOST_NAMES);
    let mut lines: Vec<Line> = pipelines_by_line
        .into_values()
        .take(MOST_NAMES)
        .map(|(line, pipelines)| {
            let mut whole = Line::default().text(format!("{}: ", few(pipelines)));
            whole.spans.extend(line.spans);
            whole
        })
        .collect();
    if beyond > 0 {
        lines.push(Line::default().text(format!("and {beyond} others")));
    }
    list("Fixes", lines).into_iter().collect()
}

fn few(names: BTreeSet<String>) -> String {
    let beyond = names.len().saturating_sub(MOST_ITEMS);
    let shown: Vec<String> = names.into_iter().take(MOST_ITEMS).collect();
    let more = if beyond > 0 { format!(" and {beyond} others") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn fix_sections(plan: &FixPlan) -> Vec<Section> {
    let mut lines = vec![fix_line(plan)];
    let failed = plan.gates.iter().filter(|gate| gate.result == GateResult::Failed);
    lines.extend(failed.map(|gate| {
        Line::default().text(format!("The check “{}” failed: {}", gate.name, gate.detail))
    }));
    let diff = (!plan.diff.is_empty()).then(|| {
        let lines = plan.diff.lines().map(|line| Line::default().code(line)).collect();
        section(SectionKind::Code, "Patch", lines)
    });
    std::iter::once(section(SectionKind::Prose, "Fix", lines)).chain(diff).collect()
}

fn fix_line(plan: &FixPlan) -> Line {
    let codemod = plan.codemod.as_deref().map(|name| format!(" with {name}")).unwrap_or_default();
    let head = match (plan.status, plan.applicability) {
        (FixStatus::Patched, Some(Applicability::Safe)) => format!("patched{codemod}"),
        (FixStatus::Patched, _) => format!("patched{codemod}, and a person must weigh it"),
        (FixStatus::Already, _) => "the code already holds the fix".to_owned(),
        (FixStatus::Refused, _) => "no patch".to_owned(),
        (FixStatus::Hint, _) => "a hint, no patch".to_owned(),
        (FixStatus::None, _) => "no patch for this".to_owned(),
    };
    Line::default().text(with_reason(&head, &plan.reason))
}

fn pull_request_line(pull_request: &PullRequestNews) -> Line {
    let head = match pull_request.status {
        PullRequestStatus::Opened => "draft opened",
        PullRequestStatus::AlreadyOpen => "already open",
        PullRequestStatus::NothingToDo => "none",
        PullRequestStatus::GaveUp => "could not be opened",
    };
    let mut line = Line::default().text(with_reason(head, &pull_request.reason));
    if let Some(url) = &pull_request.url {
        line = line.text(" ").link(url.clone());
    }
    if let Some(branch) = &pull_request.branch {
        line = line.text(", branch ").code(branch.clone());
    }
    line
}

fn with_reason(head: &str, reason: &str) -> String {
    if reason.is_empty() { head.to_owned() } else { format!("{head}: {reason}") }
}
