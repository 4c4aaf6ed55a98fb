//! Stack traces within JSON records, as the lines that the runtime would have printed.

use serde_json::{Map, Value};

use super::json::{at, first_text, text_of};

type Object = Map<String, Value>;

const TRACES: [&str; 14] = [
    "error_detail",
    "exception",
    "exc_info",
    "stack_trace",
    "stackTrace",
    "error.stack_trace",
    "error.stack",
    "exception.stacktrace",
    "thrown",
    "stacktrace",
    "traceback",
    "exc_text",
    "stack",
    "err.stack",
];
const CLASSES: [&str; 6] = ["class", "type", "name", "exception_class", "exc_type", "kind"];
const SAID: [&str; 5] = ["msg", "message", "exception_message", "exc_value", "value"];
const FRAMES: [&str; 6] =
    ["stacktrace", "stack_trace", "stackTrace", "extendedStackTrace", "stack", "frames"];
/// Causes within causes.
const DEEPEST: usize = 8;

/// The trace that the object carries; no lines where it carries none.
pub(super) fn lines_of(object: &Object) -> Vec<String> {
    for key in TRACES {
        let lines = match at(object, key) {
            Some(Value::String(text)) => text.trim_end().split('\n').map(str::to_owned).collect(),
            Some(Value::Array(parts)) if parts.iter().any(is_python) => python(parts),
            Some(Value::Array(parts)) => texts(parts),
            Some(Value::Object(thrown)) => java(thrown, "", DEEPEST),
            _ => continue,
        };
        if lines.iter().any(|line| !line.is_empty()) {
            return with_name(object, lines);
        }
    }
    let name = named(object);
    name.iter().flat_map(|name| name.split('\n')).map(str::to_owned).collect()
}

/// The exception by its name and what it says.
fn named(object: &Object) -> Option<String> {
    let name = first_text(object, &["error.type", "exception.type", "exception_class"])?;
    let said = first_text(object, &["error.message", "exception.message", "exception_message"]);
    Some(said.map_or_else(|| name.to_owned(), |said| format!("{name}: {said}")))
}

/// Puts the exception's name above frames that came without it.
fn with_name(object: &Object, mut lines: Vec<String>) -> Vec<String> {
    let is_frames = lines.first().is_some_and(|line| line.trim_start().starts_with("at "));
    if let Some(name) = named(object).filter(|_| is_frames) {
        lines.splice(0..0, name.split('\n').map(str::to_owned));
    }
    lines
}

fn texts(parts: &[Value]) -> Vec<String> {
    let texts = parts.iter().filter_map(Value::as_str);
    texts.flat_map(|text| text.trim_end().split('\n')).map(str::to_owned).collect()
}

fn is_python(part: &Value) -> bool {
    part.get("exc_type").is_some()
}

/// Airflow's and structlog's list of exceptions: the one that ended the program first, its causes
/// after it. Python prints them the other way round.
fn python(exceptions: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut link = "";
    for exception in exceptions.iter().rev().filter_map(Value::as_object) {
        if !lines.is_empty() {
            lines.extend([String::new(), link.to_owned(), String::new()]);
        }
        lines.push("Traceback (most recent call last):".into());
        let frames = exception.get("frames").and_then(Value::as_array);
        for frame in frames.into_iter().flatten().filter_map(Value::as_object) {
            lines.extend(python_frame(frame));
        }
        let kind = first_text(exception, &["exc_type"]).unwrap_or("Exception");
        let value = text_of(exception, "exc_value").unwrap_or_default();
        let said = if value.is_empty() { kind.to_owned() } else { format!("{kind}: {value}") };
        lines.extend(said.split('\n').map(str::to_owned));
        link = match exception.get("is_cause").and_then(Value::as_bool) {
            Some(false) => "During handling of the above exception, another exception occurred:",
            _ => "The above exception was the direct cause of the following exception:",
        };
    }
    lines
}

fn python_frame(frame: &Object) -> Vec<String> {
    let file = text_of(frame, "filename").unwrap_or("?");
    let function = text_of(frame, "name").unwrap_or("?");
    let at = frame.get("lineno").and_then(Value::as_u64).unwrap_or(0);
    let mut lines = vec![format!("  File \"{file}\", line {at}, in {function}")];
    if let Some(code) = text_of(frame, "line").filter(|code| !code.is_empty()) {
        lines.push(format!("    {}", code.trim()));
    }
    lines
}

/// Spark's and Log4j's object: class, message and frames, with causes of the same kind within.
fn java(thrown: &Object, lead: &str, depth: usize) -> Vec<String> {
    let class = first_text(thrown, &CLASSES);
    let message = first_text(thrown, &SAID).unwrap_or_default();
    let trace = FRAMES.iter().find_map(|key| at(thrown, key));
    if class.is_none() && trace.is_none() {
        return Vec::new();
    }
    let class = class.unwrap_or("Exception");
    let mut lines: Vec<String> = match trace {
        // A text that starts with the name is the whole trace.
        Some(Value::String(text)) if text.starts_with(class) => Vec::new(),
        _ => format!("{lead}{class}: {message}").split('\n').map(str::to_owned).collect(),
    };
    match trace {
        Some(Value::String(text)) => lines.extend(text.split('\n').map(str::to_owned)),
        Some(Value::Array(parts)) if parts.iter().any(Value::is_string) => {
            lines.extend(texts(parts));
        }
        frames => lines.extend(java_frames(frames)),
    }
    if let Some(cause) = thrown.get("cause").and_then(Value::as_object)
        && depth > 0
    {
        lines.extend(java(cause, "Caused by: ", depth - 1));
    }
    lines
}

/// A list of frames as Java prints them.
pub(super) fn java_frames(frames: Option<&Value>) -> Vec<String> {
    let frames = frames.and_then(Value::as_array).into_iter().flatten();
    frames.filter_map(Value::as_object).map(java_frame).collect()
}

fn java_frame(frame: &Object) -> String {
    let text = |keys: &[&str]| first_text(frame, keys).unwrap_or("?");
    let class = text(&["class", "declaringClass", "Declaring Class"]);
    let method = text(&["method", "methodName", "Method Name"]);
    let file = text(&["file", "fileName", "File Name"]);
    let at = match ["line", "lineNumber", "Line Number"].iter().find_map(|key| frame.get(*key)) {
        Some(Value::String(at)) => at.clone(),
        Some(at) => at.to_string(),
        None => "?".into(),
    };
    format!("\tat {class}.{method}({file}:{at})")
}
