//! Logs in the wording of real systems, and what we make of them.

use std::sync::LazyLock;

use adp_scanner::Pack;
use expect_test::{Expect, expect};

use super::find_cause;
use crate::records::log_summary::LogRole;
use crate::records::root_cause::{Cause, Verdict};
use crate::records::{Case, Failure, FailureId, LogSummary};
use crate::runtime::Moment;
use crate::signatures;
use crate::stages::read_logs::summarise::{Log, summarise};

pub(super) fn diagnose(exit_code: Option<i32>, logs: &[(&str, LogRole, &str)]) -> Cause {
    static PACK: LazyLock<Pack> =
        LazyLock::new(|| signatures::built_in().expect("the built-in pack loads"));
    let read = logs.iter().map(|(name, role, text)| Log {
        name: (*name).to_owned(),
        role: *role,
        content: Ok(Box::new(text.as_bytes())),
    });
    let summary = summarise(&PACK, adp_redact::Redactor::built_in(), read);
    let summary = LogSummary {
        case: case(exit_code),
        logs: summary.logs,
        findings: summary.findings,
        traces: summary.traces,
        contexts: summary.contexts,
        tail: summary.tail,
        pack: "built-in".to_owned(),
    };
    find_cause(&summary).cause
}

fn case(exit_code: Option<i32>) -> Case {
    Case {
        failure_id: FailureId::of(&["test"]),
        pipeline: Failure::default().pipeline(),
        run_id: None,
        attempt: None,
        map_index: None,
        failed_at: Moment(0),
        exit_code,
        known_to_have_failed: false,
        will_retry: false,
        job_file: None,
        application_id: None,
        event_log: None,
        history_url: None,
        log_url: None,
    }
}

pub(super) fn driver(exit_code: Option<i32>, text: &str) -> Cause {
    diagnose(exit_code, &[("driver.log", LogRole::Driver, text)])
}

/// Class, line, confidence in words, and the sentence.
pub(super) fn check(text: &str, expected: Expect) {
    expected.assert_eq(&told(&driver(Some(1), text)));
}

pub(super) fn told(cause: &Cause) -> String {
    let line =
        cause.root_line.as_ref().map_or("no line".to_owned(), |root| format!("line {}", root.line));
    let verdict = match cause.verdict {
        Verdict::Conclusive => "sure",
        Verdict::Inconclusive => "unsure",
        Verdict::Healthy => "well",
    };
    format!("{} at {line}, {verdict}: {}", cause.class, cause.summary)
}

/// A driver's traceback that ends in this.
pub(super) fn traceback(end: &str) -> String {
    format!(
        "26/11/23 17:25:38 INFO SparkContext: Running Spark version 3.5.7\n\
         Traceback (most recent call last):\n  File \"/srv/jobs/daily.py\", line 19, in <module>\n    df = run(spark)\n\
         {end}\n26/11/23 17:25:59 INFO SparkContext: Invoking stop() from shutdown hook\n"
    )
}

#[test]
fn wordings_of_other_versions_and_systems() {
    check(
        &traceback(
            "pyspark.sql.utils.AnalysisException: cannot resolve 'amt' given input columns: [t.amount, t.name]; line 1 pos 7;\n'Project ['amt]",
        ),
        expect![
            "schema.unresolved_column at line 5, sure: daily.py reads amt, which does not exist; the table has t.amount, t.name"
        ],
    );
    check(
        &traceback(
            "pyspark.sql.utils.AnalysisException: Table or view not found: hr.staff; line 1 pos 14;",
        ),
        expect!["input.table_not_found at line 5, sure: hr.staff cannot be found"],
    );
    check(
        &traceback(
            "pyspark.sql.utils.AnalysisException: Path does not exist: s3a://lake/raw/dt=2024-05-01",
        ),
        expect![
            "input.path_not_found at line 5, sure: s3a://lake/raw/dt=2024-05-01 does not exist"
        ],
    );
    check(
        &traceback(
            "py4j.protocol.Py4JJavaError: An error occurred while calling o87.load.\n: java.lang.ClassNotFoundException: Failed to find data source: org.elasticsearch.spark.sql. Please find packages at http://spark.apache.org/third-party-projects.html\n\tat org.apache.spark.sql.execution.datasources.DataSource$.lookupDataSource(DataSource.scala:674)\nCaused by: java.lang.ClassNotFoundException: org.elasticsearch.spark.sql.DefaultSource\n\tat java.net.URLClassLoader.findClass(URLClassLoader.java:387)",
        ),
        expect![
            "env.missing_jar at line 6, sure: org.elasticsearch.spark.sql is not on the class path"
        ],
    );
    check(
        &traceback(
            "py4j.protocol.Py4JJavaError: An error occurred while calling o87.parquet.\n: java.nio.file.AccessDeniedException: s3a://lake/x: getFileStatus on s3a://lake/x: com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amazon S3; Status Code: 403; Error Code: 403 Forbidden; Request ID: X)\n\tat org.apache.hadoop.fs.s3a.S3AUtils.translateException(S3AUtils.java:249)",
        ),
        expect![
            "auth.forbidden at line 6, sure: access was refused: s3a://lake/x: getFileStatus on s3a://lake/x: com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amaz..."
        ],
    );
    check(
        &traceback(
            "py4j.protocol.Py4JJavaError: An error occurred while calling o61.load.\n: com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago.\n\tat com.mysql.cj.jdbc.ConnectionImpl.createNewIO(ConnectionImpl.java:836)\nCaused by: java.net.ConnectException: Connection refused\n\tat java.net.PlainSocketImpl.socketConnect(Native Method)",
        ),
        expect![
            "jdbc.connection_refused at line 6, sure: the database at its address cannot be reached"
        ],
    );
    check(
        &traceback(
            "org.apache.spark.SparkException: Cannot broadcast the table that is larger than 8.0 GiB: 9.3 GiB.",
        ),
        expect![
            "broadcast.too_large at line 5, sure: a table is larger than a broadcast may be (8.0 GiB)"
        ],
    );
    check(
        &traceback("ValueError: unconverted data remains: 00:00"),
        expect![
            "python.driver_exception at line 5, sure: daily.py raised ValueError: unconverted data remains: 00:00 at daily.py line 19"
        ],
    );
    check(
        &traceback("custom.rules.OrdersRejected: 12 orders without customer"),
        expect![
            "python.driver_exception at line 5, sure: daily.py raised custom.rules.OrdersRejected: 12 orders without customer at daily.py line 19"
        ],
    );
}

#[test]
fn executors_that_were_killed() {
    check("20/05/01 10:00:00 INFO SparkContext: Running Spark version 3.0.1
20/05/01 10:01:00 ERROR YarnScheduler: Lost executor 3 on ip-10-0-0-1: Container killed by YARN for exceeding memory limits. 5.6 GB of 5.5 GB physical memory used. Consider boosting spark.executor.memoryOverhead.
20/05/01 10:01:00 WARN TaskSetManager: Lost task 12.0 in stage 4.0 (TID 112, ip-10-0-0-1, executor 3): ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: Container killed by YARN for exceeding memory limits. 5.6 GB of 5.5 GB physical memory used. Consider boosting spark.executor.memoryOverhead.
20/05/01 10:03:00 ERROR TaskSetManager: Task 12 in stage 4.0 failed 4 times; aborting job
20/05/01 10:03:01 WARN TaskSetManager: Lost task 3.0 in stage 5.0 (TID 140, ip-10-0-0-2, executor 5): FetchFailed(BlockManagerId(3, ip-10-0-0-1, 7337, None), shuffleId=1, mapId=10, reduceId=1, message=
", expect!["oom.executor_killed at line 2, sure: executor 3 was killed from outside, most likely for its memory"]);
    check(
        "24/05/01 10:00:00 INFO SparkContext: Running Spark version 3.5.1
24/05/01 10:01:00 ERROR TaskSchedulerImpl: Lost executor 2 on 10.4.1.7: 
The executor with id 2 exited with exit code 137(SIGKILL, possible container OOM).
24/05/01 10:03:00 ERROR TaskSetManager: Task 2 in stage 4.0 failed 4 times; aborting job
",
        expect![
            "oom.executor_killed at line 3, sure: executor 2 was killed from outside, most likely for its memory"
        ],
    );
}

#[test]
fn a_run_that_worked_is_well_however_loud_its_log() {
    let noisy = "26/11/23 17:25:38 INFO SparkContext: Running Spark version 3.5.7
26/11/23 17:25:40 ERROR Executor: Exception in task 1.0 in stage 5.0 (TID 5)
java.io.IOException: No space left on device
\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)
26/11/23 17:25:50 INFO DAGScheduler: Job 5 finished: parquet at x:0, took 1 s
|AccessDenied 403 for user svc | java.lang.OutOfMemoryError: Java heap space|
26/11/23 17:25:59 INFO SparkContext: Successfully stopped SparkContext
";
    let known = driver(Some(0), noisy);
    assert_eq!((known.class.as_str(), known.verdict), ("healthy", Verdict::Healthy));
    assert!(known.root_line.is_none());
    assert_eq!(driver(None, noisy).class, "healthy", "also when nobody tells the exit code");
    let disk = known.rivals.iter().find(|rival| rival.class == "infra.disk_full").expect("a rival");
    assert!(disk.lost_because.contains("line 3"), "{}", disk.lost_because);
}

#[test]
fn a_caught_and_printed_traceback_is_no_failure() {
    let text = "Traceback (most recent call last):
  File \"/srv/jobs/probe.py\", line 7, in table_or_none
    return spark.table(name)
pyspark.errors.exceptions.captured.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `dim_old` cannot be found.

falling back to files
";
    assert_eq!(driver(None, text).class, "healthy");
    assert_eq!(driver(Some(1), text).class, "input.table_not_found", "unless the run failed");
}

const AT_WORK: &str = "26/11/23 18:30:40 INFO SparkContext: Running Spark version 3.5.7
26/11/23 18:30:47 INFO SparkContext: Starting job: parquet at NativeMethodAccessorImpl.java:0
26/11/23 18:30:47 INFO TaskSchedulerImpl: Adding task set 14.0 with 1 tasks resource profile 0
";

#[test]
fn a_log_that_just_ends_tells_of_a_kill() {
    let killed = driver(Some(137), AT_WORK);
    assert_eq!((killed.class.as_str(), killed.verdict), ("driver.killed", Verdict::Conclusive));
    assert_eq!(
        killed.root_line.as_ref().map(|line| line.line),
        Some(3),
        "where the log breaks off"
    );
    assert!(killed.summary.contains("137"), "{}", killed.summary);
    let guessed = driver(None, AT_WORK);
    assert_eq!(guessed.class, "driver.killed");
    assert!(guessed.confidence < killed.confidence);
}

#[test]
fn a_jvm_that_reports_its_crash_is_believed_though_its_other_threads_go_on() {
    let report = "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007fc4b6301f14, pid=16667, tid=16667\n";
    let crashed = driver(Some(134), &format!("{AT_WORK}{report}{AT_WORK}#\n"));
    assert_eq!(told(&crashed), "driver.jvm_died at line 5, sure: the driver's JVM went away");
    assert_eq!(driver(Some(0), &format!("{AT_WORK}{report}")).class, "healthy");
}

#[test]
fn sigterm_at_work_is_a_cancelled_job_unless_the_log_knows_why() {
    let end = "26/11/23 18:08:16 INFO SparkContext: Invoking stop() from shutdown hook
26/11/23 18:08:16 INFO DAGScheduler: ShuffleMapStage 0 (parquet at NativeMethodAccessorImpl.java:0) failed in 28.226 s due to Stage cancelled because SparkContext was shut down
";
    let cancelled = driver(Some(143), &format!("{AT_WORK}{end}"));
    assert_eq!(cancelled.class, "job.cancelled");
    assert_eq!(cancelled.root_line.expect("the shutdown hook").line, 4);
    let starved = "26/11/23 18:08:04 WARN TaskSchedulerImpl: Initial job has not accepted any resources; check your cluster UI\n";
    assert_eq!(
        driver(Some(143), &format!("{AT_WORK}{starved}{end}")).class,
        "resource.not_available"
    );
}

#[test]
fn what_nobody_knows_is_unknown_and_says_what_to_collect() {
    let text = "Exception in thread \"main\" org.apache.acme.Oddity: the moon is full
\tat org.apache.acme.Main.main(Main.java:3)
";
    let cause = driver(Some(1), text);
    assert_eq!((cause.class.as_str(), cause.verdict), ("unknown", Verdict::Inconclusive));
    assert!(cause.confidence < 0.5);
    assert_eq!(cause.root_line.expect("the exception").line, 1);
    assert!(!cause.next_steps.is_empty());
    let silent = driver(None, "");
    assert_eq!((silent.class.as_str(), silent.verdict), ("unknown", Verdict::Inconclusive));
    assert_eq!(silent.summary, "no log of the run could be read");
    let nothing = driver(Some(1), "");
    assert_eq!((nothing.class.as_str(), nothing.root_line), ("unknown", None));
    assert!(
        nothing.next_steps.iter().any(|step| step.text.contains("driver.log")),
        "the empty log"
    );
}

#[test]
fn a_text_that_is_no_log_of_a_run_is_not_called_healthy() {
    let shopping = driver(None, "milk\nbread\n");
    assert_eq!((shopping.class.as_str(), shopping.verdict), ("unknown", Verdict::Inconclusive));
    let quiet = driver(
        None,
        "26/11/23 18:30:40 INFO SparkContext: Running Spark version 3.5.7
26/11/23 18:30:40 INFO SparkContext: Successfully stopped SparkContext
",
    );
    assert_eq!(quiet.verdict, Verdict::Healthy);
    assert!(shopping.confidence < 0.7 && quiet.confidence > 0.7);
}

#[test]
fn a_cause_that_only_an_executor_tells_is_found_there() {
    let driver_log = format!(
        "{AT_WORK}26/11/23 18:31:00 ERROR TaskSchedulerImpl: Lost executor 0 on h: worker lost
26/11/23 18:31:02 ERROR TaskSetManager: Task 0 in stage 14.0 failed 4 times; aborting job
"
    );
    let executor_log =
        "26/11/23 18:30:59 ERROR Executor: Exception in task 0.0 in stage 14.0 (TID 9)
java.lang.OutOfMemoryError: Java heap space
\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)
";
    let logs = [
        ("driver.log", LogRole::Driver, driver_log.as_str()),
        ("executor-0.log", LogRole::Executor, executor_log),
    ];
    let cause = diagnose(Some(1), &logs);
    assert_eq!(cause.class, "oom.executor_heap");
    let root = cause.root_line.expect("found");
    assert_eq!((root.file.as_str(), root.line), ("executor-0.log", 2));
}

#[test]
fn a_udfs_own_line_beats_the_drivers_and_its_wrappers_are_named() {
    let text = traceback("py4j.protocol.Py4JJavaError: An error occurred while calling o62.parquet.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times, most recent failure: Lost task 0.0 in stage 1.0 (TID 2) (localhost executor driver): org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File \"/srv/jobs/clean.py\", line 12, in normalise
    user, _, host = addr.partition(\"@\")
AttributeError: 'NoneType' object has no attribute 'partition'

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)
");
    let cause = driver(Some(1), &text);
    assert_eq!(cause.class, "python.udf_exception");
    let source = cause.source.expect("the line of the function");
    assert_eq!((source.file.as_str(), source.line), ("clean.py", 12));
    assert_eq!(source.text, "user, _, host = addr.partition(\"@\")");
    assert_eq!(cause.subject.function.as_deref(), Some("normalise"));
    assert_eq!(cause.subject.exception.as_deref(), Some("AttributeError"));
    assert_eq!(
        cause.wrapped_by,
        [
            "py4j.protocol.Py4JJavaError",
            "org.apache.spark.SparkException",
            "org.apache.spark.api.python.PythonException"
        ]
    );
}

#[test]
fn airflow_3_tells_its_exception_in_json() {
    let text = r#"{"timestamp":"2026-11-23T17:57:21.029904Z","level":"error","event":"Task failed with exception","logger":"task","filename":"task_runner.py","lineno":1676,"error_detail":[{"exc_type":"KeyError","exc_value":"'amount_usd'","exc_notes":[],"syntax_error":null,"is_cause":false,"frames":[{"filename":"/opt/airflow/lib/python3.11/site-packages/airflow/sdk/execution_time/task_runner.py","lineno":1579,"name":"_run"},{"filename":"/opt/airflow/dags/demo_fail.py","lineno":55,"name":"transform"}],"is_group":false,"exceptions":[]}]}"#;
    let cause = driver(None, text);
    assert_eq!(cause.class, "python.driver_exception");
    assert_eq!(cause.subject.exception.as_deref(), Some("KeyError"));
    let source = cause.source.expect("the DAG's line");
    assert_eq!((source.file.as_str(), source.line), ("demo_fail.py", 55));
}

#[test]
fn a_worker_that_vanished_leaves_a_close_rival() {
    let text = traceback(
        "py4j.protocol.Py4JJavaError: An error occurred while calling o62.parquet.
: org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)
\tat a.B.c(B.scala:1)
Caused by: java.io.EOFException
\tat a.B.d(B.scala:2)
",
    );
    let cause = driver(Some(1), &text);
    assert_eq!(cause.class, "oom.python_worker");
    assert!(cause.confidence < 0.85, "{}", cause.confidence);
    assert_eq!(cause.rivals[0].class, "python.worker_crash");
}

#[test]
fn incidents_of_one_path_share_a_conversation_and_those_of_code_do_not() {
    let missing = |job: &str, path: &str| {
        let text = traceback(&format!("pyspark.errors.exceptions.captured.AnalysisException: [PATH_NOT_FOUND] Path does not exist: {path}."))
            .replace("daily.py", job);
        let cause = driver(Some(1), &text);
        let mut case = case(Some(1));
        case.pipeline.dag_id = job.to_owned();
        super::incident_of(&case, &cause)
    };
    let (one, other) = (missing("a.py", "s3a://lake/x"), missing("b.py", "s3a://lake/x"));
    assert_ne!(one.incident_id, other.incident_id);
    assert_eq!(one.conversation_id, other.conversation_id);
    assert_ne!(one.conversation_id, missing("a.py", "s3a://lake/y").conversation_id);
}

#[test]
fn a_job_in_scala_has_its_line_too() {
    let text = "Exception in thread \"main\" org.apache.spark.sql.AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `cust_id` cannot be resolved. Did you mean one of the following? [`customer_id`, `amount`].; line 1 pos 7;
'Project ['cust_id]

\tat org.apache.spark.sql.errors.QueryCompilationErrors$.unresolvedAttributeError(QueryCompilationErrors.scala:306)
\tat com.acme.etl.Daily$.totals(Daily.scala:42)
\tat com.acme.etl.Daily$.main(Daily.scala:20)
\tat org.apache.spark.deploy.SparkSubmit.main(SparkSubmit.scala)
";
    let cause = driver(Some(1), text);
    assert_eq!(cause.subject.candidates, ["customer_id", "amount"]);
    let source = cause.source.expect("the innermost frame of the job");
    assert_eq!((source.file.as_str(), source.line), ("Daily.scala", 42));
}

#[test]
fn what_a_command_complains_of_counts_when_nothing_else_does() {
    let text = "[2026-11-23T17:29:50.495+0000] {subprocess.py:88} INFO - Running command: ['/usr/bin/bash', '-c', 'echo psql: error: relation \"stg.orders\" does not exist']
[2026-11-23T17:29:50.642+0000] {subprocess.py:106} INFO - psql: error: relation \"stg.orders\" does not exist
[2026-11-23T17:29:50.642+0000] {subprocess.py:110} INFO - Command exited with return code 3
[2026-11-23T17:29:51.084+0000] {taskinstance.py:3313} ERROR - Task failed with exception
Traceback (most recent call last):
  File \"/opt/site-packages/airflow/operators/bash.py\", line 276, in execute
    raise AirflowException(
airflow.exceptions.AirflowException: Bash command failed. The command returned a non-zero exit code 3.
[2026-11-23T17:29:51.090+0000] {taskinstance.py:1226} INFO - Marking task as FAILED. dag_id=orders_etl
";
    let cause = driver(None, text);
    assert_eq!(cause.class, "input.table_not_found");
    assert_eq!(cause.root_line.expect("the complaint").line, 2);
    assert_eq!(cause.subject.table.as_deref(), Some("stg.orders"));
    assert_eq!(cause.wrapped_by, ["airflow.exceptions.AirflowException"]);
}

#[test]
fn an_exception_that_no_rule_knows_is_pointed_at_where_it_was_first_told() {
    let text = "24/05/01 10:00:00 INFO SparkContext: Running Spark version 3.5.1
24/05/01 10:00:07 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (10.0.0.5 executor 1): com.acme.BadThing: everything is odd
\tat com.acme.Udf.call(Udf.scala:12)
24/05/01 10:00:09 ERROR TaskSetManager: Task 0 in stage 0.0 failed 4 times; aborting job
Exception in thread \"main\" org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times, most recent failure: Lost task 0.3 in stage 0.0 (TID 3) (10.0.0.5 executor 1): com.acme.BadThing: everything is odd
\tat com.acme.Udf.call(Udf.scala:12)
";
    let cause = driver(Some(1), text);
    assert_eq!((cause.class.as_str(), cause.verdict), ("unknown", Verdict::Inconclusive));
    let root = cause.root_line.expect("the task's exception");
    assert_eq!((root.line, root.text.as_str()), (2, "com.acme.BadThing: everything is odd"));
}

#[test]
fn classes_of_last_lines() {
    let cases = [
        (
            "java.sql.SQLSyntaxErrorException: Unknown column 'amt' in 'field list'",
            "schema.unresolved_column",
        ),
        ("AttributeError: 'DataFrame' object has no attribute 'amt'", "schema.unresolved_column"),
        ("TypeError: 'JavaPackage' object is not callable", "env.missing_jar"),
        ("KeyboardInterrupt", "job.cancelled"),
        ("airflow.exceptions.AirflowTaskTimeout: Timeout, PID: 123", "airflow.task_timeout"),
        (
            "java.lang.OutOfMemoryError: Not enough memory to build and broadcast the table to all worker nodes.",
            "oom.driver",
        ),
        (
            "java.lang.NumberFormatException: Size must be specified as bytes (b), kibibytes (k).",
            "config.invalid",
        ),
        (
            "org.apache.spark.SparkException: Could not parse Master URL: 'sparkk://h:7077'",
            "config.invalid",
        ),
        ("java.net.UnknownHostException: nn1.internal", "network.dns"),
        ("FileExistsError: [Errno 17] File exists: '/srv/out'", "output.path_exists"),
        (
            "PermissionError: [Errno 13] Permission denied: '/srv/in.csv'",
            "auth.permission_denied_input",
        ),
        ("OSError: [Errno 28] No space left on device", "infra.disk_full"),
        (
            "pyspark.sql.utils.ParseException: \nmismatched input 'FORM' expecting {<EOF>, ';'}(line 1, pos 9)",
            "sql.parse_error",
        ),
        ("MemoryError", "oom.python_worker"),
        ("botocore.exceptions.NoCredentialsError: Unable to locate credentials", "auth.forbidden"),
        ("com.acme.DataQualityException: 12 rows without id", "app.data_quality"),
    ];
    for (last_line, class) in cases {
        assert_eq!(driver(Some(1), &traceback(last_line)).class, class, "{last_line}");
    }
}

#[test]
fn airflow_names_the_signal_that_killed_a_task() {
    let text = format!(
        "{AT_WORK}[2026-11-23T17:30:08.295+0000] {{local_task_job_runner.py:266}} INFO - Task exited with return code Negsignal.SIGKILL\n"
    );
    let cause = driver(None, &text);
    assert_eq!((cause.class.as_str(), cause.verdict), ("driver.killed", Verdict::Conclusive));
}
