//! From request to outcome: plan, edit, gates.

use crate::edit::{self, Edit};
use crate::gates::{self, Closed};
use crate::mods::{Change, Stop};
use crate::outcome::{Gate, Outcome, Patch};
use crate::python::Source;
use crate::request::Request;
use crate::spark::Job;

/// Tries one fix on the text of one Python file.
///
/// The patch it returns parses, leaves every token and statement outside its edits as they were, and
/// makes a second run of the same request change nothing. A text that is not UTF-8 is for the caller to
/// refuse; line ends, indentation, quotes and comments are kept.
pub fn apply(request: &Request, text: &str) -> Outcome {
    let source = match Source::parse(text) {
        Ok(source) => source,
        Err(unreadable) => return Outcome::Refused(unreadable.to_string()),
    };
    match plan(request, &source) {
        Ok(change) => match check(request, &source, change) {
            Ok(patch) => Outcome::Patched(patch),
            Err(Closed { gate, reason }) => {
                Outcome::Refused(format!("the change did not pass the gate \"{gate}\": {reason}"))
            }
        },
        Err(Stop::Already(reason)) => Outcome::Already(reason),
        Err(Stop::Refused(reason)) => Outcome::Refused(reason),
    }
}

fn plan(request: &Request, source: &Source) -> Result<Change, Stop> {
    request.plan(&Job::of(source))
}

fn check(request: &Request, source: &Source, change: Change) -> Result<Patch, Closed> {
    let edited = edit::make(source.text(), &change.edits)
        .ok_or_else(|| Closed::new("edits do not overlap", "two edits touch the same text"))?;
    let mut gates = gates::compare(source, &change.edits, &edited)?;
    gates.push(second_run(request, source, &change.edits, &edited.text)?);
    Ok(Patch {
        text: edited.text,
        edits: change.edits.len(),
        why: change.why,
        applicability: change.applicability,
        gates,
    })
}

fn second_run(
    request: &Request,
    source: &Source,
    edits: &[Edit],
    after: &str,
) -> Result<Gate, Closed> {
    const NAME: &str = "a second run changes nothing";
    let again = request.with_line(|line| line + lines_added_above(source, edits, line));
    let after = Source::parse(after).map_err(|error| Closed::new(NAME, error.to_string()))?;
    match plan(&again, &after) {
        Err(Stop::Already(reason) | Stop::Refused(reason)) => {
            Ok(Gate { name: NAME, result: reason })
        }
        Ok(_) => Err(Closed::new(NAME, "it would patch again")),
    }
}

fn lines_added_above(source: &Source, edits: &[Edit], line: u32) -> u32 {
    let above = edits.iter().filter(|edit| source.line(edit.at.start()) < line);
    let added: usize = above.map(|edit| edit.text.matches('\n').count()).sum();
    u32::try_from(added).unwrap_or(u32::MAX)
}
