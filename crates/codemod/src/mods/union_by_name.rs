//! A union of inputs with different columns: match them by name and fill what is missing with NULL.

use std::collections::BTreeSet;

use super::{Change, Codemod, Stop};
use crate::edit::Edit;
use crate::outcome::{Applicability, Explanation};
use crate::python::{MethodCall, Ranged, has_starred, keyword_argument};
use crate::request::UnionByName;
use crate::spark::{Job, listed};

pub(crate) const CODEMOD: Codemod = Codemod {
    name: "union_by_name",
    title: "match the inputs of a union by name and allow missing columns",
    sees: "NUM_COLUMNS_MISMATCH on a union, where the columns of one input are part of the other's.",
    hurts: "The job fails at analysis since one feed gained or lost a column.",
    before: include_str!("../../fixtures/union_by_name/example/before.py"),
    after: include_str!("../../fixtures/union_by_name/example/after.py"),
    how_safe: "To be weighed by a person: rows of the feed without the column get NULL in it.",
    when_wrong: "When the columns of the two feeds mean the same by position under different names. \
                 Refused unless one feed's columns are all among the other's.",
};

pub(crate) fn plan(job: &Job<'_>, ask: &UnionByName) -> Result<Change, Stop> {
    let missing = missing_columns(ask)?;
    let method = find_union(job, ask)?;
    let line = job.line(method.call);
    if keyword_argument(method.call, "allowMissingColumns").is_some() {
        return Stop::already(format!("the union at line {line} allows missing columns already"));
    }
    let ([other], false) = (&*method.call.arguments.args, has_starred(method.call)) else {
        return Stop::refused(format!(
            "the union at line {line} does not pass one frame by position"
        ));
    };
    let end = job.closed(other.range(), method.call).end();
    let mut edits = vec![Edit::insert(end, ", allowMissingColumns=True")];
    if method.name != "unionByName" {
        edits.push(Edit::replace(method.name_range, "unionByName"));
    }
    Ok(Change { edits, why: explain(ask, line, &missing), applicability: Applicability::Unsafe })
}

fn explain(ask: &UnionByName, line: u32, missing: &str) -> Explanation {
    Explanation {
        evidence: ask.seen.evidence.clone(),
        why_here: format!("Line {line} joins the two feeds; one of them has no {missing}."),
        what_changes: format!(
            "Columns are matched by name instead of by position, and rows of the feed without {missing} \
             get NULL there."
        ),
        what_it_does_not_fix:
            "Whether the feed should have the column is for its owner to say, and \
                               later steps must bear NULL in it."
                .to_owned(),
        how_to_undo: "Revert the commit.".to_owned(),
    }
}

fn missing_columns(ask: &UnionByName) -> Result<String, Stop> {
    let set = |columns: &[String]| -> BTreeSet<String> {
        columns.iter().map(|column| column.to_lowercase()).collect()
    };
    let (left, right) = (set(&ask.left), set(&ask.right));
    if left.is_empty() || right.is_empty() {
        return Stop::refused("the columns of the two inputs are not known");
    }
    if left.len() != ask.left.len() || right.len() != ask.right.len() {
        return Stop::refused(
            "an input has two columns of the same name, which cannot be matched by name",
        );
    }
    let missing: Vec<String> =
        left.symmetric_difference(&right).map(|column| format!("`{column}`")).collect();
    if missing.is_empty() {
        return Stop::refused("both inputs have the same columns");
    }
    if !(left.is_subset(&right) || right.is_subset(&left)) {
        return Stop::refused(format!(
            "each input has columns that the other has not ({}): they may mean the same by position",
            missing.join(", ")
        ));
    }
    Ok(missing.join(", "))
}

fn find_union<'a>(job: &Job<'a>, ask: &UnionByName) -> Result<MethodCall<'a>, Stop> {
    let is_union = |name: &str| matches!(name, "union" | "unionAll" | "unionByName");
    let mut unions: Vec<MethodCall<'a>> = job
        .model
        .calls
        .iter()
        .filter_map(|site| {
            let method = MethodCall::of(site.call).filter(|method| is_union(method.name))?;
            // Sets have a `union` too; a frame is made of reads.
            let lineage = job.lineage(site.scope, method.receiver);
            (!lineage.reads.is_empty()).then_some(method)
        })
        .collect();
    if let Some(line) = job.line_of(&ask.seen) {
        unions.retain(|method| job.is_on_line(method.call.range(), line));
    }
    match unions.as_slice() {
        [only] => Ok(*only),
        [] => Stop::refused("no union of frames there"),
        several => Stop::refused(format!(
            "several unions may be meant ({})",
            listed(several.iter().map(|method| job.line(method.call)))
        )),
    }
}
