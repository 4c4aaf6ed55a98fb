//! The checks every change passes before anybody sees it.
//!
//! A codemod is trusted with finding the place, never with leaving the rest alone: that is shown here, for
//! each patch, from the two texts.

use crate::edit::{Edit, Edited};
use crate::outcome::Gate;
use crate::python::{
    Ranged, Source, Stmt, TextRange, kept_tokens, simple_statements, statements_equal,
};

/// A fix that needs more than this is not a small fix.
const MAX_EDITS: usize = 16;
/// Text that all edits of one patch may add, in bytes.
const MAX_ADDED: usize = 4_096;

/// A gate that said no, and why.
pub(crate) struct Closed {
    pub gate: &'static str,
    pub reason: String,
}

impl Closed {
    pub fn new(gate: &'static str, reason: impl Into<String>) -> Self {
        Self { gate, reason: reason.into() }
    }
}

/// Everything that can be seen from the two texts alone.
pub(crate) fn compare(
    before: &Source,
    edits: &[Edit],
    edited: &Edited,
) -> Result<Vec<Gate>, Closed> {
    let mut gates = vec![size(edits)?];
    let after = Source::parse(&edited.text)
        .map_err(|error| Closed::new("parses again", error.to_string()))?;
    gates.push(Gate { name: "parses again", result: "as Python 3".to_owned() });
    gates.push(tokens(before, edits, &after, edited)?);
    gates.push(statements(before, edits, &after, edited)?);
    Ok(gates)
}

fn size(edits: &[Edit]) -> Result<Gate, Closed> {
    const NAME: &str = "small";
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    if edits.is_empty() {
        return Err(Closed::new(NAME, "the change has no edit"));
    }
    if edits.len() > MAX_EDITS || added > MAX_ADDED {
        return Err(Closed::new(NAME, format!("{} edits add {added} bytes", edits.len())));
    }
    Ok(Gate { name: NAME, result: format!("{} edit(s), {added} bytes added", edits.len()) })
}

fn tokens(
    before: &Source,
    edits: &[Edit],
    after: &Source,
    edited: &Edited,
) -> Result<Gate, Closed> {
    const NAME: &str = "tokens outside the edits are identical";
    let touched: Vec<TextRange> = edits.iter().map(|edit| edit.at).collect();
    let old = kept_tokens(before, &touched);
    let new = kept_tokens(after, &edited.inserted);
    if old != new {
        return Err(Closed::new(NAME, "a token outside the edits changed"));
    }
    Ok(Gate { name: NAME, result: format!("{} tokens", old.len()) })
}

fn statements(
    before: &Source,
    edits: &[Edit],
    after: &Source,
    edited: &Edited,
) -> Result<Gate, Closed> {
    const NAME: &str = "other statements mean the same";
    let old = simple_statements(before);
    let is_new =
        |stmt: &&Stmt| edited.inserted.iter().any(|range| range.contains_range(stmt.range()));
    let new: Vec<&Stmt> =
        simple_statements(after).into_iter().filter(|stmt| !is_new(stmt)).collect();
    if old.len() != new.len() {
        let reason = format!("{} statements became {}", old.len(), new.len());
        return Err(Closed::new(NAME, reason));
    }
    let mut changed = 0;
    for (was, is) in old.iter().zip(&new) {
        if edits.iter().any(|edit| was.range().contains_range(edit.at)) {
            changed += 1;
        } else if !statements_equal(was, is) {
            let line = before.line(was.range().start());
            return Err(Closed::new(NAME, format!("the statement at line {line} changed")));
        }
    }
    Ok(Gate { name: NAME, result: format!("{} of {} untouched", old.len() - changed, old.len()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit;

    fn closed(before: &str, edits: &[Edit]) -> &'static str {
        let source = Source::parse(before).expect("the test's text parses");
        let edited = edit::make(before, edits).expect("the test's edits do not overlap");
        compare(&source, edits, &edited).err().map_or("open", |closed| closed.gate)
    }

    #[test]
    fn an_honest_edit_passes() {
        assert_eq!(closed("a = b\nc = d\n", &[Edit::insert(5.into(), ".x()")]), "open");
    }

    #[test]
    fn text_that_no_longer_parses_is_stopped() {
        assert_eq!(closed("a = b\n", &[Edit::insert(5.into(), ".(")]), "parses again");
    }

    #[test]
    fn a_comment_swallowed_by_an_edit_is_stopped() {
        let swallows = Edit::insert(5.into(), "  # note: ");
        assert_eq!(closed("a = b + c\n", &[swallows]), "tokens outside the edits are identical");
    }

    #[test]
    fn a_statement_that_changes_meaning_without_being_edited_is_stopped() {
        // The same tokens in another tree: the next line continues this one.
        let joins = Edit::insert(5.into(), " \\");
        assert_ne!(closed("a = b\n-c\n", &[joins]), "open");
    }

    #[test]
    fn a_large_change_is_stopped() {
        let large = Edit::insert(5.into(), format!(" + {}", "x".repeat(MAX_ADDED)));
        assert_eq!(closed("a = b\n", &[large]), "small");
    }
}
