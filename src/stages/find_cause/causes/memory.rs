//! Memory: whose ran out, and how it ended.

use super::{CauseKind, Refined};
use crate::records::root_cause::StepKind::{CodePatch, ConfigChange, Infrastructure};
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "oom.driver",
        what: "The driver ran out of heap: collect, toPandas, or the build of a broadcast.",
        mistaken_for: "Afterwards only Py4J errors are seen; huge generated code may run out of memory, too.",
        says: "the driver ran out of memory{at_hint|}",
        steps: &[
            (
                CodePatch,
                "do not bring the whole result to the driver: aggregate, write it, or take a sample",
            ),
            (ConfigChange, "raise spark.driver.memory if the result must come to the driver"),
        ],
        refine: whose_heap,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "oom.driver_result_size",
        what: "The results of the tasks are larger than spark.driver.maxResultSize.",
        mistaken_for: "The tasks that are killed afterwards are an echo.",
        says: "the results ({actual|their size}) exceed spark.driver.maxResultSize ({limit|the limit})",
        steps: &[
            (
                CodePatch,
                "do not collect the whole result on the driver: aggregate, write it, or take a sample",
            ),
            (
                ConfigChange,
                "raise spark.driver.maxResultSize and spark.driver.memory if the result must come to the driver",
            ),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "oom.executor_heap",
        what: "An executor ran out of heap.",
        mistaken_for: "Lost executors and failed fetches follow from it.",
        says: "an executor ran out of heap memory{at_hint|}",
        steps: &[
            (ConfigChange, "raise spark.executor.memory, or lower spark.executor.cores"),
            (ConfigChange, "raise the number of shuffle partitions so that each task holds less"),
            (
                CodePatch,
                "avoid building large values per row or group, such as collect_list over a whole key",
            ),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "oom.executor_gc",
        what: "An executor spent its time collecting garbage.",
        mistaken_for: "It may look like a slow or silent executor.",
        says: "an executor spent its time collecting garbage",
        steps: &[
            (ConfigChange, "raise spark.executor.memory, or lower spark.executor.cores"),
            (CodePatch, "keep fewer objects alive per task: caches, collections, wide rows"),
        ],
        refine: whose_garbage,
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "oom.executor_killed",
        what: "An executor was killed by its container, its control group or the kernel.",
        mistaken_for: "A preempted node ends with the same exit code.",
        says: "{an_executor|an executor} was killed from outside, most likely for its memory",
        echo_of: &["oom.executor_heap", "oom.executor_gc"],
        ceiling: 0.9,
        steps: &[
            (ConfigChange, "raise spark.executor.memoryOverhead, or lower spark.executor.cores"),
            (Infrastructure, "look at the container's or kernel's log of the node for the kill"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "oom.python_worker",
        what: "A Python worker ran out of memory, or was killed for it.",
        mistaken_for: "A segmentation fault looks nearly the same when the worker leaves no report.",
        says: "a Python worker ran out of memory{at_hint|}",
        steps: &[
            (
                ConfigChange,
                "set spark.executor.pyspark.memory and raise spark.executor.memoryOverhead",
            ),
            (CodePatch, "hold less in memory per row or batch in {function|the function}"),
        ],
        ..CauseKind::USUAL
    },
];

/// `OutOfMemoryError` names no process. The executor's log, or the task that the record is about,
/// tells whose heap it was; in local mode they are one. A compiler in the frames means that the
/// generated code was too large.
fn whose_heap(run: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    if !sighting.is_in_trace() && !sighting.is_loud() && !is_said_by_jvm(sighting.text()) {
        return Refined::No;
    }
    if sighting.frames().any(|frame| frame.function.starts_with("org.codehaus.janino")) {
        return Refined::Other("plan.too_complex");
    }
    if is_of_executor(run, sighting) { Refined::Other("oom.executor_heap") } else { Refined::Same }
}

/// What a JVM prints of its own memory has no level.
fn is_said_by_jvm(text: &str) -> bool {
    const SIGNS: [&str; 7] = [
        "UncaughtExceptionHandler",
        "Terminating due to",
        "Aborting due to",
        "insufficient memory for the Java Runtime",
        "Native memory allocation (",
        "os::commit_memory(",
        "Could not reserve enough space",
    ];
    SIGNS.iter().any(|sign| text.contains(sign))
}

fn whose_garbage(run: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    if is_of_executor(run, sighting) { Refined::Same } else { Refined::Other("oom.driver") }
}

fn is_of_executor(run: &Run<'_>, sighting: &Sighting<'_>) -> bool {
    run.is_executor_log(sighting.file()) || sighting.executor().is_some_and(|id| id != "driver")
}
