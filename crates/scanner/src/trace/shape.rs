//! What a line looks like to somebody who reads stack traces.

use std::sync::LazyLock;

use regex::Regex;

use super::{Frame, Language, Relation};
use crate::line::Line;

/// The part a line can play in a trace.
#[derive(Debug, PartialEq)]
pub(crate) enum Shape {
    Blank,
    /// `Traceback (most recent call last):`, with the exceptions named before it on the same line.
    Traceback(Vec<Named>),
    PythonFrame(Frame),
    JavaFrame(Frame),
    /// `... 17 more`, `Driver stacktrace:`, a suppressed exception: of the trace, but nothing to keep.
    Filler,
    /// The sentence between two chained Python tracebacks.
    Link(Relation),
    /// `Caused by: ...`
    CausedBy(Vec<Named>),
    /// `: java.lang...`, the Java side of a Py4J error.
    Carried(Vec<Named>),
    /// A line that names an exception at its start, or a log record that names one in its message.
    Names(Vec<Named>),
    Indented,
    Text,
}

/// An exception as a line names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    /// Byte offset of the name in the line's text.
    pub at: usize,
    pub exception: String,
    pub message: String,
}

const TRACEBACK: &str = "Traceback (most recent call last):";

/// Exceptions named within one line beyond which we stop counting.
const MOST_NAMED: usize = 4;

pub(crate) fn of(line: &Line) -> Shape {
    let body = line.body();
    let unindented = body.trim_start();
    if unindented.is_empty() {
        return Shape::Blank;
    }
    if let Some(at) = body.find(TRACEBACK) {
        return Shape::Traceback(named_in(line, at));
    }
    if unindented.len() < body.len() && !line.is_record {
        return indented(unindented);
    }
    match body {
        "Driver stacktrace:" => return Shape::Filler,
        "During handling of the above exception, another exception occurred:" => {
            return Shape::Link(Relation::WhileHandling);
        }
        "The above exception was the direct cause of the following exception:" => {
            return Shape::Link(Relation::RaisedFrom);
        }
        _ => {}
    }
    let named = named_in(line, body.len());
    if named.is_empty() {
        Shape::Text
    } else if body.starts_with("Caused by: ") {
        Shape::CausedBy(named)
    } else if body.starts_with(": ") && !line.is_record {
        Shape::Carried(named)
    } else {
        Shape::Names(named)
    }
}

fn indented(text: &str) -> Shape {
    if text.starts_with("File \"") {
        return python_frame(text).map_or(Shape::Indented, Shape::PythonFrame);
    }
    if let Some(place) = text.strip_prefix("at ") {
        return java_frame(place).map_or(Shape::Filler, Shape::JavaFrame);
    }
    let is_filler = text.starts_with("... ") && text.ends_with(" more")
        || text.starts_with("Suppressed: ")
        || text.starts_with("Caused by: ");
    if is_filler { Shape::Filler } else { Shape::Indented }
}

fn python_frame(text: &str) -> Option<Frame> {
    static FRAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^File "(?P<file>[^"]+)", line (?P<line>\d+)(?:,? in (?P<function>.+))?$"#)
            .expect("the pattern is a constant")
    });
    let frame = FRAME.captures(text)?;
    Some(Frame {
        file: frame["file"].to_owned(),
        line: frame["line"].parse().unwrap_or(0),
        function: frame.name("function").map_or("", |name| name.as_str()).to_owned(),
        code: String::new(),
    })
}

/// `a.b.C.d(C.scala:12)`; module names before a slash are dropped.
fn java_frame(place: &str) -> Option<Frame> {
    let (function, rest) = place.split_once('(')?;
    let place = rest.trim_end().strip_suffix(')')?;
    let (file, at) = place.split_once(':').unwrap_or((place, "0"));
    let function = function.rsplit('/').next().unwrap_or(function);
    Some(Frame {
        file: file.to_owned(),
        line: at.parse().unwrap_or(0),
        function: function.to_owned(),
        code: String::new(),
    })
}

/// The exceptions that the body names before `end`, in order.
fn named_in(line: &Line, end: usize) -> Vec<Named> {
    static AT_START: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"^(?:Caused by: |: |Exception in thread "[^"]*" )?((?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*)(?:: ?|$)"#,
        )
        .expect("the pattern is a constant")
    });
    static WITHIN: LazyLock<Regex> = LazyLock::new(|| {
        // What a task was lost to is an exception whatever its name; elsewhere the name must say so.
        Regex::new(concat!(
            r"(?:: |^)(?P<named>(?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error|Throwable|Interrupt|Failure))(?:: |:?$)",
            r"|\(\S+ executor \w+\): (?P<lost>(?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*)(?:: |:?$)",
        ))
        .expect("the pattern is a constant")
    });
    let body = line.body();
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    let mut from = 0;
    if !line.is_record
        && let Some(groups) = AT_START.captures(body)
        && let (Some(whole), Some(name)) = (groups.get(0), groups.get(1))
    {
        places.push((name.start(), name.end(), whole.end()));
        // The separator may belong to the next name as well.
        from = name.end();
    }
    while places.len() < MOST_NAMED
        && mentions_exception(&body[from..])
        && let Some(groups) = WITHIN.captures_at(body, from)
        && let (Some(whole), Some(name)) =
            (groups.get(0), groups.name("named").or(groups.name("lost")))
    {
        places.push((name.start(), name.end(), whole.end()));
        from = name.end();
    }
    places.retain(|&(start, _, _)| start < end);
    let named = |&(start, stop, message_at): &(usize, usize, usize)| Named {
        at: line.body_at + start,
        exception: body[start..stop].to_owned(),
        message: body[message_at..].trim().to_owned(),
    };
    places.iter().map(named).collect()
}

/// A cheap look before the regex: most lines name no exception.
fn mentions_exception(text: &str) -> bool {
    ["Exception", "Error", "Throwable", "Interrupt", "Failure", "): "]
        .iter()
        .any(|word| text.contains(word))
}

/// The last line of a Python traceback: a type, and what it says.
pub(crate) fn python_exception(line: &Line) -> Option<Named> {
    static LAST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^([A-Za-z_]\w*(?:\.\w+)*)(?:: ?(.*))?$").expect("the pattern is a constant")
    });
    if line.is_record {
        return None;
    }
    let groups = LAST.captures(line.body())?;
    Some(Named {
        at: line.body_at,
        exception: groups[1].to_owned(),
        message: groups.get(2).map_or("", |message| message.as_str()).trim_end().to_owned(),
    })
}

/// Whether this line of a traceback only points at a part of the statement above it.
pub(crate) fn is_marker(code: &str) -> bool {
    code.bytes().all(|byte| matches!(byte, b'^' | b'~' | b' '))
        || code.starts_with("[Previous line repeated")
}

/// Which runtime names its exceptions like this: only packages of the JVM start with these.
pub(crate) fn language_of(exception: &str) -> Language {
    const JVM: [&str; 14] = [
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "scala.",
        "org.",
        "com.",
        "io.",
        "net.",
        "software.",
        "oracle.",
        "kafka.",
        "shaded.",
        "akka.",
    ];
    if JVM.iter().any(|package| exception.starts_with(package)) {
        Language::Java
    } else {
        Language::Python
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line;

    fn shape(text: &str) -> Shape {
        of(&line::read(1, text.to_owned()))
    }

    fn names(text: &str) -> Vec<String> {
        match shape(text) {
            Shape::Names(named)
            | Shape::CausedBy(named)
            | Shape::Carried(named)
            | Shape::Traceback(named) => named.into_iter().map(|named| named.exception).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_line_names_every_exception_it_carries() {
        let cases: [(&str, &[&str]); 10] = [
            ("java.io.IOException: No space left on device", &["java.io.IOException"]),
            (
                ": org.apache.spark.SparkException: Job aborted due to stage failure: Lost task 0.0 (TID 0) (h executor driver): java.io.IOException: x",
                &["org.apache.spark.SparkException", "java.io.IOException"],
            ),
            (
                "26/11/23 17:46:07 WARN TaskSetManager: Lost task 0.0 in stage 2.0 (TID 3) (h executor 0): java.lang.OutOfMemoryError: Java heap space",
                &["java.lang.OutOfMemoryError"],
            ),
            (
                "Caused by: java.util.concurrent.TimeoutException",
                &["java.util.concurrent.TimeoutException"],
            ),
            (
                "org.apache.spark.api.python.PythonException: Traceback (most recent call last):",
                &["org.apache.spark.api.python.PythonException"],
            ),
            ("Exception in thread \"main\" java.lang.Error: x", &["java.lang.Error"]),
            (
                "org.apache.spark.sql.execution.streaming.state.StateSchemaNotCompatible: Provided",
                &["org.apache.spark.sql.execution.streaming.state.StateSchemaNotCompatible"],
            ),
            (
                "26/11/23 18:16:09 INFO SparkContext: Submitted application: OutOfMemoryError-report-loader",
                &[],
            ),
            (
                "26/11/23 17:46:07 WARN TaskSetManager: Lost task 0.0 in stage 2.0 (TID 3) (h executor 0): com.acme.BadThing: odd",
                &["com.acme.BadThing"],
            ),
            ("probe: AnalysisException [TABLE_OR_VIEW_NOT_FOUND] The table", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn frames_of_both_languages_are_read() {
        let Shape::PythonFrame(frame) = shape("  File \"/jobs/a.py\", line 12, in normalise")
        else {
            panic!("a Python frame")
        };
        assert_eq!(
            (frame.file.as_str(), frame.line, frame.function.as_str()),
            ("/jobs/a.py", 12, "normalise")
        );
        let Shape::JavaFrame(frame) = shape("\tat java.base/java.lang.Thread.run(Thread.java:840)")
        else {
            panic!("a Java frame")
        };
        assert_eq!(
            (frame.file.as_str(), frame.line, frame.function.as_str()),
            ("Thread.java", 840, "java.lang.Thread.run")
        );
        assert_eq!(shape("\t... 17 more"), Shape::Filler);
    }
}
