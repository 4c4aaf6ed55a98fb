//! From a cause and a source to a fix or the reason why there is none; no input, no output.

use adp_codemod::{self as codemod, Outcome, Patch, unified_diff};
use adp_redact::Redactor;

use super::remedies::{self, Attempt, Remedy};
use crate::records::diagnosis::MetricsReport;
use crate::records::fix::{Applicability, FixPlan, FixStatus, Gate, GateResult};
use crate::records::root_cause::Cause;

/// A plan with the patch that goes with it.
pub(super) struct Planned {
    pub plan: FixPlan,
    pub patch: Option<NewText>,
}

/// A whole new text and what makes it this edit.
pub(super) struct NewText {
    /// With the source's secrets, if it has any: it is what goes into the commit, beside the old
    /// text that has them too. What people read and topics hold is without them.
    pub text: String,
    pub codemod: &'static str,
    pub target: String,
}

/// The fix for the cause in this source, with the new text where the fix may be proposed.
///
/// `path` is shown in the diff; only its last part is compared with the file that the cause names,
/// because a line number of another file says nothing here.
pub fn plan_fix(
    redactor: &Redactor,
    cause: &Cause,
    metrics: &MetricsReport,
    path: &str,
    source: &str,
) -> (FixPlan, Option<String>) {
    let Planned { plan, patch } = plan(redactor, cause, metrics, path, source);
    (plan, patch.map(|patch| patch.text))
}

pub(super) fn plan(
    redactor: &Redactor,
    cause: &Cause,
    metrics: &MetricsReport,
    path: &str,
    source: &str,
) -> Planned {
    let cause = seen_in(cause, path);
    match remedies::remedy(&cause, metrics) {
        Remedy::Hint(reason) => nothing(FixStatus::Hint, reason),
        Remedy::Refuse(reason) => nothing(FixStatus::Refused, reason),
        Remedy::Nothing(reason) => nothing(FixStatus::None, reason),
        Remedy::Try { attempts, otherwise } => {
            without_secrets(redactor, try_all(attempts, otherwise, path, source), source)
        }
    }
}

/// The plan without the source's secrets, which reach records, messages and pull requests through
/// the diff and the lines that reasons quote. No plan where a changed line holds one: nobody could
/// review what they cannot see.
fn without_secrets(redactor: &Redactor, planned: Planned, source: &str) -> Planned {
    let Planned { mut plan, patch } = planned;
    let secrets = redactor.redact(source);
    let clean = |text: &str| redactor.piece(&secrets, text);
    plan.reason = clean(&plan.reason);
    let is_told_apart = patch.as_ref().is_none_or(|patch| {
        let shown = redactor.redact(&patch.text).text;
        redactor.restore(source, &shown).as_ref() == Some(&patch.text)
    });
    if !is_told_apart || changes_a_secret(&plan.diff, clean) {
        let reason = "a line that the fix changes holds a secret".to_owned();
        let refused = without_patch(FixStatus::Refused, reason);
        return Planned { plan: FixPlan { codemod: plan.codemod, ..refused }, patch: None };
    }
    plan.diff = plan.diff.split_inclusive('\n').map(clean).collect();
    for told in &mut plan.explanation {
        *told = clean(told);
    }
    for gate in &mut plan.gates {
        gate.detail = clean(&gate.detail);
    }
    Planned { plan, patch }
}

fn changes_a_secret(diff: &str, clean: impl Fn(&str) -> String) -> bool {
    // The first two lines name the file.
    let mut changed = diff.lines().skip(2).filter_map(|line| line.strip_prefix(['+', '-']));
    changed.any(|line| clean(line) != line)
}

/// A plan that changes nothing.
pub(super) fn without_patch(status: FixStatus, reason: String) -> FixPlan {
    FixPlan {
        status,
        codemod: None,
        applicability: None,
        reason,
        explanation: Vec::new(),
        diff: String::new(),
        gates: Vec::new(),
    }
}

fn nothing(status: FixStatus, reason: String) -> Planned {
    Planned { plan: without_patch(status, reason), patch: None }
}

/// The cause without a line that belongs to another file than `path`.
fn seen_in(cause: &Cause, path: &str) -> Cause {
    let name = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let mut cause = cause.clone();
    cause.source.take_if(|source| name(&source.file) != name(path));
    cause
}

/// The first attempt that ends in a patch. Where none does, the answer of the first that is no
/// long shot counts: it is the remedy we would have liked best.
fn try_all(attempts: Vec<Attempt>, otherwise: Option<String>, path: &str, source: &str) -> Planned {
    let mut first = None;
    for attempt in attempts {
        let codemod = attempt.request.codemod().name;
        let (status, reason) = match codemod::apply(&attempt.request, source) {
            Outcome::Patched(patch) => return patched(attempt, patch, path, source),
            Outcome::Already(reason) => (FixStatus::Already, reason),
            Outcome::Refused(reason) => (FixStatus::Refused, reason),
        };
        if !attempt.is_long_shot {
            first.get_or_insert((codemod, status, reason));
        }
    }
    let Some((codemod, status, reason)) = first else {
        return nothing(FixStatus::Hint, otherwise.unwrap_or_default());
    };
    let (status, reason) = match (status, otherwise) {
        (FixStatus::Refused, Some(advice)) => (FixStatus::Hint, format!("{advice} ({reason})")),
        (status, _) => (status, reason),
    };
    let plan = FixPlan { codemod: Some(codemod.to_owned()), ..without_patch(status, reason) };
    Planned { plan, patch: None }
}

fn patched(attempt: Attempt, patch: Patch, path: &str, source: &str) -> Planned {
    let codemod = attempt.request.codemod().name;
    let applicability = match patch.applicability {
        codemod::Applicability::Safe => Applicability::Safe,
        codemod::Applicability::Unsafe => Applicability::Unsafe,
        codemod::Applicability::Hint => Applicability::Hint,
    };
    let only_a_hint = applicability == Applicability::Hint;
    let plan = FixPlan {
        status: if only_a_hint { FixStatus::Hint } else { FixStatus::Patched },
        codemod: Some(codemod.to_owned()),
        applicability: Some(applicability),
        reason: attempt.title,
        explanation: paragraphs(&patch),
        diff: unified_diff(path, source, &patch.text),
        gates: gates(&patch),
    };
    let new = NewText { text: patch.text, codemod, target: attempt.target };
    Planned { plan, patch: (!only_a_hint).then_some(new) }
}

fn paragraphs(patch: &Patch) -> Vec<String> {
    let why = &patch.why;
    let told = [
        ("Evidence", &why.evidence),
        ("Why here", &why.why_here),
        ("What changes", &why.what_changes),
        ("What it does not fix", &why.what_it_does_not_fix),
        ("How to undo", &why.how_to_undo),
    ];
    let told = told.into_iter().filter(|(_, text)| !text.is_empty());
    told.map(|(name, text)| format!("{name}: {text}")).collect()
}

/// Checks that need what we do not have here; said rather than left out.
const NOT_RUN: [(&str, &str); 3] = [
    ("byte-compiled", "the job's own Python is not at hand"),
    ("no new lint findings", "no linter is run yet"),
    ("the project's own command", "none is configured"),
];

fn gates(patch: &Patch) -> Vec<Gate> {
    let passed = patch.gates.iter().map(|gate| Gate {
        name: gate.name.to_owned(),
        result: GateResult::Passed,
        detail: gate.result.clone(),
    });
    let not_run = NOT_RUN.iter().map(|(name, why)| Gate {
        name: (*name).to_owned(),
        result: GateResult::NotRun,
        detail: (*why).to_owned(),
    });
    passed.chain(not_run).collect()
}
