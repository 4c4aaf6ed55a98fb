//! Rights: what the job may not read, write or overwrite.

use super::{CauseKind, Refined};
use crate::records::root_cause::StepKind::{CodePatch, Credentials, DataFix, Infrastructure};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "auth.permission_denied_input",
        what: "The job may not read its input.",
        mistaken_for: "It may surface as FileNotFoundException (Permission denied).",
        says: "the job may not read {path|its input}",
        steps: &[(Credentials, "give the job's user the right to read {path|the path}")],
        refine: reads_or_writes,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "auth.forbidden",
        what: "A store or service answered 401 or 403.",
        mistaken_for: "A wrong endpoint or region can answer the same.",
        says: "access was refused{error_hint|}",
        steps: &[
            (Credentials, "renew or correct the credentials of the job"),
            (Credentials, "check that the role may do what the job asks"),
        ],
        refine: answered_by_a_service,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "output.permission_denied",
        what: "The job may not write its output.",
        mistaken_for: "FAILED_WRITE and Job aborted stand around it.",
        says: "the job may not write {path|its output}",
        steps: &[
            (Credentials, "give the job's user the right to write {path|the path}"),
            (Infrastructure, "check that the target is mounted and writable"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "output.path_exists",
        what: "The target is already there, most often from an earlier try.",
        mistaken_for: "The second try of a run that failed half way meets its own first output.",
        says: "{path|the target} already exists",
        steps: &[
            (CodePatch, "write with mode overwrite, if running twice must give the same result"),
            (DataFix, "move {path|the target} away if it is left from a failed run"),
        ],
        ..CauseKind::USUAL
    },
];

/// The file system's refusal does not say what was tried; the frames do.
fn reads_or_writes(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    if answered_403(sighting.text()) {
        return Refined::Other("auth.forbidden");
    }
    const WRITING: [&str; 9] = [
        "FileOutputCommitter",
        "FileFormatWriter",
        "Mkdirs",
        "mkdirs",
        "DataFrameWriter",
        "createNonRecursive",
        "access=WRITE",
        ".write",
        ".save",
    ];
    let writes = sighting.frames().any(|frame| {
        WRITING.iter().any(|sign| frame.function.contains(sign) || frame.code.contains(sign))
    }) || WRITING.iter().any(|sign| sighting.text().contains(sign));
    if writes { Refined::Other("output.permission_denied") } else { Refined::Same }
}

fn answered_403(text: &str) -> bool {
    text.contains("Status Code: 403") || text.contains("Forbidden")
}

/// A table of log data that holds the words is no answer: an answer stands in an exception or in a
/// loud record. Azure's exception prints its message without its name, so the JVM's words for an
/// uncaught one count as well.
fn answered_by_a_service(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let is_uncaught = sighting.text().starts_with("Exception in thread \"");
    if is_uncaught || sighting.is_in_trace() || sighting.is_loud() {
        Refined::Same
    } else {
        Refined::No
    }
}
