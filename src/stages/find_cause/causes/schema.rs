//! Columns and their types: what the job expects of its data, and the data does not give.

use super::{CauseKind, Refined};
use crate::records::log_summary::Frame;
use crate::records::root_cause::StepKind::{CodePatch, DataFix, UpstreamContact};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "schema.unresolved_column",
        what: "A column, field or attribute that the job names does not exist: renamed or dropped upstream, or a typo.",
        mistaken_for: "A trailing comma before FROM surfaces as the same error; a renamed column may also surface as a KeyError in a UDF.",
        says: "{file|the job} reads {column|a column}, which does not exist{candidates_hint|}",
        steps: &[
            (
                CodePatch,
                "rename {column|the column} to {candidate|its present name} where it is read",
            ),
            (
                UpstreamContact,
                "ask the owner of the data whether {column|the column} was renamed or dropped on purpose",
            ),
        ],
        refine: trailing_comma_or_union,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "schema.type_mismatch",
        what: "The physical or logical type of the data differs from the type it is read, compared or merged with.",
        mistaken_for: "Py4JJavaError, TASK_WRITE_FAILED and Job aborted stand around it.",
        says: "{column|a column} is stored as {actual|another type} and read as {limit_or_expected|the expected type}",
        steps: &[
            (
                CodePatch,
                "cast {column|the column} explicitly after reading each file with its own schema",
            ),
            (DataFix, "rewrite the files whose type differs: {path|see the root line}"),
            (
                UpstreamContact,
                "ask the owner of the data since when the type of {column|the column} changed",
            ),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "schema.set_op_mismatch",
        what: "Two sides of a union, insert or except have different columns.",
        mistaken_for: "It looks like a missing column; here both sides are complete, but different.",
        says: "{file|the job} puts together inputs with different columns ({limit|n} and {actual|m})",
        steps: &[
            (
                CodePatch,
                "select the same columns on both sides, or use unionByName with allowMissingColumns",
            ),
            (
                UpstreamContact,
                "ask whether a column was added to or dropped from one of the inputs",
            ),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "schema.ambiguous_reference",
        what: "A name stands for more than one column, most often after a join.",
        mistaken_for: "Nothing is missing: the name is there twice.",
        says: "{column|a name} is on both sides of the join",
        steps: &[(
            CodePatch,
            "join on the column name, or qualify or rename {column|the column} before the join",
        )],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "schema.duplicate_column",
        what: "A result, table or file would hold the same column name twice.",
        mistaken_for: "An ambiguous reference is reading such a name; this is writing it.",
        says: "{column|a column} would occur twice in the result",
        steps: &[(CodePatch, "drop or rename one {column|of the columns} before writing")],
        ..CauseKind::USUAL
    },
];

/// `SELECT a, b, FROM t` parses as a column named `FROM` under the alias `t`; the plan shows it. A
/// union by name that misses a column says no more than any other lookup; its frames do.
fn trailing_comma_or_union(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let message = sighting.message().to_ascii_uppercase();
    let is_of_union = |frame: &Frame| {
        frame.function.contains("unionByName") || frame.code.contains(".unionByName(")
    };
    if message.contains("'FROM AS ") {
        Refined::Other("sql.parse_error")
    } else if sighting.text().contains("Cannot resolve column name \"")
        && sighting.frames().any(is_of_union)
    {
        Refined::Other("schema.set_op_mismatch")
    } else {
        Refined::Same
    }
}
