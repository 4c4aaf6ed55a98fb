//! What can be tried against each class of failure: one entry per class, one function each.
//!
//! A remedy is chosen from the class, what it is about and what was measured, never from the
//! wording of a log alone. A class without an entry has no cure in a job's source that we know; what
//! it needs is in the next steps of the cause.

use adp_codemod::{
    BroadcastJoin, JoinOnName, NullGuard, RenameColumn, Request, Seen, SessionSetting, SideSize,
    SparkLine, ToLocalIterator,
};

use super::near::{Near, nearest};
use super::relations;
use crate::records::diagnosis::{MetricsReport, MetricsVerdict};
use crate::records::root_cause::{Cause, StepKind, Verdict};

/// What there is to be done about a cause.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Remedy {
    /// Codemods to try, the best first; where all refuse, `otherwise` says what a person can do.
    Try { attempts: Vec<Attempt>, otherwise: Option<String> },
    /// Something that a person can do and a codemod cannot.
    Hint(String),
    /// There would be a codemod, and something forbids it.
    Refuse(String),
    /// Nothing in a job's source cures it.
    Nothing(String),
}

/// One codemod to try.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    pub request: Request,
    /// What is changed to what; with the codemod and the path it identifies the edit, so nothing
    /// of a single run is in it.
    pub target: String,
    /// For people, in one line.
    pub title: String,
    /// Tried on the chance; that it does not fit is no news.
    pub is_long_shot: bool,
}

type Choose = fn(&Cause, &MetricsReport) -> Remedy;

/// The classes that a change of the source may cure.
const REMEDIES: &[(&str, Choose)] = &[
    ("schema.unresolved_column", rename_column),
    ("schema.ambiguous_reference", join_on_name),
    ("data.datetime_rebase", rebase_mode),
    ("python.udf_exception", null_guard),
    ("oom.driver", walk_instead_of_collect),
    ("oom.driver_result_size", walk_instead_of_collect),
    ("broadcast.timeout", broadcast_timeout),
    ("perf.skew", unskew),
];

/// The kind of finding that measures the small side of a join, in bytes.
const SMALL_SIDE: &str = "small_join_side";

/// No record says which Spark the job ran on. Everything asked for here exists since this line.
const OLDEST: SparkLine = SparkLine::V3_5;

pub(super) fn remedy(cause: &Cause, metrics: &MetricsReport) -> Remedy {
    match cause.verdict {
        Verdict::Healthy => return Remedy::Nothing("the run was healthy".to_owned()),
        Verdict::Inconclusive => {
            return Remedy::Nothing("the cause is not certain enough to change code".to_owned());
        }
        Verdict::Conclusive => {}
    }
    if metrics.verdict == MetricsVerdict::Refutes {
        return Remedy::Nothing("what Spark measured speaks against the cause".to_owned());
    }
    match REMEDIES.iter().find(|(class, _)| *class == cause.class) {
        Some((_, choose)) => choose(cause, metrics),
        None => advice(cause),
    }
}

/// What a person can change, from the next steps of the cause.
fn advice(cause: &Cause) -> Remedy {
    let changes = |kind: StepKind| matches!(kind, StepKind::CodePatch | StepKind::ConfigChange);
    match cause.next_steps.iter().find(|step| changes(step.kind)) {
        Some(step) => Remedy::Hint(step.text.clone()),
        None => Remedy::Nothing(format!("no change of a job's source cures {}", cause.class)),
    }
}

fn one(request: Request, target: String, title: String) -> Remedy {
    Remedy::Try {
        attempts: vec![Attempt { request, target, title, is_long_shot: false }],
        otherwise: None,
    }
}

/// What the run said, as codemods take it.
fn seen(cause: &Cause) -> Seen {
    let evidence = cause.root_line.as_ref().map_or(&cause.summary, |line| &line.text).clone();
    let line = cause.source.as_ref().and_then(|source| u32::try_from(source.line).ok());
    let quote = cause.source.as_ref().map(|source| source.text.clone());
    Seen { evidence, line, quote: quote.filter(|quote| !quote.trim().is_empty()) }
}

fn rename_column(cause: &Cause, _: &MetricsReport) -> Remedy {
    let subject = &cause.subject;
    let Some(column) = &subject.column else {
        return Remedy::Refuse("the log does not name the column".to_owned());
    };
    if subject.error_class.as_deref().is_some_and(|class| class.starts_with("FIELD_NOT_FOUND")) {
        let why = "lies inside a struct, where a rename behind the read does not reach";
        return Remedy::Refuse(format!("{column} {why}"));
    }
    let missing = last_name(column);
    let candidates: Vec<&str> = subject.candidates.iter().map(|name| last_name(name)).collect();
    match nearest(missing, &candidates) {
        Near::One(present) => {
            let request = Request::RenameColumn(RenameColumn {
                seen: seen(cause),
                missing: missing.to_owned(),
                present: present.to_owned(),
                input: subject.path.clone().or_else(|| subject.table.clone()),
                relation: relations::position(&cause.evidence, present, missing),
            });
            let title = format!("rename {present} back to {missing} behind the read");
            one(request, format!("{present} as {missing}"), title)
        }
        Near::Several(names) => Remedy::Refuse(format!(
            "{missing} may have become {}; a person must say which",
            names.join(" or ")
        )),
        Near::None if candidates.is_empty() => {
            Remedy::Refuse(format!("the log does not say what exists instead of {missing}"))
        }
        Near::None => Remedy::Refuse(format!(
            "none of the columns that exist ({}) resembles {missing}",
            candidates.join(", ")
        )),
    }
}

/// `l.booking_date` is `booking_date`: what stands before it is an alias or a table.
fn last_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name).trim_matches('`')
}

fn join_on_name(cause: &Cause, _: &MetricsReport) -> Remedy {
    let Some(column) = &cause.subject.column else {
        return Remedy::Refuse("the log does not name the column".to_owned());
    };
    let column = last_name(column).to_owned();
    let title = format!("join on the name {column}, so that it is there once");
    let request = Request::JoinOnName(JoinOnName { seen: seen(cause), column: column.clone() });
    one(request, column, title)
}

fn rebase_mode(cause: &Cause, _: &MetricsReport) -> Remedy {
    const ADVICE: &str =
        "LEGACY where Spark 2 or Hive wrote or will read the files, else CORRECTED";
    match setting_named(cause) {
        Some(key) if key.ends_with("RebaseModeInWrite") => one_setting(
            cause,
            &key,
            "CORRECTED",
            format!("write dates as they are ({key}=CORRECTED)"),
        ),
        Some(key) => Remedy::Hint(format!("a person must choose {key}: {ADVICE}")),
        None => Remedy::Hint(format!("a person must set what the whole message names: {ADVICE}")),
    }
}

fn broadcast_timeout(cause: &Cause, _: &MetricsReport) -> Remedy {
    const LEAST: u64 = 600;
    const MOST: u64 = 3_600;
    let key = "spark.sql.broadcastTimeout";
    if setting_named(cause).as_deref() != Some(key) {
        return advice(cause);
    }
    let waited = cause.subject.limit.as_deref().and_then(leading_number).unwrap_or(0);
    let seconds = waited.saturating_mul(2).clamp(LEAST, MOST).to_string();
    one_setting(cause, key, &seconds, format!("wait longer for the broadcast ({key}={seconds})"))
}

fn one_setting(cause: &Cause, key: &str, value: &str, title: String) -> Remedy {
    let Attempt { request, target, .. } = setting(cause, key, value);
    one(request, target, title)
}

fn setting(cause: &Cause, key: &str, value: &str) -> Attempt {
    let request = Request::SessionSetting(SessionSetting {
        seen: seen(cause),
        key: key.to_owned(),
        value: value.to_owned(),
        spark: OLDEST,
    });
    let target = format!("{key}={value}");
    let title = format!("set {target} in the session");
    Attempt { request, title, target, is_long_shot: false }
}

/// The setting that the failure names, by itself or in the lines that show it.
fn setting_named(cause: &Cause) -> Option<String> {
    let root = cause.root_line.iter().map(|line| line.text.as_str());
    let lines = cause.evidence.iter().map(|evidence| evidence.text.as_str());
    let in_lines = || root.chain(lines).find_map(first_key);
    cause.subject.key.clone().or_else(in_lines)
}

fn first_key(text: &str) -> Option<String> {
    let start = text.find("spark.sql.")?;
    let end = text[start..].find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_');
    let key = &text[start..end.map_or(text.len(), |end| start + end)];
    Some(key.trim_end_matches('.').to_owned())
}

fn leading_number(text: &str) -> Option<u64> {
    let digits = text.trim_start().bytes().take_while(u8::is_ascii_digit).count();
    text.trim_start()[..digits].parse().ok()
}

fn null_guard(cause: &Cause, _: &MetricsReport) -> Remedy {
    let root = cause.root_line.as_ref().map_or("", |line| line.text.as_str());
    if !root.contains("NoneType") || cause.source.is_none() {
        return advice(cause);
    }
    let function = cause.subject.function.clone();
    let target = function.clone().unwrap_or_else(|| line_of(cause));
    let title = format!("let {target} answer NULL with NULL");
    one(Request::NullGuard(NullGuard { seen: seen(cause), function }), target, title)
}

fn walk_instead_of_collect(cause: &Cause, _: &MetricsReport) -> Remedy {
    // Without the line of the action any collect() of the job could be meant.
    if cause.source.is_none() {
        return advice(cause);
    }
    let attempt = Attempt {
        request: Request::ToLocalIterator(ToLocalIterator { seen: seen(cause) }),
        target: line_of(cause),
        title: "fetch one partition at a time instead of the whole result".to_owned(),
        is_long_shot: false,
    };
    match advice(cause) {
        Remedy::Hint(advice) => Remedy::Try { attempts: vec![attempt], otherwise: Some(advice) },
        _ => Remedy::Try { attempts: vec![attempt], otherwise: None },
    }
}

/// The source line that the run named, by its text where that is known: numbers move.
fn line_of(cause: &Cause) -> String {
    cause.source.as_ref().map_or_else(String::new, |source| match source.text.trim() {
        "" => format!("line {}", source.line),
        text => text.to_owned(),
    })
}

fn unskew(cause: &Cause, metrics: &MetricsReport) -> Remedy {
    let mut attempts = Vec::new();
    attempts.extend(broadcast(cause, metrics));
    // Both are on by default, so these only undo what the job itself switched off.
    for key in ["spark.sql.adaptive.enabled", "spark.sql.adaptive.skewJoin.enabled"] {
        attempts.push(Attempt { is_long_shot: true, ..setting(cause, key, "true") });
    }
    let otherwise = match advice(cause) {
        Remedy::Hint(advice) => advice,
        _ => "a broadcast of the join's small side, or a split of the hot key".to_owned(),
    };
    Remedy::Try { attempts, otherwise: Some(otherwise) }
}

/// Only where the size was measured: a guess could turn a slow join into a dead driver.
fn broadcast(cause: &Cause, metrics: &MetricsReport) -> Option<Attempt> {
    let subject = &cause.subject;
    let side = subject.table.as_ref().or(subject.path.as_ref())?;
    let small = metrics.findings.iter().find(|f| f.kind == SMALL_SIDE && f.unit == "bytes")?;
    let request = Request::BroadcastJoin(BroadcastJoin {
        seen: seen(cause),
        side: side.clone(),
        size: Some(SideSize::Metrics(small.value.max(0.0) as u64)),
    });
    let title = format!("broadcast {side}, the small side of the join");
    Some(Attempt { request, target: side.clone(), title, is_long_shot: false })
}
