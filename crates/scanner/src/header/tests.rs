//! Each layout as its library writes it, and what its parts are.

use super::*;

/// Text, then timestamp, level, thread, logger and message as they must come out.
type Case<'a> = (&'a str, &'a str, Option<Level>, &'a str, &'a str, &'a str);

const ERROR: Option<Level> = Some(Level::Error);
const WARN: Option<Level> = Some(Level::Warn);
const INFO: Option<Level> = Some(Level::Info);

fn check(cases: &[Case]) {
    for &(text, timestamp, level, thread, logger, body) in cases {
        let header = read(text).unwrap_or_else(|| panic!("a header: {text}"));
        let said = header.timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default();
        assert_eq!(said, timestamp, "{text}");
        assert_eq!(header.level, level, "{text}");
        assert_eq!(header.thread.unwrap_or_default(), thread, "{text}");
        assert_eq!(header.logger.unwrap_or_default(), logger, "{text}");
        assert_eq!(&text[header.body_at..], body, "{text}");
    }
}

#[test]
fn layouts_of_the_jvm() {
    check(&[
        // Spark's default, with and without the thread.
        (
            "26/11/23 18:08:04 WARN TaskSchedulerImpl: Initial job",
            "2026-11-23T18:08:04",
            WARN,
            "",
            "TaskSchedulerImpl",
            "Initial job",
        ),
        (
            "26/11/23 18:08:04 ERROR [Executor task launch worker for task 3.0 in stage 1.0 (TID 7)] Executor: Exception in task",
            "2026-11-23T18:08:04",
            ERROR,
            "Executor task launch worker for task 3.0 in stage 1.0 (TID 7)",
            "Executor",
            "Exception in task",
        ),
        (
            "26/11/23 18:08:04 [main] INFO SparkContext: Running",
            "2026-11-23T18:08:04",
            INFO,
            "main",
            "SparkContext",
            "Running",
        ),
        (
            "26/11/23 18:08:04 ERROR Utils: [UNRESOLVED_COLUMN] x",
            "2026-11-23T18:08:04",
            ERROR,
            "",
            "Utils",
            "[UNRESOLVED_COLUMN] x",
        ),
        // Hadoop, YARN, Hive, Flink.
        (
            "2026-11-23 10:00:01,123 ERROR [main] o.a.h.Client: boom",
            "2026-11-23T10:00:01.123",
            ERROR,
            "main",
            "o.a.h.Client",
            "boom",
        ),
        (
            "2026-11-23 10:00:01,123 INFO  [main] client.RMProxy (RMProxy.java:newProxyInstance(133)) - Connecting",
            "2026-11-23T10:00:01.123",
            INFO,
            "main",
            "client.RMProxy",
            "Connecting",
        ),
        (
            "2026-11-23T10:00:01,123 INFO  [HiveServer2-Background-Pool: Thread-12]: ql.Driver (Driver.java:execute(123)) - Executing",
            "2026-11-23T10:00:01.123",
            INFO,
            "HiveServer2-Background-Pool: Thread-12",
            "ql.Driver",
            "Executing",
        ),
        (
            "2026-11-23 10:00:01,123 INFO  org.apache.flink.X [] - Starting",
            "2026-11-23T10:00:01.123",
            INFO,
            "",
            "org.apache.flink.X",
            "Starting",
        ),
        // logback's default, Log4j 2's, Spring's, Trino's, slf4j-simple's.
        (
            "10:00:01.123 [pool-1-thread-2] ERROR o.a.B - boom",
            "T10:00:01.123",
            ERROR,
            "pool-1-thread-2",
            "o.a.B",
            "boom",
        ),
        (
            "2026-11-23T10:00:01.123456789Z main ERROR Unable to locate appender",
            "2026-11-23T10:00:01.123456Z",
            ERROR,
            "main",
            "",
            "Unable to locate appender",
        ),
        (
            "2026-11-23T10:00:01.123Z  INFO 1234 --- [app] [main] o.s.b.X  : Started",
            "2026-11-23T10:00:01.123Z",
            INFO,
            "main",
            "o.s.b.X",
            "Started",
        ),
        (
            "2026-11-23T10:00:01.123Z\tERROR\tquery-1\tio.trino.Server\tboom: x",
            "2026-11-23T10:00:01.123Z",
            ERROR,
            "query-1",
            "io.trino.Server",
            "boom: x",
        ),
        ("[main] ERROR com.acme.Job - boom", "", ERROR, "main", "com.acme.Job", "boom"),
        (
            "[2026-11-23 10:00:01,123] ERROR [Broker id=0] boom (kafka.server.ReplicaManager)",
            "2026-11-23T10:00:01.123",
            ERROR,
            "",
            "kafka.server.ReplicaManager",
            "[Broker id=0] boom (kafka.server.ReplicaManager)",
        ),
        ("ERROR [pool-2] org.a.B: boom", "", ERROR, "pool-2", "org.a.B", "boom"),
        // java.util.logging writes two lines.
        (
            "Nov 23, 2026 10:00:00 AM org.apache.parquet.X read",
            "2026-11-23T10:00:00",
            None,
            "",
            "org.apache.parquet.X",
            "",
        ),
    ]);
    assert_eq!(java_util_level("SEVERE: boom: x"), Some((Level::Error, 8)));
    assert_eq!(java_util_level("Severe: boom"), None);
}

#[test]
fn layouts_of_python_and_go() {
    check(&[
        (
            "2026-11-23 17:51:28,396 - INFO - Closing down",
            "2026-11-23T17:51:28.396",
            INFO,
            "",
            "",
            "Closing down",
        ),
        (
            "2026-11-23 17:51:28,396 - dq.gate - ERROR - failed: x",
            "2026-11-23T17:51:28.396",
            ERROR,
            "",
            "dq.gate",
            "failed: x",
        ),
        (
            "2026-11-23 17:51:28,396 ERROR [MainThread] failed",
            "2026-11-23T17:51:28.396",
            ERROR,
            "MainThread",
            "",
            "failed",
        ),
        (
            "2026-11-23 17:51:28,396 [Thread-3] ERROR dq: failed",
            "2026-11-23T17:51:28.396",
            ERROR,
            "Thread-3",
            "dq",
            "failed",
        ),
        (
            "2026-11-23 18:16:16,190 INFO Closing down",
            "2026-11-23T18:16:16.190",
            INFO,
            "",
            "",
            "Closing down",
        ),
        (
            "2026-11-23 17:51:28.396 | ERROR    | etl.load:main:12 - failed",
            "2026-11-23T17:51:28.396",
            ERROR,
            "",
            "etl.load",
            "failed",
        ),
        (
            "2026-11-23 17:51:28 [error    ] task failed                    key=1",
            "2026-11-23T17:51:28",
            ERROR,
            "",
            "",
            "task failed                    key=1",
        ),
        (
            "[2026-11-23 17:51:28,396: ERROR/ForkPoolWorker-1] Task raised",
            "2026-11-23T17:51:28.396",
            ERROR,
            "ForkPoolWorker-1",
            "",
            "Task raised",
        ),
        (
            "17:51:28.396123 [error] [MainThread]: Database Error",
            "T17:51:28.396123",
            ERROR,
            "MainThread",
            "",
            "Database Error",
        ),
        ("ERROR:dq:DQ gate FAILED: ratio", "", ERROR, "", "dq", "DQ gate FAILED: ratio"),
        (
            "E1123 10:00:00.123456       7 reflector.go:147] failed",
            "--11-23T10:00:00.123456",
            ERROR,
            "7",
            "reflector.go",
            "failed",
        ),
        (
            "time=\"2026-11-23T10:00:00Z\" level=error msg=\"boom\"",
            "2026-11-23T10:00:00Z",
            ERROR,
            "",
            "",
            "boom\"",
        ),
        // EMR's step controller, PostgreSQL.
        (
            "2026-11-23T10:00:00.123Z WARN Step failed with exitCode 1 and took 12 seconds",
            "2026-11-23T10:00:00.123Z",
            WARN,
            "",
            "",
            "Step failed with exitCode 1 and took 12 seconds",
        ),
        (
            "2026-11-23 10:00:00.123 UTC [99] ERROR:  relation \"a\" does not exist",
            "2026-11-23T10:00:00.123Z",
            ERROR,
            "",
            "",
            "relation \"a\" does not exist",
        ),
        // A time alone makes a record as well.
        ("2026-11-23 10:00:00 starting run", "2026-11-23T10:00:00", None, "", "", "starting run"),
    ]);
}

#[test]
fn continuations_have_no_header() {
    let texts = [
        "Exception: java.lang.OutOfMemoryError",
        "\tat a.b.C.d(C.java:1)",
        "",
        "12 rows",
        "2026-11-23",
        "ERROR StatusLogger No configuration",
        "ERROR: relation \"a\" does not exist",
        "[1, 2, 3]",
        "[UNRESOLVED_COLUMN] ERROR",
        "Error: x",
        "time flies",
        "level=",
        "[é",
    ];
    for text in texts {
        assert_eq!(read(text), None, "{text}");
    }
}
