//! A join on `a.k == b.k` keeps the key twice: join on the name, which keeps it once.

use super::{Change, Codemod, Stop};
use crate::edit::Edit;
use crate::outcome::{Applicability, Explanation};
use crate::python::{
    CallSite, CmpOp, Expr, MethodCall, Ranged, TextRange, argument, dotted, has_starred,
    keyword_argument, literal,
};
use crate::request::JoinOnName;
use crate::spark::{Job, listed};

pub(crate) const CODEMOD: Codemod = Codemod {
    name: "join_on_name",
    title: "join on the key's name, so that the result has it once",
    sees: "AMBIGUOUS_REFERENCE for a column that both sides of an inner join have, where the join compares \
           exactly that column of both.",
    hurts: "The job fails at analysis as soon as the key is used by name behind the join.",
    before: include_str!("../../fixtures/join_on_name/example/before.py"),
    after: include_str!("../../fixtures/join_on_name/example/after.py"),
    how_safe: "Safe: an inner join on equality has the same value in both columns, and one of them goes.",
    when_wrong: "For outer joins, where the two columns differ, and where the job still uses one side's \
                 column: both are refused.",
};

pub(crate) fn plan(job: &Job<'_>, ask: &JoinOnName) -> Result<Change, Stop> {
    let found: Vec<(&CallSite<'_>, &Expr)> = job
        .model
        .calls
        .iter()
        .filter_map(|site| key_condition(job, site, &ask.column).map(|on| (site, on)))
        .collect();
    let (site, on) = match found.as_slice() {
        [] => return nothing_found(job, ask),
        [only] => *only,
        several => {
            return Stop::refused(format!(
                "several joins compare `{}` ({})",
                ask.column,
                listed(several.iter().map(|(site, _)| job.line(site.call)))
            ));
        }
    };
    inner(job, site)?;
    unused(job, &ask.column, site, on)?;
    let edit = Edit::replace(job.closed(on.range(), site.call), job.source.quoted(&ask.column));
    let why = explain(ask, job.line(site.call));
    Ok(Change { edits: vec![edit], why, applicability: Applicability::Safe })
}

fn explain(ask: &JoinOnName, line: u32) -> Explanation {
    let column = &ask.column;
    Explanation {
        evidence: ask.seen.evidence.clone(),
        why_here: format!(
            "The inner join at line {line} compares `{column}` of both sides and keeps both."
        ),
        what_changes: format!("The result has `{column}` once, first among its columns."),
        what_it_does_not_fix: "Other columns that both sides have stay ambiguous, and a job that \
                               addresses columns by position sees one less."
            .to_owned(),
        how_to_undo: "Revert the commit.".to_owned(),
    }
}

fn nothing_found<T>(job: &Job<'_>, ask: &JoinOnName) -> Result<T, Stop> {
    let by_name = job.model.calls.iter().find(|site| {
        let is_join = MethodCall::of(site.call).is_some_and(|method| method.name == "join");
        is_join && argument(site.call, 1, "on").and_then(literal) == Some(&ask.column)
    });
    match by_name {
        Some(site) => Stop::already(format!(
            "line {} joins on the name `{}`",
            job.line(site.call),
            ask.column
        )),
        None => {
            Stop::refused(format!("no join in this file compares `{}` of both sides", ask.column))
        }
    }
}

/// The `a.k == b.k` of a join of `a` with `b`.
fn key_condition<'a>(job: &Job<'a>, site: &CallSite<'a>, column: &str) -> Option<&'a Expr> {
    let method = MethodCall::of(site.call).filter(|method| method.name == "join")?;
    let other = argument(site.call, 0, "other")?;
    let on = argument(site.call, 1, "on")?;
    let Expr::Compare(compare) = on else { return None };
    let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
    let frames = [dotted(method.receiver)?, dotted(other)?];
    let sides = [column_of(&compare.left, column)?, column_of(right, column)?];
    let swapped = [sides[1].clone(), sides[0].clone()];
    let distinct =
        frames[0] != frames[1] && !job.lineage(site.scope, method.receiver).reads.is_empty();
    (distinct && (sides == frames || swapped == frames)).then_some(on)
}

/// The frame in `frame.column` or `frame["column"]`.
fn column_of(expr: &Expr, column: &str) -> Option<String> {
    match expr {
        Expr::Attribute(attribute) if attribute.attr.as_str() == column => dotted(&attribute.value),
        Expr::Subscript(subscript) if literal(&subscript.slice) == Some(column) => {
            dotted(&subscript.value)
        }
        _ => None,
    }
}

fn inner(job: &Job<'_>, site: &CallSite<'_>) -> Result<(), Stop> {
    let how = site.call.arguments.args.get(2).or_else(|| keyword_argument(site.call, "how"));
    let line = job.line(site.call);
    if has_starred(site.call) {
        return Stop::refused(format!("the join at line {line} hides its arguments"));
    }
    match how.map(literal) {
        None | Some(Some("inner")) => Ok(()),
        Some(Some(how)) => Stop::refused(format!(
            "the join at line {line} is a {how} join, whose two key columns can differ"
        )),
        Some(None) => {
            Stop::refused(format!("the type of the join at line {line} is only known at run time"))
        }
    }
}

/// `a.k` behind the join would name a column that is gone.
fn unused(job: &Job<'_>, column: &str, site: &CallSite<'_>, on: &Expr) -> Result<(), Stop> {
    let frames: Vec<String> = MethodCall::of(site.call)
        .map(|method| method.receiver)
        .into_iter()
        .chain(argument(site.call, 0, "other"))
        .filter_map(dotted)
        .collect();
    let uses = |range: &TextRange| {
        let text = job.source.slice(*range);
        frames.iter().any(|frame| {
            text.strip_prefix(frame.as_str()).is_some_and(|rest| {
                rest == format!(".{column}")
                    || rest.strip_prefix('[').is_some_and(|key| key.contains(column))
            })
        })
    };
    let elsewhere =
        job.model.accesses().find(|range| !on.range().contains_range(*range) && uses(range));
    match elsewhere {
        Some(range) => Stop::refused(format!(
            "line {} still uses one side's `{column}`",
            job.source.line(range.start())
        )),
        None => Ok(()),
    }
}
