//! The driver collects a result that it only walks through: fetch one partition at a time.

use super::{Change, Codemod, Stop};
use crate::edit::Edit;
use crate::outcome::{Applicability, Explanation};
use crate::python::{CallSite, Expr, MethodCall, Ranged, Stmt};
use crate::request::ToLocalIterator;
use crate::spark::{Job, listed};

pub(crate) const CODEMOD: Codemod = Codemod {
    name: "to_local_iterator",
    title: "walk through a result one partition at a time",
    sees: "The driver out of memory, or spark.driver.maxResultSize exceeded, at a `collect()` whose rows are \
           only looped over.",
    hurts: "All rows must fit into the driver at once, in the JVM and again in Python.",
    before: include_str!("../../fixtures/to_local_iterator/example/before.py"),
    after: include_str!("../../fixtures/to_local_iterator/example/after.py"),
    how_safe: "Safe for the rows and their order. Partitions are computed one after another, so the loop \
               takes longer unless the frame is cached.",
    when_wrong: "When the rows are indexed, counted, returned or used twice: refused. It does not help when \
                 one partition alone is too large.",
};

pub(crate) fn plan(job: &Job<'_>, ask: &ToLocalIterator) -> Result<Change, Stop> {
    let line = job.line_of(&ask.seen);
    let there =
        |site: &&CallSite<'_>| line.is_none_or(|line| job.is_on_line(site.call.range(), line));
    let named = |name: &str| {
        let sites = job.model.calls.iter().filter(there);
        sites.filter(|s| is_bare_call(s, name)).collect::<Vec<_>>()
    };
    let site = match named("collect").as_slice() {
        [] if !named("toLocalIterator").is_empty() => {
            return Stop::already("the rows are walked through one partition at a time already");
        }
        [] => return Stop::refused("no `collect()` there"),
        [only] => *only,
        several => {
            return Stop::refused(format!(
                "several `collect()` may be meant ({})",
                listed(several.iter().map(|site| job.line(site.call)))
            ));
        }
    };
    only_walked(job, site)?;
    let Some(method) = MethodCall::of(site.call) else {
        return Stop::refused("no `collect()` there");
    };
    Ok(Change {
        edits: vec![Edit::replace(method.name_range, "toLocalIterator")],
        why: explain(ask, job.line(site.call)),
        applicability: Applicability::Safe,
    })
}

fn explain(ask: &ToLocalIterator, line: u32) -> Explanation {
    Explanation {
        evidence: ask.seen.evidence.clone(),
        why_here: format!("Line {line} collects all rows, and the one use of them is a loop."),
        what_changes: "The driver holds one partition at a time instead of the whole result.".to_owned(),
        what_it_does_not_fix: "Partitions come one after another, each as a small job of its own, so the \
                               loop is slower; and the largest partition must still fit into the driver."
            .to_owned(),
        how_to_undo: "Revert the commit.".to_owned(),
    }
}

fn is_bare_call(site: &CallSite<'_>, name: &str) -> bool {
    MethodCall::of(site.call).is_some_and(|method| method.name == name)
        && site.call.arguments.args.is_empty()
        && site.call.arguments.keywords.is_empty()
}

fn only_walked(job: &Job<'_>, site: &CallSite<'_>) -> Result<(), Stop> {
    match site.stmt {
        Stmt::For(each) if each.iter.range() == site.call.range() => Ok(()),
        Stmt::Assign(assign) if assign.value.range() == site.call.range() => {
            let [Expr::Name(name)] = assign.targets.as_slice() else {
                return Stop::refused("the rows are assigned to more than a name");
            };
            walked_once(job, name.id.as_str(), site)
        }
        _ => Stop::refused(format!(
            "the rows of line {} are used for more than a loop",
            job.line(site.call)
        )),
    }
}

fn walked_once(job: &Job<'_>, name: &str, site: &CallSite<'_>) -> Result<(), Stop> {
    let uses: Vec<_> = job.model.loads.iter().filter(|load| load.name == name).collect();
    let [only] = uses.as_slice() else {
        return Stop::refused(format!("`{name}` is used {} times", uses.len()));
    };
    // An iterator can be walked once: the loop must not stand inside another one that the rows do not.
    let once = job.model.loops.iter().filter(|each| each.range().contains_range(only.range));
    let mut around = once.filter(|each| !each.range().contains_range(site.call.range()));
    match (around.next(), around.next()) {
        (Some(Stmt::For(each)), None) if each.iter.range() == only.range => Ok(()),
        _ => Stop::refused(format!("`{name}` is used for more than one walk through its rows")),
    }
}
