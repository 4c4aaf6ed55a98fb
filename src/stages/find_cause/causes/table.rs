//! Tables with a log: Delta, Iceberg and Hudi.

use super::CauseKind;
use crate::records::root_cause::StepKind::{
    CodePatch, Collect, ConfigChange, DataFix, Rerun, UpstreamContact,
};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "table.concurrent_write",
        what: "Another writer changed the table during the transaction.",
        mistaken_for: "The other writer is fine; whoever commits second is refused.",
        says: "another writer changed {table|the table} during the transaction",
        steps: &[
            (Rerun, "run again, after the other writer"),
            (
                ConfigChange,
                "give each partition one writer at a time, and keep maintenance (OPTIMIZE, compaction) apart from it",
            ),
            (CodePatch, "name the partition in the condition of MERGE, UPDATE and DELETE"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "table.schema_enforcement",
        what: "What is written does not fit the schema of the table.",
        mistaken_for: "The job reads well; only the write is refused.",
        says: "what is written does not fit the schema of {table|the table}{column_hint|}",
        steps: &[
            (CodePatch, "cast or rename the columns to what the table has"),
            (ConfigChange, "let the table evolve (mergeSchema), if the change is wanted"),
            (UpstreamContact, "ask upstream whether the new type is meant"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "table.constraint_violated",
        what: "A row breaks a constraint of the table.",
        mistaken_for: "The table is right and the row is wrong, most often.",
        says: "a row breaks {key|a constraint} of the table{column_hint|}",
        steps: &[
            (DataFix, "look at the rows that break it, and correct them or set them aside"),
            (CodePatch, "filter or repair them before the write"),
            (UpstreamContact, "tell upstream"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "table.merge_ambiguous",
        what: "Several rows of the source match one row of the target.",
        mistaken_for: "Duplicates in the source, or a key that is none.",
        says: "the source of the merge has several rows for one row of the target",
        steps: &[
            (CodePatch, "keep one row for each key of the source before the merge"),
            (DataFix, "look at the keys that are there twice"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "table.format_unsupported",
        what: "The table needs a newer library than the job has.",
        mistaken_for: "Another job or engine upgraded the table.",
        says: "{table|the table} needs a newer library than this{key_hint|}",
        steps: &[
            (ConfigChange, "upgrade the library of the table format"),
            (UpstreamContact, "ask who upgraded the table; some features can be dropped again"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "table.log_corrupt",
        what: "The log or timeline of the table is incomplete.",
        mistaken_for: "Somebody deleted or copied files by hand, or two log stores wrote at once.",
        says: "the log of {path|the table} is damaged",
        steps: &[
            (DataFix, "restore the log from a backup, or make the table anew from its data files"),
            (Collect, "find out who deleted or copied its files"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "table.files_missing",
        what: "Files or versions that the table names are gone.",
        mistaken_for: "VACUUM, expired snapshots or a lifecycle rule of the bucket removed what a slow reader still needs.",
        says: "files or versions that the table names are gone",
        steps: &[
            (Rerun, "run again on the latest version"),
            (
                ConfigChange,
                "keep old files longer than the slowest reader and the oldest checkpoint",
            ),
            (DataFix, "repair the table if files were deleted by hand"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "table.operation_refused",
        what: "The table format refuses what the job asks.",
        mistaken_for: "Its error class tells the reason.",
        says: "the table refuses the operation{error_hint|}",
        echo_of: &["table.", "schema.", "input.", "output."],
        ceiling: 0.9,
        steps: &[(CodePatch, "do what the message asks for"), (Collect, "look the error class up")],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "streaming.source_changed",
        what: "The table that a stream reads changed in a way that it cannot follow.",
        mistaken_for: "An append is fine; an update, a delete or a new schema is not.",
        says: "the table that the stream reads was changed",
        steps: &[
            (
                ConfigChange,
                "decide what changes mean: skipChangeCommits, the change data feed, or a schema location",
            ),
            (DataFix, "start with a new checkpoint if the past must be read again"),
        ],
        ..CauseKind::USUAL
    },
];
