//! Values: data that has the right shape and cannot be used all the same.

use super::CauseKind;
use crate::records::root_cause::StepKind::{
    CodePatch, ConfigChange, DataFix, Rerun, UpstreamContact,
};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "data.malformed_record",
        what: "A record does not parse and the reader runs in FAILFAST mode.",
        mistaken_for: "Job aborted is only the wrapper.",
        says: "an input record does not parse{path_hint|}",
        steps: &[
            (
                DataFix,
                "find and repair the record, or read with PERMISSIVE and keep bad records aside",
            ),
            (UpstreamContact, "ask the producer of the data for a correct file"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "data.corrupt_file",
        what: "An input file is truncated, or is not in the format that it is read as.",
        mistaken_for: "FAILED_READ_FILE is only the wrapper.",
        says: "{path|an input file} is not readable in its format",
        steps: &[
            (DataFix, "move {path|the file} away and load it again from its source"),
            (Rerun, "run again once the file is whole"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "data.cast_invalid_input",
        what: "A value cannot be cast to the type asked for, which ANSI mode makes an error.",
        mistaken_for: "The job worked under Spark 3 defaults; Spark 4 switched ANSI mode on.",
        says: "the value {value|in the input} cannot be cast to {limit_or_expected|the type}",
        steps: &[
            (CodePatch, "use try_cast, or clean the value before the cast"),
            (UpstreamContact, "ask the producer of the data about the new format"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "data.arithmetic",
        what: "A number overflowed, lost precision or was divided by zero under ANSI rules.",
        mistaken_for: "Switching ANSI mode off hides wrong numbers rather than repairing them.",
        says: "a calculation in {file|the job} overflows or divides by zero",
        steps: &[(CodePatch, "compute in a wider type, or use the try_ form of the operation")],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "data.datetime_rebase",
        what: "Ancient dates or date patterns mean something else in this version of Spark.",
        mistaken_for: "It is no corrupt file: the reader wants to know which calendar was meant.",
        says: "dates before the calendar change need a decision about their rebase mode",
        steps: &[
            (
                ConfigChange,
                "set the rebase mode that the error names, to CORRECTED for new data, to LEGACY for files of Spark 2",
            ),
            (DataFix, "check whether dates that old are real"),
        ],
        ..CauseKind::USUAL
    },
];
