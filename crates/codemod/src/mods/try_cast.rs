//! A cast meets text that is no such value, under ANSI rules: let those values be NULL.

use super::{Change, Codemod, Stop};
use crate::edit::Edit;
use crate::outcome::{Applicability, Explanation};
use crate::python::{CallSite, MethodCall, Ranged};
use crate::request::{SparkLine, TryCast};
use crate::spark::{Job, listed};

pub(crate) const CODEMOD: Codemod = Codemod {
    name: "try_cast",
    title: "let values that cannot be cast become NULL",
    sees: "CAST_INVALID_INPUT or CAST_OVERFLOW, with the source line of the cast.",
    hurts: "One bad value stops the whole job.",
    before: include_str!("../../fixtures/try_cast/example/before.py"),
    after: include_str!("../../fixtures/try_cast/example/after.py"),
    how_safe: "To be weighed by a person: bad values become NULL without a word. They vanish from sums and \
               averages, and from joins on the column.",
    when_wrong: "When the bad values should be repaired or sent back. Refused on Spark 3.5, whose columns \
                 have no `try_cast`, and when the line has several casts.",
};

pub(crate) fn plan(job: &Job<'_>, ask: &TryCast) -> Result<Change, Stop> {
    let Some(line) = job.line_of(&ask.seen) else {
        return Stop::refused("no source line says which cast failed");
    };
    let on_line = |site: &&CallSite<'_>| job.is_on_line(site.call.range(), line);
    let named = |name: &'static str| {
        let methods = job.model.calls.iter().filter(on_line).filter_map(|s| MethodCall::of(s.call));
        methods.filter(move |method| method.name == name).collect::<Vec<_>>()
    };
    let casts: Vec<MethodCall<'_>> = named("cast").into_iter().chain(named("astype")).collect();
    match casts.as_slice() {
        [] if !named("try_cast").is_empty() => {
            Stop::already(format!("line {line} uses `try_cast` already"))
        }
        [] => Stop::refused(format!("no cast at line {line}")),
        [_] if ask.spark < SparkLine::V4_0 => Stop::refused(
            "Spark 3.5 columns have no `try_cast`; there it takes `F.expr(\"try_cast(.. AS ..)\")`, \
             written by hand",
        ),
        [cast] => Ok(Change {
            edits: vec![Edit::replace(cast.name_range, "try_cast")],
            why: explain(job, ask, cast),
            applicability: Applicability::Unsafe,
        }),
        several => Stop::refused(format!(
            "several casts may be meant ({})",
            listed(several.iter().map(|cast| job.source.line(cast.name_range.start())))
        )),
    }
}

fn explain(job: &Job<'_>, ask: &TryCast, cast: &MethodCall<'_>) -> Explanation {
    Explanation {
        evidence: ask.seen.evidence.clone(),
        why_here: format!(
            "Line {} has the one cast there: `{}`.",
            job.source.line(cast.name_range.start()),
            job.source.slice(cast.call.range())
        ),
        what_changes: "A value that cannot be cast becomes NULL instead of stopping the job.".to_owned(),
        what_it_does_not_fix: "The values are as bad as before, and now nobody hears of them: count the \
                               NULLs, and think of every sum, average, filter and join on this column."
            .to_owned(),
        how_to_undo: "Revert the commit; rows written meanwhile keep their NULLs.".to_owned(),
    }
}
