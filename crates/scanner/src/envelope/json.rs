//! Log records as JSON objects: one reader for all of them, by the names that their members
//! usually have.
//!
//! It knows Airflow 3, Spark 4, Docker's json-file and Fluent Bit around it, Cloud Logging,
//! CloudWatch, Elastic's common schema and logstash, Log4j 2, python-json-logger, structlog, pino
//! and zap.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::json_trace;
use crate::error_class::ErrorClass;
use crate::line::Level;
use crate::timestamp::Timestamp;

type Object = Map<String, Value>;

const TIMES: [&str; 9] = [
    "timestamp",
    "ts",
    "time",
    "@timestamp",
    "asctime",
    "datetime",
    "eventTime",
    "timeMillis",
    "instant.epochSecond",
];
const LEVELS: [&str; 9] = [
    "level",
    "severity",
    "levelname",
    "log.level",
    "lvl",
    "loglevel",
    "log_level",
    "level_name",
    "@level",
];
const MESSAGES: [&str; 7] = ["msg", "message", "event", "@message", "short_message", "body", "log"];
const LOGGERS: [&str; 7] =
    ["logger", "logger_name", "loggerName", "log.logger", "name", "category", "class"];
const THREADS: [&str; 5] =
    ["thread", "threadName", "thread_name", "process.thread.name", "thread.name"];
/// Who wrote it, from the outside in; the first of each group that is there counts.
const ORIGINS: [&[&str]; 2] = [
    &[
        "kubernetes.pod_name",
        "kubernetes.pod.name",
        "resource.labels.pod_name",
        "logStreamName",
        "logStream",
        "log_stream",
        "pod_name",
        "pod",
        "container_id",
        "containerId",
    ],
    &[
        "kubernetes.container_name",
        "kubernetes.container.name",
        "resource.labels.container_name",
        "container_name",
        "container",
        "stream",
    ],
];

/// What one object says.
pub(super) struct Record<'a> {
    pub timestamp: Option<Timestamp>,
    pub level: Option<Level>,
    pub level_name: Option<&'a str>,
    pub logger: Option<&'a str>,
    pub thread: Option<&'a str>,
    pub origin: Option<Cow<'a, str>>,
    pub error_class: Option<ErrorClass>,
    /// Source file of the statement that logs.
    pub file: Option<&'a str>,
    pub message: Cow<'a, str>,
    /// Lines to follow the message: a query context, a stack trace.
    pub after: Vec<String>,
    /// Whether a program wrote the object as its record, rather than a collector around a line.
    pub is_of_program: bool,
    pub is_spark: bool,
    /// Whether it has the members that Airflow 3 writes.
    pub is_of_airflow: bool,
    /// The next object of the same origin goes on where the message stops.
    pub is_partial: bool,
}

/// Understands an object as a log record, or does not.
pub(super) fn read(object: &Object) -> Option<Record<'_>> {
    if let Some(Value::String(log)) = object.get("log")
        && (object.contains_key("stream") || object.contains_key("time"))
    {
        return Some(docker(object, log));
    }
    if let Some(Value::String(text)) = object.get("textPayload") {
        return Some(Record { is_of_program: false, ..common(object, text) });
    }
    if let Some(Value::Object(payload)) = object.get("jsonPayload") {
        return cloud_payload(object, payload);
    }
    generic(object)
}

/// What Docker's json-file driver wrote: one line of output with its line feed, or a piece of 16 KiB.
fn docker<'a>(object: &'a Object, log: &'a str) -> Record<'a> {
    let message = log.strip_suffix('\n').unwrap_or(log);
    let message = message.strip_suffix('\r').unwrap_or(message);
    let is_of_docker =
        object.keys().all(|key| matches!(key.as_str(), "log" | "stream" | "time" | "attrs"));
    let is_partial = match object.get("logtag").and_then(Value::as_str) {
        Some(tag) => tag == "P",
        None => is_of_docker && !log.ends_with('\n'),
    };
    // A level that stands beside is the collector's guess.
    Record { level: None, is_of_program: false, is_partial, ..common(object, message) }
}

/// Google's export: the payload is the program's record, the rest is the collector's.
fn cloud_payload<'a>(object: &'a Object, payload: &'a Object) -> Option<Record<'a>> {
    let outer = common(object, "");
    let inner = generic(payload).or_else(|| {
        let message = first_text(payload, &MESSAGES)?;
        Some(Record { is_of_program: outer.level.is_some(), ..common(payload, message) })
    })?;
    Some(Record {
        timestamp: inner.timestamp.or(outer.timestamp),
        level: inner.level.or(outer.level),
        origin: inner.origin.or(outer.origin),
        is_of_program: inner.is_of_program || outer.level.is_some(),
        is_spark: false,
        ..inner
    })
}

fn generic(object: &Object) -> Option<Record<'_>> {
    let message = first_text(object, &MESSAGES);
    let record = common(object, message.unwrap_or_default());
    let says_something = message.is_some() || !record.after.is_empty();
    let is_record = says_something && (record.level.is_some() || record.timestamp.is_some());
    is_record.then_some(record)
}

fn common<'a>(object: &'a Object, message: &'a str) -> Record<'a> {
    let level_name = first_text(object, &LEVELS);
    let level_number = || LEVELS.iter().find_map(|key| at(object, key)?.as_u64());
    let level = level_name.map_or_else(|| level_number().and_then(Level::of_number), Level::parse);
    let is_spark = level_name
        .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_uppercase()))
        && ["msg", "logger"].iter().all(|key| object.contains_key(*key))
        && !object.contains_key("event");
    let mut after = if is_spark { query_context(object) } else { Vec::new() };
    after.extend(json_trace::lines_of(object));
    Record {
        timestamp: TIMES.iter().find_map(|key| moment(at(object, key)?)),
        level,
        level_name,
        logger: first_text(object, &LOGGERS),
        thread: first_text(object, &THREADS),
        origin: origin_of(object),
        error_class: error_class(object, message),
        file: text_of(object, "filename"),
        message: with_exit_code(object, message),
        after,
        is_of_program: level.is_some(),
        is_spark,
        is_of_airflow: object.contains_key("event"),
        is_partial: false,
    }
}

/// Airflow's supervisor keeps the exit code of a task's process beside what it says; told as
/// structlog prints it on a console.
fn with_exit_code<'a>(object: &Object, message: &'a str) -> Cow<'a, str> {
    let code = object.get("exit_code").filter(|_| object.contains_key("event"));
    match code.and_then(Value::as_i64) {
        Some(code) => Cow::Owned(format!("{message} exit_code={code}")),
        None => Cow::Borrowed(message),
    }
}

fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => Timestamp::read(text),
        Value::Number(number) => Timestamp::of_epoch(number.as_f64()?),
        _ => None,
    }
}

fn origin_of(object: &Object) -> Option<Cow<'_, str>> {
    let [outer, inner] = ORIGINS.map(|keys| first_text(object, keys));
    match (outer, inner) {
        (Some(outer), Some(inner)) => Some(Cow::Owned(format!("{outer}/{inner}"))),
        (one, other) => one.or(other).map(Cow::Borrowed),
    }
}

/// Spark's error class, from its own member; the state is only in the message.
fn error_class(object: &Object, message: &str) -> Option<ErrorClass> {
    let name = first_text(
        object,
        &["context.errorClass", "context.error_class", "errorClass", "exception.errorClass"],
    )?;
    let named = ErrorClass::of_name(name)?;
    let sql_state = ErrorClass::within(message).and_then(|class| class.sql_state);
    let apart = || first_text(object, &["context.sqlState", "sqlState"]).map(str::to_owned);
    Some(ErrorClass { sql_state: sql_state.or_else(apart), ..named })
}

/// The query context in the words that Spark uses for it within a plain message.
fn query_context(object: &Object) -> Vec<String> {
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

/// What AWS Glue makes of a failure: where its JSON starts in the body, and the lines it holds.
pub(super) fn glue_analysis(body: &str) -> Option<(usize, Vec<String>)> {
    const LEAD: &str = "[Glue Exception Analysis] ";
    let json = body.strip_prefix(LEAD)?;
    let object: Object = serde_json::from_str(json).ok()?;
    let reason = text_of(&object, "Failure Reason")?;
    let mut lines: Vec<String> = reason.trim_end().split('\n').map(str::to_owned).collect();
    // A traceback within the reason names the same places.
    if !reason.contains("Traceback (most recent call last)") {
        lines.extend(json_trace::java_frames(object.get("Stack Trace")));
    }
    Some((LEAD.len(), lines))
}

/// The first of these members that is a text which says something.
pub(super) fn first_text<'a>(object: &'a Object, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| at(object, key)?.as_str().filter(|text| !text.is_empty()))
}

/// A member by its name, or by its path where the name has points and the objects lie in another.
pub(super) fn at<'a>(object: &'a Object, key: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(key) {
        return Some(value);
    }
    let (outer, inner) = key.split_once('.')?;
    at(object.get(outer)?.as_object()?, inner)
}

pub(super) fn text_of<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}
