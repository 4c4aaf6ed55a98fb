//! Stack traces as the runtimes, schedulers and collectors print them: each one thing, also when
//! several are told at once.

use adp_scanner::{ErrorClass, Level, Pack, Relation, Report, Trace, scan};

fn read(log: &str) -> Report {
    let signature = "id = 'a'\nsummary = 's'\nkind = 'noise'\nseverity = 'info'\nkeywords = ['find me']\nmust_match = ['find me']";
    let pack = Pack::from_toml_files([("a", signature)]).expect("loads");
    scan(&pack, log.as_bytes())
}

/// The one trace that the log tells of.
fn only(log: &str) -> Trace {
    let mut report = read(log);
    assert_eq!(report.traces.len(), 1, "{log}\n{:#?}", report.traces);
    report.traces.remove(0)
}

/// Exception, relation and what it carries, for each of the chain.
fn chain(trace: &Trace) -> Vec<(&str, Relation, Option<usize>)> {
    let part = |thrown| {
        let thrown: &adp_scanner::Thrown = thrown;
        (thrown.exception.as_str(), thrown.relation, thrown.carries)
    };
    trace.chain.iter().map(part).collect()
}

const FIRST: Relation = Relation::First;
const WITHIN: Relation = Relation::Within;
const CAUSED_BY: Relation = Relation::CausedBy;
const CARRIED: Relation = Relation::Carried;
const RAISED_FROM: Relation = Relation::RaisedFrom;
const WHILE_HANDLING: Relation = Relation::WhileHandling;

#[test]
fn wrappers_say_what_they_carry() {
    let spark = "Traceback (most recent call last):
  File \"/a.py\", line 8, in <module>
py4j.protocol.Py4JJavaError: An error occurred while calling o58.parquet.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times, most recent failure: Lost task 0.3 in stage 0.0 (TID 3) (10.0.0.1 executor 1): java.io.IOException: disk
\tat a.B.c(B.scala:1)

Driver stacktrace:
\tat d.E.f(E.scala:2)
Caused by: java.io.IOException: disk
\tat a.B.c(B.scala:1)
\t... 1 more

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/a.py\", line 9, in <module>
airflow.exceptions.AirflowException: job failed
";
    let trace = only(spark);
    assert_eq!(
        chain(&trace),
        [
            ("py4j.protocol.Py4JJavaError", FIRST, Some(1)),
            ("org.apache.spark.SparkException", CARRIED, Some(2)),
            ("java.io.IOException", WITHIN, Some(3)),
            ("java.io.IOException", CAUSED_BY, None),
            ("airflow.exceptions.AirflowException", WHILE_HANDLING, Some(0)),
        ]
    );
    assert_eq!((trace.span.start, trace.span.end as usize), (0, spark.len() - 1));
}

#[test]
fn chained_python_exceptions_carry_their_cause() {
    let trace = only(
        "Traceback (most recent call last):
  File \"/a.py\", line 1, in f
KeyError: 'x'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File \"/a.py\", line 2, in <module>
__main__.main.<locals>.JobFailed: no x
with a note of PEP 678
",
    );
    let expected =
        [("KeyError", FIRST, None), ("__main__.main.<locals>.JobFailed", RAISED_FROM, Some(0))];
    assert_eq!(chain(&trace), expected);
    assert_eq!(trace.chain[1].message, "no x\nwith a note of PEP 678");
}

#[test]
fn what_newer_pythons_add_is_no_code() {
    let trace = only(
        "Traceback (most recent call last):
  File \"/a.py\", line 4, in f
    f(n - 1)
    ~^^^^^^^
  [Previous line repeated 996 more times]
  File \"/a.py\", line 3, in f
    total = a[\"x\"] / b
            ~^^^^^
KeyboardInterrupt
",
    );
    assert_eq!(chain(&trace), [("KeyboardInterrupt", FIRST, None)]);
    let codes: Vec<_> = trace.chain[0].frames.iter().map(|frame| frame.code.as_str()).collect();
    assert_eq!(codes, ["f(n - 1)", "total = a[\"x\"] / b"]);
}

#[test]
fn a_syntax_error_names_its_place_without_a_function() {
    let script =
        "  File \"/a.py\", line 3\n    def f(:\n          ^\nSyntaxError: invalid syntax\n";
    for log in [script.to_owned(), format!("Traceback (most recent call last):\n{script}")] {
        let trace = only(&log);
        assert_eq!(chain(&trace), [("SyntaxError", FIRST, None)]);
        let frame = &trace.chain[0].frames[0];
        assert_eq!((frame.line, frame.code.as_str()), (3, "def f(:"));
    }
}

#[test]
fn an_exception_group_is_told_with_its_members() {
    let trace = only(
        "  + Exception Group Traceback (most recent call last):
  |   File \"/a.py\", line 9, in <module>
  |     run()
  | ExceptionGroup: two failed (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File \"/a.py\", line 5, in load
    |     open(path)
    | ValueError: first
    +---------------- 2 ----------------
    | ExceptionGroup: inner (1 sub-exception)
    +-+---------------- 1 ----------------
      | Traceback (most recent call last):
      |   File \"/a.py\", line 6, in save
      | TypeError: second
      +------------------------------------
",
    );
    assert_eq!(
        chain(&trace),
        [
            ("ExceptionGroup", FIRST, Some(1)),
            ("ValueError", WITHIN, None),
            ("ExceptionGroup", WITHIN, Some(3)),
            ("TypeError", WITHIN, None),
        ]
    );
    assert_eq!(trace.last_line, 16);
    assert_eq!(trace.chain[3].frames[0].function, "save");
    assert_eq!(trace.chain[1].frames[0].code, "open(path)");
}

#[test]
fn boxes_of_rich_and_arrows_of_notebooks_hold_frames() {
    let boxed = only(
        "╭───────────── Traceback (most recent call last) ─────────────╮
│ /srv/jobs/a.py:12 in normalise                              │
│                                                             │
│   11 │   rows = load()                                      │
│ ❱ 12 │   total = a / b                                      │
│   13 │   save(total)                                        │
╰─────────────────────────────────────────────────────────────╯
ZeroDivisionError: division by zero
",
    );
    let notebook = only(
        "---------------------------------------------------------------------------
ZeroDivisionError                         Traceback (most recent call last)
File /srv/jobs/a.py:12, in normalise(a, b)
     11     rows = load()
---> 12     total = a / b
     13     save(total)

ZeroDivisionError: division by zero
",
    );
    for trace in [boxed, notebook] {
        assert_eq!(chain(&trace), [("ZeroDivisionError", FIRST, None)]);
        let [frame] = trace.chain[0].frames.as_slice() else { panic!("one frame: {trace:?}") };
        assert_eq!((frame.file.as_str(), frame.line), ("/srv/jobs/a.py", 12));
        assert_eq!((frame.function.as_str(), frame.code.as_str()), ("normalise", "total = a / b"));
    }
    let databricks = only(
        "KeyError                                  Traceback (most recent call last)
<command-99> in <module>
      1 row = {}
----> 2 row['amount']

KeyError: 'amount'
",
    );
    assert_eq!(databricks.chain[0].frames[0].line, 2);
}

#[test]
fn java_traces_end_where_they_end() {
    let trace = only(
        "Exception in thread \"main\" java.lang.IllegalStateException: outer
\tat com.acme.Main.main(Main.kt:7)
\tSuppressed: java.io.IOException: closing
\t\tat com.acme.Closer.close(Closer.kt:3)
\tCaused by: java.io.IOException: inner of the suppressed
\t\tat com.acme.Closer.flush(Closer.kt:4)
\t\t... 1 more
Caused by: java.sql.SQLException: root
\tat com.acme.Db.query(Db.scala:9)
\t... 4 common frames omitted
after
",
    );
    assert_eq!(
        chain(&trace),
        [
            ("java.lang.IllegalStateException", FIRST, Some(1)),
            ("java.sql.SQLException", CAUSED_BY, None)
        ]
    );
    let functions: Vec<_> =
        trace.chain[0].frames.iter().map(|frame| frame.function.as_str()).collect();
    assert_eq!(functions, ["com.acme.Main.main"], "frames of a suppressed one are not its own");
}

#[test]
fn logback_tells_the_root_first_where_it_is_told_to() {
    let trace = only(
        "2026-11-23 10:00:00,000 [main] ERROR c.a.Job - failed
java.sql.SQLException: root
\tat com.acme.Db.query(Db.java:9)
Wrapped by: java.lang.IllegalStateException: outer
\tat com.acme.Main.main(Main.java:7)
",
    );
    assert_eq!(
        chain(&trace),
        [
            ("java.sql.SQLException", FIRST, None),
            ("java.lang.IllegalStateException", RAISED_FROM, Some(0))
        ]
    );
    assert_eq!((trace.thread.as_deref(), trace.lead.as_deref()), (Some("main"), Some("failed")));
}

#[test]
fn spark_connect_tells_both_sides() {
    let trace = only(
        "Traceback (most recent call last):
  File \"/a.py\", line 3, in <module>
pyspark.errors.exceptions.connect.SparkConnectGrpcException: (org.apache.spark.sql.AnalysisException) [TABLE_OR_VIEW_NOT_FOUND] The table `a` cannot be found. SQLSTATE: 42P01

JVM stacktrace:
org.apache.spark.sql.catalyst.ExtendedAnalysisException
\tat org.apache.spark.sql.X.y(X.scala:1)
",
    );
    let expected = [
        ("pyspark.errors.exceptions.connect.SparkConnectGrpcException", FIRST, Some(1)),
        ("org.apache.spark.sql.AnalysisException", WITHIN, Some(2)),
        ("org.apache.spark.sql.catalyst.ExtendedAnalysisException", CARRIED, None),
    ];
    assert_eq!(chain(&trace), expected);
    let class = trace.chain[1].error_class.as_ref().expect("a class");
    assert_eq!(
        (class.name.as_str(), class.sql_state.as_deref()),
        ("TABLE_OR_VIEW_NOT_FOUND", Some("42P01"))
    );
}

#[test]
fn error_classes_are_read_from_messages_of_several_lines_and_from_structured_logs() {
    let trace = only(
        "org.apache.spark.sql.AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column\ncannot be resolved. SQLSTATE: 42703\n\tat a.B.c(B.java:1)\n",
    );
    let expected = ErrorClass {
        name: "UNRESOLVED_COLUMN".to_owned(),
        sub_class: Some("WITH_SUGGESTION".to_owned()),
        sql_state: Some("42703".to_owned()),
    };
    assert_eq!(trace.chain[0].error_class.as_ref(), Some(&expected));
    let json = r#"{"ts":"2026-11-23 10:00:00.000","level":"ERROR","logger":"L","msg":"find me SQLSTATE: 42703","context":{"errorClass":"UNRESOLVED_COLUMN.WITH_SUGGESTION"}}"#;
    let hit = &read(json).hits[0];
    let class = hit.error_class.as_ref().expect("a class");
    assert_eq!(class.sub_class.as_deref(), Some("WITH_SUGGESTION"));
    let plain = read("26/11/23 10:00:00 ERROR L: [DIVIDE_BY_ZERO] find me SQLSTATE: 22012");
    let class = plain.hits[0].error_class.as_ref().expect("a class");
    assert_eq!(
        (class.name.as_str(), class.sql_state.as_deref()),
        ("DIVIDE_BY_ZERO", Some("22012"))
    );
}

const LEFT: [&str; 5] = [
    "26/11/23 10:00:00 ERROR Executor: Exception in task 0.0",
    "java.io.IOException: disk",
    "\tat a.B.c(B.java:1)",
    "Caused by: java.lang.IllegalStateException: find me",
    "\tat a.B.d(B.java:2)",
];
const RIGHT: [&str; 5] = [
    "26/11/23 10:00:00 ERROR Executor: Exception in task 1.0",
    "java.sql.SQLException: gone",
    "\tat x.Y.z(Y.java:1)",
    "Caused by: java.net.SocketException: find me",
    "\tat x.Y.w(Y.java:2)",
];

/// The lines of both, in turn, each in its wrapping.
fn interleaved(left: impl Fn(&str) -> String, right: impl Fn(&str) -> String) -> String {
    let both = LEFT.iter().zip(RIGHT).map(|(a, b)| format!("{}\n{}\n", left(a), right(b)));
    both.collect()
}

fn check_both(report: &Report, origins: [Option<&str>; 2]) {
    assert_eq!(report.traces.len(), 2, "{:#?}", report.traces);
    let chains: Vec<Vec<&str>> = report
        .traces
        .iter()
        .map(|trace| trace.chain.iter().map(|thrown| thrown.exception.as_str()).collect())
        .collect();
    assert_eq!(
        chains,
        [
            ["java.io.IOException", "java.lang.IllegalStateException"],
            ["java.sql.SQLException", "java.net.SocketException"],
        ]
    );
    for (index, trace) in report.traces.iter().enumerate() {
        assert_eq!(trace.origin.as_deref(), origins[index]);
        assert_eq!(trace.level, Some(Level::Error));
        let frames: Vec<_> = trace.chain.iter().map(|thrown| thrown.frames.len()).collect();
        assert_eq!(frames, [1, 1], "{trace:?}");
    }
    let hits: Vec<_> = report.hits.iter().map(|hit| (hit.trace, hit.thrown)).collect();
    assert_eq!(hits, [(Some(0), Some(1)), (Some(1), Some(1))]);
    let of_hits: Vec<_> = report.hits.iter().map(|hit| hit.origin.as_deref()).collect();
    assert_eq!(of_hits, origins);
}

#[test]
fn executors_that_talk_at_once_are_kept_apart() {
    type Wrap = fn(&str, usize) -> String;
    let wraps: [(Wrap, [&str; 2]); 4] = [
        (|line, n| format!("etl-exec-{n} spark {line}"), ["etl-exec-1/spark", "etl-exec-2/spark"]),
        (|line, n| format!("worker-{n}  | {line}"), ["worker-1", "worker-2"]),
        (|line, n| format!("[pod/etl-{n}/spark] {line}"), ["etl-1/spark", "etl-2/spark"]),
        (
            |line, n| {
                let log = serde_json::json!({"log": format!("{line}\n"), "stream": "stderr", "kubernetes": {"pod_name": format!("etl-{n}")}});
                log.to_string()
            },
            ["etl-1/stderr", "etl-2/stderr"],
        ),
    ];
    for (wrap, origins) in wraps {
        let report = read(&interleaved(|line| wrap(line, 1), |line| wrap(line, 2)));
        check_both(&report, origins.map(Some));
        let leads: Vec<_> = report.traces.iter().map(|trace| trace.lead.as_deref()).collect();
        assert_eq!(leads, [Some("Exception in task 0.0"), Some("Exception in task 1.0")]);
    }
}

#[test]
fn threads_that_log_traces_line_by_line_are_kept_apart() {
    let of = |thread: &'static str| {
        move |line: &str| {
            let said = line.strip_prefix("26/11/23 10:00:00 ERROR Executor: ").unwrap_or(line);
            format!("2026-11-23 10:00:00,000 ERROR [{thread}] Executor: {said}")
        }
    };
    let report = read(&interleaved(of("pool-1"), of("pool-2")));
    check_both(&report, [None, None]);
    let threads: Vec<_> = report.traces.iter().map(|trace| trace.thread.as_deref()).collect();
    assert_eq!(threads, [Some("pool-1"), Some("pool-2")]);
    let threads: Vec<_> = report.hits.iter().map(|hit| hit.thread.as_deref()).collect();
    assert_eq!(threads, [Some("pool-1"), Some("pool-2")]);
}

#[test]
fn a_python_traceback_logged_line_by_line_is_whole() {
    let lines = [
        "Traceback (most recent call last):",
        "  File \"/a.py\", line 4, in f",
        "    total = a / b",
        "ZeroDivisionError: division by zero",
        "done",
    ];
    let log: String = lines
        .iter()
        .map(|line| format!("2026-11-23 10:00:00,000 ERROR [pool-1] runner: {line}\n2026-11-23 10:00:00,000 INFO [pool-2] other: alive\n"))
        .collect();
    let trace = only(&log);
    assert_eq!((trace.first_line, trace.last_line), (1, 7));
    assert_eq!(trace.chain[0].exception, "ZeroDivisionError");
    assert_eq!(trace.chain[0].frames[0].code, "total = a / b");
}

#[test]
fn a_record_of_another_thread_takes_no_lines_from_a_trace_and_gives_it_none() {
    let report = read(
        "26/11/23 10:00:00 ERROR [t1] Executor: Exception in task
java.io.IOException: disk
\tat a.B.c(B.java:1)
26/11/23 10:00:00 INFO [t2] Other: a message
of two lines, find me
26/11/23 10:00:00 INFO [t1] Executor: next
",
    );
    let trace = &report.traces[0];
    assert_eq!((trace.last_line, trace.chain[0].message.as_str()), (3, "disk"));
    let hit = &report.hits[0];
    assert_eq!(
        (hit.trace, hit.thread.as_deref(), hit.level),
        (None, Some("t2"), Some(Level::Info))
    );
}

#[test]
fn records_of_airflow_do_not_break_what_it_passes_on() {
    let log = "[2026-11-23T10:00:00.000+0000] {subprocess.py:106} INFO - Traceback (most recent call last):
[2026-11-23T10:00:00.000+0000] {subprocess.py:106} INFO -   File \"/a.py\", line 4, in f
[2026-11-23T10:00:01.000+0000] {job.py:229} INFO - Heartbeat
[2026-11-23T10:00:01.000+0000] {taskinstance.py:1} ERROR - own
[2026-11-23T10:00:02.000+0000] {subprocess.py:106} INFO - java.io.IOException: find me
[2026-11-23T10:00:03.000+0000] {job.py:229} INFO - Heartbeat
[2026-11-23T10:00:03.000+0000] {subprocess.py:106} INFO - \tat a.B.c(B.java:1)
";
    let trace = only(log);
    assert_eq!((trace.first_line, trace.last_line), (1, 7));
}

#[test]
fn executors_of_an_aggregated_yarn_log_do_not_share_a_trace() {
    let log = "Container: container_1_0001_01_000002 on host_8041
LogType:stderr
java.io.IOException: disk
End of LogType:stderr
Container: container_1_0001_01_000003 on host_8041
LogType:stderr
\tat a.B.c(B.java:1)
";
    let trace = only(log);
    assert_eq!(trace.origin.as_deref(), Some("container_1_0001_01_000002/stderr"));
    assert_eq!((trace.last_line, trace.chain[0].frames.len()), (3, 0));
}

#[test]
fn open_traces_are_bounded() {
    let log: String = (0..200)
        .map(|pod| {
            format!("[pod/etl-{pod}/spark] java.io.IOException: find me {}\n", "x".repeat(pod))
        })
        .collect();
    let report = read(&log);
    assert_eq!(report.traces.len() as u64 + report.n_dropped_traces, 200);
    assert_eq!(report.tallies["a"].count, 200);
}
