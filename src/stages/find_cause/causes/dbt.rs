//! What dbt says of models, tests and projects.

use super::{CauseKind, Strength};
use crate::records::root_cause::StepKind::{
    CodePatch, Collect, ConfigChange, DataFix, Rerun, UpstreamContact,
};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "dbt.compilation_error",
        what: "dbt cannot compile a model.",
        mistaken_for: "No statement reached the database.",
        says: "dbt cannot compile {key|a model}{table_hint|}",
        told_quietly: true,
        steps: &[(CodePatch, "correct the ref, source or macro in {path|the model}")],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "dbt.database_error",
        what: "The database refused what dbt asked.",
        mistaken_for: "The line below it tells why.",
        says: "the database refused {key|a model} of dbt",
        strength: Strength::General,
        echo_of: &["jdbc.", "schema.", "input.", "auth.", "network.", "resource."],
        told_quietly: true,
        ceiling: 0.9,
        steps: &[
            (CodePatch, "correct the SQL of {path|the model}"),
            (Collect, "look at the compiled statement"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "dbt.test_failed",
        what: "A test of dbt found rows that should not be.",
        mistaken_for: "The model was built; its data is wrong.",
        says: "the test {key|of a model} found {actual|rows} that should not be",
        told_quietly: true,
        steps: &[
            (DataFix, "look at the rows that the test found"),
            (UpstreamContact, "tell upstream if the source has them"),
            (CodePatch, "correct the model if it makes them"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "dbt.project_invalid",
        what: "The project, profile or packages of dbt cannot be read.",
        mistaken_for: "No model ran.",
        says: "the dbt project cannot be read{key_hint|}",
        told_quietly: true,
        steps: &[(ConfigChange, "correct profile, variables or packages of the project")],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "dbt.source_stale",
        what: "A source of dbt is older than it may be.",
        mistaken_for: "dbt works; the load of the source is late.",
        says: "the source {table|of the project} is older than it may be",
        told_quietly: true,
        steps: &[
            (UpstreamContact, "ask why the load of {table|the source} is late"),
            (Rerun, "run again when it is there"),
        ],
        ..CauseKind::USUAL
    },
];
