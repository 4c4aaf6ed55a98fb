//! Inputs that are not there.

use super::{CauseKind, Refined};
use crate::records::root_cause::StepKind::{CodePatch, ConfigChange, Rerun, UpstreamContact};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "input.path_not_found",
        what: "An input path is not there: late, moved, or a typo.",
        mistaken_for: "A permission problem may also surface as FileNotFoundException; a missing shuffle file is no missing input.",
        says: "{path|an input path} does not exist",
        echo_of: &["auth.permission_denied_input"],
        steps: &[
            (
                UpstreamContact,
                "ask the producer of {path|the path} whether it is late or was moved",
            ),
            (Rerun, "run again once {path|the path} is there"),
        ],
        told_quietly: true,
        refine: wanted_by_the_job,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "input.table_not_found",
        what: "A table, view or schema is not there.",
        mistaken_for: "A missing catalog setting looks the same from the job.",
        says: "{table|a table} cannot be found",
        steps: &[
            (CodePatch, "correct the name of {table|the table}"),
            (UpstreamContact, "ask the owner whether {table|the table} was renamed or dropped"),
            (ConfigChange, "check that the job runs with the right catalog and schema"),
        ],
        ..CauseKind::USUAL
    },
];

/// Spark's own scratch files are no inputs: where one is missing, something else went wrong. What is
/// said in passing of a missing file was coped with, unless it is the script of the job.
fn wanted_by_the_job(run: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let is_scratch = ["/blockmgr-", "/_temporary/", "/spark-local", "shuffle_"]
        .iter()
        .any(|part| sighting.text().contains(part));
    let is_quiet = !sighting.is_in_trace() && !sighting.is_loud() && !sighting.is_complaint();
    let is_script = sighting.text().contains("can't open file '");
    if is_scratch || is_quiet && !is_script || sighting.is_in_passing(run) {
        Refined::No
    } else {
        Refined::Same
    }
}
