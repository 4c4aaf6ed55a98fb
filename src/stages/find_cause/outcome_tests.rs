//! How runs end, without an exit code that anybody told.

use super::tests::driver;
use crate::records::root_cause::Cause;

const HEAD: &str = "25/11/03 04:12:01 INFO SparkContext: Running Spark version 3.5.1\n";
const STOP: &str = "25/11/03 04:12:50 INFO SparkContext: Invoking stop() from shutdown hook\n\
    25/11/03 04:12:51 INFO SparkContext: Successfully stopped SparkContext\n\
    25/11/03 04:12:51 INFO ShutdownHookManager: Shutdown hook called\n";

fn check(log: &str, class: &str, line: Option<i64>) -> Cause {
    let cause = driver(None, log);
    let told = cause.root_line.as_ref().map(|root| root.line);
    assert_eq!((cause.class.as_str(), told), (class, line), "{log}");
    cause
}

fn spark(said: &str) -> String {
    format!("{HEAD}{said}\n{STOP}")
}

#[test]
fn spark_stops_with_the_exit_code_of_a_job_that_gave_up() {
    let stops = |code| {
        spark(&format!(
            "25/11/03 04:12:30 ERROR Orders: row count 0 below minimum 1000\n\
             25/11/03 04:12:31 INFO SparkContext: SparkContext is stopping with exitCode {code}."
        ))
    };
    let failed = driver(None, &stops(1));
    assert_ne!(failed.class, "healthy");
    assert_eq!(failed.root_line.map(|root| root.line), Some(2));
    check(&stops(0), "healthy", None);
}

#[test]
fn the_client_of_yarn_tells_how_the_application_ended() {
    let report = |status: &str, why: &str| {
        format!(
            "25/11/03 04:12:30 INFO Client: \n\t client token: N/A\n\t diagnostics: {why}\n\t final status: {status}\n"
        )
    };
    let threw = "User class threw exception: java.lang.IllegalStateException: bad";
    let end = "Exception in thread \"main\" org.apache.spark.SparkException: Application application_1_1 finished with failed status\n";
    let cause = check(&(report("FAILED", threw) + end), "jvm.driver_exception", Some(3));
    assert_eq!(cause.subject.exception.as_deref(), Some("java.lang.IllegalStateException"));
    check(&report("SUCCEEDED", "N/A"), "healthy", None);
}

#[test]
fn an_exception_without_its_trace_in_elastics_fields_is_read() {
    let record = |message: &str| {
        format!(
            r#"{{"@timestamp":"2025-11-03T04:12:00.1Z","log.level":"ERROR","message":"Job failed","error.type":"java.io.IOException","error.message":"{message}"}}"#
        )
    };
    check(&record("No space left on device"), "infra.disk_full", Some(1));
    assert_eq!(driver(None, &record("bad weather")).class, "unknown");
}

#[test]
fn a_run_whose_last_word_is_an_error_is_not_healthy() {
    check("starting\nFATAL: the ledger is closed\n", "unknown", Some(2));
    check(&spark("ERROR the ledger of March is closed"), "unknown", Some(2));
    let goes_on =
        "25/11/03 04:12:24 INFO DAGScheduler: Job 1 finished: save at X.scala:1, took 3 s";
    check(&spark(&format!("ERROR the cache is cold\n{goes_on}")), "healthy", None);
}

#[test]
fn airflow_says_that_the_process_of_a_task_was_killed() {
    let two = "[2025-11-03T04:12:02.123+0000] {taskinstance.py:2193} INFO - Executing <Task(PythonOperator): load>\n\
        [2025-11-03T04:20:02.423+0000] {local_task_job_runner.py:266} INFO - Task exited with return code ";
    for code in ["-9", "Negsignal.SIGKILL"] {
        check(&format!("{two}{code}\n"), "driver.killed", Some(2));
        assert_eq!(driver(Some(1), &format!("{two}{code}\n")).class, "driver.killed");
    }
    let three = r#"{"timestamp":"2025-11-03T04:12:01Z","event":"DAG bundles loaded: x","level":"info","logger":"airflow.dag"}
{"timestamp":"2025-11-03T04:12:09Z","event":"Process exited abnormally","exit_code":-9,"level":"error","logger":"supervisor"}
"#;
    check(three, "driver.killed", Some(2));
}

#[test]
fn what_user_code_in_scala_throws_on_the_driver_is_its_own() {
    let thrown = |what: &str, frame: &str| {
        spark(&format!("Exception in thread \"main\" {what}\n\tat {frame}"))
    };
    let main = "com.acme.Orders$.main(Orders.scala:12)";
    let cause = check(
        &thrown("scala.MatchError: FOO (of class java.lang.String)", main),
        "jvm.driver_exception",
        Some(2),
    );
    assert_eq!(cause.subject.exception.as_deref(), Some("scala.MatchError"));
    check(&thrown("java.lang.NullPointerException", main), "jvm.driver_exception", Some(2));
    let sparks = "org.apache.spark.sql.Dataset.show(Dataset.scala:1)";
    check(&thrown("java.lang.NullPointerException", sparks), "unknown", Some(2));
    check(
        &thrown("java.io.IOException: No space left on device", main),
        "infra.disk_full",
        Some(2),
    );
}

#[test]
fn what_a_handler_reports_is_not_the_cause_and_its_own_slip_is() {
    let chain = |link: &str, second: &str| {
        format!(
            "Traceback (most recent call last):\n  File \"/x.py\", line 5, in f\n    urlopen(u)\n\
             ConnectionRefusedError: [Errno 111] Connection refused\n\n{link}\n\n\
             Traceback (most recent call last):\n  File \"/x.py\", line 12, in <module>\n    g()\n{second}\n"
        )
    };
    let handling = "During handling of the above exception, another exception occurred:";
    let caused = "The above exception was the direct cause of the following exception:";
    for link in [handling, caused] {
        let said = "RuntimeError: could not load";
        check(&chain(link, said), "network.cluster_unreachable", Some(4));
    }
    check(&chain(handling, "KeyError: 'url'"), "python.driver_exception", Some(11));
}

#[test]
fn the_wrapper_in_the_line_that_repeats_the_root_is_named() {
    let why = "org.apache.spark.SparkArithmeticException: [DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012\n\tat org.apache.spark.sql.errors.QueryExecutionErrors$.divideByZeroError(QueryExecutionErrors.scala:203)";
    let lost = "Lost task 17.3 in stage 3.0 (TID 220) (h executor 4)";
    let cause = check(
        &spark(&format!(
            "25/11/03 04:12:10 WARN TaskSetManager: {lost}: {why}\n\
             25/11/03 04:12:14 ERROR TaskSetManager: Task 17 in stage 3.0 failed 4 times; aborting job\n\
             25/11/03 04:12:15 ERROR Orders: job failed\n\
             org.apache.spark.SparkException: Job aborted due to stage failure: Task 17 in stage 3.0 failed 4 times, most recent failure: {lost}: {why}\n"
        )),
        "data.arithmetic",
        Some(2),
    );
    assert_eq!(cause.wrapped_by, ["org.apache.spark.SparkException"]);
}

#[test]
fn a_warning_before_the_work_got_done_is_no_cause() {
    let retried = "25/11/03 04:12:20 WARN OptimisticTransaction: Commit failed: io.delta.exceptions.ConcurrentAppendException: Files were added by a concurrent update; retrying attempt 1";
    let committed =
        "25/11/03 04:12:22 INFO OptimisticTransaction: Committed delta #12 to s3a://t/_delta_log";
    check(&spark(&format!("{retried}\n{committed}")), "healthy", None);
    check(&spark(retried), "table.concurrent_write", Some(2));
}

#[test]
fn a_column_is_named_without_the_number_that_spark_gives_it() {
    let log = "Traceback (most recent call last):\n  File \"/x.py\", line 12, in <module>\n    g()\n\
        pyspark.errors.exceptions.captured.AnalysisException: Column manager_id#1L, emp_id#0 are ambiguous. It's probably because you joined several Datasets together, and some of these Datasets are the same.\n";
    let cause = check(log, "schema.ambiguous_reference", Some(4));
    assert_eq!(cause.subject.column.as_deref(), Some("manager_id"));
}
