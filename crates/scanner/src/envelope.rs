//! Takes off what a log collector wrapped around a line: the prefix of Airflow or of a container
//! runtime, or a JSON object.
//!
//! A JSON line is turned into the lines that the same program would have written as plain text, so
//! that one set of signatures and one reader of stack traces serve both.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::line::{self, Level, Line};

/// How often one envelope may lie inside another, as Spark's JSON does inside Airflow's prefix.
const DEEPEST: u8 = 3;

/// Calls `each` for every line that the physical line says.
pub(crate) fn open(number: u64, bytes: &[u8], each: &mut dyn FnMut(Line)) {
    let text = clean(String::from_utf8_lossy(bytes));
    open_text(number, &text, DEEPEST, each);
}

/// Without NULs and terminal colours, which would lie between the letters that we look for.
fn clean(text: Cow<'_, str>) -> Cow<'_, str> {
    static COLOURS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*[A-Za-z]").expect("the pattern is a constant"));
    let text = if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { text };
    if text.contains('\x1b') {
        Cow::Owned(COLOURS.replace_all(&text, "").into_owned())
    } else {
        text
    }
}

fn open_text(number: u64, text: &str, depth: u8, each: &mut dyn FnMut(Line)) {
    if depth > 0 && text.starts_with('{') && open_json(number, text, depth, each) {
        return;
    }
    if depth > 0 && text.starts_with('[') && open_airflow_prefix(number, text, depth, each) {
        return;
    }
    if depth > 0 && open_container_prefix(number, text, depth, each) {
        return;
    }
    // Spark's progress bar overwrites itself with carriage returns and may share its physical line
    // with a log record.
    for part in text.split('\r').filter(|part| !part.is_empty() || text.is_empty()) {
        each(line::read(number, part.to_owned()));
    }
}

static AIRFLOW_PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^\[(?P<ts>\d{4}-\d{2}-\d{2}(?:, |[ T])\d{2}:\d{2}:\d{2}[^\]]{0,20})\] ",
        r"\{\{?(?P<file>[^{}:]+):\d+\}?\} (?P<level>[A-Z]+) - ",
    ))
    .expect("the pattern is a constant")
});

/// Sources in Airflow that pass on the output of another program, line by line.
const PASS_ON: [&str; 6] = [
    "subprocess.py",
    "spark_submit.py",
    "pod_manager.py",
    "docker.py",
    "ssh.py",
    "logging_mixin.py",
];

/// Loggers of Airflow 3 that pass on the output of another program, or of the task itself.
const PASS_ON_LOGGERS: [&str; 7] = [
    "task.stdout",
    "task.stderr",
    ".SubprocessHook",
    ".SparkSubmitHook",
    ".PodManager",
    ".DockerOperator",
    ".SSHHook",
];

fn open_airflow_prefix(number: u64, text: &str, depth: u8, each: &mut dyn FnMut(Line)) -> bool {
    let Some(prefix) = AIRFLOW_PREFIX.captures(text) else { return false };
    let file = &prefix["file"];
    let passes_on = PASS_ON.contains(&file);
    let rest = without_container(&text[prefix[0].len()..], file);
    open_text(number, rest, depth - 1, &mut |mut line| {
        line.timestamp = Some(line::sortable(&prefix["ts"]));
        line.level = line.level.or_else(|| Level::parse(&prefix["level"]).filter(|_| !passes_on));
        line.logger = line.logger.take().or_else(|| Some(file.to_owned()).filter(|_| !passes_on));
        line.is_record |= !passes_on;
        line.is_passed_on |= passes_on;
        each(line);
    });
    true
}

/// The Kubernetes runtimes' `time stream F text`, and the time in nanoseconds that `docker logs` and
/// `kubectl logs` put before a line when they are asked to.
fn open_container_prefix(number: u64, text: &str, depth: u8, each: &mut dyn FnMut(Line)) -> bool {
    static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?P<ts>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.(?P<fraction>\d+)(?:Z|[+-]\d{2}:\d{2}))",
            r"(?: |$)(?P<stream>(?:stdout|stderr) [FP](?: |$))?",
        ))
        .expect("the pattern is a constant")
    });
    if text.as_bytes().get(10) != Some(&b'T') {
        return false;
    }
    let Some(prefix) = PREFIX.captures(text) else { return false };
    // A program's own time is not that fine.
    let is_added = prefix.name("stream").is_some() || prefix["fraction"].len() == 9;
    if is_added {
        open_stamped(number, &text[prefix[0].len()..], &prefix["ts"], depth, each);
    }
    is_added
}

/// Text to which somebody else added the time: the text's own is better where it has one.
fn open_stamped(number: u64, text: &str, timestamp: &str, depth: u8, each: &mut dyn FnMut(Line)) {
    open_text(number, text, depth - 1, &mut |mut line| {
        line.timestamp = line.timestamp.take().or_else(|| Some(line::sortable(timestamp)));
        each(line);
    });
}

/// Of a pod, each line begins with the name of the container that said it.
fn without_container<'a>(text: &'a str, source: &str) -> &'a str {
    static CONTAINER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\[[a-z][a-z0-9-]*\] ").expect("the pattern is a constant"));
    let name = CONTAINER
        .find(text)
        .filter(|_| ["pod_manager.py", ".PodManager"].iter().any(|pod| source.ends_with(pod)));
    name.map_or(text, |name| &text[name.end()..])
}

fn open_json(number: u64, text: &str, depth: u8, each: &mut dyn FnMut(Line)) -> bool {
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(text) else { return false };
    if object.contains_key("event") && object.contains_key("level") {
        open_airflow_json(number, &object, depth, each);
    } else if object.contains_key("msg") && object.contains_key("level") {
        open_spark_json(number, &object, each);
    } else if let (Some(said), Some(_)) = (text_of(&object, "log"), text_of(&object, "stream")) {
        // Docker's own files.
        let timestamp = text_of(&object, "time").unwrap_or_default();
        open_stamped(number, said.trim_end_matches(['\n', '\r']), timestamp, depth, each);
    } else {
        return false;
    }
    true
}

/// Airflow 3: `event` is the message, `error_detail` a list of exceptions with their frames.
fn open_airflow_json(
    number: u64,
    object: &Map<String, Value>,
    depth: u8,
    each: &mut dyn FnMut(Line),
) {
    let timestamp = text_of(object, "timestamp").map(line::sortable);
    let level = text_of(object, "level").and_then(Level::parse);
    let file = text_of(object, "filename").unwrap_or_default();
    let logger = text_of(object, "logger").unwrap_or_default();
    let passes_on =
        PASS_ON.contains(&file) || PASS_ON_LOGGERS.iter().any(|passing| logger.ends_with(passing));
    let source = if file.is_empty() { logger } else { file };
    for said in text_of(object, "event").unwrap_or_default().split('\n') {
        open_text(number, without_container(said, source), depth - 1, &mut |mut line| {
            line.timestamp = timestamp.clone();
            line.level = line.level.or(level.filter(|_| !passes_on));
            line.logger = line.logger.take().or_else(|| Some(logger.to_owned()));
            line.is_record |= !passes_on;
            line.is_passed_on |= passes_on;
            each(line);
        });
    }
    for said in airflow_traceback(object.get("error_detail")) {
        each(line::read(number, said));
    }
}

fn airflow_traceback(detail: Option<&Value>) -> Vec<String> {
    let mut lines = Vec::new();
    // Airflow lists the exception that ended the task first and its causes after it; Python prints
    // them the other way round.
    let exceptions = detail.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (nth, exception) in exceptions.iter().rev().enumerate() {
        let Some(exception) = exception.as_object() else { continue };
        if nth > 0 {
            lines.push(String::new());
            lines.push(
                "The above exception was the direct cause of the following exception:".into(),
            );
            lines.push(String::new());
        }
        lines.push("Traceback (most recent call last):".into());
        let frames = exception.get("frames").and_then(Value::as_array);
        for frame in
            frames.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_object)
        {
            let file = text_of(frame, "filename").unwrap_or("?");
            let function = text_of(frame, "name").unwrap_or("?");
            let at = frame.get("lineno").and_then(Value::as_u64).unwrap_or(0);
            lines.push(format!("  File \"{file}\", line {at}, in {function}"));
        }
        let kind = text_of(exception, "exc_type").unwrap_or("Exception");
        let value = text_of(exception, "exc_value").unwrap_or_default();
        let said = if value.is_empty() { kind.to_owned() } else { format!("{kind}: {value}") };
        lines.extend(said.split('\n').map(str::to_owned));
    }
    lines
}

/// Spark 4 structured logging, rendered in the layout of its plain log.
fn open_spark_json(number: u64, object: &Map<String, Value>, each: &mut dyn FnMut(Line)) {
    let timestamp = text_of(object, "ts").or_else(|| text_of(object, "timestamp"));
    let level = text_of(object, "level").unwrap_or("INFO");
    let logger = text_of(object, "logger").unwrap_or("?");
    let message = text_of(object, "msg").unwrap_or_default();
    let mut said = message.split('\n');
    let head = format!("{level} {logger}: {}", said.next().unwrap_or_default());
    each(Line {
        number,
        timestamp: timestamp.map(line::sortable),
        level: Level::parse(level),
        logger: Some(logger.rsplit('.').next().unwrap_or(logger).to_owned()),
        body_at: level.len() + logger.len() + 3,
        text: head,
        is_record: true,
        is_passed_on: false,
    });
    for text in said.map(str::to_owned).chain(spark_context(object)).chain(spark_exception(object))
    {
        each(line::read(number, text));
    }
}

/// The query context in the words that Spark uses for it within a plain message.
fn spark_context(object: &Map<String, Value>) -> Vec<String> {
    let Some(context) = object.get("context").and_then(Value::as_object) else { return Vec::new() };
    let (Some(file), Some(at)) = (text_of(context, "file"), text_of(context, "line")) else {
        return Vec::new();
    };
    let fragment = text_of(context, "fragment").unwrap_or_default();
    vec![
        "== DataFrame ==".into(),
        format!("\"{fragment}\" was called from"),
        format!("{file}:{at}"),
    ]
}

fn spark_exception(object: &Map<String, Value>) -> Vec<String> {
    let Some(exception) = object.get("exception").and_then(Value::as_object) else {
        return Vec::new();
    };
    let class = text_of(exception, "class").unwrap_or("Exception");
    let message = text_of(exception, "msg").unwrap_or_default();
    let mut lines: Vec<String> =
        format!("{class}: {message}").split('\n').map(str::to_owned).collect();
    match exception.get("stacktrace") {
        Some(Value::String(trace)) => lines.extend(trace.split('\n').map(str::to_owned)),
        Some(Value::Array(frames)) => {
            lines.extend(frames.iter().filter_map(Value::as_object).map(java_frame));
        }
        _ => {}
    }
    lines
}

fn java_frame(frame: &Map<String, Value>) -> String {
    let class = text_of(frame, "class").unwrap_or("?");
    let method = text_of(frame, "method").unwrap_or("?");
    let file = text_of(frame, "file").unwrap_or("?");
    let at = match frame.get("line") {
        Some(Value::String(at)) => at.clone(),
        Some(at) => at.to_string(),
        None => "?".into(),
    };
    format!("\tat {class}.{method}({file}:{at})")
}

fn text_of<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(raw: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        open(1, raw.as_bytes(), &mut |line| lines.push(line));
        lines
    }

    #[test]
    fn airflows_prefix_comes_off_and_the_inner_header_wins() {
        let raw = "[2026-11-23T19:02:13.151+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 WARN Utils: x";
        let lines = said(raw);
        assert_eq!(lines[0].text, "26/11/23 19:02:13 WARN Utils: x");
        assert_eq!(lines[0].level, Some(Level::Warn));
        assert_eq!(lines[0].timestamp.as_deref(), Some("2026-11-23T19:02:13.151+0000"));
        assert_eq!(lines[0].body(), "x");
    }

    #[test]
    fn passed_on_output_is_no_record_of_airflow() {
        let frame = said("[2026-11-23T19:02:13.535+0000] {subprocess.py:106} INFO -     .agg(");
        assert_eq!((frame[0].text.as_str(), frame[0].is_record), ("    .agg(", false));
        let own = said("[2026-11-23T17:29:51.084+0000] {taskinstance.py:3313} ERROR - Task failed");
        assert_eq!((own[0].level, own[0].is_record), (Some(Level::Error), true));
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
            assert_eq!((lines[0].body(), lines[0].is_passed_on), ("x", true), "{prefix}");
            let day = &lines[0].timestamp.as_deref().unwrap_or_default()[..11];
            assert!(day.ends_with('T'), "{prefix}: {day}");
        }
    }

    #[test]
    fn what_container_runtimes_add_comes_off() {
        for (raw, said_inside) in [
            (
                "2025-11-24T00:11:22.333444555Z stderr F   File \"/a.py\", line 1, in f",
                "  File \"/a.py\", line 1, in f",
            ),
            ("2025-11-24T00:11:22.3334+02:00 stdout P KeyError: 'a'", "KeyError: 'a'"),
            ("2025-11-24T00:11:22.333444555Z \tat a.B.c(B.java:1)", "\tat a.B.c(B.java:1)"),
            ("2025-11-24T00:11:22.333444555Z ", ""),
            (
                r#"{"log":"KeyError: 'a'\n","stream":"stderr","time":"2025-11-24T00:11:22.333Z"}"#,
                "KeyError: 'a'",
            ),
        ] {
            let lines = said(raw);
            assert_eq!((lines[0].text.as_str(), lines[0].is_record), (said_inside, false), "{raw}");
            assert!(lines[0].timestamp.is_some(), "{raw}");
        }
        let own = "2025-11-24T00:11:22.333Z ERROR [main] loader - KeyError: 'a'";
        assert_eq!(said(own)[0].text, own, "a program's own time in milliseconds stays");
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
    }

    #[test]
    fn airflow_3_error_detail_reads_like_a_traceback() {
        let raw = r#"{"timestamp":"2026-11-23T17:24:12.500051Z","level":"error","event":"Task failed with exception","logger":"task","filename":"task_runner.py","error_detail":[{"exc_type":"TypeError","exc_value":"not 'NoneType'","frames":[{"filename":"/dags/demo.py","lineno":58,"name":"load"}]}]}"#;
        let texts: Vec<_> = said(raw).into_iter().map(|line| line.text).collect();
        assert_eq!(
            texts,
            [
                "Task failed with exception",
                "Traceback (most recent call last):",
                "  File \"/dags/demo.py\", line 58, in load",
                "TypeError: not 'NoneType'",
            ]
        );
    }

    #[test]
    fn spark_json_reads_like_sparks_plain_log() {
        let raw = r#"{"ts":"2026-11-23 17:26:48.286","level":"ERROR","logger":"DataFrameQueryContextLogger","msg":"[UNRESOLVED_COLUMN] no `amt`","context":{"file":"/jobs/b.py","line":"10","fragment":"col"},"exception":{"class":"Py4JJavaError","msg":"An error\n: a.B","stacktrace":[{"class":"a.B","method":"c","file":"B.scala","line":"4"}]}}"#;
        let lines = said(raw);
        assert_eq!(lines[0].body(), "[UNRESOLVED_COLUMN] no `amt`");
        let texts: Vec<_> = lines.iter().skip(1).map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
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
    fn nonsense_stays_what_it_is() {
        for raw in ["{not json", "{\"a\":1}", "[1,2,3]", "", "[2026-11-23] {x"] {
            let texts: Vec<_> = said(raw).into_iter().map(|line| line.text).collect();
            assert_eq!(texts, [raw]);
        }
    }

    #[test]
    fn colours_nulls_and_progress_bars_do_not_hide_a_line() {
        assert_eq!(said("\x1b[31mERR\x1b[0mOR\0 x")[0].text, "ERROR x");
        let lines = said("[Stage 1:>  (0 + 1) / 1]\r       \r26/11/23 17:25:38 WARN A: b");
        assert_eq!(lines.last().map(Line::body), Some("b"));
    }
}
