//! A column was renamed upstream: give it back the job's name, right behind the read.
//!
//! The other way, renaming the uses in the job, is what an author may do later. It is not what we do: a
//! name can sit in SQL, in functions of other files and in the job's own output, where a rename would move
//! the break to the next job. Behind the read one line serves all of them, and it does nothing when the
//! old name comes back.

use super::{Change, Codemod, Stop};
use crate::outcome::{Applicability, Explanation};
use crate::python::{Bound, Expr, MethodCall, Ranged, ScopeId, literal};
use crate::request::RenameColumn;
use crate::spark::{Job, Match, Read, listed};

pub(crate) const CODEMOD: Codemod = Codemod {
    name: "rename_column",
    title: "give a column that was renamed upstream the job's name again",
    sees: "UNRESOLVED_COLUMN (or a KeyError in a pandas function) for a name the job uses, while the \
           input now has one near match for it.",
    hurts: "The job fails at analysis, before it reads a row, and stays broken until its source or its \
            input changes.",
    before: include_str!("../../fixtures/rename_column/example/before.py"),
    after: include_str!("../../fixtures/rename_column/example/after.py"),
    how_safe: "Safe: `withColumnRenamed` does nothing where the column is missing, so the patch may go out \
               before, with or after the change upstream, and the job's own output keeps its names.",
    when_wrong: "When the new name means something else than the old one did. Refused when the job uses \
                 both names, when the read dictates a schema (the column would be NULL, not missing), and \
                 when it cannot be told which of several reads has the column.",
};

pub(crate) fn plan(job: &Job<'_>, ask: &RenameColumn) -> Result<Change, Stop> {
    check_names(ask)?;
    already_renamed(job, ask)?;
    let read = find_read(job, ask)?;
    if read.has_schema {
        return Stop::refused(format!(
            "the read at line {} has an explicit schema: `{}` would be NULL there, and renaming it would \
             hide that; change the schema instead",
            job.line(read.call),
            ask.missing
        ));
    }
    uses_present(job, ask)?;
    let old = job.source.quoted(&ask.present);
    let new = job.source.quoted(&ask.missing);
    let edit = job.link_after(read.call, &format!(".withColumnRenamed({old}, {new})"));
    Ok(Change {
        edits: vec![edit],
        why: explain(job, ask, read),
        applicability: Applicability::Safe,
    })
}

/// Spark's names differ by more than case, and no honest name has a line break in it.
fn check_names(ask: &RenameColumn) -> Result<(), Stop> {
    let names = [&ask.missing, &ask.present];
    if names.iter().any(|name| name.is_empty() || name.chars().any(char::is_control)) {
        return Stop::refused("a column name is empty or holds control characters");
    }
    if ask.missing.to_lowercase() == ask.present.to_lowercase() {
        return Stop::refused("the two names are the same column to Spark");
    }
    Ok(())
}

fn explain(job: &Job<'_>, ask: &RenameColumn, read: &Read<'_>) -> Explanation {
    let RenameColumn { missing, present, .. } = ask;
    Explanation {
        evidence: ask.seen.evidence.clone(),
        why_here: format!(
            "Line {} reads `{}`, the input that now has `{present}` where the job says `{missing}`.",
            job.line(read.call),
            read.name
        ),
        what_changes: format!(
            "The column is called `{missing}` again from the read on, for every later use of it. Rows and \
             values stay as they are."
        ),
        what_it_does_not_fix: format!(
            "Other jobs that read the same input, and the question whether `{present}` still means what \
             `{missing}` meant; both belong to the owner of the input."
        ),
        how_to_undo:
            "Revert the commit. Where the old name comes back upstream the line does nothing and \
                      can be removed at leisure."
                .to_owned(),
    }
}

fn already_renamed(job: &Job<'_>, ask: &RenameColumn) -> Result<(), Stop> {
    for site in &job.model.calls {
        let Some(method) = MethodCall::of(site.call) else { continue };
        let line = job.line(site.call);
        let said = job.source.slice(site.call.arguments.range);
        match (method.name, &*site.call.arguments.args) {
            ("withColumnRenamed", [from, to])
                if literal(from) == Some(&ask.present) && literal(to) == Some(&ask.missing) =>
            {
                return Stop::already(format!("line {line} renames `{}` already", ask.present));
            }
            ("withColumnsRenamed", _) if has_word(said, &ask.present) => {
                return Stop::refused(format!(
                    "line {line} renames columns and mentions `{}` already",
                    ask.present
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Behind the rename the input's own name is gone: every use of it would break.
fn uses_present(job: &Job<'_>, ask: &RenameColumn) -> Result<(), Stop> {
    let in_string = job.model.strings.iter().find(|piece| has_word(&piece.text, &ask.present));
    let in_code =
        job.model.attributes.iter().find(|(_, name)| name.eq_ignore_ascii_case(&ask.present));
    let place = in_string.map(|piece| piece.range).or(in_code.map(|(range, _)| *range));
    match place {
        Some(range) => Stop::refused(format!(
            "line {} uses `{}` itself, and renaming the column would break that",
            job.source.line(range.start()),
            ask.present
        )),
        None => Ok(()),
    }
}

fn find_read<'j, 'a>(job: &'j Job<'a>, ask: &RenameColumn) -> Result<&'j Read<'a>, Stop> {
    let line = job.line_of(&ask.seen);
    let named = match &ask.input {
        Some(input) => by_name(job, input)?,
        None => Vec::new(),
    };
    match named.as_slice() {
        [read] => return Ok(read),
        [] if ask.input.is_some() => {
            return Stop::refused(format!(
                "no read of `{}` in this file",
                ask.input.as_deref().unwrap_or_default()
            ));
        }
        [] => {}
        several => {
            return Stop::refused(format!(
                "that input is read {} times ({}); one rename would leave the others broken",
                several.len(),
                listed(several.iter().map(|read| job.line(read.call)))
            ));
        }
    }
    if let [only] = job.reads.as_slice() {
        return Ok(only);
    }
    match line {
        Some(line) => by_line(job, ask, line),
        None => Stop::refused(format!(
            "the file has {} reads, and neither an input nor a line says which one drifted",
            job.reads.len()
        )),
    }
}

fn by_name<'j, 'a>(job: &'j Job<'a>, input: &str) -> Result<Vec<&'j Read<'a>>, Stop> {
    // An alias in the source is as good as a path, where it stands for one read.
    let variable = by_variable(job, input);
    if !variable.is_empty() {
        return Ok(variable);
    }
    let open: Vec<&Read<'_>> = job.reads.iter().filter(|read| read.name.is_open()).collect();
    if !open.is_empty() {
        return Stop::refused(format!(
            "the path of {} is only known at run time and may also be `{input}`",
            listed(open.iter().map(|read| job.line(read.call)))
        ));
    }
    let best = job.reads.iter().map(|read| read.name.matches(input)).max().unwrap_or(Match::No);
    let is_best = |read: &&Read<'_>| best != Match::No && read.name.matches(input) == best;
    Ok(job.reads.iter().filter(is_best).collect())
}

fn by_variable<'j, 'a>(job: &'j Job<'a>, name: &str) -> Vec<&'j Read<'a>> {
    let assigned = |read: &&Read<'a>| {
        job.model.bindings.get(name).is_some_and(|scopes| {
            scopes.values().flatten().any(|binding| match binding.bound {
                Bound::Value(value) => value.range().contains_range(read.call.range()),
                _ => false,
            })
        })
    };
    job.reads.iter().filter(assigned).collect()
}

/// The read among those that feed the failing line.
fn by_line<'j, 'a>(job: &'j Job<'a>, ask: &RenameColumn, line: u32) -> Result<&'j Read<'a>, Stop> {
    let frames: Vec<(ScopeId, &Expr)> = job
        .calls_on_line(line)
        .filter_map(|site| MethodCall::of(site.call).map(|method| (site.scope, method.receiver)))
        .collect();
    // Of the chains on a line the one with most inputs is the whole frame; the others are its parts.
    let lineages = frames.into_iter().map(|(scope, frame)| job.lineage(scope, frame));
    let Some(lineage) = lineages.max_by_key(|lineage| lineage.reads.len()) else {
        return Stop::refused(format!("line {line} uses no frame"));
    };
    if lineage.has_gaps {
        return Stop::refused(format!(
            "not every input of line {line} can be followed to its read"
        ));
    }
    let mut distinct = lineage.reads.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let lines = listed(distinct.iter().map(|index| job.line(job.reads[*index].call)));
    match (distinct.as_slice(), ask.relation) {
        ([only], _) => Ok(&job.reads[*only]),
        (_, Some(position)) if position.of == lineage.reads.len() => {
            let chosen = lineage.reads.get(position.index);
            chosen.map(|index| &job.reads[*index]).ok_or_else(|| {
                Stop::Refused("the plan's relation is outside its own count".to_owned())
            })
        }
        _ => Stop::refused(format!(
            "line {line} is fed by {} reads ({lines}); the evidence does not tell which one drifted",
            distinct.len()
        )),
    }
}

/// Whether `word` stands in `text` in any case, with no letter, digit or underscore beside it.
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(&word).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        !is_part(before) && !is_part(after)
    })
}
