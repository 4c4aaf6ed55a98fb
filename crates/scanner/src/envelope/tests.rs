//! Each envelope as its collector writes it, and what must be left when it is off.

use super::*;

/// A line that outlives the bytes it was read from.
#[derive(Debug, PartialEq)]
struct Said {
    number: u64,
    timestamp: String,
    level: Option<Level>,
    logger: String,
    thread: String,
    origin: String,
    text: String,
    body: String,
    is_record: bool,
    is_passed_on: bool,
}

/// What the lines of a log say, one after the other.
fn said_by(log: &[&str]) -> Vec<Said> {
    let mut said = Vec::new();
    let mut keep = |line: Line<'_>| {
        said.push(Said {
            number: line.number,
            timestamp: line.timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default(),
            level: line.level,
            logger: line.logger.unwrap_or_default().to_owned(),
            thread: line.thread.unwrap_or_default().to_owned(),
            origin: line.origin.unwrap_or_default().to_owned(),
            text: line.text.to_owned(),
            body: line.body().to_owned(),
            is_record: line.is_record,
            is_passed_on: line.is_passed_on,
        });
    };
    let mut opener = Opener::default();
    for (raw, number) in log.iter().zip(1..) {
        opener.open(number, Span::default(), raw.as_bytes(), &mut keep);
    }
    opener.finish(&mut keep);
    said
}

fn said(raw: &str) -> Vec<Said> {
    said_by(&[raw])
}

fn texts(said: &[Said]) -> Vec<&str> {
    said.iter().map(|said| said.text.as_str()).collect()
}

#[test]
fn airflows_prefix_comes_off_and_the_inner_header_wins() {
    let lines = said(
        "[2026-11-23T19:02:13.151+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 WARN Utils: x",
    );
    assert_eq!(lines[0].text, "26/11/23 19:02:13 WARN Utils: x");
    assert_eq!(lines[0].level, Some(Level::Warn));
    assert_eq!(lines[0].timestamp, "2026-11-23T19:02:13.151Z");
    assert_eq!(lines[0].body, "x");
}

#[test]
fn passed_on_output_is_no_record_of_airflow() {
    let frame = said("[2026-11-23T19:02:13.535+0000] {subprocess.py:106} INFO -     .agg(");
    assert_eq!((frame[0].text.as_str(), frame[0].is_record), ("    .agg(", false));
    let own = said("[2026-11-23, 17:29:51 UTC] {taskinstance.py:3313} ERROR - Task failed");
    assert_eq!((own[0].level, own[0].is_record), (Some(Level::Error), true));
    assert_eq!(own[0].timestamp, "2026-11-23T17:29:51Z");
    let pod = said("[2026-11-23T19:02:13.535+0000] {pod_manager.py:472} INFO - [base] KeyError: 1");
    assert_eq!((pod[0].text.as_str(), pod[0].origin.as_str()), ("KeyError: 1", "base"));
}

#[test]
fn every_airflows_prefix_comes_off() {
    for prefix in [
        "[2024-01-26, 06:43:20 UTC] {subprocess.py:93} INFO - ",
        "[2020-12-02 15:50:15,406] {{spark_submit.py:479}} INFO - ",
        "[2024-07-08T04:03:25.646+0900] {pod_manager.py:471} INFO - [spark-kubernetes-driver] ",
        "[2023-05-02, 04:00:01 UTC] {logging_mixin.py:150} INFO - ",
    ] {
        let lines = said(&format!("{prefix}23/05/02 04:00:01 WARN Utils: x"));
        assert_eq!((lines[0].body.as_str(), lines[0].is_passed_on), ("x", true), "{prefix}");
    }
}

#[test]
fn airflow_3_passes_on_what_its_hooks_and_tasks_print() {
    for logger in [
        "task.stderr",
        "airflow.task.hooks.airflow.providers.apache.spark.hooks.spark_submit.SparkSubmitHook",
    ] {
        let raw = format!(
            r#"{{"timestamp":"2025-05-06T08:32:54.127Z","level":"error","event":"ValueError: 1","logger":"{logger}"}}"#
        );
        let lines = said(&raw);
        assert_eq!((lines[0].level, lines[0].is_record), (None, false), "{logger}");
    }
    let pod = r#"{"timestamp":"2025-05-06T08:32:54.127Z","level":"info","event":"[base] ValueError: 1","logger":"a.PodManager"}"#;
    let lines = said(pod);
    assert_eq!((lines[0].text.as_str(), lines[0].origin.as_str()), ("ValueError: 1", "base"));
}

#[test]
fn airflow_3_error_detail_reads_like_a_traceback() {
    let raw = r#"{"timestamp":"2026-11-23T17:24:12.500051Z","level":"error","event":"Task failed with exception","logger":"task","filename":"task_runner.py","error_detail":[{"exc_type":"TypeError","exc_value":"not 'NoneType'","frames":[{"filename":"/dags/demo.py","lineno":58,"name":"load"}]},{"exc_type":"KeyError","exc_value":"1","is_cause":false,"frames":[]}]}"#;
    let lines = said(raw);
    assert_eq!(
        texts(&lines),
        [
            "Task failed with exception",
            "Traceback (most recent call last):",
            "KeyError: 1",
            "",
            "During handling of the above exception, another exception occurred:",
            "",
            "Traceback (most recent call last):",
            "  File \"/dags/demo.py\", line 58, in load",
            "TypeError: not 'NoneType'",
        ]
    );
    assert_eq!(lines.iter().filter(|line| line.is_record).count(), 1);
}

#[test]
fn spark_json_reads_like_sparks_plain_log() {
    let raw = r#"{"ts":"2026-11-23 17:26:48.286","level":"ERROR","logger":"DataFrameQueryContextLogger","msg":"[UNRESOLVED_COLUMN] no `amt`","context":{"file":"/jobs/b.py","line":"10","fragment":"col","errorClass":"UNRESOLVED_COLUMN"},"exception":{"class":"Py4JJavaError","msg":"An error\n: a.B","stacktrace":[{"class":"a.B","method":"c","file":"B.scala","line":"4"}]}}"#;
    let lines = said(raw);
    assert_eq!(lines[0].body, "[UNRESOLVED_COLUMN] no `amt`");
    assert_eq!(
        texts(&lines)[1..],
        [
            "== DataFrame ==",
            "\"col\" was called from",
            "/jobs/b.py:10",
            "Py4JJavaError: An error",
            ": a.B",
            "\tat a.B.c(B.scala:4)",
        ]
    );
}

#[test]
fn one_reader_serves_the_json_of_all_libraries() {
    let error = Some(Level::Error);
    // Object, then timestamp, level, logger, thread, origin and first line.
    let cases = [
        (
            r#"{"asctime":"2026-11-23 10:00:00,123","levelname":"ERROR","name":"etl","threadName":"MainThread","message":"boom"}"#,
            ("2026-11-23T10:00:00.123", error, "etl", "MainThread", "", "boom"),
        ),
        (
            r#"{"@timestamp":"2026-11-23T10:00:00.123Z","log.level":"ERROR","message":"boom","log.logger":"a.B","process.thread.name":"main"}"#,
            ("2026-11-23T10:00:00.123Z", error, "a.B", "main", "", "boom"),
        ),
        (
            r#"{"@timestamp":"2026-11-23T10:00:00.123Z","@version":"1","level":"ERROR","message":"boom","logger_name":"a.B","thread_name":"main"}"#,
            ("2026-11-23T10:00:00.123Z", error, "a.B", "main", "", "boom"),
        ),
        (
            r#"{"instant":{"epochSecond":1795428000,"nanoOfSecond":5},"thread":"main","level":"ERROR","loggerName":"a.B","message":"boom"}"#,
            ("2026-11-23T10:00:00Z", error, "a.B", "main", "", "boom"),
        ),
        (
            r#"{"level":50,"time":1795428000000,"name":"api","msg":"boom"}"#,
            ("2026-11-23T10:00:00Z", error, "api", "", "", "boom"),
        ),
        (
            r#"{"textPayload":"boom","severity":"ERROR","timestamp":"2026-11-23T10:00:00Z","resource":{"labels":{"pod_name":"p-1","container_name":"spark"}}}"#,
            ("2026-11-23T10:00:00Z", error, "", "", "p-1/spark", "boom"),
        ),
        (
            r#"{"jsonPayload":{"class":"a.B","container":"container_1_0001_01_000002","message":"boom"},"severity":"ERROR","timestamp":"2026-11-23T10:00:00Z"}"#,
            ("2026-11-23T10:00:00Z", error, "a.B", "", "container_1_0001_01_000002", "boom"),
        ),
        (
            r#"{"timestamp":1795428000000,"message":"2026-11-23 10:00:00 ERROR a.B: boom","logStreamName":"jr_1"}"#,
            (
                "2026-11-23T10:00:00Z",
                error,
                "a.B",
                "",
                "jr_1",
                "2026-11-23 10:00:00 ERROR a.B: boom",
            ),
        ),
    ];
    for (raw, (timestamp, level, logger, thread, origin, text)) in cases {
        let line = said(raw).remove(0);
        assert_eq!(line.timestamp, timestamp, "{raw}");
        assert_eq!(line.level, level, "{raw}");
        assert_eq!((line.logger.as_str(), line.thread.as_str()), (logger, thread), "{raw}");
        assert_eq!((line.origin.as_str(), line.text.as_str()), (origin, text), "{raw}");
    }
}

#[test]
fn traces_within_json_become_lines() {
    let frame = "\tat a.B.c(B.java:4)";
    let cases = [
        r#"{"level":"error","message":"m","error.type":"a.X","error.message":"x","error.stack_trace":"a.X: x\n\tat a.B.c(B.java:4)"}"#,
        r#"{"level":"error","message":"m","exception":{"exception_class":"a.X","exception_message":"x","stacktrace":"a.X: x\n\tat a.B.c(B.java:4)"}}"#,
        r#"{"level":"error","message":"m","thrown":{"name":"a.X","message":"x","extendedStackTrace":[{"class":"a.B","method":"c","file":"B.java","line":4}]}}"#,
        r#"{"level":"error","message":"m","exception.type":"a.X","exception.message":"x","exception.stacktrace":"\tat a.B.c(B.java:4)"}"#,
    ];
    for raw in cases {
        assert_eq!(texts(&said(raw)), ["m", "a.X: x", frame], "{raw}");
    }
    let python = r#"{"levelname":"ERROR","message":"m","exc_info":"Traceback (most recent call last):\n  File \"/a.py\", line 1, in f\nKeyError: 1"}"#;
    assert_eq!(said(python).len(), 4);
    let glue = r#"26/11/23 10:00:00 ERROR GlueExceptionAnalysisListener: [Glue Exception Analysis] {"Event":"GlueETLJobExceptionEvent","Timestamp":1795428000000,"Failure Reason":"java.io.IOException: x","Stack Trace":[{"Declaring Class":"a.B","Method Name":"c","File Name":"B.java","Line Number":4}]}"#;
    let lines = said(glue);
    assert_eq!(lines[0].body, "[Glue Exception Analysis] ");
    assert_eq!(texts(&lines)[1..], ["java.io.IOException: x", frame]);
}

#[test]
fn collectors_of_containers_come_off_and_name_the_origin() {
    // Line, then origin, timestamp and what is left.
    let cases = [
        (
            r#"{"log":"java.io.IOException: x\n","stream":"stderr","time":"2026-11-23T10:00:00.1Z"}"#,
            ("stderr", "2026-11-23T10:00:00.100Z", "java.io.IOException: x"),
        ),
        (
            "2026-11-23T10:00:00.123456789Z stderr F \tat a.B.c(B.java:1)",
            ("stderr", "2026-11-23T10:00:00.123456Z", "\tat a.B.c(B.java:1)"),
        ),
        (
            "2026-11-23T10:00:00.123456789Z Traceback (most recent call last):",
            ("", "2026-11-23T10:00:00.123456Z", "Traceback (most recent call last):"),
        ),
        ("[pod/etl-exec-1/spark] KeyError: 1", ("etl-exec-1/spark", "", "KeyError: 1")),
        (
            "etl-exec-1 spark 26/11/23 10:00:00 ERROR Executor: x",
            ("etl-exec-1/spark", "2026-11-23T10:00:00", "26/11/23 10:00:00 ERROR Executor: x"),
        ),
        (
            "spark-worker_1  | 26/11/23 10:00:00 ERROR Worker: x",
            ("spark-worker_1", "2026-11-23T10:00:00", "26/11/23 10:00:00 ERROR Worker: x"),
        ),
        (
            "2026-11-23T10:00:00.123000+00:00 etl/driver/i-1 KeyError: 1",
            ("etl/driver/i-1", "2026-11-23T10:00:00.123Z", "KeyError: 1"),
        ),
        (
            "Nov 23 10:00:00 node7 spark[99]: KeyError: 1",
            ("node7/spark", "--11-23T10:00:00", "KeyError: 1"),
        ),
        (
            "2026-11-23T10:00:00+0000 node7 spark[99]: KeyError: 1",
            ("node7/spark", "2026-11-23T10:00:00Z", "KeyError: 1"),
        ),
        (
            "<11>1 2026-11-23T10:00:00Z node7 spark 99 - - KeyError: 1",
            ("node7/spark", "2026-11-23T10:00:00Z", "KeyError: 1"),
        ),
    ];
    for (raw, (origin, timestamp, text)) in cases {
        let line = said(raw).remove(0);
        assert_eq!(line.origin, origin, "{raw}");
        assert_eq!((line.timestamp.as_str(), line.text.as_str()), (timestamp, text), "{raw}");
    }
}

#[test]
fn a_name_that_was_seen_before_a_record_comes_off_every_line() {
    let lines = said_by(&[
        "etl-1 spark \tat unknown.Pod.a(B.java:1)",
        "etl-1 spark 26/11/23 10:00:00 ERROR Executor: x",
        "etl-1 spark \tat a.B.c(B.java:1)",
        "id-7  | a column of a table",
    ]);
    let expected = [
        "etl-1 spark \tat unknown.Pod.a(B.java:1)",
        "26/11/23 10:00:00 ERROR Executor: x",
        "\tat a.B.c(B.java:1)",
        "id-7  | a column of a table",
    ];
    assert_eq!(texts(&lines), expected);
}

#[test]
fn lines_that_a_runtime_cut_are_joined_for_each_stream() {
    let lines = said_by(&[
        "2026-11-23T10:00:00Z stderr P java.io.",
        "2026-11-23T10:00:00Z stdout F between",
        "2026-11-23T10:00:00Z stderr P IOException",
        "2026-11-23T10:00:00Z stderr F : x",
        r#"{"log":"Key","stream":"stderr","time":"2026-11-23T10:00:00Z"}"#,
        r#"{"log":"Error: 1\n","stream":"stderr","time":"2026-11-23T10:00:00Z"}"#,
        "2026-11-23T10:00:00Z stderr P never ended",
    ]);
    assert_eq!(texts(&lines), ["between", "java.io.IOException: x", "KeyError: 1", "never ended"]);
    let numbers: Vec<_> = lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [2, 1, 5, 7]);
}

#[test]
fn sections_of_an_aggregated_log_are_its_origins() {
    let lines = said_by(&[
        "Container: container_e01_1700000000000_0001_01_000002 on host_8041",
        "LogAggregationType: AGGREGATED",
        "LogType:stderr",
        "KeyError: 1",
        "End of LogType:stderr",
        "==> executors/1/stderr <==",
        "KeyError: 2",
    ]);
    let container = "container_e01_1700000000000_0001_01_000002";
    let file = format!("{container}/stderr");
    let origins: Vec<_> = lines.iter().map(|line| line.origin.as_str()).collect();
    let tailed = "executors/1/stderr";
    assert_eq!(origins, [container, container, &file, &file, container, tailed, tailed]);
}

#[test]
fn the_second_line_of_a_java_util_record_has_its_time() {
    let lines =
        said_by(&["Nov 23, 2026 10:00:00 AM org.a.B read", "SEVERE: boom", "SEVERE: not one"]);
    assert_eq!(
        (lines[1].timestamp.as_str(), lines[1].logger.as_str()),
        ("2026-11-23T10:00:00", "org.a.B")
    );
    assert_eq!((lines[1].level, lines[1].body.as_str()), (Some(Level::Error), "boom"));
    assert!(!lines[2].is_record);
}

#[test]
fn a_trace_in_one_line_becomes_lines() {
    let lines = said("26/11/23 10:00:00 ERROR a.B: java.io.IOException: x\\n\\tat a.B.c(B.java:1)");
    assert_eq!(lines[0].body, "java.io.IOException: x");
    assert_eq!((lines[1].text.as_str(), lines[1].is_record), ("\tat a.B.c(B.java:1)", false));
}

#[test]
fn nonsense_stays_what_it_is() {
    let nonsense = [
        "{not json",
        "{\"a\":1}",
        "{\"message\":\"neither time nor level\"}",
        "[1,2,3]",
        "",
        "[2026-11-23] {x",
        "<html>",
        "a-b c",
        "x | y",
        "2026-11-23T10:00:00Z",
        "Container: of apples on the table",
    ];
    for raw in nonsense {
        assert_eq!(texts(&said(raw)), [raw]);
    }
}

#[test]
fn colours_nulls_and_progress_bars_do_not_hide_a_line() {
    assert_eq!(said("\x1b[31mERR\x1b[0mOR\0 x")[0].text, "ERROR x");
    let lines = said("[Stage 1:>  (0 + 1) / 1]\r       \r26/11/23 17:25:38 WARN A: b");
    assert_eq!(lines.last().map(|line| line.body.as_str()), Some("b"));
}

#[test]
fn envelopes_within_envelopes_end() {
    let deep = "[pod/a-1/b] ".repeat(50) + "KeyError: 1";
    assert_eq!(said(&deep).len(), 1);
}
