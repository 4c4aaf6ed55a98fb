//! Statements and plans.

use super::{CauseKind, Refined};
use crate::records::root_cause::StepKind::{CodePatch, ConfigChange};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "broadcast.timeout",
        what: "A broadcast took longer than spark.sql.broadcastTimeout.",
        mistaken_for: "The slow side is the one being broadcast: look at how large it is.",
        says: "a broadcast took longer than {limit|its limit of} seconds",
        steps: &[
            (CodePatch, "remove the broadcast hint, or make the broadcast side smaller"),
            (ConfigChange, "raise spark.sql.broadcastTimeout if the side is small and only slow"),
        ],
        refine: waits_for_broadcast,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "broadcast.too_large",
        what: "A table is too large to be broadcast.",
        mistaken_for: "It is no lack of memory: there is a fixed limit.",
        says: "a table is larger than a broadcast may be ({limit|the limit})",
        steps: &[
            (CodePatch, "remove the broadcast hint"),
            (ConfigChange, "set spark.sql.autoBroadcastJoinThreshold lower"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "plan.too_complex",
        what: "A plan, or the code generated for it, is too large.",
        mistaken_for: "It may surface as an out-of-memory error with compiler frames.",
        says: "the query plan or its generated code is too large",
        steps: &[
            (
                CodePatch,
                "cut the plan: checkpoint or write between steps, select instead of a loop of withColumn",
            ),
            (ConfigChange, "set spark.sql.codegen.wholeStage to false for this job"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "sql.parse_error",
        what: "The SQL does not parse, or means something else than it says.",
        mistaken_for: "A trailing comma before FROM parses, and surfaces as an unresolved column.",
        says: "the SQL of {file|the job} does not say what it should{near_hint|}",
        steps: &[(CodePatch, "correct the statement near {near|the place that the error names}")],
        ..CauseKind::USUAL
    },
];

/// A future that timed out says not what it was to bring; the frames do.
fn waits_for_broadcast(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let is_bare = sighting.finding.is_some_and(|finding| finding.signature == "sql.broadcast_wait");
    let is_of_broadcast = || sighting.frames().any(|frame| frame.function.contains("Broadcast"));
    if is_bare && !is_of_broadcast() { Refined::No } else { Refined::Same }
}
