//! What a reviewer reads: the cause, its evidence, the change, how sure we are and how to go back.
//!
//! Everything that came from logs, events or sources is put through `text::markdown` here, and each
//! part is capped, so that a page holds whatever a failure brought with it.

use crate::records::Fix;
use crate::records::fix::{Applicability, Gate, GateResult};
use crate::records::root_cause::{Evidence, Stance};
use crate::text::markdown::{capped, code, fence, inline};
use crate::text::plain;
use crate::world::forge::Repository;
use crate::world::forge::local::Occurrence;

const MOST_OF_A_TITLE: usize = 100;
const MOST_OF_A_LINE: usize = 400;
const MOST_OF_A_PARAGRAPH: usize = 1_500;
const MOST_PARAGRAPHS: usize = 8;
const MOST_EVIDENCE: usize = 10;
const MOST_GATES: usize = 16;
/// More is read in the branch.
const MOST_OF_A_DIFF: usize = 20_000;
/// Names in an occurrence: all of them together leave room for many more.
const MOST_OF_A_NAME: usize = 100;

/// The whole text but for the occurrences.
pub(super) fn body(fix: &Fix, repository: &Repository, branch: &str, commit: &str) -> String {
    let parts = [
        format!("# {}", inline(&title(fix))),
        format!(
            "Proposed by adp as a draft: branch {} with commit {} for {} of {}.",
            code(branch),
            code(commit),
            code(&repository.base),
            inline(&repository.name)
        ),
        cause(fix),
        evidence(fix),
        why(fix),
        change(fix),
        checks(&fix.plan.gates),
        format!("## How sure\n\n{}", how_sure(fix)),
        format!(
            "## How to undo\n\nBefore it is merged: delete the branch {}; it is not made again while \
             this text lies here. Afterwards: revert its one commit.",
            code(branch)
        ),
    ];
    let told: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    told.join("\n\n")
}

/// One line about this incident.
pub(super) fn occurrence(fix: &Fix) -> Occurrence {
    let case = &fix.case;
    let name = |text: &str| inline(&capped(text, MOST_OF_A_NAME));
    let mut line = name(&case.pipeline.name());
    if let Some(run) = &case.run_id {
        line.push_str(&format!(", run {}", name(run)));
    }
    if let Some(attempt) = case.attempt {
        line.push_str(&format!(", attempt {attempt}"));
    }
    line.push_str(&format!(", failed at {}", case.failed_at));
    Occurrence { incident: fix.incident.incident_id.clone(), line }
}

pub(super) fn commit_message(fix: &Fix) -> String {
    let summary = plain::one_line(&fix.cause.summary, MOST_OF_A_LINE);
    let codemod = fix.plan.codemod.as_deref().unwrap_or("by hand");
    format!("{}\n\nCause: {summary}\nClass: {}\nCodemod: {codemod}", title(fix), fix.cause.class)
}

fn title(fix: &Fix) -> String {
    let path = fix.files.first().map_or("", |file| file.path.as_str());
    let file = path.rsplit('/').next().unwrap_or(path);
    plain::one_line(&format!("{file}: {}", fix.plan.reason), MOST_OF_A_TITLE)
}

fn cause(fix: &Fix) -> String {
    let cause = &fix.cause;
    let mut told = format!(
        "## Cause\n\n{}\n\nClass {}, confidence {:.0} %.",
        inline(&capped(&cause.summary, MOST_OF_A_PARAGRAPH)),
        code(&cause.class),
        cause.confidence * 100.0
    );
    if let Some(source) = &cause.source {
        let text = capped(source.text.trim(), MOST_OF_A_LINE);
        told.push_str(&format!(
            "\n\nIn {} at line {}: {}",
            code(&source.file),
            source.line,
            code(&text)
        ));
    }
    told
}

fn evidence(fix: &Fix) -> String {
    let cause = &fix.cause;
    let root = cause.root_line.iter().map(|line| said("root", &line.file, line.line, &line.text));
    let rest = cause.evidence.iter().filter(|evidence| {
        cause
            .root_line
            .as_ref()
            .is_none_or(|root| root.line != evidence.line || root.file != evidence.file)
    });
    let told: Vec<String> = root.chain(rest.map(stance)).take(MOST_EVIDENCE).collect();
    let mut told = if told.is_empty() { Vec::new() } else { vec![told.join("\n")] };
    if !fix.metrics.detail.trim().is_empty() {
        told.push(format!(
            "Spark's metrics: {}",
            inline(&capped(&fix.metrics.detail, MOST_OF_A_PARAGRAPH))
        ));
    }
    if told.is_empty() { String::new() } else { format!("## Evidence\n\n{}", told.join("\n\n")) }
}

fn stance(evidence: &Evidence) -> String {
    let says = match evidence.says {
        Stance::For => "for",
        Stance::Against => "against",
    };
    said(says, &evidence.file, evidence.line, &evidence.text)
}

fn said(says: &str, file: &str, line: i64, text: &str) -> String {
    let text = code(&capped(text, MOST_OF_A_LINE));
    if line > 0 {
        format!("- {says}, {} line {line}: {text}", code(file))
    } else {
        format!("- {says}: {text}")
    }
}

fn why(fix: &Fix) -> String {
    let paragraphs = fix.plan.explanation.iter().take(MOST_PARAGRAPHS);
    let told: Vec<String> =
        paragraphs.map(|text| inline(&capped(text, MOST_OF_A_PARAGRAPH))).collect();
    if told.is_empty() { String::new() } else { format!("## Why\n\n{}", told.join("\n\n")) }
}

fn change(fix: &Fix) -> String {
    let diff = &fix.plan.diff;
    match diff.char_indices().nth(MOST_OF_A_DIFF) {
        None => format!("## Change\n\n{}", fence("diff", diff)),
        Some((at, _)) => {
            let whole_lines = diff[..at].rfind('\n').map_or("", |end| &diff[..end]);
            let shown = fence("diff", whole_lines);
            format!("## Change\n\nOnly its beginning; the branch has all of it.\n\n{shown}")
        }
    }
}

fn checks(gates: &[Gate]) -> String {
    let told = gates.iter().take(MOST_GATES).map(|gate| {
        let result = match gate.result {
            GateResult::Passed => "passed",
            GateResult::Failed => "failed",
            GateResult::NotRun => "not run",
        };
        let detail = capped(&gate.detail, MOST_OF_A_LINE);
        format!("- {result}: {} ({})", inline(&gate.name), inline(&detail))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!("## Checks\n\n{}", told.join("\n")) }
}

fn how_sure(fix: &Fix) -> &'static str {
    match fix.plan.applicability {
        Some(Applicability::Safe) => {
            "Safe: the change keeps every result that the job gave so far. Review it like any other."
        }
        _ => {
            "To be weighed by a person: right by the evidence, but it changes what the job does in \
             the ways that are named above."
        }
    }
}
