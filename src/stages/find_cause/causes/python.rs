//! User code in Python: on the driver, in a function on workers, or below both.

use super::captured;
use super::{CauseKind, Refined, Strength};
use crate::records::log_summary::{Thrown, TraceLanguage};
use crate::records::root_cause::StepKind::{CodePatch, Collect, DataFix};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "python.worker_crash",
        what: "A Python worker died without an exception: a segmentation fault, an exit in native code.",
        mistaken_for: "A worker killed for its memory looks nearly the same; EOFException stands last in the chain.",
        says: "a Python worker crashed{at_hint|}",
        steps: &[
            (CodePatch, "look at the native library that {function|the function} calls"),
            (Collect, "set spark.python.worker.faulthandler.enabled to see where it crashed"),
        ],
        refine: crashed_or_killed,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "python.udf_exception",
        what: "User code in a UDF or RDD function raised an exception on a worker.",
        mistaken_for: "The driver's traceback shows the action, not the guilty line.",
        says: "{function|a user function} raised {exception|an exception}{message_hint|}{at_hint|}",
        strength: Strength::General,
        steps: &[
            (
                CodePatch,
                "handle the value in {function|the function} that leads to {exception|the exception}",
            ),
            (DataFix, "look for the input rows that the function does not expect"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "python.driver_exception",
        what: "User code on the driver raised an exception.",
        mistaken_for: "The real cause may be what it was handling: look at the whole chain.",
        says: "{file|the job} raised {exception|an exception}{message_hint|}{at_hint|}",
        strength: Strength::General,
        steps: &[(CodePatch, "correct {at|the line that raised it}")],
        refine: whose_code,
        ..CauseKind::USUAL
    },
];

/// The fault handler's report means a crash. Without one, a worker that vanished was most likely
/// killed for its memory, which leaves no trace in this log.
fn crashed_or_killed(_: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    // Spark's own remark on what comes after: "This may have been caused by a prior exception".
    if sighting.text().contains("PythonRunner: Python worker exited") {
        return Refined::No;
    }
    let text = sighting.message();
    if text.contains("Fatal Python error") || sighting.text().contains("Fatal Python error") {
        Refined::Same
    } else {
        Refined::Rather("oom.python_worker")
    }
}

/// A traceback that a worker sent is of a UDF; in a stream it is the stream that failed.
fn whose_code(run: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    let Some(thrown) = sighting.thrown() else {
        // A syntax error has no traceback, and a job may print its exception and leave.
        return if run.is_last_word(sighting) { Refined::Same } else { Refined::No };
    };
    if thrown.language == TraceLanguage::Java {
        return Refined::No;
    }
    match (sighting.is_from_worker(), run.is_stream()) {
        (true, true) => Refined::Other("streaming.query_failed"),
        (true, false) => Refined::Other("python.udf_exception"),
        (false, _) if waits_in_vain(run, thrown) => Refined::Other("resource.not_available"),
        (false, _) => captured::class_of(thrown).map_or(Refined::Same, Refined::Other),
    }
}

/// A job that stops itself after a while, and got nothing from the cluster until then.
fn waits_in_vain(run: &Run<'_>, thrown: &Thrown) -> bool {
    let mut waits = run.of_signature("cluster.no_resources");
    thrown.exception.contains("Timeout") && waits.any(|wait| run.gets_nowhere_after(wait.line))
}
