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
    if !sighting.is_in_trace()
        && !sighting.is_loud()
        && !sighting.text().contains("UncaughtExceptionHandler")
        && !sighting.text().starts_with("Terminating due to")
    {
        return Refined::No;
    }
    if sighting.frames().any(|frame| frame.function.starts_with("org.codehaus.janino")) {
        return Refined::Other("plan.too_complex");
    }
    if is_of_executor(run, sighting) {
        Refined::Other("oom.executor_heap")
    } else if is_of_planning(run, sighting) {
        Refined::Rather("plan.too_complex")
    } else {
        Refined::Same
    }
}

/// Before the first job there is no data on the driver that could fill its heap, unless it listed
/// the files of a source: what a query makes of the heap then is its plan and its code.
fn is_of_planning(run: &Run<'_>, sighting: &Sighting<'_>) -> bool {
    let mut jobs = run.of_signature("lifecycle.job_started");
    let would_be_told = run.of_signature("lifecycle.spark_version").next().is_some();
    let is_before_jobs = would_be_told && jobs.all(|job| job.line > sighting.line());
    let terminal = run.terminal.map(|terminal| &run.summary.traces[terminal]);
    let mut frames =
        terminal.into_iter().flat_map(|trace| &trace.chain).flat_map(|thrown| &thrown.frames);
    let is_of_query = |function: &str| {
        function.starts_with("org.apache.spark.sql.") && !function.contains(".datasources.")
    };
    is_before_jobs && frames.any(|frame| is_of_query(&frame.function))
}

fn whose_garbage(run: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    if is_of_executor(run, sighting) { Refined::Same } else { Refined::Other("oom.driver") }
}

fn is_of_executor(run: &Run<'_>, sighting: &Sighting<'_>) -> bool {
    run.is_executor_log(sighting.file()) || sighting.executor().is_some_and(|id| id != "driver")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::stages::find_cause::tests::check;

    fn out_of_memory(before: &str, frame: &str) -> String {
        format!(
            "26/11/24 01:17:50 INFO SparkContext: Running Spark version 4.0.0\n{before}\
             Traceback (most recent call last):\n  File \"/srv/jobs/wide.py\", line 5, in <module>\n    df.collect()\n\
             py4j.protocol.Py4JJavaError: An error occurred while calling o21.collectToPython.\n\
             : java.util.concurrent.ExecutionException: Boxed Exception\n\tat {frame}\n\
             Caused by: java.lang.OutOfMemoryError: Java heap space\n"
        )
    }

    #[test]
    fn a_heap_that_is_full_before_the_first_job_holds_a_plan() {
        let exchange =
            "org.apache.spark.sql.execution.SQLExecution$.withThreadLocal(SQLExecution.scala:312)";
        check(
            &out_of_memory("", exchange),
            expect![
                "plan.too_complex at line 8, sure: the query plan or its generated code is too large"
            ],
        );
        let job =
            "26/11/24 01:17:59 INFO SparkContext: Starting job: collect at /srv/jobs/wide.py:5\n";
        check(
            &out_of_memory(job, exchange),
            expect!["oom.driver at line 9, sure: the driver ran out of memory at wide.py line 5"],
        );
        let listing = "org.apache.spark.sql.execution.datasources.InMemoryFileIndex.listLeafFiles(InMemoryFileIndex.scala:1)";
        check(
            &out_of_memory("", listing),
            expect!["oom.driver at line 8, sure: the driver ran out of memory at wide.py line 5"],
        );
    }
}
